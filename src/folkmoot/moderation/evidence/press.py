"""A decision anybody may be shown: by a permanent address, with what stewards masked left out and nothing put in."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Conflict, Invalid, Missing
from folkmoot.ids import new_id
from folkmoot.moderation.cases import content_queries
from folkmoot.moderation.cases.rows import SOMEBODY, nameless
from folkmoot.moderation.cases.views import DecidedBy
from folkmoot.moderation.evidence import looks, queries
from folkmoot.moderation.evidence.looks import Why
from folkmoot.moderation.sanctions.rules import Measure
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.network.access.viewer import Role, Viewer

MASK = "█"
WHY_MOST = 500
_PRIVATE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|https?://\S+|\+?\d[\d /()-]{6,}\d")
"""Mail addresses, links and telephone numbers: masked before a steward looks for more."""


class NotDecided(Conflict):
    sentence = "Only what has been decided can be shown"


class ShownAlready(Conflict):
    sentence = "There is a public view of this case already; take that one back first"


class PutIn(Invalid):
    sentence = "You may mask parts with █, but not change or add anything"


class PressView(msgspec.Struct, frozen=True, kw_only=True):
    """What the public sees of a case."""

    token: str
    case_id: int
    text: str
    category: str
    opened_at: datetime
    decided_at: datetime
    decided_by: DecidedBy
    measure: Measure
    rule_id: int | None
    ballots: int
    reports: int
    why: str
    """Why it is shown: a sentence of the stewards."""
    made_at: datetime
    withdrawn_at: datetime | None


def masked(text: str) -> str:
    """A first proposal: without names, addresses, links and numbers. Whoever shows it masks what else points to a person."""
    return _PRIVATE.sub(MASK * 3, nameless(text).replace(SOMEBODY, MASK * 3))


def check_masked(shown: str, original: str) -> None:
    """Raise PutIn unless `shown` is the original with parts of it masked."""
    pieces = [re.escape(piece) for piece in re.split(f"{MASK}+", shown.strip())]
    if not re.fullmatch(rf"\s*{'.*?'.join(pieces)}\s*", original, re.DOTALL):
        raise PutIn(field="shown")


async def propose(db: Database, steward: Viewer, case_id: int) -> str:
    """The text of a case, masked as far as a program can. Raises Forbidden, Missing, NotDecided."""
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        text = await _original(tx, case_id)
        await looks.note(tx, steward, case_id, Why.PRESS, "proposal")
    return masked(text)


async def show_to_the_press(db: Database, steward: Viewer, case_id: int, *, shown: str, why: str) -> str:
    """Make the public view; gives its token. On record, and in the public log.

    Raises Forbidden, Missing, NotDecided, ShownAlready, PutIn, Invalid without a reason.
    """
    steward.check_role(Role.STEWARD)
    why = why.strip()[:WHY_MOST]
    if not why:
        raise Invalid("Say why: others read it.", field="why")
    async with db.transaction() as tx:
        check_masked(shown, await _original(tx, case_id))
        token = secrets.token_urlsafe(12)
        if not await queries.keep_view(tx, new_id(), case_id, token, shown.strip(), why, steward.actor, clock.now()):
            raise ShownAlready
        await looks.note(tx, steward, case_id, Why.PRESS, "shown")
        await enter(tx, Deed.PRESS_SHOWN, case=case_id, steward=steward.actor)
        tx.record(Event.CASE_SHOWN, actor=steward.actor, subject=case_id, why=why, **steward.traces)
    return token


async def take_back(db: Database, steward: Viewer, case_id: int) -> None:
    """Take the public view back; its address says that it was. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        if not await queries.withdraw_view(tx, case_id, steward.actor, clock.now()):
            raise Missing
        await enter(tx, Deed.PRESS_WITHDRAWN, case=case_id, steward=steward.actor)
        tx.record(Event.CASE_NO_LONGER_SHOWN, actor=steward.actor, subject=case_id, **steward.traces)


async def view_of(db: Database, case_id: int) -> str | None:
    """The token of a case's public view, if there is one."""
    return await queries.view_token(db, case_id)


async def press_view(db: Database, token: str) -> PressView:
    """What the public sees. Raises Missing."""
    row = await queries.view(db, token[:64])
    if row is None:
        raise Missing
    return PressView(
        token=row["token"],
        case_id=row["case_id"],
        text=row["shown"] if row["withdrawn_at"] is None else "",
        category=row["category"],
        opened_at=row["opened_at"],
        decided_at=row["decided_at"],
        decided_by=DecidedBy(row["decided_by"]),
        measure=Measure(row["measure"] or "keep"),
        rule_id=row["rule_id"],
        ballots=row["ballots"],
        reports=row["reports"],
        why=row["why"],
        made_at=row["made_at"],
        withdrawn_at=row["withdrawn_at"],
    )


async def _original(tx: Transaction, case_id: int) -> str:
    row = await queries.decided_content(tx, case_id)
    if row is None:
        raise Missing
    if row["decided_at"] is None:
        raise NotDecided
    found = next(each for each in await content_queries.contents(tx, case_id) if each["id"] == row["content_id"])
    return str(found["text"] or found["warning"])
