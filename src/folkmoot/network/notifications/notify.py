"""Tell people that something concerns them, and take it back when it no longer does."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot import clock
from folkmoot.database import Transaction
from folkmoot.ids import new_notification_id
from folkmoot.network.notifications import queries
from folkmoot.network.notifications.views import Kind


async def notify(
    tx: Transaction,
    *,
    kind: Kind | str,
    to: Sequence[int],
    from_id: int | None,
    post_id: int | None = None,
    about_id: int | None = None,
) -> list[tuple[int, int]]:
    """Tell these accounts, in one statement; answers whom (account id, notification id).

    `from_id` None is the network itself; the row then names the receiver, because there has to be somebody.

    Left out are: the one who did it (but for polls, whose end concerns the author too), who blocks or is blocked,
    who muted them with their notifications, who muted the thread, and who takes no part any more.
    """
    receivers = list(dict.fromkeys(to))
    if not receivers:
        return []
    kind = Kind(kind)
    ids = [new_notification_id() for _ in receivers]
    told = await queries.insert(tx, receivers, ids, kind, from_id, post_id, about_id, clock.now())
    for account_id, id in told:
        tx.announce(
            "notification.created", id=id, account_id=account_id, what=kind.value, from_id=from_id, post_id=post_id
        )
    return told


async def unnotify(
    tx: Transaction, *, kind: Kind | str | None, from_id: int, post_id: int | None = None, to: int | None = None
) -> None:
    """Take back what was said of this deed; name the post, or the one who was told. `kind` None means everything."""
    if post_id is None and to is None:
        raise ValueError("unnotify wants a post or a receiver: anything else would read the whole table")
    gone = await queries.delete(tx, Kind(kind) if kind is not None else None, from_id, post_id, to)
    for account_id, id in gone:
        tx.announce("notification.removed", id=id, account_id=account_id)
