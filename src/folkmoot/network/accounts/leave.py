"""Leaving. What somebody wrote and all that says who they were is deleted; the name stays taken, so nobody can pose."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Missing
from folkmoot.network.access.sessions import check_own_password
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import leaving_queries, queries, rules

BATCH = 500
ERASE = "network.accounts.erase"


async def close(db: Database, viewer: Viewer, password: str) -> None:
    """Close the viewer's own account. Raises WrongPassword, LastOperator."""
    await check_own_password(db, viewer, password)
    async with db.transaction() as tx:
        await _close(tx, viewer, viewer.account_id)


async def close_for(db: Database, operator: Viewer, account_id: int) -> None:
    """Close somebody's account on their behalf. Raises Missing, LastOperator."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        await _close(tx, operator, account_id)


async def _close(tx: Transaction, by: Viewer, account_id: int) -> None:
    rules.check_leaves_an_operator(account_id, await queries.lock_operators(tx))
    now = clock.now()
    if await leaving_queries.close(tx, account_id, now) is None:
        raise Missing
    await leaving_queries.erase_person(tx, account_id, now)
    if await _erase_some(tx, account_id):
        tx.defer(ERASE, once=f"{ERASE}:{account_id}", account_id=account_id)
    tx.record(Event.ACCOUNT_CLOSED, actor=by.actor, subject=account_id, **by.traces)
    tx.announce("account.changed", account_id=account_id)
    tx.announce("access.changed", account_id=account_id)


async def erase(db: Database, account_id: int) -> None:
    """Delete what a closed account left, a few hundred rows a transaction. May be begun again at any point."""
    more = True
    while more:
        async with db.transaction() as tx:
            row = await queries.lock_account(tx, account_id)
            if row is None or row["closed_at"] is None:
                return
            more = await _erase_some(tx, account_id)


async def _erase_some(tx: Transaction, account_id: int) -> bool:
    """Delete up to BATCH rows of each kind; whether there may be more."""
    gone, retold = await leaving_queries.erase_posts(tx, account_id, BATCH)
    for post in gone:
        tx.announce("post.removed", post_id=post["id"], account_id=post["account_id"], shows_id=post["shows_id"])
    liked = await leaving_queries.erase_favourites(tx, account_id, BATCH)
    followed, followers = await leaving_queries.erase_follows(tx, account_id, BATCH)
    _tell_neighbours(tx, account_id, followed, followers)
    for post_id in {*retold, *liked}:
        tx.announce("post.changed", post_id=post_id, counts=True)
    for author in {post["account_id"] for post in gone} - {account_id}:
        tx.announce("account.changed", account_id=author)
    rest = await leaving_queries.erase_rest(tx, account_id, BATCH)
    sent = await leaving_queries.erase_sent_notifications(tx, account_id, BATCH)
    await leaving_queries.zero_tallies(tx, account_id)
    return max(len(gone), len(liked), len(followed), len(followers), rest, sent) >= BATCH


def _tell_neighbours(tx: Transaction, account_id: int, followed: list[int], followers: list[int]) -> None:
    for target in followed:
        tx.announce("relation.changed", account_id=account_id, target_id=target)
    for follower in followers:
        tx.announce("relation.changed", account_id=follower, target_id=account_id)
        tx.announce("home.changed", account_id=follower)
    for neighbour in {*followed, *followers}:
        tx.announce("account.changed", account_id=neighbour)
