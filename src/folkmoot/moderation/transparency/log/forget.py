"""Delete a salt: what the log says of somebody means nothing any more, and the proofs of all entries stay good."""

from __future__ import annotations

from folkmoot.audit import Event
from folkmoot.database import Database, Transaction
from folkmoot.errors import Invalid
from folkmoot.moderation.transparency.log import queries
from folkmoot.network.access.viewer import Role, Viewer

KINDS = ("account", "case", "post", "notice")


async def forget(tx: Transaction, kind: str, number: int) -> bool:
    """A step of whoever erases an account, a case, a post or a notice; whether the log knew it."""
    if kind not in KINDS:
        raise Invalid("The log knows accounts, cases, posts and notices.", field="kind")
    return await queries.delete_salt(tx, f"{kind}:{number}")


async def forget_for(db: Database, operator: Viewer, kind: str, number: int) -> bool:
    """The same when somebody asks for it. On record, without saying who. Raises Forbidden, Invalid."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        known = await forget(tx, kind, number)
        if known:
            tx.record(Event.LOG_SALT_FORGOTTEN, actor=operator.actor, kind=kind, **operator.traces)
    return known


async def forget_erased(db: Database) -> int:
    """Forget accounts that closed longer ago than anybody may appeal, and cases whose evidence was erased; nightly."""
    async with db.transaction() as tx:
        gone = await queries.erased(tx, 500)
        for subject in gone:
            await queries.delete_salt(tx, subject)
    return len(gone)
