"""`folkmoot notice`: demands from outside, their clocks and answers, from the command line."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

from folkmoot import clock as time
from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.cli.transparency import make_status_report, status_report_options
from folkmoot.database import Database
from folkmoot.errors import Invalid
from folkmoot.moderation import notices
from folkmoot.moderation.notices import Clock, Kind, NoticeLine, NoticeView, Received, SenderView, State
from folkmoot.moderation.notices.rules import ANY
from folkmoot.moderation.notices.senders import Added, add_sender, list_senders, withdraw_sender
from folkmoot.moderation.notices.submit import submit_document, submit_mail
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings

T = TypeVar("T")

KINDS = click.Choice([kind.value for kind in Kind])
SENDERS = click.Choice([kind.value for kind in Kind if kind is not Kind.ORDER])
RUNNING = (State.RECEIVED, State.OPEN, State.INTERIM)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class NoAddress(Invalid):
    """A letter would name addresses that lead nowhere, and what it answers would not be known as ours."""

    sentence = (
        "public_url is not set: letters would name {address}, and the addresses in a notice would not be known as ours. "
        "Set public_url as the server has it (in folkmoot.toml, or FOLKMOOT_PUBLIC_URL); to try it out on this machine, "
        "FOLKMOOT_PUBLIC_URL={address}. Nothing was done."
    )


def _check_address(settings: Settings) -> None:
    """For whatever may write a letter. Raises NoAddress."""
    if not settings.public_url:
        raise NoAddress(address=settings.base_url)


@click.group()
def notice() -> None:
    """Demands from outside: take them in, see what is due when, answer."""


@notice.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@as_json
@with_settings
def add(settings: Settings, file: Path, as_json: bool) -> None:
    """Take in FILE: a mail (.eml), or a report in XARF or our own JSON (.json).

    The same file twice is one notice. Nobody vouches for the sender of a file: confirm it on the page of the notice.
    """
    _check_address(settings)
    data = file.read_bytes()

    async def act(db: Database) -> tuple[Received, NoticeView]:
        gate = Gate(db, settings)
        if file.suffix.lower() == ".json":
            made = await submit_document(db, gate, settings, data, door="cli")
        else:
            made = await submit_mail(db, gate, settings, data)
        return made, await notices.get_notice(db, settings, COMMAND_LINE, made.notice_id)

    made, view = with_database(settings, act)
    if as_json:
        click.echo(_json(view))
    else:
        click.echo(
            f"{'Received as' if made.is_new else 'Belongs to'} {made.reference}, due {_moment(view.line.due_at)}."
        )
        _show_items(view)


@notice.command("list")
@click.option("--all", "show_all", is_flag=True, help="Also those that were answered or refused.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@as_json
@with_settings
def list_(settings: Settings, show_all: bool, limit: int, as_json: bool) -> None:
    """List notices: those somebody waits for, what is due first at the head."""

    async def act(db: Database) -> list[NoticeLine]:
        return await notices.list_notices(db, COMMAND_LINE, states=() if show_all else RUNNING, limit=limit)

    found = with_database(settings, act)
    if as_json:
        click.echo(_json(found))
        return
    table = Table("reference", "from", "kind", "state", "due", "items", "in sight")
    for line in found:
        left = f"{_moment(line.due_at)} ({_left(line)})"
        table.add_row(line.reference, line.sender, line.kind, line.state, left, str(line.items), str(line.in_sight))
    Console().print(table)


@notice.command()
@click.argument("reference")
@as_json
@with_settings
def show(settings: Settings, reference: str, as_json: bool) -> None:
    """Show a notice with what it names, its letters and its clocks."""
    view = _with_notice(settings, reference, _view(settings))
    if as_json:
        click.echo(_json(view))
        return
    line = view.line
    facts = {
        "reference": line.reference,
        "state": f"{line.state} ({_left(line)})",
        "from": f"{line.sender} <{view.sender_address}>, {line.kind}, trust: {line.trust}",
        "subject": line.subject,
        "received": f"{_moment(line.received_at)} by {view.door}",
        "due": _moment(line.due_at),
        "its words": f"{view.deadline_words} ({'sure' if view.deadline_sure else 'to be confirmed'})"
        if view.deadline_words
        else "no deadline named",
        "to confirm": ", ".join(line.doubts) or "nothing",
    }
    for label, value in facts.items():
        click.echo(f"{label:<11} {value}")
    _show_items(view)
    for letter in view.letters:
        click.echo(
            f"\n{'<-' if letter.direction == 'in' else '->'} {_moment(letter.at)} {letter.kind}: {letter.subject}"
        )
        click.echo(letter.text.rstrip())


@notice.command()
@click.argument("reference")
@click.option("--text", required=True, help="What to write.")
@click.option("--final", is_flag=True, help="This is the answer: no clock runs any more.")
@with_settings
def answer(settings: Settings, reference: str, text: str, final: bool) -> None:
    """Write to the sender of a notice in your own words."""
    _check_address(settings)
    _with_notice(settings, reference, lambda db, id: notices.reply(db, settings, COMMAND_LINE, id, text, final=final))
    click.echo("Written.")


@notice.command()
@click.argument("reference")
@click.option("--hours", type=click.FloatRange(1, 720), help="For how many hours more than the clock gives.")
@with_settings
def extend(settings: Settings, reference: str, hours: float | None) -> None:
    """Ask the sender for more time, in their language. The clock runs on until they agree."""
    _check_address(settings)

    async def act(db: Database, id: int) -> None:
        view = await notices.get_notice(db, settings, COMMAND_LINE, id)
        until = max(view.line.due_at, time.now()) + timedelta(hours=hours) if hours else None
        await notices.ask_for_time(db, settings, COMMAND_LINE, id, until)

    _with_notice(settings, reference, act)
    click.echo("Asked.")


@notice.command()
@click.argument("reference")
@click.option("--kind", type=KINDS, help="What sort of demand it is.")
@click.option("--due", help="When it is due: 2021-01-11T08:00+00:00, or without a zone in UTC.")
@click.option("--sender-is-real", is_flag=True, help="It does come from whom it names; an order is carried out then.")
@click.option("--withdraw", type=int, multiple=True, help="Number of an item that is not meant (may be repeated).")
@with_settings
def confirm(
    settings: Settings,
    reference: str,
    kind: str | None,
    due: str | None,
    sender_is_real: bool,
    withdraw: tuple[int, ...],
) -> None:
    """Say what a letter really is: kind, deadline, sender, and what of it is meant."""
    _check_address(settings)

    async def act(db: Database, id: int) -> None:
        view = await notices.get_notice(db, settings, COMMAND_LINE, id)
        await notices.confirm(
            db,
            settings,
            COMMAND_LINE,
            id,
            kind=Kind(kind) if kind else view.line.kind,
            due_at=_parse(due) if due else view.line.due_at,
            language=view.language,
            sender_is_real=sender_is_real,
            withdrawn=withdraw,
        )

    _with_notice(settings, reference, act)
    click.echo("Confirmed.")


@notice.command()
@click.argument("reference")
@click.option("--why", required=True, help="The reason, for the record.")
@click.option("--tell", is_flag=True, help="Send the reason to the sender.")
@with_settings
def refuse(settings: Settings, reference: str, why: str, tell: bool) -> None:
    """Find a notice unfounded or forged: no clock runs, and what only it hid is seen again."""
    if tell:
        _check_address(settings)
    _with_notice(settings, reference, lambda db, id: notices.refuse(db, settings, COMMAND_LINE, id, why, tell=tell))
    click.echo("Refused.")


# Clocks ---------------------------------------------------------------------------------------------------------------


@notice.command()
@status_report_options
@with_settings
def report(settings: Settings, **options: Any) -> None:
    """What to send within the hour to a host that doubts: how things stand, and what became of what they sent."""
    make_status_report(settings, **options)


@notice.group()
def clock() -> None:
    """How long an answer may take, by kind of notice and by sender."""


@clock.command("list")
@as_json
@with_settings
def list_clocks(settings: Settings, as_json: bool) -> None:
    """Show the table of clocks."""

    async def act(db: Database) -> list[Clock]:
        return await notices.list_clocks(db, COMMAND_LINE)

    found = with_database(settings, act)
    if as_json:
        click.echo(_json(found))
        return
    table = Table("kind", "sender", "time", "reminders at", "why")
    for row in found:
        table.add_row(row.kind, row.sender or "anybody", _minutes(row.minutes), ", ".join(row.warnings), row.why)
    Console().print(table)


@clock.command("set")
@click.argument("length", metavar="TIME")
@click.option("--kind", type=click.Choice([ANY, *(each.value for each in Kind)]), default=ANY, show_default=True)
@click.option("--sender", default="", help="An address, or a domain for all at it (default: anybody).")
@click.option("--remind", default="50%,25%,1h", show_default=True, help="Shares of the time that are left, or times.")
@click.option("--why", default="", help="Where it comes from, for the record.")
@with_settings
def set_clock(settings: Settings, length: str, kind: str, sender: str, remind: str, why: str) -> None:
    """Set a clock to TIME, such as 30m, 24h or 7d."""
    row = Clock(
        kind=kind,
        sender=sender,
        minutes=_length(length),
        warnings=tuple(part.strip() for part in remind.split(",") if part.strip()),
        why=why,
    )
    with_database(settings, lambda db: notices.change_clock(db, COMMAND_LINE, row))
    click.echo(f"{kind}{f' from {sender}' if sender else ''}: {_minutes(row.minutes)}.")


@clock.command("remove")
@click.option("--kind", type=click.Choice([ANY, *(each.value for each in Kind)]), default=ANY, show_default=True)
@click.option("--sender", default="")
@with_settings
def remove_clock(settings: Settings, kind: str, sender: str) -> None:
    """Take a row out of the table."""
    with_database(settings, lambda db: notices.drop_clock(db, COMMAND_LINE, kind, sender))
    click.echo("Removed.")


# Senders --------------------------------------------------------------------------------------------------------------


@notice.group()
def flagger() -> None:
    """Who is believed: trusted flaggers, hosts, stores, authorities, by key or by address."""


@flagger.command("add")
@click.argument("name")
@click.option("--kind", type=SENDERS, default=Kind.TRUSTED_FLAGGER.value, show_default=True)
@click.option("--address", help="Believe signed mail from this address, or from this domain.")
@click.option("--key/--no-key", default=None, help="Make a key for the API (default: unless an address is given).")
@click.option("--public-key", default="", help="Check what they sign over the API with this key (Ed25519, base64).")
@click.option("--note", default="", help="For the record.")
@with_settings
def add_flagger(
    settings: Settings, name: str, kind: str, address: str | None, key: bool | None, public_key: str, note: str
) -> None:
    """Put NAME on the list. A key is shown once, on standard output."""
    wanted = (address is None and not public_key) if key is None else key

    async def act(db: Database) -> Added:
        return await add_sender(
            db,
            COMMAND_LINE,
            name=name,
            kind=Kind(kind),
            address=address,
            with_key=wanted,
            public_key=public_key,
            note=note,
        )

    made = with_database(settings, act)
    click.echo(f"{made.sender.name} is on the list as {made.sender.id}.", err=True)
    if made.key:
        click.echo(made.key)


@flagger.command("list")
@as_json
@with_settings
def list_flaggers(settings: Settings, as_json: bool) -> None:
    """List who is on it, and what their notices came to."""

    async def act(db: Database) -> list[SenderView]:
        return await list_senders(db, COMMAND_LINE)

    found = with_database(settings, act)
    if as_json:
        click.echo(_json(found))
        return
    table = Table("number", "name", "kind", "address", "key", "notices", "refused", "standing")
    for each in found:
        standing = (
            "suspended" if each.suspended_at else "warned" if each.warned_at else "believed" if each.trusted_at else ""
        )
        counts = (str(each.notices), str(each.refused))
        table.add_row(
            str(each.id), each.name, each.kind, each.address or "–", "yes" if each.has_key else "–", *counts, standing
        )
    Console().print(table)


@flagger.command("remove")
@click.argument("number", type=int)
@with_settings
def remove_flagger(settings: Settings, number: int) -> None:
    """Take NUMBER off the list; their key opens nothing any more."""
    with_database(settings, lambda db: withdraw_sender(db, COMMAND_LINE, number))
    click.echo("Removed.")


# ----------------------------------------------------------------------------------------------------------------------


def _with_notice(settings: Settings, reference: str, act: Callable[[Database, int], Awaitable[T]]) -> T:
    async def find_and_act(db: Database) -> T:
        return await act(db, await notices.find_id(db, reference))

    return with_database(settings, find_and_act)


def _view(settings: Settings) -> Callable[[Database, int], Awaitable[NoticeView]]:
    return lambda db, id: notices.get_notice(db, settings, COMMAND_LINE, id)


def _show_items(view: NoticeView) -> None:
    for item in view.items:
        since = f" since {_moment(item.since)}" if item.since else ""
        click.echo(f"  {item.number:>3}. {item.state:<10} {item.how:<10}{since}  {item.written}")


def _json(value: object) -> str:
    return json.dumps(msgspec.to_builtins(value), indent=2)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _left(line: NoticeLine) -> str:
    if not line.is_running:
        return "done"
    if line.met_at is not None:
        return "told in time" if line.met_at <= line.due_at else "told late"
    left = line.due_at - time.now()
    return f"{_minutes(int(left.total_seconds() // 60))} left" if left > timedelta(0) else "overdue"


def _minutes(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h" if minutes < 2 * 1_440 else f"{minutes / 1_440:.0f} days"


def _length(text: str) -> int:
    units = {"m": 1, "h": 60, "d": 1_440}
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or unit not in units:
        raise Invalid("A time is a number with m, h or d: 30m, 24h, 7d.")
    return int(number) * units[unit]


def _parse(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("A moment is written 2021-01-11T08:00+00:00.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
