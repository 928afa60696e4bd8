"""Follow somebody, ask to, stop; answer those who ask."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.errors import Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.notifications import Kind, notify, unnotify
from folkmoot.network.relations import queries, rules
from folkmoot.network.relations.views import RelationView


async def follow(
    db: Database,
    viewer: Viewer,
    target_id: int,
    *,
    shows_boosts: bool | None = None,
    notifies: bool | None = None,
    languages: list[str] | None = None,
) -> RelationView:
    """Follow an account, or ask to when it is locked; its newest posts are in the viewer's home when this returns.

    Following again changes the wishes that are given (`languages=[]` wants all again).
    Raises Missing, NotYourself, Blocked, TooManyFollowed.
    """
    me = viewer.account_id
    rules.check_other(me, target_id)
    wanted = rules.check_languages(languages)
    async with db.transaction() as tx:
        if not await queries.lock(tx, me, target_id):
            raise Missing
        bond = await queries.bond(tx, me, target_id)
        match rules.decide_follow(bond):
            case rules.Step.FOLLOW:
                boosts = shows_boosts is not False
                await _connect(tx, me, target_id, shows_boosts=boosts, notifies=bool(notifies), languages=wanted)
                await notify(tx, kind=Kind.FOLLOW, to=[target_id], from_id=me)
            case rules.Step.REQUEST:
                boosts = shows_boosts is not False
                await queries.insert_request(tx, me, target_id, new_id(), boosts, bool(notifies), wanted)
                await notify(tx, kind=Kind.FOLLOW_REQUEST, to=[target_id], from_id=me)
            case rules.Step.CHANGE:
                await _change_wishes(tx, me, target_id, bond, shows_boosts, notifies, wanted, languages == [])
        tx.announce("relation.changed", account_id=me, target_id=target_id)
        return await _relation(tx, me, target_id)


async def unfollow(db: Database, viewer: Viewer, target_id: int) -> RelationView:
    """Stop following, or take the request back. Raises Missing for an account that never was."""
    me = viewer.account_id
    rules.check_other(me, target_id)
    async with db.transaction() as tx:
        await queries.lock(tx, me, target_id)
        await disconnect(tx, me, target_id)
        await withdraw(tx, me, target_id)
        tx.announce("relation.changed", account_id=me, target_id=target_id)
        return await _relation(tx, me, target_id)


async def remove_follower(db: Database, viewer: Viewer, account_id: int) -> RelationView:
    """Make somebody stop following the viewer."""
    me = viewer.account_id
    rules.check_other(me, account_id)
    async with db.transaction() as tx:
        await queries.lock(tx, me, account_id)
        await disconnect(tx, account_id, me)
        tx.announce("relation.changed", account_id=account_id, target_id=me)
        return await _relation(tx, me, account_id)


async def accept(db: Database, viewer: Viewer, account_id: int) -> RelationView:
    """Let somebody who asked follow the viewer. Raises Missing when nobody asked."""
    me = viewer.account_id
    async with db.transaction() as tx:
        await queries.lock(tx, me, account_id)
        wish = await queries.take_request(tx, account_id, me)
        if wish is None:
            raise Missing
        await _connect(
            tx,
            account_id,
            me,
            shows_boosts=wish["shows_boosts"],
            notifies=wish["notifies"],
            languages=wish["languages"],
        )
        await unnotify(tx, kind=Kind.FOLLOW_REQUEST, from_id=account_id, to=me)
        await notify(tx, kind=Kind.FOLLOW, to=[me], from_id=account_id)
        tx.announce("relation.changed", account_id=account_id, target_id=me)
        return await _relation(tx, me, account_id)


async def reject(db: Database, viewer: Viewer, account_id: int) -> RelationView:
    """Turn down somebody who asked to follow the viewer. Raises Missing when nobody asked."""
    me = viewer.account_id
    async with db.transaction() as tx:
        await queries.lock(tx, me, account_id)
        if not await withdraw(tx, account_id, me):
            raise Missing
        tx.announce("relation.changed", account_id=account_id, target_id=me)
        return await _relation(tx, me, account_id)


async def disconnect(tx: Transaction, account_id: int, target_id: int) -> bool:
    """End a follow with all it brought: the rows at home, the news of it. False when there was none."""
    if not await queries.delete_follow(tx, account_id, target_id):
        return False
    if await queries.clear_home(tx, account_id, target_id):
        tx.announce("home.changed", account_id=account_id)
    await unnotify(tx, kind=Kind.FOLLOW, from_id=account_id, to=target_id)
    tx.announce("account.changed", account_id=account_id)
    tx.announce("account.changed", account_id=target_id)
    return True


async def withdraw(tx: Transaction, account_id: int, target_id: int) -> bool:
    """Take a request to follow away, and the news of it. False when there was none."""
    if await queries.take_request(tx, account_id, target_id) is None:
        return False
    await unnotify(tx, kind=Kind.FOLLOW_REQUEST, from_id=account_id, to=target_id)
    return True


async def _connect(
    tx: Transaction, account_id: int, target_id: int, *, shows_boosts: bool, notifies: bool, languages: list[str] | None
) -> None:
    await queries.insert_follow(tx, account_id, target_id, new_id(), shows_boosts, notifies, languages)
    if await queries.fill_home(tx, account_id, target_id, rules.BACKFILL):
        tx.announce("home.changed", account_id=account_id)
    tx.announce("account.changed", account_id=account_id)
    tx.announce("account.changed", account_id=target_id)


async def _change_wishes(
    tx: Transaction,
    account_id: int,
    target_id: int,
    bond: rules.Bond,
    shows_boosts: bool | None,
    notifies: bool | None,
    languages: list[str] | None,
    all_languages: bool,
) -> None:
    if shows_boosts is None and notifies is None and languages is None and not all_languages:
        return
    await queries.change_wishes(tx, account_id, target_id, shows_boosts, notifies, languages, all_languages)
    if shows_boosts is None or not bond.following:
        return
    if shows_boosts:
        changed = await queries.fill_home(tx, account_id, target_id, rules.BACKFILL)
    else:
        changed = await queries.clear_home(tx, account_id, target_id, only_boosts=True)
    if changed:
        tx.announce("home.changed", account_id=account_id)


async def _relation(tx: Transaction, account_id: int, target_id: int) -> RelationView:
    found = await queries.relations(tx, account_id, [target_id], clock.now())
    if not found:
        raise Missing
    return found[0]
