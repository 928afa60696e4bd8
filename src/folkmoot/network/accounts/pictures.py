"""Take a profile's pictures out of everybody's sight, and bring them back; nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts import queries


async def hide_pictures(tx: Transaction, account_id: int, hashes: Sequence[str]) -> bool:
    """Show the default instead of every avatar or header of the account that has one of these hashes; whether any has."""
    hidden = await queries.hide_pictures(tx, account_id, list(hashes), clock.now())
    if hidden:
        tx.announce("account.changed", account_id=account_id)
    return hidden > 0


async def show_pictures(tx: Transaction, account_id: int, hashes: Sequence[str]) -> None:
    """Show what `hide_pictures` hid, unless the member has chosen another picture meanwhile."""
    if await queries.show_pictures(tx, account_id, list(hashes)):
        tx.announce("account.changed", account_id=account_id)


async def hidden_pictures(db: Database, viewer: Viewer) -> frozenset[str]:
    """Which of the viewer's own pictures are out of sight: `avatar`, `header`."""
    return await queries.hidden_pictures(db, viewer.account_id)
