"""A case in hand: locked for one deed, it takes steps, and is written once with all of them.

What its events make of it is asked of `states.after`; the columns are that, kept beside the events for those who search.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from folkmoot import clock
from folkmoot.database import Row, Transaction
from folkmoot.errors import Conflict, Missing
from folkmoot.moderation.cases import queries
from folkmoot.moderation.cases.published import publish_steps
from folkmoot.moderation.cases.rules import Policy, believe
from folkmoot.moderation.cases.states import UNDECIDED, CaseFile, Event, State, Step, after
from folkmoot.moderation.cases.triage import place_of, policy_of, stake_of


class MovedOn(Conflict):
    sentence = "Something has happened to this case in the meantime; please look at it again"


class CaseInHand:
    """A locked case. `row` is what it was, `file` what it is by now."""

    def __init__(self, tx: Transaction, row: Row | dict[str, Any]) -> None:
        self.tx = tx
        self.row: dict[str, Any] = dict(row)
        self.id: int = row["id"]
        self.now: datetime = clock.now()
        self.events: list[Event] = []
        self.changes: dict[str, Any] = {}
        self.seen: int = row["version"]
        self.file = CaseFile(
            state=State(row["state"]),
            version=row["version"],
            hidden=row["hidden_at"] is not None,
            hidden_at=row["first_hidden_at"],
            overridden=row["overridden"],
            life_at_risk=row["life_at_risk"],
            frozen=row["frozen"],
            reports=row["reports"],
        )

    @classmethod
    async def lock(cls, tx: Transaction, case_id: int) -> CaseInHand:
        """The case, held until the end of the transaction. Raises Missing."""
        row = await queries.lock_case(tx, case_id)
        if row is None:
            raise Missing
        return cls(tx, row)

    @property
    def policy(self) -> Policy:
        return policy_of(self["severity"])

    @property
    def is_undecided(self) -> bool:
        return self.file.state in UNDECIDED

    def __getitem__(self, column: str) -> Any:
        return self.changes[column] if column in self.changes else self.row[column]

    def take(self, step: Step, key: str, *, by: int | None = None, about: int | None = None, why: str = "") -> None:
        """Take a step. Raises what `states.follow` raises; nothing is written then."""
        event = Event(step=step, at=self.now, key=f"{step}:{key}", by=by, about=about, why=why)
        self.file = after(self.file, event)
        self.events.append(event)

    def note(self, **columns: Any) -> None:
        """Change columns that no event speaks of."""
        self.changes |= columns

    def weigh(self, prior: float, ballots: Any, belief: float | None = None) -> float:
        """Believe what these ballots make of the prior, and take the place in the queue that belongs to it."""
        belief = believe(prior, ballots, self.policy) if belief is None else belief
        self.note(prior=prior, belief=belief, ballots=len(ballots))
        return belief

    async def write(self) -> None:
        """Write the events and what they made of the case. Raises MovedOn when somebody was quicker."""
        file = self.file
        if self.is_undecided or file.state is State.APPEALED:
            stake = stake_of(self["belief"], self.policy, self["reach"], hidden=file.hidden)
            self.note(stake=stake, place=place_of(stake, self["target_at"], self["opened_at"], self.now))
        hidden_at = (self.row["hidden_at"] or self.now) if file.hidden else None
        self.note(
            state=file.state.value,
            version=file.version,
            hidden_at=hidden_at,
            first_hidden_at=file.hidden_at,
            overridden=file.overridden,
            life_at_risk=file.life_at_risk,
            frozen=file.frozen,
            reports=file.reports,
        )
        if self.events:
            await queries.insert_events(self.tx, self.id, self.seen, self.events)
            await publish_steps(self, self.events)
        changed = {name: value for name, value in self.changes.items() if self.row.get(name) != value}
        if changed and not await queries.save_case(self.tx, self.id, self.seen, changed):
            raise MovedOn
        self.row |= self.changes
        self.seen = file.version
        self.events, self.changes = [], {}
