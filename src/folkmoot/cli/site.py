"""`folkmoot site`: what the network says of itself, who may join, its rules and announcements."""

from __future__ import annotations

from datetime import datetime

import click

from folkmoot.cli.options import MOMENT, with_settings
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.network import site as network_site
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.site import AnnouncementView, ReadOnly, RuleView, SiteView, announcements, sending
from folkmoot.network.site.views import Sending
from folkmoot.settings import Settings


@click.group()
def site() -> None:
    """The network's name, who may join, its rules and announcements."""


@site.command()
@with_settings
def show(settings: Settings) -> None:
    """Show the network's name, who may join, and its rules."""

    async def act(db: Database) -> tuple[SiteView, list[RuleView]]:
        return await network_site.site_values(db, settings), await network_site.rules(db)

    values, rules = with_database(settings, act)
    click.echo(f"{values.name}: {values.description}" if values.description else values.name)
    click.echo(f"Sign-up: {values.registration}")
    click.echo(f"Contact: {values.contact_email or 'none'}")
    for rule in rules:
        click.echo(f"{rule.id}. {rule.text}")


@site.command()
@click.option("--name", help="Its name.")
@click.option("--description", help="A sentence about it.")
@click.option("--contact-email", help="Where visitors, hosts and authorities reach the operator.")
@click.option("--registration", type=click.Choice(["open", "approval", "invitation"]), help="Who may sign up.")
@with_settings
def change(
    settings: Settings,
    name: str | None,
    description: str | None,
    contact_email: str | None,
    registration: network_site.Registration | None,
) -> None:
    """Change what is given."""

    async def act(db: Database) -> SiteView:
        return await network_site.change_site(
            db,
            COMMAND_LINE,
            settings,
            name=name,
            description=description,
            contact_email=contact_email,
            registration=registration,
        )

    changed = with_database(settings, act)
    click.echo(f"{changed.name}: sign-up {changed.registration}.")


@site.group("rule")
def rule_() -> None:
    """The rules members accept."""


@rule_.command("add")
@click.argument("text")
@click.option("--hint", default="", help="A sentence that explains it.")
@click.option("--de", help="The rule in German.")
@with_settings
def add_rule(settings: Settings, text: str, hint: str, de: str | None) -> None:
    """Add a rule."""
    translations = {"de": {"text": de}} if de else None

    async def act(db: Database) -> RuleView:
        return await network_site.add_rule(db, COMMAND_LINE, text=text, hint=hint, translations=translations)

    click.echo(f"Rule {with_database(settings, act).id} is in force.")


@rule_.command("withdraw")
@click.argument("number", type=int)
@with_settings
def withdraw_rule(settings: Settings, number: int) -> None:
    """Take a rule out of force."""
    with_database(settings, lambda db: network_site.withdraw_rule(db, COMMAND_LINE, number))
    click.echo(f"Rule {number} is withdrawn.")


@site.group("read-only")
def read_only_() -> None:
    """Stop all writing for a while, with a reason everybody reads."""


@read_only_.command("on")
@click.option("--reason", required=True, help="Why, for everybody to read.")
@click.option("--de", help="The reason in German.")
@click.option("--from", "starts_at", type=MOMENT, help="When it begins (UTC); at once when left out.")
@click.option("--until", type=MOMENT, help="When it ends by itself (UTC); when left out, with `off`.")
@with_settings
def read_only_on(
    settings: Settings, reason: str, de: str | None, starts_at: datetime | None, until: datetime | None
) -> None:
    """Have nothing written; reading, appeals, notices, export and the stewards' work go on."""
    translations = {"de": {"text": de}} if de else None

    async def act(db: Database) -> ReadOnly:
        return await network_site.turn_on(
            db, COMMAND_LINE, reason=reason, translations=translations, starts_at=starts_at, until=until
        )

    click.echo(_said(with_database(settings, act)))


@read_only_.command("off")
@with_settings
def read_only_off(settings: Settings) -> None:
    """Let everybody write again, or drop the plan."""
    was_on = with_database(settings, lambda db: network_site.turn_off(db, COMMAND_LINE))
    click.echo("Everybody may write again." if was_on else "It was not on.")


@read_only_.command("show")
@with_settings
def read_only_show(settings: Settings) -> None:
    """Say whether anything may be written, and why not."""
    found = with_database(settings, lambda db: network_site.read_only(db))
    click.echo(_said(found) if found else "Everybody may write.")


def _said(found: ReadOnly) -> str:
    end = f"until {found.until:%Y-%m-%d %H:%M} UTC" if found.until else "until `folkmoot site read-only off`"
    return f"Reading only from {found.starts_at:%Y-%m-%d %H:%M} UTC, {end}: {found.reason}"


@site.command()
@click.argument("text")
@click.option("--de", help="The same in German.")
@click.option("--at", "starts_at", type=MOMENT, help="When it comes (UTC); at once when left out.")
@click.option("--urgent", is_flag=True, help="To everybody's device and mail, whatever they chose.")
@click.option("--send/--no-send", default=True, show_default=True, help="Also to devices and by mail.")
@with_settings
def announce(
    settings: Settings, text: str, de: str | None, starts_at: datetime | None, urgent: bool, send: bool
) -> None:
    """Tell everyone something: in pages and apps, on devices and by mail."""
    translations = {"de": {"text": de}} if de else None

    async def act(db: Database) -> AnnouncementView:
        return await announcements.announce(
            db,
            COMMAND_LINE,
            text=text,
            translations=translations,
            starts_at=starts_at,
            urgent=urgent,
            send=send or urgent,
        )

    click.echo(f"Announced as {with_database(settings, act).id}.")


@site.command("announcements")
@with_settings
def list_announcements(settings: Settings) -> None:
    """List the announcements that stand, and how far each has been sent."""

    async def act(db: Database) -> tuple[list[AnnouncementView], dict[int, Sending]]:
        found = await announcements.every_announcement(db)
        return found, await sending.progress(db, [each.id for each in found])

    found, sendings = with_database(settings, act)
    for told in found:
        on_its_way = sendings.get(told.id)
        said = "not sent"
        if on_its_way is not None:
            said = (
                f"{on_its_way.accounts}/{on_its_way.readers} members, {on_its_way.mails_sent}/{on_its_way.mails} mails, "
                f"{on_its_way.pushes} devices"
            )
        when = told.published_at or told.updated_at
        click.echo(f"{told.id}  {when:%Y-%m-%d %H:%M}  {said}  {' '.join(told.text.split())[:90]}")


@site.command()
@click.argument("number", type=int)
@with_settings
def withdraw(settings: Settings, number: int) -> None:
    """Take an announcement back."""
    with_database(settings, lambda db: announcements.withdraw(db, COMMAND_LINE, number))
    click.echo(f"Announcement {number} is withdrawn.")
