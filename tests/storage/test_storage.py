"""Objects are kept under the name of their bytes, whole or not at all, in a folder as in memory."""

import hashlib
import os
import time
from dataclasses import replace

import pytest

from folkmoot.errors import Missing, TooLarge, Unavailable
from folkmoot.settings import Settings
from folkmoot.storage import MemoryStorage, Storage, content_type_of, is_key, key_of, open_storage


@pytest.fixture(params=["memory", "folder"])
def storage(request, tmp_path) -> Storage:
    return MemoryStorage() if request.param == "memory" else open_storage(Settings(data=tmp_path))


async def test_what_was_put_is_got_back_whole_and_in_part(storage):
    key = await storage.put(b"0123456789", "image/png")
    digest = hashlib.sha256(b"0123456789").hexdigest()
    assert key == f"{digest[:2]}/{digest[2:4]}/{digest}.png"
    assert await storage.get(key) == b"0123456789"
    assert await storage.get(key, (2, 5)) == b"234"
    assert await storage.get(key, (5, 5)) == b""
    assert await storage.size(key) == 10


async def test_putting_twice_keeps_one(storage):
    assert await storage.put(b"same", "image/jpeg") == await storage.put(b"same", "image/jpeg")


async def test_what_was_deleted_is_missing(storage):
    key = await storage.put(b"gone soon", "image/gif")
    assert await storage.exists(key)
    await storage.delete(key)
    await storage.delete(key)
    assert not await storage.exists(key)
    with pytest.raises(Missing):
        await storage.get(key)


async def test_nothing_larger_than_allowed_is_kept():
    with pytest.raises(TooLarge):
        await MemoryStorage(largest=3).put(b"four", "image/png")


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "ab/cd/../x.png", "/etc/passwd", "ab/cd/" + "e" * 64 + ".png", "a\0"]
)
async def test_what_is_no_key_leads_nowhere(storage, key):
    assert not is_key(key)
    assert not await storage.exists(key)
    await storage.delete(key)
    with pytest.raises(Missing):
        await storage.get(key)


def test_nothing_is_served_as_something_a_browser_runs():
    assert content_type_of(key_of(b"<svg/>", "image/svg+xml")) == "application/octet-stream"
    assert content_type_of(key_of(b"x", "image/webp")) == "image/webp"


async def test_no_unfinished_file_stays_in_the_folder(tmp_path):
    storage = open_storage(Settings(data=tmp_path))
    await storage.put(b"x", "image/png")
    assert list((tmp_path / "media" / ".unfinished").iterdir()) == []


async def test_what_a_crash_left_unfinished_goes_at_the_next_start(tmp_path):
    open_storage(Settings(data=tmp_path))
    left, fresh = (tmp_path / "media" / ".unfinished" / name for name in ("left", "fresh"))
    left.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(left, (time.time() - 7200,) * 2)
    open_storage(Settings(data=tmp_path))
    assert not left.exists()
    assert fresh.exists()


async def test_a_file_cut_short_is_written_anew(tmp_path):
    storage = open_storage(Settings(data=tmp_path))
    key = await storage.put(b"whole", "image/png")
    (tmp_path / "media" / key).write_bytes(b"wh")
    await storage.put(b"whole", "image/png")
    assert await storage.get(key) == b"whole"


async def test_a_full_disk_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    storage = open_storage(Settings(data=tmp_path))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable) as caught:
        await storage.put(b"x", "image/png")
    assert "No space left on device" in caught.value.cause
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == []


async def test_a_folder_taken_away_is_trouble_and_not_a_missing_object(tmp_path):
    storage = open_storage(Settings(data=tmp_path))
    (tmp_path / "media" / ".unfinished").rmdir()
    with pytest.raises(Unavailable):
        await storage.put(b"x", "image/png")


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable) as caught:
        open_storage(Settings(data=tmp_path / "file"))
    assert "media" in caught.value.cause


async def test_a_bucket_out_of_reach_is_unavailable():
    settings = Settings(
        storage_url="s3://bucket/prefix", storage_endpoint="http://127.0.0.1:1", storage_access_key="someone"
    )
    with pytest.raises(Unavailable):
        await open_storage(settings).get(key_of(b"x", "image/png"))


@pytest.mark.parametrize("url", ["gopher://x", "s3://", "bucket"])
def test_an_address_that_is_no_bucket_is_refused(url):
    with pytest.raises(Unavailable):
        open_storage(replace(Settings(), storage_url=url))


async def test_a_published_file_keeps_its_name_and_takes_new_bytes(storage):
    for data in (b"one", b"two", b""):
        await storage.publish("log/tile/0/x001/234.p/7", data, "text/plain", cache="no-cache")
        assert await storage.published("log/tile/0/x001/234.p/7") == data
    await storage.withdraw("log/tile/0/x001/234.p/7")
    await storage.withdraw("log/tile/0/x001/234.p/7")
    with pytest.raises(Missing):
        await storage.published("log/tile/0/x001/234.p/7")


@pytest.mark.parametrize(
    "name", ["", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "A", "a\0", ".hidden", "a" * 201]
)
async def test_a_published_name_leads_out_of_nowhere(storage, name):
    with pytest.raises(Missing):
        await storage.published(name)
    with pytest.raises(Missing):
        await storage.publish(name, b"x", "text/plain", cache="no-cache")
