"""What belongs to a case, and what leaves it: a verdict on one text lets no other text out with it."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.moderation import findings
from folkmoot.moderation.appeals import appeal
from folkmoot.moderation.cases import Choice, Verdict
from folkmoot.moderation.cases.clusters import other_texts, say_the_same
from folkmoot.moderation.cases.decide import decide_as_steward, escalate, hide_for_now
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.jobs import take_up_findings
from folkmoot.moderation.cases.open import look
from folkmoot.moderation.cases.reopen import reopen
from folkmoot.moderation.cases.timers import work_clocks
from folkmoot.moderation.sanctions import get_standing, own_statements
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.network.access.viewer import Role
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft, PollDraft
from folkmoot.network.posts.views import Visibility

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
OTHER = "Another thing altogether, about the ferry and its timetable in the winter, which is a scandal"
THREAT = "@bert we know where you park your car and we will bring hammers"
OPTION = "I will find you tonight and kill you, traitor"


async def reported(court: Any, people: Any, words: str = WORDS) -> tuple[Any, int]:
    """A post of Ada's that Bert reported, and its case."""
    post = await publish(court.desk, people.ada, Draft(text=words))
    made = await court.report(people.bert, people.ada, post.id)
    return post, made.case_ids[0]


async def is_seen(court: Any, people: Any, post: Any) -> bool:
    return await court.desk.find(people.dora, post.id) is not None


async def verdicts(db: Any) -> dict[str, str]:
    return {row["text_hash"]: row["verdict"] for row in await db.fetch("SELECT text_hash, verdict FROM judged")}


@pytest.mark.parametrize("place", ["warning", "alt", "option"])
async def test_a_copy_with_violent_words_beside_it_is_a_case_of_its_own(
    db: Any, cast: Any, court: Any, upload: Any, place: str
) -> None:
    draft = {"warning": Draft(text=WORDS, warning=THREAT)}
    draft["option"] = Draft(text=WORDS, poll=PollDraft(("yes", OPTION), 3600))
    mine = Draft(text=WORDS)
    if place == "alt":
        theirs, shown = await upload(cast.cleo), await upload(cast.ada)
        await db.fetch("UPDATE media SET picture_hash = $1", "5a" * 32)
        await db.fetch("UPDATE media SET description = $2 WHERE id = $1", theirs, THREAT)
        draft["alt"], mine = Draft(text=WORDS, media=(theirs,)), Draft(text=WORDS, media=(shown,))
    post = await publish(court.desk, cast.ada, mine)
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    held = await publish(court.desk, cast.cleo, draft[place])
    assert held.hidden_at is not None
    assert await take_up_findings(db) == 1
    own = (await court.case_of(held.id))["id"]
    assert own != case
    await court.decide(Choice.FINE, case)
    await court.work()
    assert await is_seen(court, cast, post)
    assert not await is_seen(court, cast, held)
    assert fingerprint(OPTION if place == "option" else THREAT).hash not in await verdicts(db)
    await court.decide(Choice.BREAKS, own)
    assert not await is_seen(court, cast, held)
    assert await is_seen(court, cast, post)


async def test_a_copy_with_the_same_words_beside_it_joins(db: Any, cast: Any, court: Any) -> None:
    poll = PollDraft(("Yes, of course", "No"), 3600)
    post = await publish(court.desk, cast.ada, Draft(text=WORDS, warning="The Council", poll=poll))
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    copy = await publish(
        court.desk,
        cast.cleo,
        Draft(text=WORDS.upper(), warning="the  COUNCIL", poll=PollDraft(("NO", "yes, of course"), 3600)),
    )
    assert (await court.report(cast.bert, cast.cleo, copy.id)).case_ids == (case,)


async def test_a_copy_edited_into_something_else_leaves_the_case(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    copy = await publish(court.desk, cast.ada, Draft(text=WORDS))
    assert (await court.report(cast.cleo, cast.ada, copy.id)).case_ids == (case,)
    await edit(court.desk, cast.ada, copy.id, Draft(text=THREAT))
    await court.work()
    own = await court.case_of(copy.id)
    assert own["id"] != case
    assert (own["severity"], own["hidden_at"] is not None) == ("threat", True)
    assert await db.fetchval("SELECT array_agg(post_id) FROM case_posts WHERE case_id = $1", case) == [post.id]
    assert await db.fetchval("SELECT case_id FROM case_reports WHERE post_id = $1", copy.id) == own["id"]
    assert await take_up_findings(db) == 1
    assert await db.fetchval("SELECT case_id FROM findings WHERE post_id = $1", copy.id) == own["id"]
    await court.folded(own["id"])
    await court.decide(Choice.FINE, case)
    await court.work()
    assert not await is_seen(court, cast, copy)
    assert (await court.case(own["id"]))["verdict"] is None
    await edit(court.desk, cast.ada, copy.id, Draft(text=WORDS))
    await court.work()
    await court.folded(case)
    await court.folded(own["id"])


async def test_a_verdict_that_comes_before_the_edit_is_noted_lets_nothing_new_out(
    db: Any, cast: Any, court: Any
) -> None:
    _, case = await reported(court, cast)
    copy = await publish(court.desk, cast.cleo, Draft(text=WORDS))
    assert (await court.report(cast.bert, cast.cleo, copy.id)).case_ids == (case,)
    await edit(court.desk, cast.cleo, copy.id, Draft(text=THREAT))
    await court.decide(Choice.FINE, case)
    assert not await is_seen(court, cast, copy)
    assert await own_statements(db, cast.cleo) == [], "nothing of theirs came back"
    await court.work()
    own = await court.case_of(copy.id)
    assert own["id"] != case
    assert own["hidden_at"] is not None
    assert await take_up_findings(db) == 1
    assert await db.fetchval("SELECT case_id FROM findings WHERE post_id = $1", copy.id) == own["id"]
    assert await db.fetchval("SELECT count(*) FROM cases") == 2
    await court.decide(Choice.FINE, own["id"])
    assert await is_seen(court, cast, copy)


async def test_a_held_copy_stays_when_the_first_becomes_harmless(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=THREAT))
    copy = await publish(court.desk, cast.cleo, Draft(text=THREAT))
    assert await take_up_findings(db) == 2
    case = (await court.case_of(post.id))["id"]
    assert (await court.case_of(copy.id))["id"] == case
    await edit(court.desk, cast.ada, post.id, Draft(text=WORDS))
    await court.work()
    own = (await court.case_of(copy.id))["id"]
    assert own != case
    assert await db.fetchval("SELECT case_id FROM findings WHERE post_id = $1 AND decision IS NULL", copy.id) == own
    await court.decide(Choice.FINE, case)
    await court.work()
    assert not await is_seen(court, cast, copy)
    assert fingerprint(THREAT).hash not in await verdicts(db)


async def test_of_texts_that_were_never_judged_none_is_let_pass(db: Any, cast: Any, court: Any) -> None:
    """What was found in a copy is not what the jury read, whatever lets it into the case."""
    _, case = await reported(court, cast)
    held = await publish(court.desk, cast.cleo, Draft(text=WORDS, warning=THREAT))
    await db.fetch("UPDATE findings SET case_id = $1 WHERE post_id = $2", case, held.id)
    await court.decide(Choice.FINE, case)
    assert await verdicts(db) == {fingerprint(WORDS).hash: "kept"}


async def test_an_appeal_brings_back_only_what_was_removed(db: Any, cast: Any, court: Any, enrol: Any) -> None:
    post, case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    await appeal(db, cast.ada, case, "It was only about the allotments")
    for _ in range(4):
        await court.first(case)
        await court.vote(await court.juror(), Choice.FINE)
    await edit(court.desk, cast.ada, post.id, Draft(text=THREAT))
    for name in ("stella", "steve"):
        if (await court.case(case))["verdict"] != "keep":
            await decide_as_steward(db, await enrol(name, Role.STEWARD), case, Verdict.KEEP, "Nothing in it")
    assert (await court.case(case))["verdict"] == "keep"
    assert not await is_seen(court, cast, post)
    await court.work()
    own = await court.case_of(post.id)
    assert own["id"] != case
    assert own["hidden_at"] is not None


async def reverse(court: Any, people: Any, enrol: Any, case: int) -> None:
    """Have an appeal of Ada's against a removal succeed."""
    await appeal(court.db, people.ada, case, "It was only about the allotments")
    for _ in range(4):
        await court.first(case)
        await court.vote(await court.juror(), Choice.FINE)
    for name in ("stella", "steve"):
        if (await court.case(case))["verdict"] != "keep":
            steward = await enrol(name, Role.STEWARD)
            await decide_as_steward(court.db, steward, case, Verdict.KEEP, "Nothing in it")
    assert (await court.case(case))["verdict"] == "keep"


@pytest.mark.parametrize("text", [OTHER, THREAT])
async def test_what_had_inherited_a_reversed_verdict_comes_back_if_nothing_else_speaks_against_it(
    db: Any, cast: Any, court: Any, enrol: Any, text: str
) -> None:
    _, case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    copy = await publish(court.desk, cast.cleo, Draft(text=text, warning=WORDS))
    assert copy.hidden_at is not None
    assert await take_up_findings(db) == 1
    assert (await court.case_of(copy.id))["id"] == case
    await reverse(court, cast, enrol, case)
    await court.work()
    assert await is_seen(court, cast, copy) == (text == OTHER)
    assert ((await court.case_of(copy.id))["id"] == case) == (text == OTHER)


@pytest.mark.parametrize("was_stored", [False, True])
async def test_a_shared_warning_lets_no_unread_text_out_with_a_reversal(
    db: Any, cast: Any, court: Any, enrol: Any, was_stored: bool
) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS, warning=THREAT))
    assert await take_up_findings(db) == 1
    case = (await court.case_of(post.id))["id"]
    await court.decide(Choice.BREAKS, case)
    fresh = await publish(court.desk, cast.cleo, Draft(text=OPTION, warning=THREAT))
    assert await take_up_findings(db) == 1
    assert (await court.case_of(fresh.id))["id"] == case
    if was_stored:  # what older releases wrote down
        await db.fetch("UPDATE case_contents t SET text_hash = c.text_hash FROM cases c WHERE c.id = t.case_id")
    await reverse(court, cast, enrol, case)
    await court.work()
    assert await is_seen(court, cast, post)
    assert not await is_seen(court, cast, fresh)
    assert (await court.case_of(fresh.id))["id"] != case


async def test_nothing_is_kept_any_more_where_all_has_been_destroyed(db: Any, cast: Any, court: Any) -> None:
    _, case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    await db.fetch("UPDATE cases SET state = 'closed', erased_at = now() WHERE id = $1", case)
    copy = await publish(court.desk, cast.cleo, Draft(text=WORDS))
    assert copy.hidden_at is not None
    assert await take_up_findings(db) == 1
    assert (await court.case_of(copy.id))["id"] != case
    assert await db.fetchval("SELECT count(*) FROM case_contents WHERE case_id = $1", case) == 1


@pytest.mark.parametrize("outcome", ["seen", "held"])
async def test_a_letter_nobody_objected_to_is_put_before_no_jurors_by_a_reversal(
    db: Any, cast: Any, court: Any, enrol: Any, outcome: str
) -> None:
    _, case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    direct = Visibility.DIRECT
    letter = await publish(court.desk, cast.cleo, Draft(text=OPTION, warning=WORDS, visibility=direct))
    assert letter.hidden_at is not None
    assert await take_up_findings(db) == 1
    assert (await court.case_of(letter.id))["id"] == case
    if outcome == "held":  # what takes the place of words that wait for people waits for them, too
        await edit(court.desk, cast.cleo, letter.id, Draft(text=OPTION, warning="Mine", visibility=direct))
    await reverse(court, cast, enrol, case)
    await court.work()
    row = await db.fetchrow("SELECT hidden_at, warning FROM posts WHERE id = $1", letter.id)
    assert row["warning"] == (WORDS if outcome == "seen" else "Mine")
    assert (row["hidden_at"] is None) == (outcome == "seen")
    assert await db.fetchval("SELECT count(*) FROM cases") == (1 if outcome == "seen" else 2)


async def test_a_reversal_leaves_the_warning_of_a_newer_version_as_it_is(
    db: Any, cast: Any, court: Any, enrol: Any
) -> None:
    post, case = await reported(court, cast)
    await court.decide(Choice.BREAKS, case)
    await edit(court.desk, cast.ada, post.id, Draft(text=OTHER, warning="Ferries", sensitive=True))
    await reverse(court, cast, enrol, case)
    row = await db.fetchrow("SELECT warning, sensitive FROM posts WHERE id = $1", post.id)
    assert tuple(row) == ("Ferries", True)


async def reopened(court: Any, case_id: int) -> None:
    async with court.db.transaction() as tx:
        case = await CaseInHand.lock(tx, case_id)
        await reopen(tx, case, "a ballot was void")
        await case.write()
    await court.work()


async def test_an_edit_does_not_stop_the_jury_of_a_case_that_is_reopened(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    await court.decide(Choice.FINE, case)
    await edit(court.desk, cast.ada, post.id, Draft(text=OTHER))
    await court.work()
    await reopened(court, case)
    await court.decide(Choice.FINE, case)
    assert (await court.case(case))["verdict"] == "keep"
    assert len((await court.folded(case)).content) == 2
    assert await is_seen(court, cast, post)


async def test_a_removed_copy_stays_with_its_case_until_that_is_decided_anew(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    copy = await publish(court.desk, cast.cleo, Draft(text=WORDS))
    assert (await court.report(cast.bert, cast.cleo, copy.id)).case_ids == (case,)
    await court.decide(Choice.BREAKS, case)
    await edit(court.desk, cast.cleo, copy.id, Draft(text=OTHER))
    await court.work()
    await reopened(court, case)
    await court.decide(Choice.FINE, case)
    assert (await get_standing(db, cast.cleo)).points == 0
    assert await is_seen(court, cast, post)
    assert not await is_seen(court, cast, copy)
    await court.work()
    assert (await court.case_of(copy.id))["id"] != case


async def test_what_an_edit_holds_hides_its_case_and_no_clock_lets_it_out(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    await court.set(case, severity="threat")
    await edit(court.desk, cast.ada, post.id, Draft(text=THREAT))
    await court.work()
    assert (await court.folded(case)).hidden
    assert await take_up_findings(db) == 1
    found = await db.fetchval("SELECT id FROM findings WHERE decision IS NULL")
    assert await findings.uphold(db, cast.dora, found)
    with court.later(hours=25):
        await work_clocks(db)
    assert not await is_seen(court, cast, post)
    assert (await court.case(case))["verdict"] in (None, "remove")


async def test_a_stewards_day_ends_nothing_that_screening_holds_since(db: Any, cast: Any, court: Any) -> None:
    post, case = await reported(court, cast)
    await hide_for_now(db, cast.dora, case, "while we look at it")
    await edit(court.desk, cast.ada, post.id, Draft(text=THREAT))
    await court.work()
    await court.set(case, severity="serious")
    await db.fetch("UPDATE case_timers SET due_at = now() + interval '3 days' WHERE kind = 'default'")
    with court.later(hours=25):
        await work_clocks(db)
    assert not await is_seen(court, cast, post)


async def test_a_steward_is_first_heard_about_the_newer_version(db: Any, cast: Any, court: Any) -> None:
    """When a finding is taken up before the edit is noted, what was found decides how grave the case is."""
    post, case = await reported(court, cast)
    await edit(court.desk, cast.ada, post.id, Draft(text=THREAT))
    assert await take_up_findings(db) == 1
    row = await court.case(case)
    assert (row["severity"], row["hidden_at"] is not None) == ("threat", True)
    await court.work()
    assert len((await court.folded(case)).content) == 2


@pytest.mark.parametrize("words", [WORDS, f"{WORDS}, truly"])
async def test_a_held_copy_neither_hides_what_it_copies_nor_is_let_out_with_it(
    db: Any, cast: Any, court: Any, words: str
) -> None:
    post, case = await reported(court, cast)
    copy = await publish(court.desk, cast.cleo, Draft(text=words))
    await db.fetch("UPDATE posts SET hidden_at = now(), hidden_for = 'threat' WHERE id = $1", copy.id)
    await escalate(db, cast.dora, case, "a second pair of eyes")
    (own,) = (await court.report(cast.bert, cast.cleo, copy.id)).case_ids
    assert own != case
    assert await is_seen(court, cast, post)
    await decide_as_steward(db, cast.dora, case, Verdict.KEEP, "A matter of the council")
    assert await is_seen(court, cast, post)
    assert await db.fetchval("SELECT hidden_at FROM posts WHERE id = $1", copy.id) is not None


async def test_stewards_see_the_newest_words_of_what_is_held(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    await edit(court.desk, cast.ada, post.id, Draft(text=THREAT))
    assert await db.fetchval("SELECT count(*) FROM findings") == 1
    await edit(court.desk, cast.ada, post.id, Draft(text=OTHER))
    rows = await db.fetch("SELECT text, outcome, version FROM findings WHERE decision IS NULL")
    assert [tuple(row) for row in rows] == [(OTHER, "hold", 3)]
    assert not await is_seen(court, cast, post)


async def test_screening_is_asked_about_every_text_of_a_post(db: Any, cast: Any, court: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS, warning=THREAT)
    found = await look(db, court.desk.gate, post)
    assert found is not None
    assert found.outcome == "hold"
    plain = await write(cast.ada, WORDS)
    await db.fetch(
        "INSERT INTO polls (id, account_id, post_id, options) VALUES (1, $1, $2, $3)",
        cast.ada.account_id,
        plain,
        ["yes", OPTION],
    )
    found = await look(db, court.desk.gate, plain)
    assert found is not None
    assert found.outcome == "hold"


@pytest.mark.parametrize(
    ("some", "others", "same"),
    [
        ([], [], True),
        (["A warning"], ["a  WARNING "], True),
        (["yes", "no"], ["No", "Yes"], True),
        (["yes"], [], False),
        (["yes", "yes"], ["yes"], False),
        (["\U0001f52a"], [], False),
        ([" "], [], True),
    ],
)
def test_other_texts_are_compared_by_their_plain_words(some: list[str], others: list[str], same: bool) -> None:
    assert say_the_same(some, others) is same
    assert say_the_same(others, some) is same


def test_the_other_texts_of_a_post() -> None:
    row = {"warning": "", "media": '[{"description": "A boat"}, {"description": ""}]', "poll_options": '["yes", "no"]'}
    assert other_texts(row) == ("A boat", "yes", "no")
    assert other_texts({"warning": "Boats", "media": None, "poll_options": None}) == ("Boats",)
