"""Search. Each kind is one statement; what the reader may not see is not found."""

from __future__ import annotations

from folkmoot import markup
from folkmoot.database import Database
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.search import queries, rules


async def search_posts(
    db: Database,
    viewer: Viewer | None,
    query: str,
    *,
    account_id: int | None = None,
    max_id: int | None = None,
    min_id: int | None = None,
    limit: int = 20,
    offset: int = 0,
) -> list[int]:
    """Ids of posts with these words, newest first: the reader's own, those that mention them, and public ones by
    authors who let themselves be found. `-word` leaves out, `"two words"` stand together."""
    wish = rules.read_query(query)
    if not wish.wanted or offset > rules.DEEPEST:
        return []
    return await queries.posts(
        db,
        viewer.account_id if viewer else None,
        wish,
        account_id=account_id,
        max_id=max_id,
        min_id=min_id,
        limit=_page(limit),
        offset=max(0, offset),
    )


async def search_accounts(
    db: Database,
    viewer: Viewer | None,
    query: str,
    *,
    domain: str,
    following: bool = False,
    limit: int = 40,
    offset: int = 0,
) -> list[int]:
    """Ids of accounts by handle or name, in any case: the very handle first, then those the reader follows.

    `domain` is this network's own: `name@domain` finds the account, a name elsewhere nobody.
    """
    name = rules.read_name(query, domain)
    if not name or offset > rules.DEEPEST:
        return []
    return await queries.accounts(
        db,
        viewer.account_id if viewer else None,
        name,
        following=following and viewer is not None,
        limit=_page(limit),
        offset=max(0, offset),
    )


async def search_tags(db: Database, query: str, *, limit: int = 20, offset: int = 0) -> list[tuple[str, str]]:
    """Hashtags like this word, with or without its #, of posts that anybody may see: pairs of normal form and spelling."""
    name = markup.normal_tag(query[: rules.LONGEST_QUERY].strip().removeprefix("#"))
    if not name or offset > rules.DEEPEST:
        return []
    return await queries.tags(db, name, limit=_page(limit), offset=max(0, offset))


def _page(limit: int) -> int:
    return max(1, min(limit, rules.LONGEST_PAGE))
