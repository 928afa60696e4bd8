"""A notice in hand: locked for one deed, it takes steps, and is written once with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from folkmoot import clock
from folkmoot.database import Row, Transaction
from folkmoot.errors import Missing
from folkmoot.moderation.notices import queries
from folkmoot.moderation.notices.states import Event, NoticeFile, State, Step, after


class NoticeInHand:
    """A locked notice. `row` is what it was, `file` what it is by now."""

    def __init__(self, tx: Transaction, row: Row | Mapping[str, Any]) -> None:
        self.tx = tx
        self.row: dict[str, Any] = dict(row)
        self.id: int = row["id"]
        self.now: datetime = clock.now()
        self.events: list[Event] = []
        self.changes: dict[str, Any] = {}
        self.seen: int = row["version"]
        self.file = NoticeFile(
            state=State(row["state"]), version=row["version"], met_at=row["met_at"], answered_at=row["answered_at"]
        )

    @classmethod
    async def lock(cls, tx: Transaction, notice_id: int) -> NoticeInHand:
        """The notice, held until the end of the transaction. Raises Missing."""
        row = await queries.lock_notice(tx, notice_id)
        if row is None:
            raise Missing
        return cls(tx, row)

    def __getitem__(self, column: str) -> Any:
        return self.changes[column] if column in self.changes else self.row[column]

    def take(self, step: Step, key: str = "", *, by: int | None = None, why: str = "") -> None:
        """Take a step. Raises NoticeClosed; nothing is written then. Without a key, it may happen again and again."""
        event = Event(step=step, at=self.now, key=f"{step}:{key or self.file.version}", by=by, why=why)
        self.file = after(self.file, event)
        self.events.append(event)

    def note(self, **columns: Any) -> None:
        """Change columns that no event speaks of."""
        self.changes |= columns

    async def write(self) -> None:
        """Write the events and what they made of the notice."""
        file = self.file
        self.note(state=file.state.value, version=file.version, met_at=file.met_at, answered_at=file.answered_at)
        if self.events:
            await queries.insert_events(self.tx, self.id, self.seen, self.events)
        changed = {name: value for name, value in self.changes.items() if self.row.get(name) != value}
        if changed:
            await queries.save_notice(self.tx, self.id, changed)
            self.tx.announce("notice.changed", notice_id=self.id)
        self.row |= self.changes
        self.seen = file.version
        self.events, self.changes = [], {}
