"""A proposal shows old against new, and changes nothing by itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from folkmoot.errors import Invalid
from folkmoot.moderation import calibration, findings, rulebook
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.screening import Category, Outcome, Stage, Words
from folkmoot.network.gate import Gate, Subject
from folkmoot.network.gate.parts import read
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.settings import Settings

VIOLENT = "I will come to {n} street tonight and kill you, every one of you"
HARMLESS = "{n} cakes for the street party tonight, come everyone and bring your children"


def judgements() -> list[calibration.Judgement]:
    """Of people who let a third of what looks like threats pass: the model is surer than they are."""
    return [calibration.Judgement(VIOLENT.format(n=n), n % 3 > 0, "en") for n in range(120)] + [
        calibration.Judgement(HARMLESS.format(n=n), False, "en") for n in range(80)
    ]


async def test_a_proposal_changes_nothing_until_told(db: Any, gate: Gate, cast: Any) -> None:
    proposal = await calibration.propose(db, Settings(), judgements(), days=30)
    assert proposal.new.log_loss < proposal.old.log_loss
    assert (await read(db, Settings())).tuning is None
    before = (await gate.screen()).versions["limits"]
    version = await rulebook.use_limits(db, cast.dora, proposal.tuning)
    in_force = await read(db, Settings())
    assert in_force.tuning == proposal.tuning
    gate._changed(None)
    screen = await gate.screen()
    assert screen.versions["limits"] == version != before
    assert screen.limits[Category.VIOLENCE] == proposal.tuning.limits[Category.VIOLENCE]


async def test_too_few_verdicts_are_refused(db: Any) -> None:
    with pytest.raises(Invalid, match="too few"):
        await calibration.propose(db, Settings(), judgements()[:10], days=30)


def test_a_file_of_verdicts_names_its_broken_line(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    file.write_text('{"text": "a", "violates": true}\n\n{"text": "b"}\n')
    with pytest.raises(Invalid, match="line 3"):
        calibration.read_judgements(file)
    file.write_bytes('{"text": "wörtlich", "violates": true}'.encode("latin-1"))
    with pytest.raises(Invalid, match="line 1"):
        calibration.read_judgements(file)
    file.write_text('{"text": "a", "violates": true, "lang": "de"}\n')
    assert calibration.read_judgements(file) == [calibration.Judgement("a", True, "de")]


OURS_VIOLENT = "the {n} pigeons of the {place} will get what they deserve, you know what I mean, friends"
OURS_HARMLESS = "the {n} pigeons of the {place} will get bread and water, you know what I mean, friends"
PLACES = ("mill", "bridge", "school", "church", "station", "harbour", "market")


def of_our_own() -> list[calibration.Judgement]:
    """A word only this community knows what to make of."""
    return [
        calibration.Judgement(text.format(n=n, place=PLACES[n % 7]), text is OURS_VIOLENT, "en")
        for n in range(90)
        for text in (OURS_VIOLENT, OURS_HARMLESS)
    ]


async def test_words_of_a_community_are_learnt_from_its_verdicts_and_shown(db: Any, gate: Gate, cast: Any) -> None:
    line_only = await calibration.propose(db, Settings(), of_our_own(), days=30)
    proposal = await calibration.propose(db, Settings(), of_our_own(), days=30, retrain=True)
    assert line_only.learnt == 0 < proposal.learnt
    assert proposal.new.log_loss < line_only.new.log_loss * 0.7
    assert proposal.new.error < line_only.new.error
    assert proposal.new.held >= line_only.new.held
    assert proposal.new.false_holds <= line_only.new.false_holds
    await rulebook.use_limits(db, cast.dora, proposal.tuning)
    gate._changed(None)
    screen = await gate.screen()
    words = Words(text=OURS_VIOLENT.format(n=500, place="mill"), language="en")
    (violence,) = [one for one in screen.ask("model", words) if one.category is Category.VIOLENCE]
    twin = Words(text=OURS_HARMLESS.format(n=500, place="mill"), language="en")
    (harmless,) = [one for one in screen.ask("model", twin) if one.category is Category.VIOLENCE]
    assert violence.probability > harmless.probability
    assert any("deserve" in passage for passage in violence.words)


async def test_verdicts_that_teach_no_words_leave_the_model_alone(db: Any) -> None:
    mixed = [
        calibration.Judgement(HARMLESS.format(n=n), hashlib.sha256(b"%d" % n).digest()[1] % 2 == 0, "en")
        for n in range(240)
    ]
    assert (await calibration.propose(db, Settings(), mixed, days=30, retrain=True)).learnt == 0


async def test_a_calibration_of_another_model_is_left_out(db: Any, gate: Gate, cast: Any) -> None:
    proposal = await calibration.propose(db, Settings(), judgements(), days=30)
    other = msgspec.structs.replace(proposal.tuning, model="another")
    await rulebook.use_limits(db, cast.dora, other)
    gate._changed(None)
    screen = await gate.screen()
    assert screen.versions["limits"] == "shipped"
    assert screen.limits[Category.VIOLENCE] != proposal.tuning.limits[Category.VIOLENCE]


async def test_rules_alone_have_nothing_to_calibrate(db: Any) -> None:
    with pytest.raises(Invalid, match="Without the model"):
        await calibration.propose(db, Settings(screening="rules"), judgements(), days=30)


async def judged(court: Any, cast: Any, words: str, choice: Choice, category: str) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=words))
    made = await court.report(cast.bert, cast.ada, post.id)
    async with court.db.transaction() as tx:
        await tx.execute("UPDATE cases SET category = $2 WHERE id = $1", made.case_ids[0], category)
    await court.decide(choice, made.case_ids[0], None)


async def test_what_a_jury_decided_of_posts_screening_found_nothing_in_is_learnt_from(
    db: Any, cast: Any, court: Any
) -> None:
    wanted, fine, sold = (
        "The ferry to the island gets what it has coming this year, they say",
        "The old mill is for sale and nobody wants it, which is a pity",
        "Cheap watches and nothing else, write to me today, friends of the bridge",
    )
    await judged(court, cast, wanted, Choice.BREAKS, "threat")
    await judged(court, cast, fine, Choice.FINE, "spam")
    await judged(court, cast, sold, Choice.BREAKS, "spam")
    found = {one.text: one.violates for one in await calibration.judgements_of(db, 30)}
    assert found == {wanted: True, fine: False}


SPAM = """
[lists]
watches = ["cheap watches"]

[[rule]]
id = "cheap-watches"
title = "Sells watches"
category = "spam"
weight = 0.95
all = ["watches"]
[rule.examples]
match = ["cheap watches today"]
leave = ["a watch"]
"""


async def test_only_upheld_violence_teaches_what_violence_is(db: Any, cast: Any, desk: Any) -> None:
    await rulebook.use_rules(db, cast.dora, {"our-spam": SPAM})
    desk.gate._changed(None)
    threat = "I will come to the mill tonight and kill you, every one of you"
    mild = "Somebody burn the mill down tonight and shoot the miller when he comes out"
    sold = "Cheap watches and nothing else, write to me today, friends of the bridge"
    for words in (threat, mild, sold):
        assert (await publish(desk, cast.ada, Draft(text=words))).hidden_at is not None
    for finding in await findings.list_open(db, cast.dora, Outcome.HOLD):
        await (findings.release if finding.text == mild else findings.uphold)(db, cast.dora, finding.id)
    known = "7" * 64
    await rulebook.add_pictures(db, cast.dora, "known", [(known, "a list", "violence")])
    desk.gate._changed(None)
    for words in (
        Words(text="The harbour this morning", pictures=(known,)),
        Words(text=f"{threat}!", language="en"),
    ):
        finding = await desk.gate.look(words)
        assert finding.because[0].stage in (Stage.COPY, Stage.PICTURE)
        async with db.transaction() as tx:
            await desk.gate.record(tx, Subject(account_id=cast.bert.account_id), finding, words, finding.category or "")
        (found,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
        await findings.uphold(db, cast.dora, found.id)
    judged_texts = {one.text: one.violates for one in await calibration.judgements_of(db, 30)}
    assert judged_texts == {threat: True, mild: False}
