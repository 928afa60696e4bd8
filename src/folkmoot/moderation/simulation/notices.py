"""A hundred notices over seven weeks, the last wave on a weekend on which no steward is awake: the real code on a database
of its own, by a clock that is turned. Nothing here decides anything; it writes letters, votes as jurors do, and looks.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from statistics import median
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.database import Database
from folkmoot.errors import Conflict
from folkmoot.moderation.cases import Choice, Verdict
from folkmoot.moderation.cases.cast import cast as cast_ballot
from folkmoot.moderation.cases.decide import decide_as_steward
from folkmoot.moderation.cases.priority import p95
from folkmoot.moderation.cases.read import get_case, list_cases
from folkmoot.moderation.cases.states import State as CaseState
from folkmoot.moderation.cases.summon import next_seat
from folkmoot.moderation.cases.timers import look_at_the_queue, work_clocks
from folkmoot.moderation.cases.views import SeatView
from folkmoot.moderation.notices.reading import Verification, read_mail
from folkmoot.moderation.notices.receive import house, receive
from folkmoot.moderation.notices.rules import Kind, times_kept
from folkmoot.moderation.notices.senders import add_sender
from folkmoot.moderation.notices.work import amend, log_deletions, work
from folkmoot.moderation.simulation import queries
from folkmoot.network.access.viewer import COMMAND_LINE, Role, Viewer
from folkmoot.network.accounts import create_account
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.remove import remove
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings

Jobs = Mapping[str, Callable[..., Awaitable[Any]]]
SATURDAY = datetime(2021, 1, 9, tzinfo=UTC)
"""The weekend of the last wave."""
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WORKER = 5 * SECOND
"""How soon the worker sees that a clock is due."""
_SYLLABLES = [first + second for first in "bdfghklmnprstvw" for second in "aeo"]

_DEADLINES = (
    "Please confirm removal within 24 hours.",
    "Please act within 6 hours, or resources may be blocked.",
    "Bitte entfernen Sie die Inhalte binnen 24 Stunden.",
    "We ask you to look at this.",
    "Wir bitten um Prüfung und Mitteilung innerhalb von 48 Stunden.",
)
_SENDERS = (
    (Kind.HOST, "abuse@cloud.example", 0.5),
    (Kind.STORE, "review@store.example", 0.15),
    (Kind.AUTHORITY, "meldestelle@behoerde.example", 0.1),
    (Kind.TRUSTED_FLAGGER, "team@flaggers.example", 0.1),
    (Kind.PERSON, "somebody@mail.example", 0.15),
)


class NoticesRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """How large it is. The defaults are the story's."""

    notices: int = 100
    last_wave: float = 0.4
    """Share of them that comes on the last weekend."""
    addresses: int = 5
    """Addresses a letter names, on average."""
    ultimatum: int = 30
    """Addresses the host's last letter names."""
    gone: float = 0.5
    """Share of them that was deleted before the letter came."""
    jurors: int = 24
    accuracy: float = 0.85
    violations: float = 0.7
    """Share of what is named that breaks the rules."""
    orders: int = 6
    authors: int = 30
    weeks: float = 7.0
    """From the first letters to the last weekend."""
    seed: int = 1


class NoticesOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Times in minutes of the virtual clock."""

    notices: int
    clocks_kept: int
    clocks_missed: int
    answered_without_a_hand: int
    """Told of everything without a steward having done anything."""
    fully_answered: int
    letters_received: int
    """Also those that came twice, or belong to a notice there was."""
    letters_sent: int
    items: int
    gone_already: int
    decided_before: int
    not_found: int
    live: int
    hidden_in_time: int
    """Of the live ones: decided, out of sight or withdrawn by its author before the notice was due."""
    hidden_by_deadline: int
    """Of those, taken out of sight because the jury was not done."""
    ordered: int
    removed: int
    kept: int
    median_answer_minutes: float
    """From the letter to the first answer that holds."""
    p95_answer_minutes: float
    median_final_minutes: float
    last_wave_notices: int
    last_wave_kept: int
    ballots: int


class _Letter(msgspec.Struct, frozen=True):
    at: datetime
    kind: Kind
    sender: str
    addresses: tuple[str, ...]
    words: str
    is_order: bool = False
    again: bool = False
    """The same bytes arrive once more an hour later."""


async def replay_notices(
    db: Database,
    settings: Settings,
    recipe: NoticesRecipe,
    jobs: Jobs,
    watch: Callable[[float], None] = lambda share: None,
) -> NoticesOutcome:
    """Play it through on an empty, migrated database. `jobs` are those a worker knows, bound to their tools."""
    return await _Replay(db, settings, recipe, jobs, watch).run()


class _Replay:
    def __init__(
        self, db: Database, settings: Settings, recipe: NoticesRecipe, jobs: Jobs, watch: Callable[[float], None]
    ) -> None:
        self.db, self.settings, self.recipe, self.jobs, self.watch = db, settings, recipe, jobs, watch
        self.chance = random.Random(recipe.seed)
        bus = Bus()
        db.deliver = bus.deliver
        self.gate = Gate(db, settings)
        self.desk = Desk(db, Shelf(db, bus), Watch(db, bus), settings, self.gate)
        self.start = SATURDAY - recipe.weeks * 7 * DAY
        self.now = self.start - 2 * DAY
        self.authors: list[Viewer] = []
        self.jurors: list[Viewer] = []
        self.stewards: list[Viewer] = []
        self.breaks: dict[int, bool] = {}
        self.letters_received = self.ballots = self.numbered = 0

    async def run(self) -> NoticesOutcome:
        await self._settle()
        letters = await self._write_letters()
        events: list[tuple[datetime, Callable[[], Awaitable[None]]]] = []
        for letter in letters:
            bring = functools.partial(self._receive, letter, self._mail(letter))
            events.append((letter.at, bring))
            if letter.again:
                events.append((letter.at + HOUR, bring))
        end = max(at for at, _ in events) + 9 * DAY
        events += [(at, self._session) for at in self._sessions(end)]
        events += [(at, self._stewards) for at in _office_hours(self.start, end)]
        for at, happen in sorted(events, key=lambda each: each[0]):
            await self._advance(at)
            with clock.held_at(at):
                await happen()
            self.watch((at - self.start) / (end - self.start))
        await self._advance(end)
        return await self._figures()

    # the world

    async def _settle(self) -> None:
        """People, jurors among them, and the senders an operator would know."""
        with clock.held_at(self.start - 30 * DAY):
            for number in range(self.recipe.authors + self.recipe.jurors):
                made = await create_account(
                    self.db, COMMAND_LINE, name=f"member_{number}", password=f"words of member {number}", email=None
                )
                (self.authors if number < self.recipe.authors else self.jurors).append(
                    Viewer(account_id=made.id, name=made.name)
                )
            for name in ("steward_one", "steward_two"):
                made = await create_account(
                    self.db, COMMAND_LINE, name=name, password=f"words of {name}", email=None, role=Role.STEWARD
                )
                self.stewards.append(Viewer(account_id=made.id, name=name, role=Role.STEWARD))
            await queries.seat_jurors(
                self.db, [each.account_id for each in self.jurors], self.recipe.accuracy, clock.now()
            )
            for kind, address, _ in _SENDERS:
                if kind is not Kind.PERSON:
                    await add_sender(self.db, COMMAND_LINE, name=address, kind=kind, address=address)

    async def _post(self, at: datetime) -> tuple[str, int, Viewer]:
        author = self.chance.choice(self.authors)
        words = " ".join("".join(self.chance.choices(_SYLLABLES, k=3)) for _ in range(14))
        with clock.held_at(at):
            post = await publish(self.desk, author, Draft(text=words))
        self.breaks[post.id] = self.chance.random() < self.recipe.violations
        return f"{self.settings.base_url}/@{author.name}/{post.id}", post.id, author

    async def _write_letters(self) -> list[_Letter]:
        """Who writes when about what. Half of it has been deleted by then; some was named before; some never was."""
        recipe, letters = self.recipe, []
        last = round(recipe.notices * recipe.last_wave)
        orders = set(self.chance.sample(range(recipe.notices - 1), min(recipe.orders, recipe.notices - 1)))
        named: list[str] = []
        for number in range(recipe.notices):
            is_last = number >= recipe.notices - last
            at = SATURDAY + self.chance.random() * 36 * HOUR if is_last else self._before()
            ultimatum = number == recipe.notices - 1
            if ultimatum:
                at = SATURDAY + timedelta(hours=18, minutes=1)
            count = recipe.ultimatum if ultimatum else 1 + self.chance.randrange(2 * recipe.addresses - 1)
            addresses = [await self._address(at, named) for _ in range(count)]
            named += addresses
            kind, sender = self._sender() if not ultimatum else (_SENDERS[0][0], _SENDERS[0][1])
            words = "You have until Sunday midnight PST." if ultimatum else self.chance.choice(_DEADLINES)
            order = number in orders
            if order:
                kind, sender = Kind.AUTHORITY, _SENDERS[2][1] if number % 2 else "police@nowhere.example"
            again = self.chance.random() < 0.06
            letters.append(_Letter(at, kind, sender, tuple(addresses), words, order, again))
        return letters

    def _before(self) -> datetime:
        """Some time before the last weekend."""
        return self.start + self.chance.random() * (SATURDAY - self.start)

    def _sender(self) -> tuple[Kind, str]:
        kind, address, _ = self.chance.choices(_SENDERS, [share for *_, share in _SENDERS])[0]
        return kind, address

    async def _address(self, at: datetime, named: list[str]) -> str:
        draw = self.chance.random()
        if draw < 0.05:
            return f"{self.settings.base_url}/@member_1/{105345678901230000 + self.chance.randrange(9_999)}"
        if draw < 0.13 and named:
            return self.chance.choice(named)
        address, id, author = await self._post(self.start - DAY + self.chance.random() * DAY)
        if draw < 0.13 + self.recipe.gone * 0.87:
            with clock.held_at(at - self.chance.random() * min(at - self.start, 3 * DAY)):
                await remove(self.desk, author, id)
        return address

    def _mail(self, letter: _Letter) -> bytes:
        self.numbered += 1
        made = EmailMessage()
        made["From"] = letter.sender
        made["To"] = "abuse@folk.example"
        made["Subject"] = "Removal order" if letter.is_order else "Abuse notice"
        made["Date"] = format_datetime(letter.at)
        made["Message-ID"] = f"<{self.numbered}@{letter.sender.rpartition('@')[2]}>"
        opening = "This is a removal order under Regulation (EU) 2021/784." if letter.is_order else "Dear operator,"
        made.set_content("\n".join([opening, letter.words, "", *letter.addresses, ""]))
        return bytes(made)

    def _sessions(self, end: datetime) -> list[datetime]:
        """When somebody of the jury has ten minutes: a few times a day, on the last weekend hardly ever."""
        found, at = [], self.start
        while at < end:
            weekend = SATURDAY <= at < SATURDAY + 2 * DAY
            at += self.chance.expovariate(1.0) * (5 * HOUR if weekend else 1.5 * HOUR)
            if 6 <= at.hour < 23:
                found.append(at)
        return found

    # time

    async def _advance(self, to: datetime) -> None:
        """Let the worker do what comes due until then."""
        while (due := await queries.next_clock(self.db, self.now)) is not None and due + WORKER < to:
            await self._work(max(due + WORKER, self.now + SECOND))
        await self._work(to)

    async def _work(self, at: datetime) -> None:
        self.now = max(self.now, at)
        with clock.held_at(self.now):
            await work_clocks(self.db)
            while rows := await queries.take_jobs(self.db):
                for row in rows:
                    if (job := self.jobs.get(row["task_name"])) is not None:
                        await job(**msgspec.json.decode(row["args"]))
            while await work(self.db, self.settings):
                pass
            await amend(self.db, self.settings)
            while await log_deletions(self.db):
                pass

    async def _receive(self, letter: _Letter, raw: bytes) -> None:
        reading = read_mail(raw, received_at=clock.now(), house=await house(self.db, self.settings))
        forged = letter.sender == "police@nowhere.example"
        level = "unverified" if forged or letter.kind is Kind.PERSON else "verified"
        intent = "removal_order" if letter.is_order else "notice"
        reading = msgspec.structs.replace(reading, verification=Verification(level=level), intent=intent)  # type: ignore[arg-type]
        await receive(self.db, self.gate, self.settings, raw, reading, door="lmtp")
        self.letters_received += 1

    async def _stewards(self) -> None:
        """Two stewards decide what juries handed up to them; of notices they know nothing."""
        for line in await list_cases(self.db, self.stewards[0], states=[CaseState.ESCALATED], limit=200):
            case = await get_case(self.db, self.stewards[0], line.id)
            broke = self.breaks.get(case.contents[0].post_id or 0, True)
            verdict = Verdict.REMOVE if broke else Verdict.KEEP
            for steward in self.stewards:
                await decide_as_steward(self.db, steward, line.id, verdict, "looked at again")

    async def _session(self) -> None:
        """One juror takes seats for ten minutes and votes as people do."""
        await look_at_the_queue(self.db)
        juror, at = self.chance.choice(self.jurors), clock.now()
        for turn in range(10):
            with clock.held_at(at + turn * 55 * SECOND):
                seat = await next_seat(self.db, juror)
            if not isinstance(seat, SeatView):
                return
            broke = self.breaks.get(await queries.post_of(self.db, seat.content.id) or 0, True)
            says = broke if self.chance.random() < self.recipe.accuracy else not broke
            with clock.held_at(at + turn * 55 * SECOND + 30 * SECOND):
                try:
                    await cast_ballot(
                        self.db,
                        juror,
                        seat.id,
                        choice=Choice.BREAKS if says else Choice.FINE,
                        seen_version=seat.content.id,
                    )
                except Conflict:
                    return
            self.ballots += 1

    # what came of it

    async def _figures(self) -> NoticesOutcome:
        rows = await queries.answered(self.db)
        items = await queries.items(self.db)
        counted = [row for row in rows if row["state"] != "refused"]
        kept, missed = times_kept([(row["met_at"], row["due_at"]) for row in counted], self.now)
        to_answer = [_minutes(row["met_at"] - row["received_at"]) for row in counted if row["met_at"]]
        to_final = [_minutes(row["answered_at"] - row["received_at"]) for row in counted if row["answered_at"]]
        live = [each for each in items if each["case_id"] is not None and each["settled_at"] != each["found_at"]]
        in_time = [each for each in live if _out_of_sight(each) <= each["due_at"]]
        wave = [row for row in counted if row["received_at"] >= SATURDAY]
        states = [each["state"] for each in items]
        return NoticesOutcome(
            notices=len(counted),
            clocks_kept=kept,
            clocks_missed=missed,
            answered_without_a_hand=sum(row["met_at"] is not None and not row["by_hand"] for row in counted),
            fully_answered=len(to_final),
            letters_received=self.letters_received,
            letters_sent=sum(row["letters"] for row in rows),
            items=len(items),
            gone_already=sum(each["state"] == "gone" and each["settled_at"] == each["found_at"] for each in items),
            decided_before=sum(
                each["case_id"] is not None and each["settled_at"] == each["found_at"] and each["state"] != "ordered"
                for each in items
            ),
            not_found=states.count("not_found"),
            live=len(live),
            hidden_in_time=len(in_time),
            hidden_by_deadline=sum(bool(each["overridden"]) for each in live),
            ordered=states.count("ordered"),
            removed=states.count("removed"),
            kept=states.count("kept"),
            median_answer_minutes=median(to_answer) if to_answer else 0.0,
            p95_answer_minutes=p95(to_answer),
            median_final_minutes=median(to_final) if to_final else 0.0,
            last_wave_notices=len(wave),
            last_wave_kept=times_kept([(row["met_at"], row["due_at"]) for row in wave], self.now)[0],
            ballots=self.ballots,
        )


def _office_hours(start: datetime, end: datetime) -> list[datetime]:
    """When stewards are at their desks: on weekdays, at ten and at four; never on a weekend."""
    found = []
    at = start.replace(hour=0, minute=0)
    while at < end:
        if at.weekday() < 5:
            found += [at + 10 * HOUR, at + 16 * HOUR]
        at += DAY
    return found


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


def _out_of_sight(item: Any) -> datetime:
    """When an item was first out of sight or decided; never, for one that still is neither."""
    moments = [moment for moment in (item["hidden_at"], item["settled_at"]) if moment is not None]
    return min(moments, default=datetime.max.replace(tzinfo=UTC))
