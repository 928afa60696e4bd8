"""`folkmoot standby`: a second host that follows, ready to carry the network."""

from __future__ import annotations

import dataclasses
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from folkmoot.cli.options import config_option, data_option, with_settings
from folkmoot.cli.serve import serve
from folkmoot.errors import FolkmootError
from folkmoot.hosting import own, supervise
from folkmoot.hosting import state as states
from folkmoot.hosting.link import LinkBroken, find_partner, local, make_code
from folkmoot.hosting.link.code import MINUTES
from folkmoot.hosting.link.security import split
from folkmoot.hosting.standby import join as joining
from folkmoot.hosting.standby import status as standing
from folkmoot.hosting.standby.report import Status, as_message, loss
from folkmoot.hosting.standby.sync import shown
from folkmoot.log import configure
from folkmoot.settings import Settings, load

Tell = Callable[[str, int, int], None]


@click.group()
def standby() -> None:
    """A second host that follows the network, ready to carry it."""


@standby.command()
@click.option("--dial", default="", metavar="HOST:PORT", help="Call the new host there; for one that cannot call us.")
@with_settings
def code(settings: Settings, dial: str) -> None:
    """Show a one-time code by which another host may become the standby."""
    if dial:
        split(dial)
    state = states.read(settings.data)
    if state.role != "primary":
        raise FolkmootError("This host carries no network: it is a {role}.", role=state.role)
    partner = find_partner(settings.data)
    if partner is not None:
        raise FolkmootError(
            "This network has a standby already, {name}: run `folkmoot standby forget` first if it is to be another.",
            name=partner.name,
        )
    states.named(settings.data)
    made = make_code(settings.data, time.time(), dial)
    runs = supervise.nudge(settings.data)
    if runs and not _answers(settings.data):
        raise FolkmootError("The link does not come up; what `folkmoot serve` says tells why.")
    click.echo(f"The code, good for one host and {MINUTES} minutes:  {made.word}")
    click.echo("On the new host, with Folkmoot installed:")
    if dial:
        click.echo(f"    folkmoot standby join --dial-me --code {made.word}")
        click.echo(f"This host calls {dial} until it answers.")
    else:
        click.echo(f"    folkmoot standby join {_address(settings)} --code {made.word}")
        click.echo(f"It calls port {settings.link_port} of this host, which must be open to it.")
    if settings.database_url:
        for line in _own_server(settings.database_url):
            click.echo(line)
    if not runs:
        click.echo("Nothing runs for this folder yet: start `folkmoot serve`.")


def _own_server(url: str) -> Iterator[str]:
    """What the operator of a server of his own should know before another host follows."""
    missing = own.what_it_lacks(url)
    if missing:
        yield "Before a host with the PostgreSQL that comes with Folkmoot can follow, your own server needs this:"
        yield from (f"  - {each}" for each in missing)
        yield "A host with a replica that you look after (its DATABASE_URL) needs none of it."
    others = own.who_it_is(url).others
    if others:
        yield f"Everything on your server is copied, these databases too: {', '.join(others)}."


def _answers(data: Path, seconds: float = 30.0) -> bool:
    """Whether this host's end of the link is there: who gets the code may use it at once."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            return bool(local.ask(data, "facts"))
        except LinkBroken:
            time.sleep(0.1)
    return False


def _address(settings: Settings) -> str:
    """Where the new host most likely reaches this one."""
    host = urlsplit(settings.base_url).hostname or ""
    if host in ("", "localhost"):
        host = socket.gethostname()
    return f"[{host}]:{settings.link_port}" if ":" in host else f"{host}:{settings.link_port}"


@standby.command()
@click.argument("address", default="", metavar="[URL]")
@click.option("--code", "word", default="", help="The code `folkmoot standby code` shows on the other host.")
@click.option("--dial-me", is_flag=True, help="Wait to be called by the other host, which this one cannot reach.")
@click.option("--again", is_flag=True, help="Copy the database anew; the old copy is kept until the new one is whole.")
@click.option("--stay/--copy-only", default=True, help="Go on following (the default), or end when the copy is whole.")
@config_option
@data_option
@click.pass_context
def join(
    ctx: click.Context,
    address: str,
    word: str,
    dial_me: bool,
    again: bool,
    stay: bool,
    config: Path | None,
    data: Path | None,
) -> None:
    """Make this host the standby of the network at URL, and follow it until Ctrl-C."""
    settings = load(config, overrides={"data": data})
    way = joining.Way(_link_address(address, settings) if address else "", word, dial_me, again)
    if word and not address and not dial_me:
        raise FolkmootError("Where is the other host? Give its address, or --dial-me when it is to call this one.")
    configure(dataclasses.replace(settings, log_level="warning"))
    with _progress() as tell:
        partner = joining.join(settings, way, tell)
    click.echo(f"This host has a whole copy and follows {partner}.")
    if stay:
        ctx.invoke(serve, config=config, data=data)
    else:
        click.echo("`folkmoot serve` with this folder goes on following.")


def _link_address(address: str, settings: Settings) -> str:
    """host:port of the link, from what people write: an address of the network, a host, a host with a port."""
    if "://" in address:
        parts = urlsplit(address)
        address = parts.netloc if parts.scheme == "folkmoot" else parts.hostname or ""
    if not address.rpartition(":")[2].isdigit() or address.endswith("]"):
        address = f"{address}:{Settings().link_port}"
    split(address)
    return address


@standby.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def forget(settings: Settings, yes: bool) -> None:
    """Have no standby any more: its certificate opens nothing from now on."""
    partner = find_partner(settings.data)
    if partner is None:
        raise FolkmootError("This host is linked with no other.")
    if not yes:
        click.confirm(f"Forget {partner.name}?", abort=True)
    click.echo(joining.forget(settings))


@standby.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@click.option("--watch", is_flag=True, help="Again and again until Ctrl-C.")
@with_settings
def status(settings: Settings, as_json: bool, watch: bool) -> None:
    """How well the standby follows, what would be lost now, and whether a move would work. Exit code 1 when it would not."""
    while True:
        found = standing.read(settings.data)
        if as_json:
            click.echo(json.dumps(as_message(found)))
        else:
            for line in _lines(found):
                click.echo(line)
        if not watch:
            break
        time.sleep(1)
        click.echo()
    if not found.ready and not as_json:
        raise click.exceptions.Exit(1)


def _lines(found: Status) -> Iterator[str]:
    """A status for people."""
    if found.role == "former":
        yield "This host carries the network no longer and follows nobody. `folkmoot move rejoin` makes it the standby."
        return
    if found.following == "unlinked" and found.partner:
        yield f"{found.partner} does not follow: it was left behind. `folkmoot move rejoin` there makes it the standby."
        yield f"If this host died now, this would be lost: {loss(found).words}"
        return
    if found.following == "unlinked":
        yield "There is no standby. `folkmoot standby code` begins one."
        return
    here = "This host follows" if found.role == "standby" else "This host is followed by"
    yield f"{here} {found.partner}: {found.following}."
    if found.lag_seconds is not None:
        behind = "" if found.lag_bytes is None else f", {found.lag_bytes / 1024:.0f} kB behind"
        yield f"Newest sign of life from there {found.lag_seconds:.1f} s old{behind}."
    if found.to_copy:
        yield f"Copying anew: {found.copied / 2**20:.0f} of {found.to_copy / 2**20:.0f} MB."
    yield f"If the host that carries the network died now, this would be lost: {loss(found).words}"
    yield {
        "on": f"Answers wait for the standby; when it is lost they {found.when_lost}.",
        "relaxed": f"ANSWERS WAIT FOR NOBODY since {found.sync_since}: the standby was lost.",
    }.get(found.sync, "Answers do not wait for the standby.")
    for check in found.checks:
        mark = {True: "ok  ", False: "BAD ", None: "?   "}[check.well]
        yield click.style(mark, fg={True: "green", False: "red", None: None}[check.well]) + check.words
    yield "A move would work now." if found.ready else "A move would not work now."


@standby.command()
@click.argument("mode", type=click.Choice(["on", "off"]))
@click.option(
    "--when-lost",
    type=click.Choice(["hold", "relax"]),
    default="hold",
    help="When the standby is lost: writes hold until it is back (the default), or relax and go on without it.",
)
@with_settings
def sync(settings: Settings, mode: str, when_lost: str) -> None:
    """Have every answer wait until the standby has it, or not."""
    answer = local.ask(settings.data, "standby.sync", timeout=60, on=mode == "on", when_lost=when_lost)
    click.echo(shown(answer))


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar on a terminal, a line for each step elsewhere."""
    console = Console()
    if not console.is_terminal:
        said = [""]

        def line(what: str, done: int, total: int) -> None:
            if what != said[0]:
                click.echo(what)
                said[0] = what

        yield line
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("beginning", total=None)
        before = [""]

        def bar(what: str, done: int, total: int) -> None:
            if what != before[0]:
                progress.reset(task, description=what, total=total or None)
                before[0] = what
            progress.update(task, completed=done, total=total or None)

        yield bar


__all__ = ["standby"]
