"""Joining: open, by approval or by invitation; the first to come, with the terminal's code, runs the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import new_id
from folkmoot.markup import clean
from folkmoot.network.access.passwords import hash_password
from folkmoot.network.access.rules import Complaint, complain_about_password
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import invitation_queries, queries, rules
from folkmoot.network.accounts.queries import view
from folkmoot.network.accounts.rules import SignUpRefused
from folkmoot.network.accounts.views import AccountView
from folkmoot.network.site.values import site_values
from folkmoot.network.site.views import Registration
from folkmoot.settings import Settings


async def sign_up(
    db: Database,
    *,
    name: str,
    password: str,
    email: str | None = None,
    locale: str = "en",
    agreed: bool,
    reason: str = "",
    invitation: str | None = None,
    operator_code: str | None = None,
    settings: Settings,
) -> AccountView:
    """Make an account: open, waiting (`approved_at` None), or, for who shows the terminal's code, the operator's.

    Raises SignUpRefused with everything that is wrong at once.
    """
    name, email, reason = name.strip(), (email or "").strip() or None, clean(reason).strip()
    code = invitation.strip().upper() if invitation and invitation.isprintable() else None
    asked = await queries.read_ground(
        db,
        name if rules.is_handle(name) else "",
        email if rules.complain_about_email(email) is None else None,
        code,
        clock.now(),
    )
    mode = (await site_values(db, settings)).registration
    kept = await queries.find_operator_code(db) if not asked["has_operator"] else None
    refusals = rules.complaints(
        name=name,
        password=password,
        email=email,
        agreed=agreed,
        reason=reason,
        taken=asked["taken"],
        email_taken=asked["email_taken"],
    )
    refusals |= _refuse_entry(mode, asked, operator_code, kept, invitation)
    if refusals:
        raise SignUpRefused(refusals)
    hashed = await hash_password(password)
    async with _unique(db) as tx:
        now, role, approved = clock.now(), Role.MEMBER, mode == "open"
        if not asked["has_operator"] and operator_code and operator_code.strip():
            await _use_operator_code(tx, operator_code)
            role, approved = Role.OPERATOR, True
        elif not asked["has_accounts"]:
            raise SignUpRefused({"operator_code": [_needed()]})  # the code was read, hence cannot be missing
        elif mode != "open" and asked["invited"] and code:
            if not await invitation_queries.use_invitation(tx, code, now):
                raise SignUpRefused({"invitation": [_spent()]})
            approved = True
        account = await _insert(tx, name, role, now if approved else None)
        used = code if mode != "open" and asked["invited"] and role is Role.MEMBER else None
        await queries.insert_credentials(tx, account.id, email, hashed, rules.choose_locale(locale), reason, used, now)
        tx.record(Event.ACCOUNT_SIGNED_UP, actor=account.id, subject=account.id, role=role.value)
        return account


async def create_account(
    db: Database,
    operator: Viewer,
    *,
    name: str,
    password: str,
    email: str | None = None,
    locale: str = "en",
    role: Role = Role.MEMBER,
) -> AccountView:
    """Make an open account for somebody, whoever may sign up otherwise; reserved names included."""
    operator.check_role(Role.OPERATOR)
    email = (email or "").strip() or None
    found = {
        "name": rules.complain_about_name(name, may_be_reserved=True),
        "email": rules.complain_about_email(email),
        "password": complain_about_password(password, name),
    }
    refusals = {field: [complaint] for field, complaint in found.items() if complaint is not None}
    if refusals:
        raise SignUpRefused(refusals)
    hashed = await hash_password(password)
    async with _unique(db) as tx:
        now = clock.now()
        account = await _insert(tx, name, role, now)
        await queries.insert_credentials(tx, account.id, email, hashed, rules.choose_locale(locale), "", None, None)
        if role is Role.OPERATOR:
            await queries.delete_operator_code(tx)
        tx.record(Event.ACCOUNT_SIGNED_UP, actor=operator.actor, subject=account.id, role=role.value, **operator.traces)
        return account


async def operator_code(db: Database) -> str | None:
    """The code with which the first visitor becomes the operator; None once there is one."""
    if await queries.has_operator(db):
        return None
    if kept := await queries.find_operator_code(db):
        return kept
    async with db.transaction() as tx:
        return await queries.keep_operator_code(tx, rules.new_code())


def _refuse_entry(
    mode: Registration, ground: Row, given: str | None, kept: str | None, invitation: str | None
) -> dict[str, list[Complaint]]:
    """Why this one may not come in, whatever their name."""
    if not ground["has_operator"] and (not ground["has_accounts"] or (given and given.strip())):
        complaint = rules.complain_about_operator_code(given, kept) if kept else _needed()
        return {"operator_code": [complaint]} if complaint else {}
    if mode == "invitation" and not invitation:
        return {"invitation": [("ERR_BLANK", "Joining this network takes an invitation.")]}
    if mode != "open" and invitation and not ground["invited"]:
        return {"invitation": [_spent()]}
    return {}


def _needed() -> Complaint:
    return "ERR_BLANK", "The first account needs the code shown in the terminal."


def _spent() -> Complaint:
    return "ERR_INVALID", "This invitation is not valid (any more)."


async def _use_operator_code(tx: Transaction, given: str) -> None:
    kept = await queries.lock_operator_code(tx)
    if kept is None or not rules.is_code(given, kept):
        raise SignUpRefused({"operator_code": [("ERR_INVALID", "This is not the code shown in the terminal.")]})
    await queries.delete_operator_code(tx)


async def _insert(tx: Transaction, name: str, role: Role, approved_at: datetime | None) -> AccountView:
    account = view(await queries.insert_account(tx, new_id(), name, role.value, clock.now(), approved_at))
    tx.announce("account.changed", account_id=account.id)
    return account


@asynccontextmanager
async def _unique(db: Database) -> AsyncIterator[Transaction]:
    """A transaction in which somebody may have been quicker to take the name or the address."""
    try:
        async with db.transaction() as tx:
            yield tx
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "accounts_by_name":
            raise SignUpRefused({"name": [("ERR_TAKEN", "This name is taken.")]}) from error
        if error.constraint_name == "credentials_by_email":
            taken = ("ERR_TAKEN", "This e-mail address belongs to another account.")
            raise SignUpRefused({"email": [taken]}) from error
        raise
