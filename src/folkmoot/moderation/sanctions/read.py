"""Statements of reasons and standings, for those they concern."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.moderation.sanctions import queries, rules
from folkmoot.moderation.sanctions.rules import Standing
from folkmoot.moderation.sanctions.views import StatementView
from folkmoot.network.access.viewer import Role, Viewer


async def own_statements(
    db: Database, viewer: Viewer, *, before: int | None = None, limit: int = 40
) -> list[StatementView]:
    """What was decided about the viewer, newest first."""
    return await queries.statements(
        db,
        "account_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        viewer.account_id,
        before,
        min(limit, 200),
    )


async def get_statement(db: Database, who: Viewer | str, id: int | None = None) -> StatementView:
    """One statement: the viewer's own (stewards: anybody's) by id, or by its token alone. Raises Missing."""
    if isinstance(who, str):
        found = await queries.statements(db, "token = $1", who)
    else:
        found = await queries.statements(
            db, "id = $1 AND ($2 OR account_id = $3)", id, who.role.is_staff, who.account_id
        )
    if not found:
        raise Missing
    return found[0]


async def latest_statement(db: Database, account_id: int) -> StatementView | None:
    """The statement that shut an account out, for the page somebody sees who may not sign in any more."""
    found = await queries.statements(
        db, "account_id = $1 AND kind IN ('removed', 'warned') ORDER BY id DESC LIMIT 1", account_id
    )
    return found[0] if found else None


async def get_standing(db: Database, viewer: Viewer, account_id: int | None = None) -> Standing:
    """How the viewer stands now, or for stewards somebody else, recomputed from all events. Raises Forbidden."""
    if account_id is not None and account_id != viewer.account_id:
        viewer.check_role(Role.STEWARD)
    return rules.standing(await queries.events_of(db, account_id or viewer.account_id), clock.now())


async def labels_of(db: Database, post_ids: Sequence[int]) -> dict[int, str]:
    """What stands beside these posts by a verdict: the category, for those that have a label."""
    return await queries.labelled(db, post_ids)
