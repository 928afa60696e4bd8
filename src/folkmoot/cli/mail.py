"""`folkmoot mail`: does mail leave, what waits, and try again."""

from __future__ import annotations

import asyncio

import click

from folkmoot import clock
from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.ids import new_id
from folkmoot.mail import check_address, is_configured, new_message_id
from folkmoot.mail.compose import compose
from folkmoot.mail.look import listing as list_mails
from folkmoot.mail.look import try_again
from folkmoot.mail.server import MailServer, NoAnswer, Refused
from folkmoot.mail.views import Letter
from folkmoot.settings import Settings


@click.group()
def mail() -> None:
    """Mail that goes out: try the server, see what waits, try again."""


@mail.command()
@click.argument("address")
@with_settings
def test(settings: Settings, address: str) -> None:
    """Send one mail to ADDRESS now and say what the mail server answered."""
    to = check_address(address)
    if not is_configured(settings):
        raise FolkmootError("No mail server is set: FOLKMOOT_SMTP_HOST and its companions, see `folkmoot settings`.")
    click.echo(f"Sent to {asyncio.run(_try(settings, to))}.")


async def _try(settings: Settings, to: str) -> str:
    now = clock.now()
    letter = Letter(
        id=new_id(),
        message_id=new_message_id(settings.domain),
        to=to,
        subject=f"{settings.site_name}: mail works",
        text=f"This is a test from {settings.base_url}. Mail leaves the network.\n",
        fresh_until=now,
    )

    async def go_on() -> bool:
        return True

    try:
        server = await MailServer.open(settings)
    except Unavailable as error:
        raise FolkmootError("The mail server cannot be reached: {why}.", why=error.cause.rstrip(".")) from error
    try:
        await server.hand_over(to, compose(letter, settings, now), go_on)
    except (Refused, NoAnswer) as error:
        raise FolkmootError("The mail server did not take it: {why}.", why=str(error).rstrip(".")) from error
    finally:
        await server.close()
    return to


@mail.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was sent.")
@click.option("--limit", default=50, show_default=True, help="How many at most.")
@with_settings
def list_mail(settings: Settings, everything: bool, limit: int) -> None:
    """List mail that waits, failed or is in doubt, the newest first."""
    for each in with_database(settings, lambda db: list_mails(db, settled=everything, limit=limit)):
        state = each.state(is_configured(settings))
        click.echo(
            f"{each.id}  {state:8}  {each.created_at:%Y-%m-%d %H:%M}  {each.to}  {each.subject[:60]}  {each.why}"
        )


@mail.command()
@click.argument("number", type=int, required=False)
@with_settings
def retry(settings: Settings, number: int | None) -> None:
    """Try mail NUMBER again, or all that wait or failed; one in doubt only by its number, since it may have arrived."""
    found = with_database(settings, lambda db: try_again(db, number))
    click.echo(f"{found} will be tried again.")
