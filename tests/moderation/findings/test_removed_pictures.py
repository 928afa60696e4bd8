"""A picture of a post that was upheld is known again: resized, recompressed, with a little cut off."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from folkmoot.demo import pictures
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.reopen import reopen
from folkmoot.moderation.evidence.pictures import seal_pictures
from folkmoot.moderation.findings.jobs import remember_crops, remember_crops_of_case
from folkmoot.moderation.screening import Outcome
from folkmoot.moderation.screening.pictures import hash_picture
from folkmoot.network import media
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.settings import Settings
from folkmoot.storage import open_storage


def cut(data: bytes) -> bytes:
    """The picture a little smaller on each side, resized and packed anew."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        small = image.convert("RGB").crop((width // 60, height // 90, width - width // 50, height - height // 70))
        packed = io.BytesIO()
        small.resize((width * 2 // 3, height * 2 // 3)).save(packed, "JPEG", quality=70)
        return packed.getvalue()


async def test_a_removed_picture_is_found_again_until_the_decision_is_turned_round(
    db: Any, cast: Any, desk: Any, tmp_path: Path
) -> None:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    storage = open_storage(settings)
    original = pictures.draw("harbour", 7)

    async def post(who: Any, text: str, data: bytes) -> Any:
        kept = await media.upload(db, storage, who, data=data, settings=settings)
        return await publish(desk, who, Draft(text=text, media=(kept.id,)))

    with Image.open(io.BytesIO(original)) as image:
        await rulebook.add_pictures(db, COMMAND_LINE, "known", [(hash_picture(image)[0], "entry 1", "violence")])
    held = await post(cast.ada, "The harbour this morning", original)
    assert held.hidden_at is not None
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    await findings.uphold(db, cast.dora, finding.id)
    await remember_crops(db, storage, finding_id=finding.id)
    await remember_crops(db, storage, finding_id=finding.id)
    await rulebook.drop_pictures(db, COMMAND_LINE, "known")
    assert [number for name, number in await rulebook.picture_lists(db) if name == "removed"] != []
    again = await post(cast.bert, "The harbour this evening", cut(original))
    assert again.hidden_at is not None
    other = await post(cast.bert, "My cat", pictures.draw("loaves", 3))
    assert other.hidden_at is None
    await findings.release(db, cast.dora, finding.id, was="upheld")
    assert await rulebook.picture_lists(db) == []
    assert (await post(cast.bert, "The harbour at night", cut(original))).hidden_at is None


async def test_a_picture_that_a_jury_removed_is_known_with_a_little_cut_off(
    db: Any, cast: Any, court: Any, tmp_path: Path
) -> None:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    storage = open_storage(settings)
    original = pictures.draw("harbour", 7)

    async def post(who: Any, data: bytes, text: str = "") -> Any:
        kept = await media.upload(db, storage, who, data=data, settings=settings)
        return await publish(court.desk, who, Draft(text=text, media=(kept.id,)))

    async def jobs() -> list[dict[str, int]]:
        rows = await db.fetch(
            """DELETE FROM procrastinate_jobs WHERE task_name = 'moderation.findings.remember_crops_of_case' RETURNING args"""
        )
        return [msgspec.json.decode(row["args"]) for row in rows]

    shown = await post(cast.ada, original)
    case = (await court.report(cast.bert, cast.ada, shown.id)).case_ids[0]
    await court.decide(Choice.BREAKS, case)
    assert await jobs() == [{"case_id": case}]
    await remove(court.desk, cast.ada, shown.id)
    with court.later(days=2):
        await media.sweep_loose(db, storage)
    assert await seal_pictures(db, storage) == 2, "picture and preview: evidence alone holds them, sealed"
    with court.later(days=4):
        await media.sweep_loose(db, storage)
    assert not await db.fetchval("SELECT count(*) FROM media")
    await remember_crops_of_case(db, storage, case_id=case)
    await remember_crops_of_case(db, storage, case_id=case)
    assert {tuple(row) for row in await db.fetch("SELECT DISTINCT list, reference FROM known_pictures")} == {
        ("removed", f"case {case}")
    }
    again = await post(cast.bert, cut(original), "The harbour this evening")
    assert again.hidden_at is not None
    assert (await post(cast.bert, pictures.draw("loaves", 3), "My cat")).hidden_at is None

    async with db.transaction() as tx:
        await reopen(tx, in_hand := await CaseInHand.lock(tx, case), "a ballot was void")
        await in_hand.write()
    await db.fetch(
        "DELETE FROM known_pictures WHERE hash <> ALL((SELECT pictures FROM cases WHERE id = $1)::text[])", case
    )
    await remember_crops_of_case(db, storage, case_id=case)
    assert await db.fetchval("SELECT count(*) FROM known_pictures") == 1, "a verdict that is void teaches nothing"
    await court.decide(Choice.BREAKS, case)
    (args,) = await jobs()
    await remember_crops_of_case(db, storage, **args)
    assert await db.fetchval("SELECT count(*) FROM known_pictures") > 1

    async with db.transaction() as tx:
        await reopen(tx, in_hand := await CaseInHand.lock(tx, case), "another ballot was void")
        await in_hand.write()
    await court.decide(Choice.FINE, case)
    assert await rulebook.picture_lists(db) == []
    await remember_crops_of_case(db, storage, **args)
    assert await rulebook.picture_lists(db) == []
