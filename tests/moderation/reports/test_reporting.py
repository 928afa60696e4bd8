"""Reports are evidence, never votes: one case however many there are, and an answer for everybody who reported."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.errors import Forbidden, Invalid, Missing, TooMany
from folkmoot.ids import new_id
from folkmoot.moderation import reports
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.content_queries import contents
from folkmoot.moderation.reports import Category, Outcome, find_reports, own_reports, receipt, report_by_form
from folkmoot.moderation.reports.rules import NotOurs, NotTheirPost
from folkmoot.network.notifications import Kind, listing
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.views import Visibility

WORDS = "The allotments by the river will be sold, and nobody on the council has said a word about it"


async def test_a_report_opens_a_case_before_a_jury(db: Any, cast: Any, court: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS)
    made = await court.report(cast.bert, cast.ada, post, category=Category.VIOLATION, rule_ids=[1], comment="A lie")
    assert (made.post_ids, made.outcome, made.comment) == ((post,), None, "A lie")
    case = await court.case_of(post)
    assert (case["state"], case["id"]) == ("empanelled", made.case_ids[0])
    file = await court.folded(case["id"])
    assert (file.reports, file.hidden) == (1, False)
    assert [each.id for each in await own_reports(db, cast.bert)] == [made.id]
    assert await own_reports(db, cast.ada) == []


async def test_what_one_may_not_see_one_cannot_report(cast: Any, court: Any, desk: Any, write: Any) -> None:
    letter = await publish(desk, cast.ada, Draft(text="Just for me", visibility=Visibility.DIRECT))
    with pytest.raises(Missing):
        await court.report(cast.bert, cast.ada, letter.id)
    with pytest.raises(Missing):
        await court.report(cast.bert, cast.ada, new_id())
    with pytest.raises(NotTheirPost):
        await court.report(cast.bert, cast.cleo, await write(cast.ada, WORDS))


async def test_the_same_report_again_is_the_first_one(db: Any, cast: Any, court: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS)
    first = await court.report(cast.bert, cast.ada, post)
    assert (await court.report(cast.bert, cast.ada, post)).id == first.id
    assert await db.fetchval("SELECT count(*) FROM reports") == 1


async def test_mass_reports_are_one_case_and_hide_nothing(
    db: Any, cast: Any, court: Any, write: Any, round_trips: Any
) -> None:
    """Ten thousand reports in a minute on one post make one case and no outage; a few hundred here."""
    post = await write(cast.ada, WORDS)
    await court.report(cast.bert, cast.ada, post)
    before = await court.case_of(post)
    strangers = [new_id() for _ in range(300)]
    await db.fetch(
        """INSERT INTO accounts (id, name, created_at, approved_at, active_at)
           SELECT id, 'crowd_' || n, now(), now(), now() FROM unnest($1::bigint[]) WITH ORDINALITY AS t (id, n)""",
        strangers,
    )
    viewers = [type(cast.bert)(account_id=id, name="crowd") for id in strangers]
    await court.report(viewers[0], cast.ada, post)
    for viewer in viewers[1:]:
        with round_trips(db, at_most=16):
            await court.report(viewer, cast.ada, post)
    assert await db.fetchval("SELECT count(*) FROM cases") == 1
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'moderation.cases.reweigh'"
    assert await db.fetchval(waiting) == 1, "one job, however many reports"
    await court.work()
    case = await court.case(before["id"])
    assert (case["reports"], case["hidden_at"]) == (301, None)
    assert case["prior"] == pytest.approx(before["prior"]), "a stranger says nothing, so three hundred say nothing"
    assert (await court.folded(case["id"])).reports == 301
    await court.work()
    assert (await court.case(case["id"]))["reports"] == 301, "the job may run twice"
    await court.decide(Choice.FINE, case["id"])
    await court.work()
    assert await db.fetchval("SELECT count(*) FROM reports WHERE outcome = 'refused'") == 301


async def test_a_reporter_who_is_often_right_is_listened_to_a_little(
    db: Any, cast: Any, court: Any, write: Any
) -> None:
    for who, outcome in ((cast.bert, "upheld"), (cast.cleo, "refused")):
        for _ in range(12):
            await db.fetch(
                """INSERT INTO reports (id, reporter_id, account_id, category, created_at, outcome, outcome_at)
                   VALUES ($1, $2, $3, 'other', now() - interval '2 days', $4, now())""",
                new_id(),
                who.account_id,
                cast.ada.account_id,
                outcome,
            )
    first, second = (
        await write(cast.ada, WORDS),
        await write(cast.ada, "Something else entirely about the same council"),
    )
    await court.report(cast.bert, cast.ada, first)
    await court.report(cast.cleo, cast.ada, second)
    good, bad = (await court.case_of(first))["prior"], (await court.case_of(second))["prior"]
    assert good - 1.0 <= -1.0986 < good
    assert bad < -1.0986


async def test_after_a_keep_reports_are_answered_at_once_until_the_text_changes(
    db: Any, cast: Any, court: Any, desk: Any, write: Any
) -> None:
    """Edge cases 'mass reports' (immunity) and 'author edits' (immunity ends)."""
    post = await publish(desk, cast.ada, Draft(text=WORDS))
    first = await court.report(cast.bert, cast.ada, post.id)
    await court.decide(Choice.FINE, first.case_ids[0])
    again = await court.report(cast.cleo, cast.ada, post.id)
    assert (again.outcome, again.case_ids) == (Outcome.REFUSED, first.case_ids)
    await db.fetch("UPDATE posts SET text = $2, version = version + 1 WHERE id = $1", post.id, WORDS + ", the cowards")
    third = await court.report(cast.dora, cast.ada, post.id)
    assert third.outcome is None
    assert third.case_ids != first.case_ids
    assert await db.fetchval("SELECT count(*) FROM cases") == 2


async def test_reporters_hear_what_became_of_it(db: Any, cast: Any, court: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS)
    made = await court.report(cast.bert, cast.ada, post)
    await court.decide(Choice.BREAKS, made.case_ids[0])
    assert [(each.kind, each.about_id) for each in await listing(db, cast.bert)] == [(Kind.REPORT_OUTCOME, made.id)]
    assert (await own_reports(db, cast.bert))[0].outcome is Outcome.UPHELD


async def test_a_report_on_several_posts_waits_for_the_last_of_them(db: Any, cast: Any, court: Any, write: Any) -> None:
    posts = [await write(cast.ada, WORDS), await write(cast.ada, "A wholly different thing about dogs on the beach")]
    made = await court.report(cast.bert, cast.ada, *posts)
    assert len(made.case_ids) == 2
    await court.decide(Choice.BREAKS, made.case_ids[0])
    assert (await own_reports(db, cast.bert))[0].outcome is None
    await court.decide(Choice.FINE, made.case_ids[1])
    assert (await own_reports(db, cast.bert))[0].outcome is Outcome.UPHELD, "one of them broke a rule"


async def test_a_profile_can_be_reported_too(db: Any, cast: Any, court: Any) -> None:
    await db.fetch(
        "UPDATE accounts SET bio = 'I sell things that nobody should buy' WHERE id = $1", cast.ada.account_id
    )
    made = await court.report(cast.bert, cast.ada)
    (content,) = await contents(db, made.case_ids[0])
    assert content["post_id"] is None
    assert "nobody should buy" in content["text"]
    assert (await court.report(cast.cleo, cast.ada)).case_ids == made.case_ids


async def test_what_its_author_deleted_can_still_be_reported(db: Any, cast: Any, court: Any, desk: Any) -> None:
    post = await publish(desk, cast.ada, Draft(text=WORDS))
    made = await court.report(cast.bert, cast.ada, post.id)
    await remove(desk, cast.ada, post.id)
    late = await court.report(cast.cleo, cast.ada, post.id)
    assert late.case_ids == made.case_ids


FORM: dict[str, Any] = {
    "reasons": "This is slander",
    "name": "Erna Beispiel",
    "email": "erna@example.org",
    "is_exempt": False,
    "good_faith": True,
    "address": "203.0.113.9",
}


async def test_anybody_can_report_by_form_and_ask_for_the_outcome(
    db: Any, cast: Any, court: Any, desk: Any, write: Any
) -> None:
    post = await write(cast.ada, WORDS)
    address = f"{desk.settings.base_url}/@ada/{post}"
    made = await report_by_form(desk, address_of_post=address, **FORM)
    seen = await receipt(db, made.token)
    assert (seen.id, seen.name, seen.outcome) == (made.report.id, None, None)
    (staff,) = await find_reports(db, cast.dora)
    assert (staff.name, staff.email, staff.reporter_id) == ("Erna Beispiel", "erna@example.org", None)
    await court.decide(Choice.BREAKS, made.report.case_ids[0])
    assert (await receipt(db, made.token)).outcome is Outcome.UPHELD
    with pytest.raises(Missing):
        await receipt(db, "made up")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reasons": " "}, "reasons"),
        ({"name": ""}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"good_faith": False}, "good_faith"),
        ({"address_of_post": "https://elsewhere.example/@ada/123456"}, "address_of_post"),
        ({"address_of_post": "http://[::1/12345"}, "address_of_post"),
        ({"address_of_post": ""}, "address_of_post"),
    ],
)
async def test_a_form_needs_what_the_law_asks_for(
    db: Any, cast: Any, desk: Any, write: Any, change: dict[str, Any], field: str
) -> None:
    post = await write(cast.ada, WORDS)
    given = {"address_of_post": f"{desk.settings.base_url}/@ada/{post}"} | FORM | change
    with pytest.raises(Invalid) as refused:
        await report_by_form(desk, **given)
    assert refused.value.field == field
    assert await db.fetchval("SELECT count(*) FROM reports") == 0


async def test_where_children_are_abused_nobody_need_give_a_name(cast: Any, desk: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS)
    given = FORM | {"name": "", "email": "", "is_exempt": True}
    made = await report_by_form(desk, address_of_post=f"{desk.settings.base_url}/@ada/{post}", **given)
    assert made.report.outcome is None


async def test_letters_cannot_be_probed_by_form(desk: Any, cast: Any) -> None:
    letter = await publish(desk, cast.ada, Draft(text="Just for me", visibility=Visibility.DIRECT))
    with pytest.raises(NotOurs):
        await report_by_form(desk, address_of_post=f"{desk.settings.base_url}/@ada/{letter.id}", **FORM)


async def test_forms_from_one_place_have_a_bound(
    monkeypatch: pytest.MonkeyPatch, cast: Any, desk: Any, write: Any
) -> None:
    monkeypatch.setattr("folkmoot.moderation.reports.rules.BY_FORM_A_DAY", 1)
    address = f"{desk.settings.base_url}/@ada/{await write(cast.ada, WORDS)}"
    await report_by_form(desk, address_of_post=address, **FORM)
    with pytest.raises(TooMany):
        await report_by_form(desk, address_of_post=address, **FORM)
    await report_by_form(desk, address_of_post=address, **FORM | {"address": "198.51.100.4"})


async def test_only_stewards_see_everybodys_reports(db: Any, cast: Any, court: Any, write: Any) -> None:
    post = await write(cast.ada, WORDS)
    made = await court.report(cast.bert, cast.ada, post)
    with pytest.raises(Forbidden):
        await find_reports(db, cast.bert)
    assert [each.id for each in await reports.find_reports(db, cast.dora, case_id=made.case_ids[0], is_open=True)] == [
        made.id
    ]
    assert await find_reports(db, cast.dora, account_id=cast.bert.account_id) == []


async def test_a_report_that_is_quicker_than_the_job_puts_no_edit_before_a_jury_unscreened(
    db: Any, cast: Any, court: Any
) -> None:
    post = await publish(court.desk, cast.ada, Draft(text=WORDS))
    await court.report(cast.bert, cast.ada, post.id)
    await edit(court.desk, cast.ada, post.id, Draft(text="I will find you tonight and kill you, traitor"))
    await court.report(cast.cleo, cast.ada, post.id)
    case = await court.case_of(post.id)
    assert (case["severity"], case["hidden_at"] is not None) == ("threat", True)
    await court.work()
    assert len((await court.folded(case["id"])).content) == 2
