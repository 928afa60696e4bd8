"""Reading only, with a reason: what the operator turns on when nothing may be written for a while, or plans to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Invalid
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.site import limits, queries
from folkmoot.network.site.views import ReadOnly

_PARTS = {"text": limits.REASON_MOST}
KEY = "read_only"


async def turn_on(
    db: Database,
    operator: Viewer,
    *,
    reason: str,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    starts_at: datetime | None = None,
    until: datetime | None = None,
) -> ReadOnly:
    """Have nothing written from `starts_at` (or now) until `until` (or until somebody turns it off). Raises Invalid."""
    operator.check_role(Role.OPERATOR)
    now = clock.now()
    wanted = ReadOnly(
        reason=limits.check_text(reason, limits.REASON_MOST, "reason"),
        translations=limits.check_translations(translations, _PARTS),
        starts_at=starts_at or now,
        until=until,
    )
    if until is not None and until <= max(now, wanted.starts_at):
        raise Invalid("This ends before it starts.", field="until")
    async with db.transaction() as tx:
        await queries.write_values(tx, {KEY: wanted})
        tx.record(
            Event.READ_ONLY_BEGUN,
            actor=operator.actor,
            reason=wanted.reason,
            starts_at=wanted.starts_at.isoformat(),
            until=until.isoformat() if until else None,
            **operator.traces,
        )
        _tell(tx, wanted)
    return wanted


async def turn_off(db: Database, operator: Viewer) -> bool:
    """Let everybody write again, or drop the plan; False when there was none."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        if not await queries.delete_value(tx, KEY):
            return False
        tx.record(Event.READ_ONLY_ENDED, actor=operator.actor, **operator.traces)
        _tell(tx, None)
    return True


async def read_only(source: Database | Transaction) -> ReadOnly | None:
    """What is in force or planned; None when there is nothing, or it is over."""
    kept = await queries.read_value(source, KEY)
    found = msgspec.json.decode(kept, type=ReadOnly) if kept is not None else None
    return found if found is not None and not found.is_over(clock.now()) else None


def from_news(payload: Mapping[str, object]) -> ReadOnly | None:
    """What the news `site.read_only` says."""
    given = payload["read_only"]
    return msgspec.convert(given, ReadOnly) if given is not None else None


def _tell(tx: Transaction, now: ReadOnly | None) -> None:
    tx.announce("site.read_only", read_only=msgspec.to_builtins(now) if now is not None else None)
    tx.announce("site.changed")
