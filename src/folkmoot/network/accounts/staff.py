"""What those who run the network may do to an account: approve, reject, suspend, restore, change its role."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Invalid, Missing
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import leaving_queries, queries, rules
from folkmoot.network.accounts.queries import view
from folkmoot.network.accounts.views import AccountView


async def approve(db: Database, staff: Viewer, account_id: int) -> AccountView:
    """Let somebody in who waits. Raises Missing, AlreadyDecided."""
    staff.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        await _check_waits(tx, account_id)
        return _tell(tx, Event.ACCOUNT_APPROVED, staff, await queries.approve(tx, account_id, clock.now()))


async def reject(db: Database, staff: Viewer, account_id: int, why: str = "") -> None:
    """Turn somebody down who waits: the account is gone and its name free. Raises Missing, AlreadyDecided."""
    staff.check_role(Role.STEWARD)
    why = rules.check_words(why, rules.WHY_MOST, "why")
    async with db.transaction() as tx:
        account = await _check_waits(tx, account_id)
        await leaving_queries.delete_waiting(tx, account_id)
        tx.record(
            Event.ACCOUNT_REJECTED,
            actor=staff.actor,
            subject=account_id,
            name=account.name,
            why=why,
            **staff.traces,
        )
        tx.announce("account.changed", account_id=account_id)
        tx.announce("access.changed", account_id=account_id)


async def suspend(db: Database, staff: Viewer, account_id: int, why: str) -> AccountView:
    """Shut an account out and hide what it wrote, until restored. Raises Missing, LastOperator, AlreadyDecided."""
    staff.check_role(Role.STEWARD)
    why = rules.check_words(why, rules.WHY_MOST, "why", lines=True)
    if not why:
        raise Invalid("A suspension needs a reason.", field="why")
    async with db.transaction() as tx:
        operators = await queries.lock_operators(tx)
        account = await _lock(tx, account_id)
        rules.check_may_judge(staff, account)
        rules.check_leaves_an_operator(account_id, operators)
        if account.suspended_at is not None:
            raise rules.AlreadyDecided
        row = await queries.suspend(tx, account_id, staff.actor, why, clock.now())
        return _tell(tx, Event.ACCOUNT_SUSPENDED, staff, row, why=why)


async def restore(db: Database, staff: Viewer, account_id: int) -> AccountView:
    """Lift a suspension. Raises Missing, AlreadyDecided."""
    staff.check_role(Role.STEWARD)
    async with db.transaction() as tx:
        account = await _lock(tx, account_id)
        rules.check_may_judge(staff, account)
        if account.suspended_at is None:
            raise rules.AlreadyDecided
        return _tell(tx, Event.ACCOUNT_RESTORED, staff, await queries.restore(tx, account_id))


async def change_role(db: Database, operator: Viewer, account_id: int, role: Role) -> AccountView:
    """Give an account another role. Raises Missing, LastOperator."""
    operator.check_role(Role.OPERATOR)
    async with db.transaction() as tx:
        operators = await queries.lock_operators(tx)
        account = await _lock(tx, account_id)
        if account.role == role.value:
            return account
        if role is not Role.OPERATOR:
            rules.check_leaves_an_operator(account_id, operators)
        elif not account.is_open:
            raise Invalid("Only an open account can run the network.", field="role")
        row = await queries.change_role(tx, account_id, role.value)
        if role is Role.OPERATOR:
            await queries.delete_operator_code(tx)
        return _tell(tx, Event.ACCOUNT_ROLE_CHANGED, operator, row, before=account.role, after=role.value)


async def _lock(tx: Transaction, account_id: int) -> AccountView:
    row = await queries.lock_account(tx, account_id)
    if row is None or row["closed_at"] is not None:
        raise Missing
    return view(row)


async def _check_waits(tx: Transaction, account_id: int) -> AccountView:
    account = await _lock(tx, account_id)
    if account.approved_at is not None:
        raise rules.AlreadyDecided
    return account


PUBLIC = {Event.ACCOUNT_SUSPENDED, Event.ACCOUNT_RESTORED}
"""What staff do alone and everybody may know of: told to the public log."""


def _tell(tx: Transaction, event: Event, staff: Viewer, row: Row | None, **detail: object) -> AccountView:
    assert row is not None  # locked before
    if event in PUBLIC:
        tx.defer(
            "moderation.transparency.log.tell",
            id=new_id(),
            deed=event.value,
            done_at=clock.now().isoformat(),
            account=row["id"],
            steward=staff.actor,
        )
    tx.record(event, actor=staff.actor, subject=row["id"], **detail, **staff.traces)
    tx.announce("account.changed", account_id=row["id"])
    tx.announce("access.changed", account_id=row["id"])
    return view(row)
