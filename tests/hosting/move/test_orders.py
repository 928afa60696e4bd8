"""A move that is interrupted anywhere: never two hosts that take posts, nothing lost, and it can go on."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.barrier import State
from folkmoot.errors import FolkmootError
from folkmoot.hosting.move import giver as givers
from folkmoot.hosting.move import rules, steps
from folkmoot.hosting.move.giver import Giver
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.move.journal import Entry, Journal
from folkmoot.hosting.move.taker import Taker
from folkmoot.hosting.move.verbs import Mover

NEVER: set[int] = set()


class Crash(BaseException):
    """The agent dies here. No `except Exception` may survive it."""


class World:
    """Two hosts reduced to what may not go wrong: who takes posts, and which posts each has."""

    def __init__(self, folder: Path, crashes: set[int], silences: set[int], full: set[int], own: bool = False) -> None:
        self.folder = folder
        self.own = own
        """Whether the database is on a server of the operator's own, which is barred where ours is stopped."""
        self.crashes, self.silences, self.full = crashes, silences, full
        self.moments = self.asked = self.lines = 0
        self.role, self.epoch, self.bar = "primary", 1, False
        self.running, self.barrier_state = True, State.OPEN
        self.posts = 0
        self.there_role, self.there_posts, self.there_epoch = "standby", 0, 1
        self.fork: int | None = None
        self.taker: list[Entry] = []
        self.wrong: list[str] = []
        self.is_gone = False
        """Whether the other host answers nothing any more about the order it is given."""

    def moment(self) -> None:
        """Somebody posts if anybody takes it; the copy follows; then the agent may die."""
        self.check()
        if self.takes_posts():
            self.posts += 1
        if self.there_role == "standby":
            self.there_posts = self.posts
        elif self.there_takes_posts():
            self.there_posts += 1
        self.moments += 1
        if self.moments in self.crashes:
            raise Crash

    def takes_posts(self) -> bool:
        return self.role == "primary" and self.running and not self.bar and self.barrier_state is State.OPEN

    def there_takes_posts(self) -> bool:
        return self.there_role == "primary"

    def check(self) -> None:
        if self.takes_posts() and self.there_takes_posts():
            self.wrong.append("two hosts take posts")
        if self.fork is not None and self.posts != self.fork:
            self.wrong.append("a post was taken that the other host does not have")


class JournalInTheModel(Journal):
    """The real one, on a disk that is full now and then."""

    def __init__(self, world: World) -> None:
        super().__init__(world.folder)
        self.world = world

    def add(self, entry: Entry) -> Entry:
        self.world.lines += 1
        if self.world.lines in self.world.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().add(entry)


class HereInTheModel:
    """Here, reduced to what it changes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.data = world.folder
        self.has_own_server = world.own
        self.barrier = SimpleNamespace(set=self._set)

    def _set(self, state: State) -> None:
        self.world.moment()
        self.world.barrier_state = state
        self.world.moment()

    def state(self) -> Any:
        sync = SimpleNamespace(mode="off", when_lost="hold")
        return SimpleNamespace(role=self.world.role, epoch=self.world.epoch, home="", sync=sync)

    @contextlib.contextmanager
    def connected(self) -> Iterator[Any]:
        self.world.moment()
        if not self.world.running:
            raise FolkmootError("no database")
        yield None

    def rest_worker(self, seconds: float) -> None:
        self.world.moment()

    def wake_worker(self) -> None:
        self.world.moment()

    def hold_writes(self, seconds: float) -> None:
        self._set(State.HELD)

    def send_readers_away(self, seconds: float) -> None:
        self._set(State.AWAY)

    def stop_database(self, seconds: float) -> int:
        self.world.moment()
        self.world.role = "former"
        if self.world.own:
            self.world.moment()
            self.world.bar = True
        else:
            self.world.running = False
        self.world.moment()
        return 7

    def start_database(self, seconds: float) -> None:
        self.world.moment()
        if self.world.own:
            self.world.bar = False
            self.world.moment()
        self.world.role, self.world.running = "primary", True
        self.world.moment()

    def last_place(self) -> int:
        return 7

    def release_waiting(self) -> None:
        self.world.moment()

    def fence(self, epoch: int, home: str) -> None:
        self.world.moment()
        self.world.role, self.world.epoch = "former", epoch
        self.world.moment()
        self.world.bar = True
        self.world.moment()

    def unfence(self, epoch: int) -> None:
        self.world.moment()
        if not self.world.own:
            self.world.bar = False
        self.world.moment()
        self.world.epoch = epoch
        self.world.moment()


class ThereInTheModel:
    """The other host: it may be silent at any question, before or after it has done what it was asked."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ask(self, verb: str, timeout: float = 10.0, **body: Any) -> Mapping[str, Any]:
        self.world.moment()
        self.world.asked += 1
        about_order = verb in ("move.outcome", "move.promote", "move.burn")
        if 2 * self.world.asked in self.world.silences or (self.world.is_gone and about_order):
            raise FolkmootError("silence")
        answer = self._answer(verb, body)
        self.world.moment()
        if 2 * self.world.asked + 1 in self.world.silences:
            raise FolkmootError("silence")
        return answer

    def _answer(self, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        world = self.world
        order = rules.order_of(world.taker, str(body.get("move")))
        match verb:
            case "move.promote":
                if not order.promoted:
                    if not rules.may_follow(order):
                        raise FolkmootError("burned")
                    if world.there_posts != world.posts:
                        world.wrong.append("it becomes first without the last posts")
                    world.taker.append(Entry(body["move"], "taker", "promote", "begun"))
                    world.there_role, world.there_epoch, world.fork = "primary", body["epoch"], world.posts
                    world.taker.append(Entry(body["move"], "taker", "promote", "done"))
                return {"promoted": True}
            case "move.burn":
                if rules.may_burn(order):
                    world.taker.append(Entry(body["move"], "taker", "promote", "burned"))
                return {}
            case "move.outcome":
                return {"promoted": order.promoted, "burned": order.burned and not order.begun}
            case "move.counters":
                return {"counters": {}}
            case "move.sums":
                return {"sums": {}}
        return {"complaints": [], "home": "https://new.example"}


class Ready:
    def complaints(self) -> list[str]:
        return []

    def media_missing(self, since: str) -> int:
        return 0

    def is_near(self) -> bool:
        return True


@pytest.fixture(autouse=True, scope="module")
def in_the_model() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(givers, "ASK_AGAIN_SECONDS", 0)
        patch.setattr(givers.queries, "checkpoint", lambda connection: None)
        patch.setattr(givers.queries, "counters", lambda connection: {})
        patch.setattr(givers.sums, "random_ranges", lambda connection, now, draw: [])
        patch.setattr(givers.sums, "new_rows", lambda connection, now: [])
        for part, name in ((givers.states, "change"), (givers.supervise, "nudge")):
            patch.setattr(
                part, name, getattr(part, name)
            )  # `agent` puts its own there; afterwards they are as they were
        yield


def agent(world: World) -> Giver:
    """An agent as it is after a start: it knows the folder and nothing else."""

    def follow(data: Path, role: str) -> None:
        world.moment()
        world.role = role

    patched = pytest.MonkeyPatch()
    patched.setattr(givers.states, "change", follow)
    patched.setattr(givers.supervise, "nudge", lambda data: world.moment())
    made = Giver(cast(Here, HereInTheModel(world)), ThereInTheModel(world), Ready(), lambda: "", 30.0)
    made.start_thread = False
    made._journal = JournalInTheModel(world)
    return made


def live(world: World, act: Any) -> bool:
    """Do something as the agent; False when it died of it."""
    try:
        act()
    except Crash:
        return False
    return True


def play(crashes: set[int], silences: set[int], full: set[int] = NEVER, own: bool = False) -> World:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), crashes, silences, full, own)
        first = agent(world)
        alive = live(world, first.begin)
        for _ in range(len(crashes) + 2):
            if alive and not first.progress().is_under_way:
                break
            first = agent(world)
            alive = live(world, first.take_up)
        world.check()
        assert world.wrong == []
        progress = first.progress()
        assert not progress.is_under_way, f"it stands at {progress}"
        if progress.ended == "moved":
            assert world.there_takes_posts()
            assert (world.epoch, world.barrier_state) == (2, State.RELAY)
            assert (world.role, world.bar) == (("former", True) if own else ("standby", world.bar))
        else:
            assert world.takes_posts(), f"it runs nowhere: {world.__dict__}"
            assert world.epoch == 1
            assert not world.there_takes_posts()
        return world


def test_undisturbed_it_moves_and_everything_is_there() -> None:
    world = play(set(), set())
    assert world.there_epoch == 2
    assert world.fork == world.posts


@settings(max_examples=40)
@given(
    crashes=st.sets(st.integers(1, 120), max_size=4),
    silences=st.sets(st.integers(1, 60), max_size=6),
    full=st.sets(st.integers(2, 40), max_size=6),
    own=st.booleans(),
)
def test_interrupted_anywhere_one_host_runs_and_nothing_is_lost(
    crashes: set[int], silences: set[int], full: set[int], own: bool
) -> None:
    play(crashes, silences, full, own)


def test_the_agent_may_die_at_each_moment_of_an_undisturbed_move() -> None:
    for own in (False, True):
        moments = play(set(), set(), own=own).moments
        for moment in range(1, moments + 1, 3 if own else 1):
            play({moment}, set(), own=own)


def test_each_question_may_stay_unanswered() -> None:
    asked = play(set(), set()).asked
    for question in range(1, 2 * asked + 2):
        play(set(), {question})


def test_only_the_typed_domain_takes_the_network_back_from_a_host_that_never_answers() -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), set(), set(), set())
        world.is_gone = True
        first = agent(world)
        mover = SimpleNamespace(
            here=SimpleNamespace(settings=SimpleNamespace(base_url="https://moot.example")), giver=first
        )
        moving = Thread(target=first.begin)
        moving.start()
        wait_for(lambda: first.progress().reached == "promote")
        Mover._abort(cast(Mover, mover), {})
        Mover._abort(cast(Mover, mover), {"domain": "another.example"})
        asked = world.asked
        wait_for(lambda: world.asked > asked + 20)
        assert moving.is_alive()
        assert not world.takes_posts()
        Mover._abort(cast(Mover, mover), {"domain": "Moot.example"})
        moving.join(20)
        assert not moving.is_alive()
        assert first.progress().ended == "called off"
        assert world.takes_posts()
        assert (world.epoch, world.wrong) == (1, [])


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_the_disk_may_be_full_at_each_line_of_the_journal() -> None:
    lines = play(set(), set()).lines
    for line in range(2, lines + 1):  # without the first there is no move
        world = play(set(), set(), {line})
        assert world.lines > line
    full_for_long = play(set(), set(), set(range(lines // 2, lines + 40)))
    assert full_for_long.takes_posts()


def test_a_move_that_cannot_be_written_down_does_not_begin() -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder), set(), set(), {1})
        first = agent(world)
        with pytest.raises(rules.CannotMove, match="No space left"):
            first.begin()
        assert world.takes_posts()
        assert not first.progress().is_under_way


def test_an_order_is_burned_on_a_full_disk_as_well(tmp_path: Path) -> None:
    taker = Taker(cast(Here, SimpleNamespace(data=tmp_path)))
    taker._journal = JournalInTheModel(World(tmp_path, set(), set(), {1}))
    assert taker.burn({"move": "m"}) == {"promoted": False, "burned": True}
    assert taker.outcome({"move": "m"}) == {"promoted": False, "burned": True}
    with pytest.raises(rules.CannotMove, match="taken back"):
        taker.promote({"move": "m", "epoch": 2})
    assert taker.outcome({"move": "another"}) == {"promoted": False, "burned": False}


def test_a_torn_line_in_the_journal_hides_nothing_else(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add(Entry("m", "giver", "check", "begun"))
    with journal.file.open("ab") as file:
        file.write(b'{"move": "m", "side": "gi')
    journal.add(Entry("m", "giver", "check", "done"))
    assert [(entry.step, entry.what) for entry in journal.entries()] == [("check", "begun"), ("check", "done")]


def test_steps_are_taken_back_the_last_first() -> None:
    assert [step.name for step in steps.to_undo("fence")] == ["fence", "stop", "away", "close", "rest"]
    assert steps.to_undo("flush") == []
