"""What is open about a post that leaves its case, and may come back, is where the post is."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.moderation.cases import Choice, queries
from folkmoot.moderation.notices.queries import judged
from folkmoot.moderation.reports import own_reports
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"
OTHER = "Another thing altogether, about the ferry and its timetable in the winter, which is a scandal"


async def reported(court: Any, by: Any, author: Any, words: str) -> tuple[Any, int]:
    post = await publish(court.desk, author, Draft(text=words))
    return post, (await court.report(by, author, post.id)).case_ids[0]


async def change(court: Any, author: Any, post: Any, words: str) -> int:
    """Edit a post and do what follows; the case it is before then."""
    await edit(court.desk, author, post.id, Draft(text=words))
    await court.work()
    case_id: int = (await queries.case_of_post(court.db, post.id))["id"]  # type: ignore[index]  # it has one
    return case_id


async def cases_of(db: Any, report_id: int) -> list[int]:
    rows = await db.fetch("SELECT case_id FROM case_reports WHERE report_id = $1 ORDER BY 1", report_id)
    return [row["case_id"] for row in rows]


async def test_a_report_goes_with_its_post_and_comes_back_with_it(db: Any, cast: Any, court: Any) -> None:
    _, first = await reported(court, cast.bert, cast.ada, WORDS)
    _, second = await reported(court, cast.bert, cast.cleo, OTHER)
    copy = await publish(court.desk, cast.ada, Draft(text=WORDS))
    await db.fetch(
        """INSERT INTO reports (id, reporter_id, account_id, category, outcome, created_at)
           SELECT n, $1, $2, 'other', 'upheld', now() FROM generate_series(1, 9) AS n""",
        cast.cleo.account_id,
        cast.ada.account_id,
    )
    made = await court.report(cast.cleo, cast.ada, copy.id)
    await court.work()
    believed = (await court.case(first))["prior"]
    assert await change(court, cast.ada, copy, OTHER) == second
    assert await cases_of(db, made.id) == [second]
    assert (await court.case(first))["prior"] < believed, "one fewer objects to it"
    assert await change(court, cast.ada, copy, WORDS) == first
    assert await cases_of(db, made.id) == [first]
    assert (await court.case(first))["prior"] == pytest.approx(believed)
    for case in (first, second):
        await court.folded(case)
    assert await db.fetchval("SELECT count(*) FROM case_reports WHERE joined_at IS NULL") == 0


@pytest.mark.parametrize("which", [0, 1])
async def test_a_report_about_two_posts_belongs_to_both_their_cases(db: Any, cast: Any, court: Any, which: int) -> None:
    posts = [await publish(court.desk, cast.ada, Draft(text=WORDS)) for _ in range(2)]
    leaves, stays = posts[which], posts[1 - which]
    (case,) = (await court.report(cast.bert, cast.ada, stays.id)).case_ids
    made = await court.report(cast.cleo, cast.ada, *(post.id for post in posts))
    assert made.case_ids == (case,)
    await court.work()
    own = await change(court, cast.ada, leaves, OTHER)
    assert own != case
    assert await cases_of(db, made.id) == sorted([case, own])
    await court.decide(Choice.FINE, case)
    await court.work()
    assert (await own_reports(db, cast.cleo))[0].outcome is None
    await court.decide(Choice.BREAKS, own)
    await court.work()
    assert (await own_reports(db, cast.cleo))[0].outcome == "upheld"


async def test_a_post_that_joins_an_older_case_is_before_that(db: Any, cast: Any, court: Any) -> None:
    _, older = await reported(court, cast.bert, cast.ada, WORDS)
    post, own = await reported(court, cast.bert, cast.cleo, OTHER)
    await court.decide(Choice.FINE, own)
    await edit(court.desk, cast.cleo, post.id, Draft(text=WORDS))
    for reporter in (cast.bert, cast.dora):
        assert (await court.report(reporter, cast.cleo, post.id)).case_ids == (older,)
    assert (await queries.case_of_post(db, post.id))["id"] == older  # type: ignore[index]  # it has two
    assert [row["case_id"] for row in await judged(db, [post.id])] == [older]
    joined = "SELECT count(*) FROM case_events WHERE case_id = $1 AND key LIKE 'joined:copy:%'"
    assert await db.fetchval(joined, older) == 1
    await court.decide(Choice.BREAKS, older)
    assert (await queries.case_of_post(db, post.id))["id"] == older  # type: ignore[index]  # it has two


async def test_a_copy_may_come_back_as_it_was(db: Any, cast: Any, court: Any) -> None:
    """It leaves two cases whose first posts are edited, and is a copy of the one again."""
    post, first = await reported(court, cast.bert, cast.ada, WORDS)
    copy = await publish(court.desk, cast.cleo, Draft(text=WORDS))
    assert (await court.report(cast.bert, cast.cleo, copy.id)).case_ids == (first,)
    other, second = await reported(court, cast.bert, cast.dora, OTHER)
    await edit(court.desk, cast.dora, other.id, Draft(text=WORDS))
    await court.work()
    await change(court, cast.ada, post, OTHER)
    assert (await queries.case_of_post(db, copy.id))["id"] == second  # type: ignore[index]  # it has one
    await edit(court.desk, cast.ada, post.id, Draft(text=WORDS))
    await court.work()
    await change(court, cast.dora, other, OTHER)
    assert (await queries.case_of_post(db, copy.id))["id"] == first  # type: ignore[index]  # it has one
    for case in (first, second):
        await court.folded(case)
