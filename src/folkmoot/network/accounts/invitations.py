"""Codes with which members let somebody in."""

from __future__ import annotations

from datetime import datetime

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database
from folkmoot.errors import Missing, TooMany
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts import invitation_queries, rules
from folkmoot.network.accounts.views import Invitation

USABLE_MOST = 20
"""Open invitations a member may have at once."""


async def invite(
    db: Database, viewer: Viewer, *, uses: int | None = 1, expires_at: datetime | None = None
) -> Invitation:
    """Make a code for so many people (None: any number), valid until then. Members have bounds, staff has none."""
    now = clock.now()
    rules.check_invitation(viewer, uses, expires_at, now)
    async with db.transaction() as tx:
        open_now = await invitation_queries.count_usable_invitations(tx, viewer.account_id, now)
        if open_now >= USABLE_MOST and not viewer.role.is_staff:
            raise TooMany("You have enough open invitations.", retry_after=86_400)
        row = await invitation_queries.insert_invitation(
            tx, rules.new_code(4), viewer.account_id, now, expires_at, uses
        )
        tx.record(Event.INVITATION_CREATED, actor=viewer.account_id, subject=viewer.account_id, uses=uses)
        return Invitation(**row)


async def find_invitation(db: Database, code: str) -> Invitation | None:
    """The invitation of this code, when somebody can still join with it."""
    row = await invitation_queries.find_invitation(db, code.strip().upper()) if code.isprintable() else None
    found = Invitation(**row) if row is not None else None
    return found if found is not None and found.is_usable(clock.now()) else None


async def list_invitations(db: Database, viewer: Viewer, *, everybodys: bool = False) -> list[Invitation]:
    """The viewer's invitations, or for staff everybody's; the newest first."""
    whose = None if everybodys and viewer.role.is_staff else viewer.account_id
    return [Invitation(**row) for row in await invitation_queries.list_invitations(db, whose)]


async def revoke_invitation(db: Database, viewer: Viewer, code: str) -> None:
    """Take a code back: one's own, or as staff anybody's. Raises Missing."""
    async with db.transaction() as tx:
        row = await invitation_queries.find_invitation(tx, code) if code.isprintable() else None
        if row is None or (row["account_id"] != viewer.account_id and not viewer.role.is_staff):
            raise Missing
        if await invitation_queries.revoke_invitation(tx, code, clock.now()):
            tx.record(Event.INVITATION_REVOKED, actor=viewer.actor, subject=row["account_id"], **viewer.traces)
