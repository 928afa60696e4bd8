"""`folkmoot account`: make accounts and look after them from the command line."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from folkmoot import clock
from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.network import access, accounts
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.network.accounts import AccountView, StaffView
from folkmoot.settings import Settings

T = TypeVar("T")

SCOPES = "read write follow push profile"
ROLES = click.Choice([role.value for role in Role])
STANDINGS = click.Choice(["open", "waiting", "suspended", "closed"])


named = click.argument("name", callback=lambda context, parameter, name: name.removeprefix("@"))


@click.group()
def account() -> None:
    """Make accounts and look after them."""


@account.command()
@named
@click.option("--role", type=ROLES, default=Role.MEMBER.value, show_default=True)
@click.option("--password", help="Their password (default: one is made up and printed).")
@click.option("--email", help="Their e-mail address.")
@click.option("--locale", default="en", show_default=True, help="Language: en or de.")
@click.option("--token", is_flag=True, help="Print an API token, and nothing else, to standard output.")
@click.option("--scopes", help=f"What the token may do (default: {SCOPES}, for staff admin:read and admin:write too).")
@with_settings
def create(
    settings: Settings,
    name: str,
    role: str,
    password: str | None,
    email: str | None,
    locale: str,
    token: bool,
    scopes: str | None,
) -> None:
    """Make an account called NAME, open at once."""
    chosen = password or secrets.token_urlsafe(12)
    staff = " admin:read admin:write" if Role(role).is_staff else ""
    wanted = access.parse_scopes(SCOPES + staff if scopes is None else scopes)

    async def act(db: Database) -> tuple[AccountView, str | None]:
        if token:
            access.check_scopes(wanted, access.SCOPES)  # before there is an account without a token
        made = await accounts.create_account(
            db, COMMAND_LINE, name=name, password=chosen, email=email, locale=locale, role=Role(role)
        )
        issued = await access.issue_token(db, made.id, wanted, "Command line") if token else None
        return made, issued

    made, issued = with_database(settings, act)
    click.echo(f"Made @{made.name}, {made.role}." + ("" if password else f" Password: {chosen}"), err=token)
    if issued:
        click.echo(issued)


@account.command("list")
@click.option("--status", type=STANDINGS, help="Only accounts in this standing.")
@click.option("--role", type=ROLES, help="Only accounts of this role.")
@click.option("--query", default="", help="Words in the name or the e-mail address.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@with_settings
def list_(settings: Settings, status: str | None, role: str | None, query: str, limit: int) -> None:
    """List accounts, the newest first."""

    async def act(db: Database) -> list[StaffView]:
        return await accounts.list_accounts(
            db,
            COMMAND_LINE,
            status=status,  # type: ignore[arg-type]  # click has seen to it
            role=Role(role) if role else None,
            query=query,
            limit=limit,
        )

    for found in with_database(settings, act):
        seen = found.account
        click.echo(
            f"{seen.name:<30} {seen.role:<9} {_standing(seen):<10} {seen.created_at:%Y-%m-%d}  {found.email or ''}"
        )


@account.command()
@named
@with_settings
def show(settings: Settings, name: str) -> None:
    """Show one account."""

    async def act(db: Database, found: AccountView) -> StaffView:
        return await accounts.find_for_staff(db, COMMAND_LINE, found.id)

    found = _with_account(settings, name, act)
    seen = found.account
    lines = {
        "name": f"@{seen.name}" + (f" ({seen.display_name})" if seen.display_name else ""),
        "id": seen.id,
        "role": seen.role,
        "standing": _standing(seen) + (f": {found.suspended_why}" if found.suspended_why else ""),
        "joined": f"{seen.created_at:%Y-%m-%d %H:%M} UTC",
        "last here": f"{found.active_at:%Y-%m-%d %H:%M} UTC",
        "e-mail": found.email or "none",
        "language": found.locale,
        "posts": seen.posts_count,
        "followers": seen.followers_count,
        "following": seen.following_count,
    }
    if found.reason:
        lines["reason"] = found.reason
    for label, value in lines.items():
        click.echo(f"{label:<10} {value}")


@account.command()
@named
@with_settings
def approve(settings: Settings, name: str) -> None:
    """Let somebody in who waits."""
    _with_account(settings, name, lambda db, found: accounts.approve(db, COMMAND_LINE, found.id))
    click.echo(f"@{name} may come in.")


@account.command()
@named
@click.option("--why", default="", help="The reason, for the record.")
@with_settings
def reject(settings: Settings, name: str, why: str) -> None:
    """Turn somebody down who waits; the name is free again."""
    _with_account(settings, name, lambda db, found: accounts.reject(db, COMMAND_LINE, found.id, why))
    click.echo(f"@{name} was turned down.")


@account.command()
@named
@click.option("--why", required=True, help="The reason, for the record.")
@with_settings
def suspend(settings: Settings, name: str, why: str) -> None:
    """Shut an account out and hide what it wrote, until it is restored."""
    _with_account(settings, name, lambda db, found: accounts.suspend(db, COMMAND_LINE, found.id, why))
    click.echo(f"@{name} is suspended.")


@account.command()
@named
@with_settings
def restore(settings: Settings, name: str) -> None:
    """Lift a suspension."""
    _with_account(settings, name, lambda db, found: accounts.restore(db, COMMAND_LINE, found.id))
    click.echo(f"@{name} is back.")


@account.command()
@named
@click.argument("role", type=ROLES)
@with_settings
def role(settings: Settings, name: str, role: str) -> None:
    """Give an account another role: member, steward or operator."""
    _with_account(settings, name, lambda db, found: accounts.change_role(db, COMMAND_LINE, found.id, Role(role)))
    click.echo(f"@{name} is {role} now.")


@account.command()
@named
@click.option("--password", help="The new password (default: one is made up and printed).")
@with_settings
def password(settings: Settings, name: str, password: str | None) -> None:
    """Give an account a new password; it is signed out everywhere."""
    chosen = password or secrets.token_urlsafe(12)
    _with_account(settings, name, lambda db, found: access.set_password(db, COMMAND_LINE, found.id, chosen))
    click.echo(f"@{name} has a new password" + ("." if password else f": {chosen}"))


@account.command()
@named
@click.option("--scopes", default=SCOPES, show_default=True, help="What it may do.")
@with_settings
def token(settings: Settings, name: str, scopes: str) -> None:
    """Print a new API token for an account."""
    wanted = access.parse_scopes(scopes)
    click.echo(
        _with_account(settings, name, lambda db, found: access.issue_token(db, found.id, wanted, "Command line"))
    )


@account.command()
@named
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def close(settings: Settings, name: str, yes: bool) -> None:
    """Close an account: everything it wrote is deleted, its name stays taken."""
    if not yes:
        click.confirm(f"Delete everything @{name} wrote? This cannot be undone.", abort=True)
    _with_account(settings, name, lambda db, found: accounts.close_for(db, COMMAND_LINE, found.id))
    click.echo(f"@{name} is closed.")


def _with_account(settings: Settings, name: str, act: Callable[[Database, AccountView], Awaitable[T]]) -> T:
    async def find_and_act(db: Database) -> T:
        found = await accounts.find_by_name(db, name)
        if found is None:
            raise Missing("There is no account called {name}.", name=name)
        return await act(db, found)

    return with_database(settings, find_and_act)


def _standing(seen: AccountView) -> str:
    if seen.closed_at is not None:
        return "closed"
    if seen.suspended_at is not None:
        return "suspended"
    if seen.approved_at is None:
        return f"waiting {(clock.now() - seen.created_at).days} d"
    return "open"
