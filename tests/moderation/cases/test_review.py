"""What comes to light later: ballots that should not have been cast, jurors who act as one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.ids import new_id
from folkmoot.moderation.cases import Choice, State
from folkmoot.moderation.cases.read import get_case, list_cases
from folkmoot.moderation.cases.review import compare, doubted, find_rings, void_ballot
from folkmoot.moderation.sanctions import get_standing
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"


async def decided(court: Any, people: Any) -> tuple[Any, int]:
    post = await publish(court.desk, people.ada, Draft(text=WORDS))
    case = (await court.report(people.bert, people.ada, post.id)).case_ids[0]
    await court.decide(Choice.BREAKS, case)
    await court.work()
    return post, case


async def test_juror_follows_the_author_found_late(db: Any, cast: Any, court: Any) -> None:
    """Edge case of that name: the ballot is void, the belief recomputed, the case reopened when the verdict flips."""
    post, case = await decided(court, cast)
    assert (await get_standing(db, cast.ada)).points > 0
    count = (await court.case(case))["ballots"]
    assert await void_ballot(db, cast.dora, case, count, "follows the author")
    row = await court.case(case)
    assert (row["state"], row["verdict"], row["round"]) == ("empanelled", None, 2)
    file = await court.folded(case)
    assert (file.hidden, file.reopened) == (True, 1)
    assert await court.desk.find(cast.bert, post.id) is None, "what was done stays done until it is decided anew"
    assert (await db.fetchrow("SELECT outcome FROM reports"))["outcome"] is None
    view = await get_case(db, cast.dora, case)
    assert [ballot.voided_why for ballot in view.ballots] == [None] * (count - 1) + ["follows the author"]
    await court.decide(Choice.FINE, case)
    assert await court.desk.find(cast.bert, post.id) is not None
    assert (await court.folded(case)).state is State.APPEALABLE
    assert (await get_standing(db, cast.ada)).points == 0, "the strike went with the verdict"


async def test_a_void_ballot_in_an_open_case_makes_room_for_another(db: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    case = (await court.report(cast.bert, cast.ada, post.id)).case_ids[0]
    await court.vote(await court.juror(), Choice.BREAKS)
    assert not await void_ballot(db, cast.dora, case, 1, "a friend")
    row = await court.case(case)
    assert (row["ballots"], row["belief"]) == (0, pytest.approx(row["prior"]))
    await court.folded(case)
    with pytest.raises(Missing):
        await void_ballot(db, cast.dora, case, 1, "a friend")
    with pytest.raises(Missing):
        await void_ballot(db, cast.dora, case, 7, "nobody")
    with pytest.raises(Forbidden):
        await void_ballot(db, cast.ada, case, 1, "I do not like it")


async def test_juror_colludes_found_later(db: Any, cast: Any, court: Any) -> None:
    """Edge case of that name: past cases are recomputed without the ring, and stewards get the list of flips."""
    _, case = await decided(court, cast)
    ring = [row["juror_id"] for row in await db.fetch("SELECT juror_id FROM ballots ORDER BY id DESC LIMIT 2")]
    assert await find_rings(db) == []
    assert await doubted(db, cast.dora) == []
    seats = await db.fetch("SELECT id, content_id FROM seats LIMIT 1")
    for number in range(12):
        other = new_id()
        await db.fetch(
            """INSERT INTO cases (id, state, version, severity, category, account_id, content_id, prior, belief, source,
                 opened_at, target_at) SELECT $1, 'empanelled', 0, severity, category, account_id, content_id, 0, 0, source,
                 opened_at, target_at FROM cases WHERE id = $2""",
            other,
            case,
        )
        for juror in ring:
            seat = new_id()
            at = clock.now() - timedelta(hours=number + 1)
            await db.fetch(
                """INSERT INTO seats (id, case_id, juror_id, round, content_id, taken_at, lease_until, ended_at, ended_how)
                   VALUES ($1, $2, $3, 1, $4, $5, $5, $5, 'cast')""",
                seat,
                other,
                juror,
                seats[0]["content_id"],
                at,
            )
            await db.fetch(
                """INSERT INTO ballots (id, seat_id, case_id, juror_id, round, content_id, choice, if_breaks, if_fine, seconds,
                     cast_at) VALUES ($1, $2, $3, $4, 1, $5, 'fine', 0.2, 0.8, 2, $6)""",
                new_id(),
                seat,
                other,
                juror,
                seats[0]["content_id"],
                at,
            )
    assert [flip.case for flip in await find_rings(db)] == [case]
    linked = await db.fetch("SELECT account_id FROM jurors WHERE ring IS NOT NULL")
    assert {row["account_id"] for row in linked} == set(ring)
    assert await find_rings(db) == [], "said once"
    assert [flip.case for flip in await doubted(db, cast.dora)] == [case]
    assert [line.id for line in await list_cases(db, cast.dora, ids=[case])] == [case]
    with pytest.raises(Forbidden):
        await doubted(db, cast.ada)
    suspect = [each.juror for each in (await get_case(db, cast.dora, case)).ballots if each.linked]
    assert len(suspect) == 2
    with pytest.raises(Invalid):
        await void_ballot(db, cast.dora, case, suspect[0], " ")
    assert any([await void_ballot(db, cast.dora, case, juror, "acts as one with another") for juror in suspect])
    assert (await court.case(case))["state"] == "empanelled"
    assert await doubted(db, cast.dora) == []


async def test_all_ballots_together_are_compared_with_what_was_learned(db: Any, cast: Any, court: Any) -> None:
    await decided(court, cast)
    await db.fetch("UPDATE jurors SET hit = 1, missed = 80")
    apart = await compare(db)
    assert len(apart) == await db.fetchval("SELECT count(*) FROM ballots")
    assert all(violations > 0.1 for violations, _ in apart.values())
    assert await db.fetchval("SELECT value IS NOT NULL FROM learned WHERE key = 'differing'")
