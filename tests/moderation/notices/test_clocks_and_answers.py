"""Time passes: reminders ring, deadlines hide, juries decide, and the sender is told of everything in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Conflict, Forbidden, Invalid, Missing
from folkmoot.moderation import appeals
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.notices import (
    Clock,
    Kind,
    ask_for_time,
    carry_out_order,
    change_clock,
    confirm,
    drop_clock,
    hide_all,
    list_clocks,
    refuse,
    reply,
    take,
)
from folkmoot.moderation.notices.clocks import NeedsOne
from folkmoot.moderation.notices.read import proof_of
from folkmoot.moderation.notices.senders import (
    KeyUnknown,
    KnownAlready,
    add_sender,
    readmit_sender,
    suspend_sender,
    warn_sender,
    with_key,
    withdraw_sender,
)
from folkmoot.moderation.notices.states import NoticeClosed, What
from folkmoot.moderation.notices.take_up import Matter, look_at
from folkmoot.moderation.notices.work import amend, log_deletions, work
from folkmoot.moderation.transparency.log import origin_of
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.network.access.viewer import COMMAND_LINE
from folkmoot.network.posts.edit import edit
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.vault import open_vault

SATURDAY = datetime(2021, 1, 9, 18, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def hidden_at(room: Any, post: int) -> Any:
    return await room.db.fetchval("SELECT hidden_at FROM posts WHERE id = $1", post)


async def test_a_deadline_hides_what_no_jury_decided_and_the_answer_follows_the_verdict(
    room: Any, cast: Any, write: Any
) -> None:
    with clock.held_at(SATURDAY):
        post = await write(cast.ada, "See you at the capitol, bring what you have")
        received = await room.letter(f"Remove {room.address(cast.ada, post)}")
        await room.pass_time(SATURDAY + 22 * HOUR)
        assert await hidden_at(room, post) is None
        await room.pass_time(SATURDAY + 24 * HOUR)
    row = await room.row(received)
    assert (await hidden_at(room, post)) is not None
    assert row["state"] == "interim"
    assert row["met_at"] <= SATURDAY + 24 * HOUR - timedelta(minutes=30)
    [interim] = await room.letters(received, "interim")
    assert "hidden since" in interim["text"]
    assert await room.db.fetchval("SELECT overridden FROM cases")
    with clock.held_at(SATURDAY + 30 * HOUR):
        await room.court.decide(Choice.BREAKS, (await room.court.case_of(post))["id"])
        await work(room.db, room.settings)
    [answer] = await room.letters(received, "answer")
    assert "removed on 11 January 2021" in answer["text"]
    row = await room.row(received)
    assert (row["state"], row["answered_at"]) == ("answered", SATURDAY + 30 * HOUR)
    running = await room.db.fetchval("SELECT count(*) FROM notice_timers WHERE done_at IS NULL")
    assert running == 0


async def test_reminders_go_to_who_took_it_and_the_last_call_to_every_steward(
    room: Any, cast: Any, write: Any, enrol: Any
) -> None:
    erik = await enrol("erik", role=type(cast.dora.role)("steward"))
    with clock.held_at(SATURDAY):
        post = await write(cast.ada)
        received = await room.letter(f"Remove {room.address(cast.ada, post)}", level="failed")
        await take(room.db, erik, received.notice_id)
        told = "SELECT count(*) FROM notifications WHERE kind = 'notice' AND account_id = $1"
        before = [await room.db.fetchval(told, each.account_id) for each in (erik, cast.dora)]
        await room.pass_time(SATURDAY + 19 * HOUR, 30 * timedelta(minutes=1))
        assert [await room.db.fetchval(told, each.account_id) for each in (erik, cast.dora)] == [
            before[0] + 2,
            before[1],
        ]
        await room.pass_time(SATURDAY + 25 * HOUR)
    rung = [event.step.value for event in (await room.view(cast.dora, received)).events]
    assert rung[-4:] == ["warned", "warned", "escalated", "overdue"]
    calls = [mail for mail in await room.mails() if received.reference in mail["subject"]]
    assert {mail["recipient"] for mail in calls} == {"erik@example.org", "dora@example.org"}
    assert len(calls) == 4


async def test_what_its_author_deletes_meanwhile_is_answered_as_gone(room: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada)
    received = await room.letter(f"Remove {room.address(cast.ada, post)}")
    await remove(room.desk, cast.ada, post)
    await work(room.db, room.settings)
    assert await room.states(received) == ["gone"]
    assert (await room.row(received))["state"] == "answered"


async def test_a_kept_post_is_answered_with_the_verdict_and_an_appeal_with_another_letter(
    room: Any, cast: Any, write: Any
) -> None:
    post = await write(cast.ada)
    received = await room.letter(f"Remove {room.address(cast.ada, post)}")
    case = await room.court.case_of(post)
    await room.court.decide(Choice.BREAKS, case["id"])
    await work(room.db, room.settings)
    assert await room.states(received) == ["removed"]
    await appeals.appeal(room.db, cast.ada, case["id"], "It was a joke about gardening")
    await room.court.set(case["id"], state="appealed")
    from_appeal = "UPDATE cases SET verdict = 'keep', measure = 'keep', decided_at = $2 WHERE id = $1"
    await room.db.fetch(from_appeal, case["id"], clock.now() + timedelta(minutes=5))
    assert await amend(room.db, room.settings) == 1
    assert await room.states(received) == ["kept"]
    assert "decided otherwise" in (await room.letters(received))[-1]["text"]


# Orders ---------------------------------------------------------------------------------------------------------------


async def test_an_order_of_a_known_authority_is_carried_out_at_once_without_a_strike(
    room: Any, cast: Any, write: Any
) -> None:
    post = await write(cast.ada)
    received = await room.letter(
        f"Removal order: {room.address(cast.ada, post)}", level="allowed", intent="removal_order"
    )
    assert await room.states(received) == ["ordered"]
    row = await room.row(received)
    assert (row["kind"], row["state"]) == ("order", "answered")
    case = await room.court.case_of(post)
    assert (case["decided_by"], case["source"], case["verdict"]) == ("order", "order", "remove")
    assert await hidden_at(room, post) is not None
    assert await room.db.fetchval("SELECT points FROM standings WHERE account_id = $1", cast.ada.account_id) in (
        None,
        0,
    )
    text = await room.db.fetchval("SELECT text FROM statements WHERE post_id = $1", post)
    assert "An appeal goes to that authority" in text
    with pytest.raises(Conflict, match="authority"):
        await appeals.appeal(room.db, cast.ada, case["id"], "But why")
    await room.court.folded(case["id"])


async def test_who_quotes_the_reference_of_an_order_orders_nothing(room: Any, cast: Any, write: Any) -> None:
    post, other = (
        await write(cast.ada, "The first of two posts"),
        await write(cast.bert, "Quite another matter of some length"),
    )
    first = await room.letter(f"Order: {room.address(cast.ada, post)}", level="allowed", intent="removal_order")
    await room.letter(
        f"And {room.address(cast.bert, other)}", subject=f"Re: {first.reference}", sender="eve@evil.example"
    )
    assert await room.states(first) == ["ordered", "open"]
    assert await hidden_at(room, other) is None


async def test_an_order_nobody_can_confirm_hides_for_now_and_waits_for_a_steward(
    room: Any, cast: Any, write: Any
) -> None:
    with clock.held_at(SATURDAY):
        post = await write(cast.ada)
        received = await room.letter(f"Removal order: {room.address(cast.ada, post)}", intent="removal_order")
        assert (await room.row(received))["due_at"] == SATURDAY + HOUR
        await room.pass_time(SATURDAY + timedelta(minutes=50))
        assert await room.states(received) == ["hidden"]
        assert (await room.court.case_of(post))["verdict"] is None
        await carry_out_order(room.db, room.settings, cast.dora, received.notice_id)
    assert await room.states(received) == ["ordered"]
    assert (await room.row(received))["state"] == "answered"


async def test_a_forged_order_is_undone_and_the_jury_goes_on(room: Any, cast: Any, write: Any) -> None:
    with clock.held_at(SATURDAY):
        post = await write(cast.ada)
        received = await room.letter(f"Removal order: {room.address(cast.ada, post)}", intent="removal_order")
        await room.pass_time(SATURDAY + timedelta(minutes=50))
        assert await hidden_at(room, post) is not None
        await refuse(room.db, room.settings, cast.dora, received.notice_id, "No such authority", tell=False)
        await room.pass_time(SATURDAY + 2 * HOUR)
    case = await room.court.case_of(post)
    assert await hidden_at(room, post) is None
    assert (case["verdict"], case["deadline_at"], case["overridden"]) == (None, None, False)
    assert (await room.row(received))["state"] == "refused"
    await room.court.folded(case["id"])


async def test_what_a_jury_kept_before_is_taken_down_when_an_order_is_confirmed(
    room: Any, cast: Any, write: Any
) -> None:
    post = await write(cast.ada)
    await room.court.report(cast.bert, cast.ada, post)
    await room.court.decide(Choice.FINE, (await room.court.case_of(post))["id"])
    received = await room.letter(f"Order: {room.address(cast.ada, post)}", level="allowed", intent="removal_order")
    assert await room.states(received) == ["ordered"]
    assert await hidden_at(room, post) is not None


async def test_a_notice_follows_its_post_into_another_case(room: Any, cast: Any, write: Any) -> None:
    words = "The allotments by the river will be sold, and nobody on the council has said a word about it"
    with clock.held_at(SATURDAY):
        first, copy = await write(cast.ada, words), await write(cast.cleo, words)
        (case,) = (await room.court.report(cast.bert, cast.ada, first)).case_ids
        received = await room.letter(f"Removal order: {room.address(cast.cleo, copy)}", intent="removal_order")
        due = (await room.row(received))["due_at"]
        assert (await room.court.case(case))["deadline_at"] == due
        await edit(room.desk, cast.cleo, copy, Draft(text="Quite another matter, of some length, about the ferry"))
        await room.chores()
        own = await room.court.case_of(copy)
        assert own["id"] != case
        assert await room.db.fetchval("SELECT case_id FROM notice_items") == own["id"]
        assert [(await room.court.case(each))["deadline_at"] for each in (own["id"], case)] == [due, None]
        runs = await room.db.fetch("SELECT case_id FROM case_timers WHERE kind = 'override' AND done_at IS NULL")
        assert [row["case_id"] for row in runs] == [own["id"]]
        await carry_out_order(room.db, room.settings, cast.dora, received.notice_id)
    assert await hidden_at(room, copy) is not None
    assert await hidden_at(room, first) is None
    for each in (case, own["id"]):
        await room.court.folded(each)


async def test_a_notice_asks_screening_about_what_no_jury_has_seen_yet(room: Any, cast: Any, court: Any) -> None:
    post = await publish(court.desk, cast.ada, Draft(text="The allotments by the river will be sold"))
    await court.report(cast.bert, cast.ada, post.id)
    matter = Matter(number=1, what=What.POST, post_id=post.id, account_id=cast.ada.account_id)
    assert await look_at(room.db, court.desk.gate, [matter]) == {post.id: None}
    await edit(court.desk, cast.ada, post.id, Draft(text="I will find you tonight and kill you, traitor"))
    found = (await look_at(room.db, court.desk.gate, [matter]))[post.id]
    assert found is not None
    assert found.outcome == "hold"


# What stewards do -----------------------------------------------------------------------------------------------------


async def test_a_steward_corrects_deadline_kind_and_items_in_one_deed(room: Any, cast: Any, write: Any) -> None:
    with clock.held_at(SATURDAY):
        one, two = (
            await write(cast.ada, "The first of the two posts"),
            await write(cast.bert, "Another thing altogether"),
        )
        received = await room.letter(f"{room.address(cast.ada, one)} {room.address(cast.bert, two)}")
        due = SATURDAY + 6 * HOUR
        await confirm(
            room.db, room.settings, cast.dora, received.notice_id,
            kind=Kind.STORE, due_at=due, language="de", sender_is_real=True, withdrawn=[2],
        )  # fmt: skip
        row = await room.row(received)
        assert (row["kind"], row["due_at"], row["language"], row["confirmed_by"]) == (
            "store", due, "de", cast.dora.account_id,
        )  # fmt: skip
        assert await room.states(received) == ["open", "withdrawn"]
        assert (await room.court.case_of(one))["deadline_at"] == due
        assert (await room.court.case_of(two))["deadline_at"] is None
        with pytest.raises(Invalid):
            await confirm(
                room.db, room.settings, cast.dora, received.notice_id,
                kind=Kind.HOST, due_at=SATURDAY - HOUR, language="en", sender_is_real=False,
            )  # fmt: skip
        with pytest.raises(Forbidden):
            await take(room.db, cast.ada, received.notice_id)


async def test_a_later_deadline_lets_its_cases_run_longer(room: Any, cast: Any, write: Any) -> None:
    with clock.held_at(SATURDAY):
        post = await write(cast.ada)
        received = await room.letter(f"{room.address(cast.ada, post)}")
        later = SATURDAY + 72 * HOUR
        await confirm(
            room.db, room.settings, cast.dora, received.notice_id,
            kind=Kind.HOST, due_at=later, language="en", sender_is_real=False,
        )  # fmt: skip
        assert (await room.court.case_of(post))["deadline_at"] == later
        await room.pass_time(SATURDAY + 30 * HOUR, HOUR)
        assert await hidden_at(room, post) is None


async def test_more_time_is_asked_for_in_the_language_of_the_letter(room: Any, cast: Any, write: Any) -> None:
    received = await room.letter(
        f"Bitte entfernen Sie den Beitrag {room.address(cast.ada, await write(cast.ada))} binnen 24 Stunden."
    )
    due = (await room.row(received))["due_at"]
    await ask_for_time(room.db, room.settings, cast.dora, received.notice_id, due + 24 * HOUR)
    [letter] = await room.letters(received, "extension")
    assert "wir bitten Sie um mehr Zeit" in letter["text"]
    assert (await room.row(received))["due_at"] == due


async def test_a_steward_may_hide_everything_now_and_answer_in_their_own_words(
    room: Any, cast: Any, write: Any
) -> None:
    post = await write(cast.ada)
    received = await room.letter(f"Remove {room.address(cast.ada, post)}")
    assert await hide_all(room.db, room.settings, cast.dora, received.notice_id) == 1
    assert await hidden_at(room, post) is not None
    await work(room.db, room.settings)
    assert (await room.row(received))["state"] == "interim"
    await reply(room.db, room.settings, cast.dora, received.notice_id, "We are on it.")
    await reply(room.db, room.settings, cast.dora, received.notice_id, "This is all we can do.", final=True)
    assert [letter["kind"] for letter in await room.letters(received)] == ["receipt", "interim", "free", "answer"]
    assert "hidden since" in (await room.letters(received))[-1]["text"]
    with pytest.raises(NoticeClosed):
        await reply(room.db, room.settings, cast.dora, received.notice_id, "Once more", final=True)
    with pytest.raises(Invalid):
        await reply(room.db, room.settings, cast.dora, received.notice_id, "  ")


# Senders and the table of clocks --------------------------------------------------------------------------------------


async def test_a_sender_on_the_list_is_known_by_kind_and_clock(room: Any, cast: Any, write: Any) -> None:
    await add_sender(room.db, COMMAND_LINE, name="A store", kind=Kind.STORE, address="Store.example")
    with pytest.raises(KnownAlready):
        await add_sender(room.db, COMMAND_LINE, name="Again", kind=Kind.HOST, address="store.example")
    await change_clock(room.db, COMMAND_LINE, Clock(kind="any", sender="store.example", minutes=600, warnings=("10m",)))
    with clock.held_at(SATURDAY):
        received = await room.letter(
            f"Remove {room.address(cast.ada, await write(cast.ada))}",
            sender="trust@mail.store.example",
            level="verified",
        )
    row = await room.row(received)
    assert (row["kind"], row["trust"], row["due_at"]) == ("store", "known", SATURDAY + 10 * HOUR)
    await drop_clock(room.db, COMMAND_LINE, "any", "store.example")
    with pytest.raises(NeedsOne):
        await drop_clock(room.db, COMMAND_LINE, "any", "")
    assert "order" in {each.kind for each in await list_clocks(room.db, cast.dora)}


async def test_a_key_opens_until_it_is_withdrawn(room: Any) -> None:
    added = await add_sender(room.db, COMMAND_LINE, name="Flaggers", kind=Kind.TRUSTED_FLAGGER, with_key=True)
    assert added.key is not None
    assert (await with_key(room.db, added.key)).id == added.sender.id
    await withdraw_sender(room.db, COMMAND_LINE, added.sender.id)
    with pytest.raises(KeyUnknown):
        await with_key(room.db, added.key)


async def test_who_writes_without_ground_is_warned_before_they_are_suspended(room: Any, cast: Any, write: Any) -> None:
    received = await room.letter(f"Remove {room.address(cast.ada, await write(cast.ada))}", sender="angry@mail.example")
    await refuse(room.db, room.settings, cast.dora, received.notice_id, "Nothing in it", tell=True)
    await warn_sender(room.db, room.settings, cast.dora, received.notice_id, "Forty notices, none of them founded.")
    view = await room.view(cast.dora, received)
    assert view.sender is not None
    assert view.sender.warned_at is not None
    assert (view.record.notices, view.record.refused) == (1, 1)
    await suspend_sender(room.db, cast.dora, view.sender.id, "It went on")
    again = await room.letter(f"Remove {room.address(cast.bert, await write(cast.bert))}", sender="angry@mail.example")
    assert (await room.row(again))["state"] == "refused"
    assert await room.states(again) == []
    await readmit_sender(room.db, cast.dora, view.sender.id, "They apologised")
    third = await room.letter(f"Remove {room.address(cast.cleo, await write(cast.cleo))}", sender="angry@mail.example")
    assert (await room.row(third))["state"] == "open"


async def test_deletions_come_into_the_public_log_and_answers_lead_to_the_proof(
    room: Any, cast: Any, write: Any, tmp_path: Path
) -> None:
    post = await write(cast.ada)
    await remove(room.desk, cast.ada, post)
    assert await log_deletions(room.db) == 1
    assert await log_deletions(room.db) == 0
    received = await room.letter(f"Remove {room.address(cast.ada, post)}")
    proof = f"{room.settings.base_url}/notices/at/{received.token}/proof/1"
    assert f"proof: {proof}" in (await room.letters(received))[-1]["text"]
    with pytest.raises(Missing):
        await proof_of(room.db, received.token, 1)  # it has no place in the log before the worker has given it one
    await sequence(room.db, open_vault(tmp_path), origin_of(room.settings))
    for number, deed in ((0, "notice.received"), (1, "post.withdrawn")):
        name, found = await proof_of(room.db, received.token, number)
        assert name.startswith(received.reference)
        assert found.extra is not None
        found.check(found.extra.entry.encode())
        assert json.loads(found.extra.entry)["deed"] == deed
        assert len(found.extra.meanings) == 1
