"""Chunks into a repository and out of it, packed hard or not at all."""

from __future__ import annotations

import secrets

import pytest
from tests.hosting.backup.test_core import NOON

from folkmoot.hosting.backup import errors, manifest
from folkmoot.hosting.backup.chunks import Sender, fetch
from folkmoot.hosting.backup.cutting import PIECE
from folkmoot.hosting.backup.progress import Silent
from folkmoot.hosting.backup.repository import About, Repository, sizes
from folkmoot.hosting.backup.sealing import OVERHEAD, Seal
from folkmoot.hosting.backup.throttle import Throttle
from folkmoot.storage import open_named

DATA = b"ward and watch " * (PIECE // 10) + secrets.token_bytes(1000)


@pytest.fixture
def repository(tmp_path):
    about = About(manifest.FORMAT, "repository", NOON, "age1")
    return Repository(open_named(str(tmp_path)), about, Seal(bytes(range(32)), about.id))


def sender(repository: Repository, level: int) -> Sender:
    return Sender(repository, sizes(repository.objects.list("chunks")), Throttle(), Silent(), level)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_chunks_come_back_in_order_and_are_not_sent_twice(repository: Repository, level: int):
    chunks = sender(repository, level).send_bytes(DATA)
    assert [each.size for each in chunks] == [PIECE, len(DATA) - PIECE]
    assert b"".join(fetch(repository, chunks)) == DATA
    assert sizes(repository.objects.list("chunks")) == {each.name: each.sealed for each in chunks}
    again = sender(repository, level)
    assert again.send_bytes(DATA) == chunks
    assert again.sent == 0


def test_what_is_not_packed_takes_its_size_and_the_seal(repository: Repository):
    chunks = sender(repository, 0).send_bytes(DATA)
    assert sum(each.sealed for each in chunks) == len(DATA) + 2 * OVERHEAD


def test_packed_and_unpacked_chunks_lie_side_by_side(repository: Repository):
    chunks = [*sender(repository, 1).send_bytes(DATA), *sender(repository, 0).send_bytes(DATA)]
    assert repository.get_whole(chunks) == DATA * 2


@pytest.mark.parametrize("level", [0, 1])
def test_one_changed_bit_of_a_chunk_is_found(repository: Repository, level: int):
    chunks = sender(repository, level).send_bytes(DATA)
    place = repository.chunk_place(chunks[1].name)
    sealed = bytearray(repository.objects.get(place))
    sealed[len(sealed) // 2] ^= 1
    repository.objects.put(place, sealed)
    with pytest.raises(errors.Damaged):
        repository.get_whole(chunks)
