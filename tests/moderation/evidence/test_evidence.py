"""Evidence: unreadable at rest, kept as it was, every look noted, gone for certain when its time is over."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from folkmoot import clock
from folkmoot.errors import Forbidden, Invalid, Missing, Unavailable
from folkmoot.jobs.tools import Tools
from folkmoot.moderation.cases import Choice, State, content_queries
from folkmoot.moderation.cases.decide import freeze
from folkmoot.moderation.cases.pictures import case_picture, seat_picture
from folkmoot.moderation.cases.read import get_case, list_cases
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.evidence import bundle, pictures, press
from folkmoot.moderation.evidence.jobs import seal_pictures
from folkmoot.moderation.evidence.keep import check, seal_old
from folkmoot.moderation.evidence.looks import Why, looks
from folkmoot.moderation.evidence.words import Words, seal, unseal
from folkmoot.moderation.transparency.log.read import entries_about
from folkmoot.network.media.loose import sweep_loose
from folkmoot.network.media.upload import upload as take_in
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.settings import Settings
from folkmoot.storage import MemoryStorage
from folkmoot.vault import Vault

WORDS = "The ferry to the island will not sail again; ask @bert, bert@example.org or +49 30 1234567 why"
SETTINGS = replace(Settings(), public_url="https://moot.example")
VAULT = Vault(b"v" * 32)


def drawing() -> bytes:
    """A picture no other test draws."""
    out = io.BytesIO()
    Image.radial_gradient("L").resize((300, 200)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


async def reported(court: Any, cast: Any) -> tuple[Any, int]:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    made = await court.report(cast.bert, cast.ada, post.id)
    return post, int(made.case_ids[0])


async def decided(court: Any, cast: Any, choice: Choice = Choice.BREAKS) -> int:
    _, case = await reported(court, cast)
    await court.decide(choice, case, None)
    return case


# Sealed ---------------------------------------------------------------------------------------------------------------


@given(st.text(), st.text(), st.none() | st.text())
def test_what_is_sealed_is_read_again_with_its_key_and_with_no_other(
    text: str, warning: str, reply_to: str | None
) -> None:
    words = Words(text=text, warning=warning, reply_to=reply_to)
    sealed = seal(words, b"k" * 32)
    assert unseal(sealed, b"k" * 32) == words
    with pytest.raises(Unavailable):
        unseal(sealed, b"l" * 32)


async def test_nothing_of_what_was_said_lies_readable_in_the_cases(db: Any, cast: Any, court: Any) -> None:
    _, case = await reported(court, cast)
    row = await db.fetchrow("SELECT * FROM case_contents")
    assert "ferry" not in repr(dict(row))
    assert b"ferry" not in bytes(row["sealed"])
    (content,) = await content_queries.contents(db, case)
    assert content["text"] == WORDS
    (line,) = await list_cases(db, cast.dora)
    assert line.excerpt == WORDS[:200]


async def test_with_another_master_key_evidence_cannot_be_read_and_the_check_says_so(
    db: Any, cast: Any, court: Any
) -> None:
    _, case = await reported(court, cast)
    assert (await check(db)) == (1, [])
    db.seals = Vault(b"another master key of 32 bytes..")
    with pytest.raises(Unavailable):
        await content_queries.contents(db, case)
    sealed, wrong = await check(db)
    assert sealed == 1
    assert len(wrong) == 1
    assert "master key" in wrong[0]


async def test_what_was_kept_before_there_were_seals_is_sealed_at_night(db: Any, cast: Any, court: Any) -> None:
    _, case = await reported(court, cast)
    await db.fetch("UPDATE case_contents SET sealed = NULL, text = 'Kept in the open', reply_to = 'A question'")
    await db.fetch("DELETE FROM evidence_keys")
    assert (await content_queries.contents(db, case))[0]["text"] == "Kept in the open"
    assert await seal_old(db) == 1
    assert await seal_old(db) == 0
    assert await db.fetchval("SELECT text FROM case_contents") == ""
    (content,) = await content_queries.contents(db, case)
    assert (content["text"], content["reply_to"]) == ("Kept in the open", "A question")


async def test_it_outlives_its_post_pictures_included(db: Any, cast: Any, court: Any, upload: Any) -> None:
    storage = MemoryStorage()
    picture = await upload(cast.ada)
    key = await db.fetchval("SELECT object_key FROM media WHERE id = $1", picture)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS, media=(picture,)))
    made = await court.report(cast.bert, cast.ada, post.id)
    await remove(court.desk, cast.ada, post.id)
    with clock.held_at(clock.now() + timedelta(days=3)):
        await sweep_loose(db, storage)
        assert await db.fetchval("SELECT count(*) FROM objects WHERE key = $1", key) == 1
    (content,) = await content_queries.contents(db, made.case_ids[0])
    assert content["text"] == WORDS
    assert key in content["media"]


# Pictures -------------------------------------------------------------------------------------------------------------


async def with_picture(court: Any, cast: Any, storage: MemoryStorage) -> tuple[int, int, str]:
    """Post, case and key of a picture somebody reported, really in storage."""
    uploaded = await take_in(court.db, storage, cast.ada, data=drawing(), settings=SETTINGS)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS, media=(uploaded.id,)))
    made = await court.report(cast.bert, cast.ada, post.id)
    return post.id, int(made.case_ids[0]), uploaded.object_key


async def by_night(court: Any, storage: MemoryStorage, days: int = 2) -> None:
    """The sweep and what comes after it, some nights later."""
    tools = Tools(court.db, storage, SETTINGS, court.desk.gate)
    with court.later(days=days):
        await sweep_loose(court.db, storage)
        await seal_pictures(tools)


async def test_a_picture_that_its_post_still_shows_lies_as_it_was_posted(db: Any, cast: Any, court: Any) -> None:
    storage = MemoryStorage()
    _, case, key = await with_picture(court, cast, storage)
    await by_night(court, storage)
    (content,) = await content_queries.contents(db, case)
    assert await pictures.picture(db, storage, content["id"], key) == await storage.get(key)
    assert await db.fetchval("SELECT count(*) FROM evidence_media WHERE sealed_key IS NOT NULL") == 0


async def test_once_evidence_alone_holds_a_picture_only_its_key_can_open_it(db: Any, cast: Any, court: Any) -> None:
    storage = MemoryStorage()
    post, case, key = await with_picture(court, cast, storage)
    plain = await storage.get(key)
    (content,) = await content_queries.contents(db, case)
    await remove(court.desk, cast.ada, post)
    await by_night(court, storage)
    assert not await storage.exists(key)
    (kept,) = await storage.keys()
    assert plain not in await storage.get(kept)
    assert await pictures.picture(db, storage, content["id"], key) == plain
    data = await bundle.export(db, storage, SETTINGS, VAULT, cast.dora, case, "Order 4 Js 12/26 of a prosecutor")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read(f"media/{key}") == plain
    await by_night(court, storage, days=9)  # a later night takes nothing away, and seals nothing twice
    assert await pictures.picture(db, storage, content["id"], key) == plain
    db.seals = Vault(b"another master key of 32 bytes..")
    with pytest.raises(Unavailable):
        await pictures.picture(db, storage, content["id"], key)


async def test_a_picture_posted_again_by_somebody_else_stays_and_is_sealed_when_they_delete_it(
    db: Any, cast: Any, court: Any
) -> None:
    storage = MemoryStorage()
    post, _, key = await with_picture(court, cast, storage)
    again = await take_in(db, storage, cast.bert, data=drawing(), settings=SETTINGS)
    other = await publish(court.desk, cast.bert, Draft(text="Look at this", media=(again.id,)))
    await remove(court.desk, cast.ada, post)
    await by_night(court, storage)
    assert await storage.exists(key)
    await remove(court.desk, cast.bert, other.id)
    await by_night(court, storage, days=4)
    assert not await storage.exists(key)


async def test_a_purge_takes_sealed_pictures_with_it(db: Any, cast: Any, court: Any) -> None:
    storage = MemoryStorage()
    post, case, key = await with_picture(court, cast, storage)
    await court.decide(Choice.BREAKS, case, None)
    (content,) = await content_queries.contents(db, case)
    await remove(court.desk, cast.ada, post)
    await by_night(court, storage)
    assert len(await storage.keys()) == 1  # so small that the picture is its own preview
    with court.later(days=185):
        await work_clocks(db)
    with court.later(days=400):
        await work_clocks(db)
    with pytest.raises(Missing):
        await pictures.picture(db, storage, content["id"], key)
    await by_night(court, storage, days=401)
    assert await storage.keys() == set()


async def test_who_may_see_the_pictures_of_a_case(db: Any, cast: Any, court: Any) -> None:
    storage = MemoryStorage()
    _, case, key = await with_picture(court, cast, storage)
    await court.first(case)
    juror = await court.juror()
    seat = await court.sit(juror)
    content = seat.content.id
    plain = await storage.get(key)
    assert await seat_picture(db, storage, juror, seat.id, key) == plain
    for who, seat_id in ((cast.bert, seat.id), (juror, seat.id + 1)):
        with pytest.raises(Missing):
            await seat_picture(db, storage, who, seat_id, key)
    with court.later(hours=2), pytest.raises(Missing):
        await seat_picture(db, storage, juror, seat.id, key)
    for _ in range(2):
        assert await case_picture(db, storage, cast.dora, case, content, key) == plain
    assert [look.name for look in await looks(db, case)] == ["dora"]
    for steward, number, shown, error in (
        (cast.ada, case, key, Forbidden),
        (cast.dora, case + 1, key, Missing),
        (cast.dora, case, key.replace("jpg", "png"), Missing),
    ):
        with pytest.raises(error):
            await case_picture(db, storage, steward, number, content, shown)


# Looks ----------------------------------------------------------------------------------------------------------------


async def test_a_steward_who_opens_a_case_is_noted(db: Any, cast: Any, court: Any) -> None:
    _, case = await reported(court, cast)
    assert await looks(db, case) == []
    await get_case(db, cast.dora, case)
    (look,) = await looks(db, case)
    assert (look.why, look.name) == (Why.BOARD, "dora")


# The end --------------------------------------------------------------------------------------------------------------


async def test_a_purge_leaves_nothing_but_that_it_was_and_a_line_in_the_log(db: Any, cast: Any, court: Any) -> None:
    case = await decided(court, cast)
    sealed = bytes(await db.fetchval("SELECT sealed FROM case_contents"))
    with court.later(days=185):
        await work_clocks(db)
    with court.later(days=400):
        await work_clocks(db)
    assert (await court.folded(case)).state is State.CLOSED
    assert await db.fetchval("SELECT count(*) FROM evidence_keys") == 0
    assert await db.fetchval("SELECT sealed FROM case_contents") is None
    (content,) = await content_queries.contents(db, case)
    assert (content["text"], content["excerpt"]) == ("", "")
    purge = await db.fetchrow("SELECT * FROM evidence_purges")
    digest = hashlib.sha256(hashlib.sha256(sealed).digest())
    assert (purge["case_id"], purge["contents"], purge["digest"]) == (case, 1, digest.digest())
    (entry,) = [each for each in await entries_about(db, "case", case) if each.deed == "evidence.purged"]
    assert entry.id == purge["log_entry"]
    assert entry.facts["digest"] == digest.hexdigest()
    assert await check(db) == (0, [])


async def test_a_purge_that_left_something_is_found(db: Any, cast: Any, court: Any) -> None:
    case = await decided(court, cast)
    with court.later(days=185):
        await work_clocks(db)
    with court.later(days=400):
        await work_clocks(db)
    await db.fetch("UPDATE case_contents SET text = 'not gone' WHERE case_id = $1", case)
    _, wrong = await check(db)
    assert f"case {case}: purged, but still readable" in wrong


async def test_legal_hold_keeps_it_until_the_hold_ends(db: Any, cast: Any, court: Any) -> None:
    case = await decided(court, cast)
    await freeze(db, cast.dora, case, "a court asks for it")
    with court.later(days=185):
        await work_clocks(db)
    with court.later(days=400):
        await work_clocks(db)
        assert (await content_queries.contents(db, case))[0]["text"] == WORDS
        await freeze(db, cast.dora, case, "it has answered", frozen=False)
    with court.later(days=800):
        await work_clocks(db)
        assert (await content_queries.contents(db, case))[0]["text"] == ""


# For a court ----------------------------------------------------------------------------------------------------------


async def exported(db: Any, cast: Any, case: int) -> bytes:
    return await bundle.export(
        db, MemoryStorage(), SETTINGS, VAULT, cast.dora, case, "Order 4 Js 12/26 of a prosecutor"
    )


async def test_a_bundle_holds_what_was_said_and_names_no_juror_and_no_reporter(db: Any, cast: Any, court: Any) -> None:
    case = await decided(court, cast)
    data = await exported(db, cast, case)
    assert str(bundle.check_bundle(data)) == str(bundle.public_key(SETTINGS, VAULT))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = msgspec.json.decode(archive.read("case.json"))
        summary = archive.read("summary.html").decode()
    assert told["contents"][0]["text"] == WORDS
    assert told["contents"][0]["sha256"] == hashlib.sha256(WORDS.encode()).hexdigest()
    assert "ferry" in summary
    assert "juror_" not in msgspec.json.encode(told).decode() + summary
    assert str(cast.bert.account_id) not in msgspec.json.encode(told).decode()
    assert [look.detail for look in await looks(db, case)] == ["Order 4 Js 12/26 of a prosecutor"]
    assert "evidence.exported" in [each.deed for each in await entries_about(db, "case", case)]


async def test_members_export_nothing_and_stewards_say_why(db: Any, cast: Any, court: Any) -> None:
    case = await decided(court, cast)
    with pytest.raises(Forbidden):
        await bundle.export(db, MemoryStorage(), SETTINGS, VAULT, cast.ada, case, "curious")
    with pytest.raises(Invalid):
        await bundle.export(db, MemoryStorage(), SETTINGS, VAULT, cast.dora, case, "  ")
    with pytest.raises(Missing):
        await exported(db, cast, 12345)
    assert await looks(db, case) == []


@pytest.fixture(scope="module")
def sample(run: Any) -> bytes:
    """A bundle of two small files, made by the same hands as a real one."""
    key = bundle.public_key(SETTINGS, VAULT)
    files = {"case.json": b'{"case": 1}', "media/a.png": bytes(range(200)), bundle.KEY: f"{key}\n".encode()}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    text = f"{bundle.FIRST_LINE}\n{hashlib.sha256(sums.encode()).hexdigest()}\n2026-01-01T00:00:00Z\n"
    note = bundle.Note(text, (bundle.sign(bundle.signing_key(VAULT), key.name, text),))
    return bundle._archive({**files, bundle.SUMS: sums.encode(), bundle.NOTE: str(note).encode()})


@settings(max_examples=150)
@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_or_changes_nothing_that_is_said(sample: bytes, at: int, bit: int) -> None:
    changed = bytearray(sample)
    changed[at % len(sample)] ^= 1 << bit
    try:
        key = bundle.check_bundle(bytes(changed), str(bundle.public_key(SETTINGS, VAULT)))
    except bundle.NotWhole:
        return
    assert key == bundle.public_key(SETTINGS, VAULT)
    with zipfile.ZipFile(io.BytesIO(bytes(changed))) as archive, zipfile.ZipFile(io.BytesIO(sample)) as before:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: before.read(name) for name in before.namelist()
        }


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_refused_with_a_sentence(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(bundle.NotWhole, match="This bundle is not as it was made"):
        bundle.check_bundle(data)


def test_files_added_or_left_out_are_named(sample: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(sample)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with pytest.raises(bundle.NotWhole, match="planted"):
        bundle.check_bundle(bundle._archive({**files, "planted.txt": b"x"}))
    with pytest.raises(bundle.NotWhole, match=r"media/a\.png is missing"):
        bundle.check_bundle(bundle._archive({name: data for name, data in files.items() if name != "media/a.png"}))
    with pytest.raises(bundle.NotWhole, match="another key"):
        bundle.check_bundle(sample, "other+key")


# For the press --------------------------------------------------------------------------------------------------------


def test_names_addresses_and_numbers_are_masked_before_anybody_looks() -> None:
    assert press.masked(WORDS) == "The ferry to the island will not sail again; ask ███, ███ or ███ why"


@given(st.text(alphabet="abc. \n", max_size=30), st.data())
def test_whatever_is_masked_passes_and_whatever_is_put_in_does_not(text: str, data: Any) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    press.check_masked(text[:start] + press.MASK * 3 + text[end:], text)
    with pytest.raises(press.PutIn):
        press.check_masked(text[:start] + "never said" + text[start:], text)
    with pytest.raises(press.PutIn):
        press.check_masked(press.MASK + "never said" + press.MASK, text)


async def test_a_decision_is_shown_masked_and_taken_back(db: Any, cast: Any, court: Any) -> None:
    case = await decided(court, cast)
    shown = await press.propose(db, cast.dora, case)
    token = await press.show_to_the_press(db, cast.dora, case, shown=shown, why="Much was written about it")
    view = await press.press_view(db, token)
    assert (view.text, view.measure.value, view.decided_by) == (shown, "remove", "jury")
    assert "bert" not in view.text
    with pytest.raises(press.ShownAlready):
        await press.show_to_the_press(db, cast.dora, case, shown=shown, why="again")
    with pytest.raises(Forbidden):
        await press.take_back(db, cast.ada, case)
    await press.take_back(db, cast.dora, case)
    view = await press.press_view(db, token)
    assert view.withdrawn_at is not None
    assert view.text == ""
    assert {"press.shown", "press.withdrawn"} <= {each.deed for each in await entries_about(db, "case", case)}
    with pytest.raises(Missing):
        await press.press_view(db, "guessed")


async def test_what_is_undecided_or_altered_is_not_shown(db: Any, cast: Any, court: Any) -> None:
    _, case = await reported(court, cast)
    with pytest.raises(press.NotDecided):
        await press.propose(db, cast.dora, case)
    await court.decide(Choice.BREAKS, case, None)
    with pytest.raises(press.PutIn):
        await press.show_to_the_press(db, cast.dora, case, shown="The ferry sank", why="a scoop")
