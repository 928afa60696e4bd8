"""`folkmoot transparency`: the figures, the status report, and what the Digital Services Act asks to be published."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from folkmoot import clock
from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.moderation.transparency import law
from folkmoot.moderation.transparency.figures import Figures
from folkmoot.moderation.transparency.figures import figures as gather
from folkmoot.moderation.transparency.report import StatusReport, as_html, as_pdf, document, status_report
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.site import site_values
from folkmoot.settings import Settings
from folkmoot.vault import open_vault

DAY = click.DateTime(["%Y-%m-%d"])
QUARTER = timedelta(days=90)

since = click.option("--since", type=DAY, help="First day (YYYY-MM-DD); 90 days ago where it is not given.")
until = click.option("--until", type=DAY, help="The day after the last one; now where it is not given.")


def _utc(day: datetime | None, otherwise: datetime) -> datetime:
    return day.replace(tzinfo=UTC) if day is not None else otherwise


@click.group()
def transparency() -> None:
    """The figures of the moderation, the status report, and what the law asks to be published."""


@transparency.command()
@since
@until
@with_settings
def figures(settings: Settings, since: datetime | None, until: datetime | None) -> None:
    """Print what happened in a span of time, as JSON."""
    now = clock.now()

    async def act(db: Database) -> Figures:
        return await gather(db, _utc(since, now - QUARTER), _utc(until, now))

    click.echo(msgspec.json.format(msgspec.json.encode(with_database(settings, act))).decode())


def status_report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of the status report, for every command that makes one."""
    for option in (
        click.option(
            "--for", "sender", default="", help="Whose notices it tells of: a mail address, a domain or a name."
        ),
        since,
        click.option("--language", type=click.Choice(["en", "de"]), default="en", show_default=True),
        click.option("--plan", default="", help="What is done next, in your own words."),
        click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write a PDF to this file."),
        click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write an HTML file."),
        click.option("--json", "as_json", is_flag=True, help="Print it as JSON."),
    ):
        command = option(command)
    return command


def make_status_report(
    settings: Settings,
    sender: str,
    since: datetime | None,
    language: str,
    plan: str,
    pdf: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Make the report and write it in each form that is asked for; HTML to standard output where none is."""

    async def act(db: Database) -> StatusReport:
        begin = _utc(since, clock.now() - QUARTER)
        return await status_report(db, COMMAND_LINE, settings, since=begin, sender=sender, plan=plan)

    report = with_database(settings, act)
    drawn = document(report, language)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
    if pdf is not None:
        pdf.write_bytes(as_pdf(drawn))
        click.echo(f"Wrote {pdf}", err=True)
    if html is not None:
        html.write_text(as_html(drawn), encoding="utf-8")
        click.echo(f"Wrote {html}", err=True)
    if pdf is None and html is None and not as_json:
        click.echo(as_html(drawn))


@transparency.command()
@status_report_options
@with_settings
def status(settings: Settings, **options: Any) -> None:
    """The status report: what to send within the hour to a host that doubts."""
    make_status_report(settings, **options)


@transparency.command()
@since
@until
@with_settings
def statements(settings: Settings, since: datetime | None, until: datetime | None) -> None:
    """Print statements of reasons for the European transparency database: a call of its API a line, 100 in each."""
    now = clock.now()
    key = open_vault(settings.data).derive("statements of reasons")

    async def act(db: Database) -> int:
        batch: list[dict[str, Any]] = []
        many = 0
        span = _utc(since, now - QUARTER), _utc(until, now)
        async for each in law.statements(db, *span, rules_url=f"{settings.base_url}/about#rules", key=key):
            batch.append(each)
            many += 1
            if len(batch) == law.BATCH:
                _print(batch)
                batch = []
        if batch:
            _print(batch)
        return many

    click.echo(f"{with_database(settings, act)} statements", err=True)


def _print(batch: list[dict[str, Any]]) -> None:
    sys.stdout.write(msgspec.json.encode({"statements": batch}).decode() + "\n")


@transparency.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@since
@until
@with_settings
def report(settings: Settings, folder: Path, since: datetime | None, until: datetime | None) -> None:
    """Write the yearly report of the Digital Services Act into FOLDER, one CSV a part."""
    now = clock.now()

    async def act(db: Database) -> dict[str, str]:
        site = await site_values(db, settings)
        begin, end = _utc(since, now - timedelta(days=365)), _utc(until, now)
        return await law.parts(db, service=site.name, contact=site.contact_email, since=begin, until=end)

    found = with_database(settings, act)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in found.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    click.echo(f"Wrote {len(found)} parts to {folder}; fill in what only you can say (parts 1, 10 and 11).")
