"""The keys the log signs with: made when it begins, sealed with the master key, changed in the open.

A change is an entry of the log itself, signed with both keys, so that whoever knows the old one can follow. Both sign
every checkpoint for a while, so that nobody has to be quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Conflict
from folkmoot.moderation.transparency.log import queries
from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.enter import enter
from folkmoot.moderation.transparency.log.merkle import EMPTY_ROOT
from folkmoot.moderation.transparency.log.notes import Signature, VerifierKey, sign
from folkmoot.moderation.transparency.log.register import change_text
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.vault import Vault, keep_secret


class NothingYet(Conflict):
    sentence = "The log has no entry yet, and so no key"


OVERLAP = timedelta(days=30)
"""How long the old key signs along with the new one."""


async def open_log(db: Database, vault: Vault, origin: str) -> None:
    """Begin the log, once: its first key, and its first entry, which names it."""
    async with db.transaction() as tx:
        if await queries.open_tree(tx, origin, EMPTY_ROOT, clock.now()):
            key = await _make(tx, vault, origin, 1)
            await enter(tx, Deed.LOG_OPENED, origin=origin, key=str(key))


async def signatures(tx: Transaction, vault: Vault, text: str, now: datetime) -> list[Signature]:
    """A checkpoint's signatures by every key in force, the newest first. Raises Unavailable without the master key."""
    rows = await queries.keys(tx)
    return [
        sign(await _private(tx, vault, row["number"]), VerifierKey.parse(row["verifier"]).name, text)
        for row in rows
        if row["until"] is None or row["until"] > now
    ]


async def rotate(db: Database, vault: Vault, operator: Viewer, *, at_once: bool = False) -> VerifierKey:
    """Sign with a new key from now on; the old one goes on for a month, unless it must not be trusted `at_once`."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        tree = await queries.hold_tree(tx, wait=True)
        if tree is None:
            raise NothingYet
        now = clock.now()
        (newest, *_) = rows = await queries.keys(tx)
        new = await _make(tx, vault, tree["origin"], newest["number"] + 1)
        text = change_text(clock.stamp(now), newest["verifier"], str(new))
        await enter(
            tx,
            Deed.KEY_CHANGED,
            at=now,
            old=newest["verifier"],
            new=str(new),
            signed_old=(await _private(tx, vault, newest["number"])).sign(text).hex(),
            signed_new=(await _private(tx, vault, newest["number"] + 1)).sign(text).hex(),
        )
        for row in rows:
            await queries.end_key(tx, row["number"], now if at_once else now + OVERLAP)
        tx.record(Event.LOG_KEY_CHANGED, actor=operator.actor, at_once=at_once, **operator.traces)
    return new


async def known_keys(db: Database) -> Sequence[Row]:
    """Every key there ever was, the newest first: `verifier`, `made_at`, `until`."""
    return await queries.keys(db)


async def _make(tx: Transaction, vault: Vault, origin: str, number: int) -> VerifierKey:
    key = VerifierKey.of(origin, await _private(tx, vault, number))
    await queries.keep_key(tx, number, str(key), clock.now())
    return key


async def _private(tx: Transaction, vault: Vault, number: int) -> Ed25519PrivateKey:
    secret = await keep_secret(tx, vault, f"log key {number}", lambda: Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(secret)
