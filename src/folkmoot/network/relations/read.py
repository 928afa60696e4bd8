"""See who follows whom, as far as the reader may."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.relations import queries
from folkmoot.network.relations.rules import LONGEST_PAGE
from folkmoot.network.relations.views import RelationView

RowAndAccount = tuple[int, int]
"""The row's id, to turn pages by, and the account's."""


async def relations(db: Database, viewer: Viewer, ids: Sequence[int]) -> list[RelationView]:
    """How the viewer stands to each of these accounts that exist, in their order, in one statement."""
    unique = list(dict.fromkeys(ids))
    return await queries.relations(db, viewer.account_id, unique, clock.now()) if unique else []


async def followers(
    db: Database,
    viewer: Viewer | None,
    account_id: int,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 40,
) -> list[RowAndAccount]:
    """Who follows the account, newest first; nobody where it hides that from the viewer."""
    return await queries.follow_list(
        db,
        viewer.account_id if viewer else None,
        account_id,
        followers=True,
        max_id=max_id,
        since_id=since_id,
        min_id=min_id,
        limit=_page(limit),
    )


async def following(
    db: Database,
    viewer: Viewer | None,
    account_id: int,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 40,
) -> list[RowAndAccount]:
    """Whom the account follows, newest first; nobody where it hides that from the viewer."""
    return await queries.follow_list(
        db,
        viewer.account_id if viewer else None,
        account_id,
        followers=False,
        max_id=max_id,
        since_id=since_id,
        min_id=min_id,
        limit=_page(limit),
    )


async def blocked(
    db: Database,
    viewer: Viewer,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 40,
) -> list[RowAndAccount]:
    """Whom the viewer blocks."""
    return await queries.own_list(
        db, viewer.account_id, "blocks", max_id=max_id, since_id=since_id, min_id=min_id, limit=_page(limit)
    )


async def muted(
    db: Database,
    viewer: Viewer,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 40,
) -> list[RowAndAccount]:
    """Whom the viewer mutes at present."""
    return await queries.own_list(
        db,
        viewer.account_id,
        "mutes",
        now=clock.now(),
        max_id=max_id,
        since_id=since_id,
        min_id=min_id,
        limit=_page(limit),
    )


async def follow_requests(
    db: Database,
    viewer: Viewer,
    *,
    max_id: int | None = None,
    since_id: int | None = None,
    min_id: int | None = None,
    limit: int = 40,
) -> list[RowAndAccount]:
    """Who asks to follow the viewer."""
    return await queries.own_list(
        db,
        viewer.account_id,
        "follow_requests",
        incoming=True,
        max_id=max_id,
        since_id=since_id,
        min_id=min_id,
        limit=_page(limit),
    )


async def familiar_followers(db: Database, viewer: Viewer, ids: Sequence[int]) -> dict[int, list[int]]:
    """Of each account, those followers the viewer follows too."""
    unique = list(dict.fromkeys(ids))
    return await queries.familiar_followers(db, viewer.account_id, unique, LONGEST_PAGE) if unique else {}


def _page(limit: int) -> int:
    return max(1, min(limit, LONGEST_PAGE))
