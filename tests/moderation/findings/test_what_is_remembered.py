"""What is remembered of a post that was upheld or released: the texts it was about, and its pictures only where they were."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from folkmoot import clock
from folkmoot.demo import pictures
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.jobs import take_up_findings
from folkmoot.moderation.findings.jobs import remember_crops
from folkmoot.moderation.sanctions import queries as sanctions
from folkmoot.moderation.screening import Category, Outcome, Reason, Stage, Words
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.moderation.screening.pictures import hash_crops, hash_picture
from folkmoot.moderation.sweep import Options, sweep
from folkmoot.network import media
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.gate import blamed, parts_of
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.settings import Settings
from folkmoot.storage import open_storage

CAMPAIGN = "Vote for the harbour list on Sunday: new cranes, a library by the water, and ferries that sail in winter"
THREAT = "I will find you tonight and I will kill you, you traitor"
LESSON = """
[lists]
lesson = ["a lesson"]

[[rule]]
id = "lesson"
title = "Teaching lessons"
category = "threat"
weight = 0.6
all = ["lesson"]
[rule.examples]
match = ["teach him a lesson"]
leave = ["good evening"]
"""
OPTION = "I will find you tonight and kill you, traitor"


async def held(db: Any, steward: Any) -> Any:
    (finding,) = await findings.list_open(db, steward, Outcome.HOLD)
    return finding


async def remembered(db: Any) -> dict[str, str]:
    return {row["text_hash"]: row["verdict"] for row in await db.fetch("SELECT text_hash, verdict FROM judged")}


async def copied(gate: Any, text: str) -> bool:
    return Stage.COPY in {reason.stage for reason in (await gate.look(Words(text=text))).because}


@pytest.mark.parametrize("place", ["warning", "alt", "option"])
async def test_beside_a_violent_warning_the_harmless_text_is_not_remembered(
    db: Any, cast: Any, desk: Any, upload: Any, place: str
) -> None:
    draft = {"warning": Draft(text=CAMPAIGN, warning=THREAT)}
    draft["option"] = Draft(text=CAMPAIGN, poll=PollDraft(("yes", OPTION), 3600))
    if place == "alt":
        picture = await upload(cast.ada)
        await db.fetch("UPDATE media SET description = $2 WHERE id = $1", picture, THREAT)
        draft["alt"] = Draft(text=CAMPAIGN, media=(picture,))
    assert (await publish(desk, cast.ada, draft[place])).hidden_at is not None
    await findings.uphold(db, cast.dora, (await held(db, cast.dora)).id)
    violent = OPTION if place == "option" else THREAT
    assert await remembered(db) == {fingerprint(violent).hash: "removed"}
    assert (await publish(desk, cast.bert, Draft(text=CAMPAIGN))).hidden_at is None
    assert await copied(desk.gate, violent)


async def test_a_violent_text_is_remembered_and_its_harmless_warning_is_not(db: Any, cast: Any, desk: Any) -> None:
    await publish(desk, cast.ada, Draft(text=THREAT, warning=CAMPAIGN))
    finding = await held(db, cast.dora)
    await findings.uphold(db, cast.dora, finding.id)
    assert await remembered(db) == {fingerprint(THREAT).hash: "removed"}
    await findings.release(db, cast.dora, finding.id, was="upheld")
    assert await remembered(db) == {fingerprint(THREAT).hash: "kept", fingerprint(CAMPAIGN).hash: "kept"}
    await findings.uphold(db, cast.dora, finding.id, was="released")
    assert await remembered(db) == {fingerprint(THREAT).hash: "removed", fingerprint(CAMPAIGN).hash: "kept"}
    references = [row["reference"] for row in await db.fetch("SELECT reference FROM judged")]
    assert len(set(references)) == 2, "one reference names one text"
    assert await copied(desk.gate, THREAT)


async def test_what_is_said_twice_is_remembered_all_the_same(db: Any, cast: Any, desk: Any) -> None:
    await publish(
        desk,
        cast.ada,
        Draft(text=THREAT, warning=f"{THREAT}!!!", poll=PollDraft(("a library by the water", "no"), 3600)),
    )
    await findings.uphold(db, cast.dora, (await held(db, cast.dora)).id)
    assert await remembered(db) == {fingerprint(THREAT).hash: "removed"}


async def test_releasing_what_a_post_has_become_forgets_no_picture_that_it_had(
    db: Any, cast: Any, desk: Any, tmp_path: Path
) -> None:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    harbour = pictures.draw("harbour", 7)
    kept = await media.upload(db, open_storage(settings), cast.ada, data=harbour, settings=settings)
    async with db.transaction() as tx:
        await sanctions.judge_pictures(tx, (hash_of(harbour),), True, "violence", "finding 12", clock.now())
        tx.announce("screening.changed")
    post = await publish(desk, cast.ada, Draft(text=CAMPAIGN, media=(kept.id,)))
    assert post.hidden_at is not None
    assert await take_up_findings(db) == 1
    await edit(desk, cast.ada, post.id, Draft(text=CAMPAIGN))
    await findings.release(db, cast.dora, (await held(db, cast.dora)).id)
    assert (await desk.gate.look(Words(text="", pictures=(hash_of(harbour),)))).outcome is Outcome.HOLD


async def test_a_version_that_the_jury_did_not_judge_is_not_kept(db: Any, cast: Any, court: Any) -> None:
    doubted = "Somebody ought to teach the harbour master a lesson one of these days"
    await rulebook.use_rules(db, COMMAND_LINE, {"lesson": LESSON})
    post = await publish(court.desk, cast.ada, Draft(text=CAMPAIGN, warning=doubted))
    assert post.hidden_at is None
    assert await take_up_findings(db) == 1
    await edit(court.desk, cast.ada, post.id, Draft(text=CAMPAIGN))
    await court.work()
    await court.decide(Choice.FINE, await db.fetchval("SELECT id FROM cases"))
    assert await db.fetchval("SELECT verdict FROM cases") == "keep"
    assert await remembered(db) == {fingerprint(CAMPAIGN).hash: "kept"}


async def test_a_copy_of_a_released_post_passes_with_all_of_its_texts(db: Any, cast: Any, desk: Any) -> None:
    draft = Draft(text=CAMPAIGN, warning=THREAT, poll=PollDraft(("yes", "no"), 3600))
    await publish(desk, cast.ada, draft)
    await findings.release(db, cast.dora, (await held(db, cast.dora)).id)
    assert (await publish(desk, cast.bert, draft)).hidden_at is None


async def test_a_jury_that_removes_it_has_no_more_remembered(db: Any, cast: Any, court: Any) -> None:
    await publish(court.desk, cast.ada, Draft(text=CAMPAIGN, warning=THREAT))
    await findings.uphold(db, cast.dora, (await held(db, cast.dora)).id)
    await court.decide(Choice.BREAKS, await db.fetchval("SELECT id FROM cases"))
    assert await db.fetchval("SELECT verdict FROM cases") == "remove"
    assert await remembered(db) == {fingerprint(THREAT).hash: "removed"}
    assert (await publish(court.desk, cast.bert, Draft(text=CAMPAIGN))).hidden_at is None


@pytest.mark.slow
async def test_a_sweep_writes_down_where_each_text_ends(db: Any, cast: Any, write: Any, desk: Any) -> None:
    await write(cast.ada, CAMPAIGN, warning=THREAT)
    await sweep(db, Settings(), Options(hands=1, rules_only=True))
    await findings.uphold(db, cast.dora, (await held(db, cast.dora)).id)
    assert await remembered(db) == {fingerprint(THREAT).hash: "removed"}


async def test_the_picture_beside_violent_words_is_not_known_afterwards(
    db: Any, cast: Any, desk: Any, tmp_path: Path
) -> None:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    storage = open_storage(settings)

    async def post(who: Any, text: str) -> Any:
        kept = await media.upload(db, storage, who, data=pictures.draw("harbour", 7), settings=settings)
        return await publish(desk, who, Draft(text=text, media=(kept.id,)))

    assert (await post(cast.ada, THREAT)).hidden_at is not None
    finding = await held(db, cast.dora)
    await findings.uphold(db, cast.dora, finding.id)
    await remember_crops(db, storage, finding_id=finding.id)
    assert await rulebook.picture_lists(db) == []
    assert (await post(cast.bert, "The harbour this morning")).hidden_at is None


async def test_of_two_pictures_only_the_known_one_is_remembered(db: Any, cast: Any, desk: Any, tmp_path: Path) -> None:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    storage = open_storage(settings)
    harbour, loaves = pictures.draw("harbour", 7), pictures.draw("loaves", 3)
    await rulebook.add_pictures(db, COMMAND_LINE, "known", [(hash_of(harbour), "entry 1", "violence")])
    ids = [(await media.upload(db, storage, cast.ada, data=each, settings=settings)).id for each in (loaves, harbour)]
    await publish(desk, cast.ada, Draft(text="Sunday", media=tuple(ids)))
    finding = await held(db, cast.dora)
    await findings.uphold(db, cast.dora, finding.id)
    await remember_crops(db, storage, finding_id=finding.id)
    assert (await desk.gate.look(Words(text="", pictures=(hash_of(loaves),)))).outcome is Outcome.PUBLISH
    assert (await desk.gate.look(Words(text="", pictures=(hash_of(harbour),)))).outcome is Outcome.HOLD
    assert await remembered(db) == {}, "no words were found"


def hash_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        return hash_picture(image)[0]


async def test_a_released_copy_of_a_picture_takes_all_that_looks_like_it_off_the_list(
    db: Any, cast: Any, desk: Any, tmp_path: Path
) -> None:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    storage = open_storage(settings)
    harbour, loaves = pictures.draw("harbour", 7), pictures.draw("loaves", 3)
    with Image.open(io.BytesIO(harbour)) as image, Image.open(io.BytesIO(loaves)) as other:
        removed = dict.fromkeys(hash_crops(image), "case 7") | {hash_picture(other)[0]: "case 7"}
        packed = io.BytesIO()
        image.convert("RGB").resize((image.width * 3 // 4, image.height * 3 // 4)).save(packed, "JPEG", quality=40)
    async with db.transaction() as tx:
        for hash, reference in removed.items():
            await sanctions.judge_pictures(tx, [hash], True, "violence", reference, clock.now())
        tx.announce("screening.changed")
    await rulebook.add_pictures(db, COMMAND_LINE, "operators", [(hash_of(pictures.draw("tulips", 4)), "a", "violence")])
    kept = await media.upload(db, storage, cast.ada, data=packed.getvalue(), settings=settings)
    await publish(desk, cast.ada, Draft(text="", media=(kept.id,)))
    await findings.release(db, cast.dora, (await held(db, cast.dora)).id)
    again = await media.upload(db, storage, cast.bert, data=harbour, settings=settings)
    assert (await publish(desk, cast.bert, Draft(text="Good morning", media=(again.id,)))).hidden_at is None
    lists = [tuple(row) for row in await rulebook.picture_lists(db)]
    assert lists == [("operators", 1), ("removed", 1)], (
        "another picture of that decision stays, and what operators added"
    )


def reason(stage: Stage, *words: str, probability: float = 0.95) -> Reason:
    return Reason(stage=stage, category=Category.THREAT, probability=probability, name="x", words=words)


@pytest.mark.parametrize(
    ("parts", "because", "expected"),
    [
        (["calm", "kill you"], [reason(Stage.RULE, "kill", "you")], ["kill you"]),
        (["kill you", "kill me", "calm"], [reason(Stage.RULE, "kill")], ["kill you", "kill me"]),
        (["kill you", "kill me"], [reason(Stage.MODEL, "kill", "me")], ["kill me"]),
        (["kill you", "burn it"], [reason(Stage.RULE, "burn"), reason(Stage.RULE, "you")], ["kill you", "burn it"]),
        (["they fight", "kill you"], [reason(Stage.MODEL, "kill", "fight")], ["kill you"]),
        (["they fight", "kill"], [reason(Stage.MODEL, "fight\nkill", "kill", "fight")], ["kill"]),
        (["they fight", "kill you"], [reason(Stage.MODEL, "fight"), reason(Stage.RULE, "kill")], ["kill you"]),
        (["calm", "kill you"], [reason(Stage.MODEL, "you"), reason(Stage.RULE, "calm", probability=0.2)], ["kill you"]),
        (["calm", "kill you"], [reason(Stage.OTHER)], []),
        (["calm", " "], [reason(Stage.OTHER)], ["calm"]),
        (["calm"], [reason(Stage.PICTURE), reason(Stage.MODEL, "calm")], []),
        (["calm", "a copy"], [reason(Stage.COPY, "a copy"), reason(Stage.MODEL, "calm")], ["a copy"]),
        (["calm"], [], ["calm"]),
        (["kill you", "kill you"], [reason(Stage.RULE, "kill")], ["kill you"]),
        (["", ""], [], []),
    ],
)
def test_which_texts_are_blamed(parts: list[str], because: list[Reason], expected: list[str]) -> None:
    assert list(blamed(parts, because)) == expected


def test_a_text_is_taken_apart_where_it_was_put_together() -> None:
    parts = ("One\ntwo", "", "three")
    assert parts_of("\n".join(parts), [len(part) for part in parts]) == parts
    assert parts_of("One\ntwo", None) == ("One\ntwo",)
