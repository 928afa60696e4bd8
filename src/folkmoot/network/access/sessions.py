"""Signing in and out of a browser, and what a member may see of it."""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime

import msgspec

from folkmoot import clock
from folkmoot.audit import Event
from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import FolkmootError, Missing, Unavailable
from folkmoot.ids import id_at, new_id
from folkmoot.network.access import passwords, queries, rules
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.access.views import SessionView


async def sign_in(db: Database, *, name_or_email: str, password: str, address: str, agent: str) -> tuple[str, Viewer]:
    """Open a session: its token, for the cookie, and who it is.

    Raises WrongSignIn, PendingApproval, LoginDisabled, TooManyFailures. An unknown name takes as long as a wrong
    password and is answered alike.
    """
    given = name_or_email.strip().removeprefix("@")
    row = await queries.find_for_sign_in(db, given) if rules.is_storable(given) and len(given) <= 320 else None
    account_id = row["account_id"] if row is not None else None
    who = str(account_id) if account_id is not None else given[:320]
    await verify(db, account_id, row["password_hash"] if row is not None else None, password, who, address)
    if row is None:
        raise rules.WrongSignIn
    _check_standing(row)
    hashed = await passwords.hash_password(password) if passwords.needs_rehash(row["password_hash"]) else None
    async with db.transaction() as tx:
        if hashed is not None:
            await queries.set_password(tx, row["account_id"], hashed)
        return await open_session(tx, viewer_from(row), address=address, agent=agent)


async def open_session(tx: Transaction, viewer: Viewer, *, address: str, agent: str) -> tuple[str, Viewer]:
    """Open a session for somebody who has proved who they are: after sign-in, and after sign-up."""
    token, id, now = secrets.token_urlsafe(32), new_id(), clock.now()
    await queries.insert_session(
        tx, id, viewer.account_id, rules.digest(token), now, _line(address, 100), _line(agent, 300)
    )
    await queries.note_sign_in(tx, viewer.account_id, now)
    tx.record(Event.SESSION_OPENED, actor=viewer.account_id, subject=viewer.account_id, session_id=str(id))
    return token, msgspec.structs.replace(viewer, session_id=id)


async def enter(db: Database, account_id: int, *, address: str, agent: str) -> tuple[str, Viewer]:
    """Open a session for an account that has just signed up. Raises PendingApproval while it waits."""
    row = await queries.find_credentials(db, account_id)
    if row is None:
        raise Missing
    _check_standing(row)
    async with db.transaction() as tx:
        return await open_session(tx, viewer_from(row), address=address, agent=agent)


async def verify(
    db: Database, account_id: int | None, stored: str | None, password: str, who: str, address: str
) -> None:
    """Raise WrongSignIn unless the password is right, TooManyFailures when it was wrong too often from there."""
    origin = rules.origin(who, address)
    since = id_at(clock.now() - rules.FAILURE_WINDOW)
    failures = await queries.count_failures(db, Event.SIGN_IN_FAILED.value, account_id, origin, since)
    if failures >= rules.FAILURES_ALLOWED:
        raise rules.TooManyFailures(retry_after=int(rules.FAILURE_WINDOW.total_seconds()))
    usable = len(password) <= rules.PASSWORD_MOST
    if not await passwords.is_password(stored if usable else None, password[: rules.PASSWORD_MOST]) or stored is None:
        async with db.transaction() as tx:
            tx.record(Event.SIGN_IN_FAILED, actor=None, subject=account_id, origin=origin)
        raise rules.WrongSignIn


async def check_own_password(db: Database, viewer: Viewer, password: str, field: str = "password") -> None:
    """Raise WrongPassword unless it is the viewer's own: asked again before what cannot be undone."""
    row = await queries.find_credentials(db, viewer.account_id)
    if row is None:
        raise Missing
    try:
        await verify(db, viewer.account_id, row["password_hash"], password, str(viewer.account_id), "signed in")
    except rules.WrongSignIn as error:
        raise rules.WrongPassword(field=field) from error


async def viewer_by_session(db: Database, token: str) -> Viewer | None:
    """Who holds this session; None when it is over, or the account may not take part (any more)."""
    row = await queries.find_session(db, rules.digest(token))
    now = clock.now()
    if row is None or not rules.is_session_live(row["seen_at"], now):
        return None
    try:
        _check_standing(row)
    except FolkmootError:
        return None
    if now - row["seen_at"] > rules.SEEN_EVERY:
        with contextlib.suppress(Unavailable):  # a host that only follows can answer, and takes no notes
            async with db.transaction() as tx:
                await queries.note_session_seen(tx, row["id"], now)
    return viewer_from(row, session_id=row["id"])


async def sessions(db: Database, viewer: Viewer) -> list[SessionView]:
    """Where the viewer is signed in, the most recently used first."""
    rows = await queries.list_sessions(db, viewer.account_id, clock.now() - rules.SESSION_LIFE)
    return [SessionView(**row, is_current=row["id"] == viewer.session_id) for row in rows]


async def revoke_session(db: Database, viewer: Viewer, id: int) -> None:
    """End one of the viewer's sessions. Raises Missing when there is no such session."""
    async with db.transaction() as tx:
        if not await queries.revoke_session(tx, viewer.account_id, id, clock.now()):
            raise Missing
        tx.record(Event.SESSION_REVOKED, actor=viewer.account_id, subject=viewer.account_id, session_id=str(id))
        tx.announce("access.changed", account_id=viewer.account_id)


async def sign_out(db: Database, viewer: Viewer) -> None:
    """End the session at hand; doing so twice is no error."""
    if viewer.session_id is not None:
        try:
            await revoke_session(db, viewer, viewer.session_id)
        except Missing:
            return


async def change_password(db: Database, viewer: Viewer, old: str, new: str) -> None:
    """Change the viewer's own password; every other session and every app has to sign in again."""
    await check_own_password(db, viewer, old, field="old")
    rules.check_password(new, viewer.name)
    hashed = await passwords.hash_password(new)
    async with db.transaction() as tx:
        await _store_password(tx, viewer.account_id, hashed, but=viewer.session_id)
        tx.record(Event.PASSWORD_CHANGED, actor=viewer.account_id, subject=viewer.account_id)


async def set_password(db: Database, operator: Viewer, account_id: int, password: str) -> None:
    """Give an account a new password, as operators do for who forgot theirs; everything is signed out."""
    operator.check_role(Role.OPERATOR)
    row = await queries.find_credentials(db, account_id)
    if row is None:
        raise Missing
    rules.check_password(password, row["account_name"])
    hashed = await passwords.hash_password(password)
    async with db.transaction() as tx:
        await _store_password(tx, account_id, hashed, but=None)
        tx.record(Event.PASSWORD_SET_BY_OPERATOR, actor=operator.actor, subject=account_id, **operator.traces)


async def _store_password(tx: Transaction, account_id: int, hashed: str, but: int | None) -> None:
    now = clock.now()
    if not await queries.set_password(tx, account_id, hashed):
        raise Missing
    await queries.revoke_sessions(tx, account_id, but, now)
    await queries.revoke_tokens(tx, account_id, now)
    tx.announce("access.changed", account_id=account_id)


async def end_everything(tx: Transaction, account_id: int, now: datetime) -> None:
    """End all sessions and tokens of an account: a step of closing it."""
    await queries.revoke_sessions(tx, account_id, None, now)
    await queries.revoke_tokens(tx, account_id, now)
    tx.announce("access.changed", account_id=account_id)


async def forget_old_sessions(db: Database) -> None:
    """Delete codes and sessions nobody can use any more; a periodic job."""
    now = clock.now()
    async with db.transaction() as tx:
        await queries.delete_old_grants(tx, now - rules.SESSION_LIFE)
        await queries.delete_old_sessions(tx, now - rules.SESSION_LIFE)


def viewer_from(row: Row, **ways: object) -> Viewer:
    """The viewer a row of the access statements describes; `ways` are session, app, token and scopes."""
    return Viewer(
        account_id=row["account_id"],
        name=row["account_name"],
        role=Role(row["role"]),
        locale=row["locale"],
        slowed_until=row["slowed_until"],
        **ways,  # type: ignore[arg-type]  # names and types are Viewer's own
    )


def _check_standing(row: Row) -> None:
    rules.check_standing(
        approved=row["approved_at"] is not None,
        suspended=row["suspended_at"] is not None,
        closed=row["closed_at"] is not None,
    )


def _line(text: str, most: int) -> str:
    return "".join(letter for letter in text[:most] if letter.isprintable())
