"""Backups in other people's storage: a real S3 server, and a poor one."""

from __future__ import annotations

import dataclasses

import pytest

from folkmoot.errors import Missing
from folkmoot.hosting.backup import Wanted, prune, repository, restore, run, verify
from folkmoot.settings import Secret
from folkmoot.storage import NamedObjects, StorageTrouble, open_named
from folkmoot.vault import open_vault

from .conftest import Network, ask, complete, following, serving

pytestmark = pytest.mark.slow


@pytest.fixture(params=["seaweed", "rclone"])
def provider(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket(provider, request) -> NamedObjects:
    prefix = f"{request.node.name.partition('[')[0]}/x"
    return open_named(provider.address("moot", prefix), access_key=provider.access_key, secret_key=provider.secret_key)


def test_objects_keep_their_names(bucket):
    assert list(bucket.list()) == []
    with pytest.raises(Missing):
        bucket.get("a/b")
    bucket.put("a/b", b"one")
    bucket.put("a/c", b"x" * 6_000_000, hurry=True)
    bucket.put("a/b", b"two")
    bucket.settle()
    assert bucket.get("a/b") == b"two"
    assert bucket.size("a/c") == 6_000_000
    assert {(each.name, each.size) for each in bucket.list("a")} == {("a/b", 3), ("a/c", 6_000_000)}
    assert list(bucket.list("nothing")) == []
    bucket.delete("a/b")
    bucket.delete("a/b")
    assert [each.name for each in bucket.list()] == ["a/c"]


def test_a_wrong_secret_is_said(provider):
    closed = open_named(provider.address("moot"), access_key=provider.access_key, secret_key="wrong")
    with pytest.raises(StorageTrouble) as found:
        closed.put("a", b"1")
    assert "s3://moot" in found.value.words
    assert "wrong" not in found.value.words


def test_nobody_there_is_said():
    with pytest.raises(StorageTrouble, match="nobody answers"):
        open_named("s3://moot?endpoint=http://127.0.0.1:9", access_key="a", secret_key="b").get("x")


@pytest.mark.parametrize("address", ["http://x", "s3://", "s3://moot?where=there", "ftp://moot"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(StorageTrouble):
        open_named(address)


def test_a_network_comes_back_from_a_bucket(network: Network, provider, place, started):
    at_provider = dataclasses.replace(
        network.settings,
        backup_url=provider.address("moot", "backups/moot"),
        backup_access_key=provider.access_key,
        backup_secret_key=Secret(provider.secret_key),
    )
    objects = repository.objects_at(at_provider)
    _, pair = repository.make(
        objects, open_vault(network.settings.data), repository.Local.of(network.settings.data).writer
    )
    there = dataclasses.replace(network, settings=at_provider, key=pair.private)
    with following(there):
        run(at_provider, Wanted())
        picture = there.add_medium(b"a picture")
        there.ask("INSERT INTO notes VALUES (900001, 'between two backups')")
        complete(there)
    assert run(at_provider, Wanted()).kind == "incremental"
    assert verify(at_provider).whole
    prune(at_provider)
    new = place / "new"
    assert restore(there.open(), new).lacking == []
    assert ask(serving(new, started), "SELECT count(*) FROM notes") == [(20001,)]
    assert (new / "media" / picture).read_bytes() == b"a picture"
