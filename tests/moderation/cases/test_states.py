"""The machine of MODERATION.md §5: its arrows, and a case as what its events add up to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from folkmoot.moderation.cases.states import (
    ARROWS,
    START,
    UNDECIDED,
    AlreadyDecided,
    BrokenGraph,
    CaseClosed,
    CaseFile,
    Event,
    NoSuchStep,
    NotOpenYet,
    State,
    Step,
    after,
    check_graph,
    fold,
    follow,
)

NOON = datetime(2021, 1, 9, 12, tzinfo=UTC)
TO_THE_JURY = (Step.OPEN, Step.TRIAGE, Step.EMPANEL)
TO_THE_AUTHOR = (Step.SEAT, Step.DECIDE, Step.ENFORCE, Step.NOTIFY)


def case(*steps: Step | tuple[Step, int]) -> CaseFile:
    events = []
    for number, each in enumerate(steps):
        step, who = each if isinstance(each, tuple) else (each, 0)
        about = number if step in (Step.OPEN, Step.EDIT) else None
        events.append(Event(step=step, at=NOON, key=f"event {number}", by=who, about=about))
    return fold(events)


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), State.RECEIVED),
        (TO_THE_JURY, State.EMPANELLED),
        ((*TO_THE_JURY, Step.HIDE, Step.RESTORE, Step.RAISE), State.EMPANELLED),
        ((*TO_THE_JURY, Step.SEAT, Step.CAST, Step.LAPSE), State.VOTING),
        ((*TO_THE_JURY, Step.SEAT, Step.OVERRIDE), State.VOTING),
        ((*TO_THE_JURY, Step.SEAT, Step.ESCALATE), State.ESCALATED),
        ((*TO_THE_JURY, Step.SEAT, Step.ESCALATE, Step.DECIDE), State.DECIDED),
        ((*TO_THE_JURY, *TO_THE_AUTHOR), State.APPEALABLE),
        ((*TO_THE_JURY, *TO_THE_AUTHOR, Step.APPEAL, Step.SEAT, Step.CAST, Step.REVERSE), State.REVERSED),
        ((*TO_THE_JURY, *TO_THE_AUTHOR, Step.APPEAL, Step.UPHOLD, Step.CLOSE, Step.REOPEN), State.EMPANELLED),
    ],
)
def test_a_case_goes_where_its_events_lead(steps: tuple[Step, ...], state: State) -> None:
    assert case(*steps).state is state


@pytest.mark.parametrize(
    ("state", "step", "error"),
    [
        (State.CLOSED, Step.CAST, CaseClosed),
        (State.CLOSED, Step.APPEAL, CaseClosed),
        (State.DECIDED, Step.CAST, AlreadyDecided),
        (State.APPEALABLE, Step.DECIDE, AlreadyDecided),
        (State.APPEALABLE, Step.OVERRIDE, AlreadyDecided),
        (State.OPEN, Step.CAST, NotOpenYet),
        (State.RECEIVED, Step.SEAT, NotOpenYet),
        (State.EMPANELLED, Step.DECIDE, NotOpenYet),
        (State.OPEN, Step.APPEAL, NoSuchStep),
    ],
)
def test_what_cannot_happen_is_refused_by_name(state: State, step: Step, error: type[Exception]) -> None:
    with pytest.raises(error):
        follow(state, step)


@given(some.sampled_from(list(State)), some.sampled_from(list(Step)))
def test_no_step_leaves_the_graph(state: State, step: Step) -> None:
    try:
        assert follow(state, step) in State
    except (CaseClosed, AlreadyDecided, NotOpenYet, NoSuchStep):
        assert step not in ARROWS[state]


@given(some.data())
def test_any_walk_can_be_folded_and_ends_where_it_was_walked_to(data: some.DataObject) -> None:
    state, events = START, []
    for number in range(data.draw(some.integers(0, 30))):
        step = data.draw(some.sampled_from(sorted(ARROWS[state])))
        state = follow(state, step)
        events.append(Event(step=step, at=NOON, key=str(number), by=number % 3, about=number))
    folded = fold(events)
    assert folded.state is state
    assert folded.version == len(events)
    assert fold([event for event in events for _ in range(2)]) == folded
    assert not folded.hidden or state in UNDECIDED


def test_the_same_event_again_changes_nothing() -> None:
    once = case(*TO_THE_JURY)
    assert after(once, Event(step=Step.OPEN, at=NOON, key="event 0")) is once


def test_ten_thousand_reports_make_one_case() -> None:
    many = case(Step.OPEN, *[Step.JOIN] * 10_000)
    assert (many.state, many.reports) == (State.OPEN, 10_000)


def test_an_edit_while_open_brings_a_new_version_and_ballots_on_the_old_one_do_not_count() -> None:
    edited = case(*TO_THE_JURY, (Step.SEAT, 7), (Step.CAST, 7), Step.EDIT)
    assert len(edited.content) == 2
    assert edited.cast == frozenset()
    assert edited.sat == {7}


def test_a_voided_ballot_no_longer_counts_but_its_juror_sits_in_no_appeal() -> None:
    voided = case(*TO_THE_JURY, (Step.SEAT, 7), (Step.CAST, 7), (Step.VOID, 7))
    assert voided.cast == frozenset()
    assert voided.sat == {7}


def test_a_late_discovery_may_reopen_a_case() -> None:
    assert case(*TO_THE_JURY, *TO_THE_AUTHOR, (Step.VOID, 7), Step.REOPEN).state is State.EMPANELLED


def test_a_legal_hold_may_come_at_any_time_after_opening_even_when_closed() -> None:
    closed = case(*TO_THE_JURY, *TO_THE_AUTHOR, Step.CLOSE, Step.FREEZE)
    assert closed.frozen
    assert all(Step.FREEZE in arrows for state, arrows in ARROWS.items() if state is not START)


def test_a_verdict_ends_provisional_hiding() -> None:
    assert case(*TO_THE_JURY, Step.HIDE).hidden
    assert not case(*TO_THE_JURY, Step.HIDE, *TO_THE_AUTHOR).hidden


@pytest.mark.parametrize(
    ("arrows", "why"),
    [
        ({"a": {"go": "b"}, "b": {"go": "c"}}, "c is no state"),
        ({"a": {"": "b"}}, "is no step"),
        ({"a": {"go": "a"}}, "Cannot be reached: b"),
        ({"a": {"go": "b"}, "z": {"go": "a"}}, "Arrows leave z"),
    ],
)
def test_a_broken_graph_says_what_is_wrong(arrows: dict[str, dict[str, str]], why: str) -> None:
    with pytest.raises(BrokenGraph, match=why):
        check_graph(["a", "b"], ["go"], arrows, "a")


def test_a_step_without_an_arrow_is_an_error() -> None:
    with pytest.raises(BrokenGraph, match="No arrow for: stay"):
        check_graph(["a", "b"], ["go", "stay"], {"a": {"go": "b"}}, "a")
