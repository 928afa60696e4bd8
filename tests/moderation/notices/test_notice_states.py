"""The machine: what leads where, and that a notice is what its events add up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.cases.leave import hidden_by_deadline_alone
from folkmoot.moderation.cases.states import Step as CaseStep
from folkmoot.moderation.notices.states import (
    ARROWS,
    Due,
    Event,
    Item,
    ItemState,
    NoticeClosed,
    NoticeFile,
    State,
    Step,
    What,
    after,
    fold,
    owed,
)

NOW = datetime(2021, 1, 9, 18, 1, tzinfo=UTC)


def event(step: Step, minutes: int = 0, key: str = "", by: int | None = None) -> Event:
    return Event(step=step, at=NOW + timedelta(minutes=minutes), key=key or f"{step}:{minutes}", by=by)


def test_from_receipt_to_answer() -> None:
    told = fold([event(Step.FIND), event(Step.RECEIPT, 1), event(Step.TELL, 30), event(Step.ANSWER, 90)])
    assert (told.state, told.version) == (State.ANSWERED, 4)
    assert told.met_at == NOW + timedelta(minutes=30)
    assert told.answered_at == NOW + timedelta(minutes=90)
    assert told.hands == frozenset()


def test_what_was_answered_takes_no_answer_again() -> None:
    answered = fold([event(Step.FIND), event(Step.ANSWER, 1)])
    for step in (Step.ANSWER, Step.TELL, Step.EXTEND, Step.WARN, Step.OVERDUE):
        with pytest.raises(NoticeClosed):
            after(answered, event(step, 2))


def test_when_it_opens_again_its_clock_has_to_be_met_again() -> None:
    again = fold([event(Step.FIND), event(Step.ANSWER, 1), event(Step.REOPEN, 2)])
    assert (again.state, again.met_at, again.answered_at) == (State.OPEN, None, None)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Any walk along the arrows."""
    state, events = State.RECEIVED, []
    for number in range(draw(st.integers(0, 25))):
        step = draw(st.sampled_from(sorted(ARROWS[state])))
        events.append(event(step, number, by=draw(st.sampled_from([None, 7, 8]))))
        state = ARROWS[state][step]
    return events


@given(histories())
def test_any_walk_along_the_arrows_is_a_notice(events: list[Event]) -> None:
    notice = fold(events)
    assert notice.version == len(events)
    assert (notice.answered_at is not None) is (notice.state is State.ANSWERED) or notice.state is State.ANSWERED
    if notice.state in (State.INTERIM, State.ANSWERED):
        assert notice.met_at is not None
    assert notice.hands == {each.by for each in events} - {None}


@given(histories(), st.data())
def test_the_same_event_twice_is_one(events: list[Event], data: st.DataObject) -> None:
    if events:
        twice = data.draw(st.sampled_from(events))
        assert after(fold(events), twice) == fold(events)


items = st.lists(st.builds(Item, state=st.sampled_from(ItemState), what=st.sampled_from(What)), max_size=8)


@given(items)
def test_nothing_is_called_answered_while_anything_is_undecided(named: list[Item]) -> None:
    due = owed(State.OPEN, named)
    if due is Due.ANSWER:
        assert all(item.is_settled for item in named)
    if due is Due.TELL:
        assert not any(item.state in (ItemState.OPEN, ItemState.WAITING) and item.what is What.POST for item in named)
    assert owed(State.ANSWERED, named) is owed(State.REFUSED, named) is Due.NOTHING


def test_a_notice_is_told_once_and_answered_after() -> None:
    hidden = [Item(state=ItemState.HIDDEN), Item(state=ItemState.GONE)]
    assert owed(State.OPEN, hidden) is Due.TELL
    assert owed(State.INTERIM, hidden) is Due.NOTHING
    assert owed(State.INTERIM, [Item(state=ItemState.REMOVED), Item(state=ItemState.GONE)]) is Due.ANSWER


def test_events_of_a_new_notice_start_from_nothing() -> None:
    assert fold([]) == NoticeFile()


@pytest.mark.parametrize(
    ("steps", "alone"),
    [
        ([CaseStep.OVERRIDE], True),
        ([CaseStep.HIDE, CaseStep.OVERRIDE], False),
        ([CaseStep.HIDE, CaseStep.RESTORE, CaseStep.OVERRIDE], True),
        ([CaseStep.OVERRIDE, CaseStep.HIDE], False),
        ([CaseStep.OVERRIDE, CaseStep.OVERRIDE], True),
        ([CaseStep.OVERRIDE, CaseStep.RESTORE], False),
        ([], False),
    ],
)
def test_what_only_a_deadline_hid_is_known_by_its_events(steps: list[CaseStep], alone: bool) -> None:
    assert hidden_by_deadline_alone(steps) is alone
