"""A removed picture is known again as an avatar or header, and by a sweep when it was there before."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from folkmoot.demo import pictures
from folkmoot.errors import Forbidden, Missing
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.evidence.forget import forget_found
from folkmoot.moderation.findings.jobs import remember_crops
from folkmoot.moderation.findings.refused import keep_refused, refused_pictures
from folkmoot.moderation.screening import Outcome
from folkmoot.moderation.screening.pictures import hash_picture
from folkmoot.moderation.sweep import Options, sweep
from folkmoot.network import accounts, media
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.accounts.rules import PictureHeld, ProfileHeld
from folkmoot.settings import Settings
from folkmoot.storage import Storage, open_storage

PICTURE = pictures.draw("harbour", 7)
THREAT = "I will find you tonight and I will kill you, you traitor"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(dataclasses.replace(Settings(), data=tmp_path))


@pytest.fixture
def keep(db: Any, storage: Storage, tmp_path: Path) -> Any:
    settings = dataclasses.replace(Settings(), data=tmp_path)

    async def keep(kind: str, data: bytes) -> Any:
        store = {"avatar": media.store_avatar, "header": media.store_header}[kind]
        return await store(db, storage, data, settings)

    return keep


async def make_known(db: Any) -> None:
    hash, _ = hash_picture(Image.open(io.BytesIO(PICTURE)))
    await rulebook.add_pictures(db, COMMAND_LINE, "known", [(hash, "entry 1", "violence")])


@pytest.mark.parametrize("kind", ["avatar", "header"])
async def test_a_known_picture_is_refused_for_a_profile_and_others_are_not(
    db: Any, cast: Any, desk: Any, keep: Any, kind: str
) -> None:
    await make_known(db)
    with pytest.raises(PictureHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, bio="Hello", **{kind: await keep(kind, PICTURE)})
    assert (await accounts.get_account(db, cast.ada.account_id)).bio == ""
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (finding.post_id, finding.because[0].name) == (None, "entry 1")
    other = await keep(kind, pictures.draw("loaves", 3))
    changed = await accounts.update_profile(db, desk.gate, cast.ada, **{kind: other})
    assert getattr(changed, f"{kind}_key") == other.key


async def test_an_avatar_is_known_by_what_it_was_cut_from_and_by_what_was_cut_from_it(keep: Any) -> None:
    whole, square = hash_picture(Image.open(io.BytesIO(PICTURE)))[0], await keep("avatar", PICTURE)
    assert whole in square.hashes
    assert len(square.hashes) == 2


async def test_the_sweep_hides_an_avatar_that_became_known_until_a_steward_decides(
    db: Any, cast: Any, desk: Any, keep: Any
) -> None:
    avatar, header = await keep("avatar", PICTURE), await keep("header", pictures.draw("loaves", 3))
    await accounts.update_profile(db, desk.gate, cast.ada, avatar=avatar, header=header)
    options = Options(hands=1, rules_only=True)
    assert (await sweep(db, Settings(), options)).pictures == 0
    await make_known(db)
    assert (await sweep(db, Settings(), msgspec.structs.replace(options, dry=True))).pictures == 1
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key == avatar.key
    assert (await sweep(db, Settings(), options)).pictures == 1
    hidden = await accounts.get_account(db, cast.ada.account_id)
    assert (hidden.avatar_key, hidden.header_key) == (None, header.key)
    assert await accounts.hidden_pictures(db, cast.ada) == {"avatar"}
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert finding.picture_keys == (avatar.key,)
    await findings.release(db, cast.dora, finding.id)
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key == avatar.key
    assert (await sweep(db, Settings(), options)).pictures == 0, "what was decided about this picture stands"
    await findings.uphold(db, cast.dora, finding.id, was="released")
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key is None
    assert await accounts.hidden_pictures(db, cast.ada) == {"avatar"}


async def test_a_new_picture_takes_the_place_of_a_hidden_one(db: Any, cast: Any, desk: Any, keep: Any) -> None:
    old, new = await keep("avatar", PICTURE), await keep("avatar", pictures.draw("loaves", 3))
    await accounts.update_profile(db, desk.gate, cast.ada, avatar=old)
    async with db.transaction() as tx:
        assert await accounts.hide_pictures(tx, cast.ada.account_id, old.hashes)
    await accounts.update_profile(db, desk.gate, cast.ada, avatar=new)
    async with db.transaction() as tx:
        await accounts.show_pictures(tx, cast.ada.account_id, old.hashes)
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key == new.key


async def waiting(db: Any, job: str = "moderation.findings.keep_refused") -> list[dict[str, Any]]:
    """The jobs that keep what was refused, or others, taken off the queue."""
    rows = await db.fetch("DELETE FROM procrastinate_jobs WHERE task_name = $1 RETURNING args", job)
    return [msgspec.json.decode(row["args"]) for row in rows]


async def refused(db: Any, cast: Any, desk: Any, keep: Any) -> dict[str, Any]:
    """The job that keeps a known picture, which Ada would have had."""
    await make_known(db)
    with pytest.raises(PictureHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, avatar=await keep("avatar", PICTURE))
    (job,) = await waiting(db)
    return job


async def test_stewards_see_what_was_refused_and_nobody_else_can(
    db: Any, cast: Any, desk: Any, keep: Any, storage: Storage
) -> None:
    await make_known(db)
    avatar, header = await keep("avatar", PICTURE), await keep("header", pictures.draw("loaves", 3))
    with pytest.raises(PictureHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, avatar=avatar, header=header)
    (job,) = await waiting(db)
    assert job["keys"] == [avatar.key], "not the harmless one beside it"
    await keep_refused(db, storage, **job)
    await keep_refused(db, storage, **job)
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (finding.picture_keys, finding.refused) == ((), (0,))
    plain = await storage.get(avatar.key)
    assert await findings.refused_picture(db, cast.dora, finding.id, 0) == (plain, "image/jpeg")
    assert plain not in await db.fetchval("SELECT sealed FROM refused_pictures"), "sealed"
    with pytest.raises(Forbidden):
        await findings.refused_picture(db, cast.ada, finding.id, 0)
    for id, number in ((finding.id, 1), (finding.id + 1, 0)):
        with pytest.raises(Missing):
            await findings.refused_picture(db, cast.dora, id, number)


async def test_words_that_are_refused_bring_no_picture_with_them(db: Any, cast: Any, desk: Any, keep: Any) -> None:
    other = await keep("avatar", pictures.draw("loaves", 3))
    with pytest.raises(ProfileHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, bio=THREAT, avatar=other)
    assert await waiting(db) == []


async def test_what_was_refused_is_kept_a_month_after_the_decision(
    db: Any, cast: Any, desk: Any, keep: Any, storage: Storage, court: Any
) -> None:
    job = await refused(db, cast, desk, keep)
    await keep_refused(db, storage, **job)
    with court.later(days=90):
        await forget_found(db)
    assert len(await refused_pictures(db, job["finding_id"])) == 1, "nobody has decided"
    await findings.uphold(db, cast.dora, job["finding_id"])
    with court.later(days=29):
        await forget_found(db)
    assert len(await refused_pictures(db, job["finding_id"])) == 1
    with court.later(days=31):
        await forget_found(db)
    assert await refused_pictures(db, job["finding_id"]) == []


async def test_the_plain_picture_is_deleted_within_minutes_unless_somebody_shows_it(
    db: Any, cast: Any, desk: Any, keep: Any, storage: Storage, court: Any
) -> None:
    shown, known = await keep("avatar", pictures.draw("loaves", 3)), await keep("avatar", PICTURE)
    await accounts.update_profile(db, desk.gate, cast.bert, avatar=shown)
    await make_known(db)
    with pytest.raises(PictureHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, avatar=known)
    (job,) = await waiting(db)
    await keep_refused(db, storage, **job)
    (later,) = await waiting(db, "network.media.sweep_these")
    assert later["keys"] == [known.key]
    await media.sweep_these(db, storage, keys=[known.key, shown.key])
    assert await storage.exists(known.key), "an upload of the same may just be on its way"
    with court.later(minutes=11):
        await media.sweep_these(db, storage, keys=[known.key, shown.key])
    assert not await storage.exists(known.key)
    assert await storage.exists(shown.key)
    assert len(await refused_pictures(db, job["finding_id"])) == 1


async def test_of_what_was_refused_twice_the_first_is_forgotten(
    db: Any, cast: Any, desk: Any, keep: Any, storage: Storage
) -> None:
    await make_known(db)
    jobs = []
    for _ in range(2):
        with pytest.raises(PictureHeld):
            await accounts.update_profile(db, desk.gate, cast.ada, avatar=await keep("avatar", PICTURE))
        jobs += await waiting(db)
    await keep_refused(db, storage, **jobs[1])
    await keep_refused(db, storage, **jobs[0])
    assert await refused_pictures(db, jobs[0]["finding_id"]) == [], "it was out of date before it was kept"
    with pytest.raises(PictureHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, avatar=await keep("avatar", PICTURE))
    assert await refused_pictures(db, jobs[1]["finding_id"]) == [], "another has taken its place"


async def test_what_was_upheld_is_refused_with_a_little_cut_off_too(
    db: Any, cast: Any, desk: Any, keep: Any, storage: Storage
) -> None:
    job = await refused(db, cast, desk, keep)
    await keep_refused(db, storage, **job)
    await findings.uphold(db, cast.dora, job["finding_id"])
    assert len(await waiting(db, "moderation.findings.remember_crops")) == 1
    await keep_refused(db, storage, **job)
    assert len(await waiting(db, "moderation.findings.remember_crops")) == 1, "a steward may be quicker than the worker"
    before = await db.fetchval("SELECT count(*) FROM known_pictures")
    await remember_crops(db, storage, finding_id=job["finding_id"])
    assert await db.fetchval("SELECT count(*) FROM known_pictures") > before
