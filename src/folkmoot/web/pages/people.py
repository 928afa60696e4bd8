"""Lists of accounts, each with how the reader stands to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from folkmoot.network import relations
from folkmoot.network.accounts import AccountView
from folkmoot.network.relations import RelationView
from folkmoot.web.pages.visit import Answer, Visit

PEOPLE = 40


async def with_relations(visit: Visit, found: Sequence[AccountView]) -> list[tuple[AccountView, RelationView | None]]:
    """Accounts, each with how the reader stands to it."""
    known: dict[int, RelationView] = {}
    if visit.viewer is not None:
        ids = [account.id for account in found]
        known = {each.id: each for each in await relations.relations(visit.server.db, visit.viewer, ids)}
    return [(account, known.get(account.id)) for account in found]


async def show_people(visit: Visit, rows: Sequence[tuple[int, int]], **values: Any) -> Answer:
    """A list of accounts from pairs of row id and account id."""
    known = await visit.server.shelf.accounts([account_id for _, account_id in rows])
    people = await with_relations(visit, [known[account_id].view for _, account_id in rows if account_id in known])
    next_url = f"{visit.path}?older={rows[-1][0]}" if len(rows) >= PEOPLE else None
    return await visit.page("people.html", here="people", people=people, next_url=next_url, **values)
