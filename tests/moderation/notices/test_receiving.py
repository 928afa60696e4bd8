"""A letter comes in: what it names is found, cases open, the clock runs, and its sender is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.notices import find_id, get_notice
from folkmoot.moderation.notices.states import State, Step
from folkmoot.network.access.viewer import COMMAND_LINE
from folkmoot.network.accounts import close_for
from folkmoot.network.posts.remove import remove, remove_as_staff
from folkmoot.storage.keys import key_of

SATURDAY = datetime(2021, 1, 9, 18, 1, tzinfo=UTC)


async def test_a_letter_opens_cases_with_its_clock_and_gets_a_receipt(room: Any, cast: Any, write: Any) -> None:
    with clock.held_at(SATURDAY):
        post = await write(cast.ada, "Meet me at the gate with torches")
        received = await room.letter(f"Please remove {room.address(cast.ada, post)} within 6 hours.")
    view = await room.view(cast.dora, received)
    assert received.is_new
    assert view.line.state is State.OPEN
    assert view.line.due_at == SATURDAY + timedelta(hours=6)
    assert [(item.state, item.post_id, item.version) for item in view.items] == [("open", post, 1)]
    case = await room.court.case_of(post)
    assert (case["source"], case["deadline_at"]) == ("notice", SATURDAY + timedelta(hours=6))
    [receipt] = await room.letters(received)
    assert received.reference in receipt["subject"]
    assert receipt["text"].startswith("Good day,")
    [mail] = await room.mails()
    assert mail["recipient"] == "abuse@host.example"
    assert view.letters[-1].delivery in ("waiting", "unsent")


async def test_the_same_letter_again_is_the_same_notice(room: Any, cast: Any, write: Any) -> None:
    raw = room.mail(f"Remove {room.address(cast.ada, await write(cast.ada))}")
    first = await room.receive(raw)
    second = await room.receive(raw)
    assert (second.notice_id, second.is_new) == (first.notice_id, False)
    assert len(await room.letters(first)) == 1


async def test_an_answer_to_our_letter_goes_to_its_notice(room: Any, cast: Any, write: Any) -> None:
    first = await room.letter(f"Remove {room.address(cast.ada, await write(cast.ada))}")
    [receipt] = await room.letters(first)
    other = room.address(cast.bert, await write(cast.bert, "Something quite different from the first"))
    by_thread = await room.letter(f"And this: {other}", In_Reply_To=f"<{receipt['message_id']}>", subject="More")
    by_number = await room.letter("Any news?", subject=f"Re: your reference {first.reference}")
    assert by_thread.notice_id == by_number.notice_id == first.notice_id
    assert not by_thread.is_new
    assert await room.states(first) == ["open", "open"]


async def test_what_its_author_deleted_is_answered_with_the_time(room: Any, cast: Any, write: Any) -> None:
    with clock.held_at(SATURDAY - timedelta(days=1)):
        post = await write(cast.ada)
        await remove(room.desk, cast.ada, post)
    with clock.held_at(SATURDAY):
        received = await room.letter(f"Remove {room.address(cast.ada, post)}")
    row = await room.row(received)
    assert (row["state"], row["answered_at"], row["met_at"]) == ("answered", SATURDAY, SATURDAY)
    [answer] = await room.letters(received)
    assert answer["kind"] == "answer"
    assert "gone since 8 January 2021, 18:01 UTC, deleted by its author" in answer["text"]


async def test_deletions_by_staff_and_with_an_account_leave_a_stone(room: Any, cast: Any, write: Any) -> None:
    by_staff, with_account = await write(cast.ada), await write(cast.bert)
    await remove_as_staff(room.desk, cast.dora, by_staff, "spam")
    await close_for(room.db, COMMAND_LINE, cast.bert.account_id)
    received = await room.letter(f"{room.address(cast.ada, by_staff)} {room.address(cast.bert, with_account)}")
    rows = await room.db.fetch("SELECT * FROM notice_items WHERE notice_id = $1 ORDER BY number", received.notice_id)
    assert [(row["state"], row["how"]) for row in rows] == [("gone", "staff"), ("gone", "closed")]


async def test_what_never_was_and_what_is_elsewhere_is_listed_as_such(room: Any, cast: Any) -> None:
    received = await room.letter(
        "https://folk.example/@ada/105345678901234567 https://elsewhere.example/@ada/1", level="verified"
    )
    assert await room.states(received) == ["not_found", "not_ours"]
    [answer] = await room.letters(received)
    assert "not an address of this network" in answer["text"]


async def test_what_a_jury_removed_is_answered_with_the_decision(room: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada, "Bring rope, we know where they live")
    await room.court.report(cast.bert, cast.ada, post)
    case = await room.court.case_of(post)
    await room.court.decide(Choice.BREAKS, case["id"])
    received = await room.letter(f"Remove {room.address(cast.ada, post)}")
    assert await room.states(received) == ["removed"]
    [answer] = await room.letters(received)
    assert "decided by a jury" in answer["text"]


async def test_a_stranger_does_not_learn_of_what_is_not_public(room: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada, "Between us", visibility="direct")
    stranger = await room.letter(f"Remove {room.address(cast.ada, post)}")
    assert await room.states(stranger) == ["not_found"]
    assert await room.court.case_of(post) is None
    known = await room.letter(f"Please remove {room.address(cast.ada, post)} now", level="allowed")
    assert await room.states(known) == ["open"]


async def test_pictures_and_profiles_are_found_by_their_addresses(
    room: Any, cast: Any, write: Any, upload: Any
) -> None:
    post, picture = await write(cast.ada), await upload(cast.ada)
    key = key_of(b"a drawing of a gallows", "image/png")
    await room.db.fetch("INSERT INTO objects SELECT $1, size, content_type, created_at FROM objects LIMIT 1", key)
    await room.db.fetch("UPDATE media SET post_id = $2, object_key = $3 WHERE id = $1", picture, post, key)
    received = await room.letter(f"https://folk.example/media/{key} and https://folk.example/@bert")
    rows = await room.db.fetch("SELECT * FROM notice_items WHERE notice_id = $1 ORDER BY number", received.notice_id)
    assert [(row["what"], row["post_id"], row["account_id"], row["state"]) for row in rows] == [
        ("post", post, cast.ada.account_id, "open"),
        ("account", None, cast.bert.account_id, "open"),
    ]
    assert rows[0]["medium"] == key


async def test_one_thing_named_twice_is_one_item(room: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada)
    boost = await write(cast.bert, "", shows_id=post, shows_account_id=cast.ada.account_id)
    address = room.address(cast.ada, post)
    received = await room.letter(
        f"{address} {address} https://folk.example/posts/{post} {room.address(cast.bert, boost)}"
    )
    assert await room.states(received) == ["open"]


async def test_a_german_letter_is_answered_in_german(room: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada)
    received = await room.letter(
        f"Sehr geehrte Damen und Herren, bitte entfernen Sie diesen Beitrag binnen 24 Stunden: {room.address(cast.ada, post)}"
    )
    [receipt] = await room.letters(received)
    assert receipt["text"].startswith("Guten Tag,")


async def test_a_forged_letter_is_not_answered_and_stewards_see_it(room: Any, cast: Any, write: Any) -> None:
    received = await room.letter(f"Remove {room.address(cast.ada, await write(cast.ada))}", level="failed")
    assert await room.letters(received) == []
    view = await room.view(cast.dora, received)
    assert view.line.state is State.OPEN
    notified = await room.db.fetchval(
        "SELECT about_id FROM notifications WHERE kind = 'notice' AND account_id = $1", cast.dora.account_id
    )
    assert notified == received.notice_id


async def test_mail_that_names_nothing_is_not_answered_unless_somebody_vouches_for_it(room: Any, cast: Any) -> None:
    spam = await room.letter("Buy our pills")
    assert await room.letters(spam) == []
    host = await room.letter("Your plan does not convince us.", level="verified")
    [receipt] = await room.letters(host)
    assert "exact address" in receipt["text"]
    assert (await room.row(host))["state"] == "open"  # only a person can answer that, so they are reminded
    view = await room.view(cast.dora, host)
    assert view.line.wants_steward
    assert [timer.kind for timer in view.timers] == ["warn", "warn", "call", "due"]


async def test_an_automatic_answer_is_filed_and_never_answered(room: Any, cast: Any, write: Any) -> None:
    first = await room.letter(f"Remove {room.address(cast.ada, await write(cast.ada))}")
    [receipt] = await room.letters(first)
    away = await room.letter("I am away", In_Reply_To=f"<{receipt['message_id']}>", intent="auto_reply")
    lost = await room.letter("Undelivered", intent="bounce")
    assert away.notice_id == first.notice_id
    assert len(await room.letters(first)) == 1
    assert ((await room.row(lost))["state"], await room.letters(lost)) == ("refused", [])


async def test_an_earlier_deadline_that_is_sure_moves_the_clock_and_a_doubtful_one_does_not(
    room: Any, cast: Any, write: Any
) -> None:
    with clock.held_at(SATURDAY):
        address = room.address(cast.ada, await write(cast.ada))
        sure = await room.letter(f"Remove {address} by 10 January 2021 03:00 UTC.")
        assert (await room.row(sure))["due_at"] == datetime(2021, 1, 10, 3, tzinfo=UTC)
        other = room.address(cast.bert, await write(cast.bert, "An entirely different matter of some length"))
        unsure = await room.letter(f"Remove {other} by tonight.")
    row = await room.row(unsure)
    if not row["deadline_sure"]:
        assert row["due_at"] == SATURDAY + timedelta(days=1)


async def test_what_happened_adds_up_to_the_row(room: Any, cast: Any, write: Any) -> None:
    received = await room.letter(f"Remove {room.address(cast.ada, await write(cast.ada))}")
    view = await room.view(cast.dora, received)
    assert [event.step for event in view.events] == [Step.FIND, Step.RECEIPT]
    assert view.line.state is State.OPEN
    assert await find_id(room.db, received.reference.lower()) == received.notice_id
    assert await room.db.fetchval("SELECT count(*) FROM events WHERE name = 'case.decided'") == 0


async def test_letters_of_unconfirmed_senders_hide_only_so_much_a_day(
    room: Any, cast: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("folkmoot.moderation.notices.take_up.UNCONFIRMED_A_DAY", 2)
    words = ["apples and pears", "a boat on the lake", "the price of bread", "nine brass bands"]
    addresses = " ".join([room.address(cast.ada, await write(cast.ada, text)) for text in words])
    received = await room.letter(f"Remove {addresses}")
    assert sorted(await room.states(received)) == ["open", "open", "waiting", "waiting"]


async def test_a_long_letter_is_taken_up_in_parts(
    room: Any, cast: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("folkmoot.moderation.notices.take_up.AT_ONCE", 2)
    words = ["apples and pears", "a boat on the lake", "the price of bread", "nine brass bands", "rain in the hills"]
    addresses = " ".join([room.address(cast.ada, await write(cast.ada, text)) for text in words])
    received = await room.letter(f"Remove {addresses}")
    assert (await room.states(received)).count("waiting") == 3
    await room.chores()
    assert await room.states(received) == ["open"] * 5
    assert (await get_notice(room.db, room.settings, cast.dora, received.notice_id)).line.in_sight == 5
