"""`folkmoot doctor`: is everything this network needs in order, and if not, what to do."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import asyncpg
import click

from folkmoot import vault
from folkmoot.cli.options import with_settings
from folkmoot.cli.preparation import OTHER_KEY
from folkmoot.clock import now
from folkmoot.database import Database, migrate
from folkmoot.errors import FolkmootError
from folkmoot.hosting.backup import follow, standing
from folkmoot.hosting.backup.source import Source
from folkmoot.hosting.postgres import EmbeddedPostgres, available
from folkmoot.hosting.postgres.check import check_server
from folkmoot.hosting.postgres.places import make_data_folder
from folkmoot.hosting.standby import status
from folkmoot.hosting.standby.report import loss
from folkmoot.mail import is_configured
from folkmoot.mail.look import Mailbag, mailbag
from folkmoot.moderation.paging import channels
from folkmoot.moderation.rulebook import left_out
from folkmoot.moderation.screening import shipped
from folkmoot.outgoing import check_url
from folkmoot.settings import Settings, unknown_variables

Check = Callable[[Settings], Iterator[tuple[bool, str]]]
"""A check yields findings: whether it is well, and a sentence that says what was found or what to do."""

LEAST_FREE = 1024**3
WANTED = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
WANTED_FOR_A_MOVE = {"wal_level": "logical", "archive_mode": "on", "data_checksums": "on"}


@click.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Check data folder, disk, database, port, clock and storage; exit code 1 when something is wrong."""
    failed = 0
    for check in (variables, data_folder, disk, port, clock, storage, model, alarms, database, backups, standby):
        try:
            for well, sentence in check(settings):
                failed += not well
                _say(well, sentence)
        except FolkmootError as error:
            failed += 1
            _say(False, error.words)
    click.echo("All is well." if not failed else f"{failed} of these need you.")
    if failed:
        raise click.exceptions.Exit(1)


def variables(settings: Settings) -> Iterator[tuple[bool, str]]:
    """No variable that looks like a setting and is none."""
    for name in unknown_variables(os.environ):
        yield False, f"{name} is set and there is no such setting; `folkmoot settings` lists them."


def data_folder(settings: Settings) -> Iterator[tuple[bool, str]]:
    """The folder can be written, and nobody else can look into what is secret."""
    make_data_folder(settings.data)
    yield True, f"The data folder {settings.data} can be written."
    cluster = EmbeddedPostgres(settings).cluster
    if (
        not settings.database_url
        and cluster != settings.data / "postgres"
        and (settings.data / "postgres").is_symlink()
    ):
        yield True, f"The database lies in {cluster}, where its user can reach it: copy that folder too."


def disk(settings: Settings) -> Iterator[tuple[bool, str]]:
    """There is room to grow."""
    free = shutil.disk_usage(settings.data).free
    if free < LEAST_FREE:
        yield False, f"Only {free // 2**20} MB are free on the disk of {settings.data}: make room before it is full."
    else:
        yield True, f"{free / 2**30:.0f} GB are free."


def port(settings: Settings) -> Iterator[tuple[bool, str]]:
    """Either nobody listens on the port, or we do."""
    supervisor = settings.data / "run" / "supervisor.pid"
    with socket.socket() as probe:
        probe.settimeout(2)
        taken = probe.connect_ex((settings.host if settings.host != "0.0.0.0" else "127.0.0.1", settings.port)) == 0
    if taken and not supervisor.exists():
        yield False, f"Port {settings.port} is in use by another program; choose another with FOLKMOOT_PORT."
    else:
        yield True, f"Port {settings.port} is " + ("ours." if taken else "free.")


def clock(settings: Settings) -> Iterator[tuple[bool, str]]:
    """The clock is not plainly wrong: ids and deadlines are made from it."""
    software = Path(__file__).stat().st_mtime
    if time.time() < software - 86400:
        yield False, "The clock is behind the age of this software: set it (timedatectl set-ntp true)."
    else:
        yield True, f"The clock says {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC."


def storage(settings: Settings) -> Iterator[tuple[bool, str]]:
    """Media can be written where they are to live."""
    if settings.storage_url:
        yield True, f"Media live at {settings.storage_url}."
        return
    folder = settings.data / "media"
    folder.mkdir(mode=0o700, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"Folkmoot")
        probe.unlink()
    except OSError as error:
        yield False, f"Media cannot be written to {folder}: {error.strerror}."
    else:
        yield True, f"Media can be written to {folder}."


def model(settings: Settings) -> Iterator[tuple[bool, str]]:
    """What reads posts before the public does is on, and its model whole."""
    if settings.screening == "off":
        yield True, "Screening is switched off: nothing reads posts before the public does."
    elif settings.screening == "rules":
        yield True, "Screening goes by rules alone."
    else:
        shipped.check()
        yield True, "Screening has its rules and its model."
    if settings.screening != "off" and settings.screening_without:
        yield True, f"Screening goes without: {', '.join(settings.screening_without)}."


def database(settings: Settings) -> Iterator[tuple[bool, str]]:
    """The server runs, is one we know, has our schema, and is set up to lose nothing."""
    with available(settings) as url:
        yield True, f"The database answers ({asyncio.run(check_server(url))})."
        standing = asyncio.run(migrate.current(url))
        if standing == migrate.HEAD:
            yield from outside(settings, url)
            yield True, f"The schema is current ({standing})."
            yield from master_key(settings, url)
            yield from rule_files(settings, url)
        else:
            yield (
                False,
                f"The schema stands at {standing or 'nothing'}, wanted is {migrate.HEAD}: `folkmoot database migrate`.",
            )
        shown = asyncio.run(_shown(url, [*WANTED, *WANTED_FOR_A_MOVE]))
        for name, value in WANTED.items():
            if shown[name] != value:
                yield False, f"The database has {name}={shown[name]}: set it to {value}, or posts may be lost."
        for name, value in WANTED_FOR_A_MOVE.items():
            if shown[name] != value and not settings.database_url:
                yield False, f"The database has {name}={shown[name]}: a move to another host needs {value}."


def master_key(settings: Settings, url: str) -> Iterator[tuple[bool, str]]:
    """What the database keeps sealed can be opened."""
    well = asyncio.run(_fits(url, settings.data))
    yield (
        well,
        "The master key opens what is sealed." if well else OTHER_KEY.format(file=vault.master_key_file(settings.data)),
    )


def rule_files(settings: Settings, url: str) -> Iterator[tuple[bool, str]]:
    """Every rule file in force loads with what is shipped."""
    if settings.screening == "off":
        return
    for name, why in asyncio.run(_left_out(url)).items():
        yield False, f"The rule file {name} is left out, screening goes without it. {why}"


def backups(settings: Settings) -> Iterator[tuple[bool, str]]:
    """They are made, they were restored for trial, and the journal goes out."""
    if not settings.backup_url:
        yield True, "No backup is set up, so what this machine loses is lost: docs/backup.md says how to change that."
        return
    with available(settings) as url:
        made = standing.entries(Source(url, settings))
    said = follow.read_status(settings.data)
    yield from standing.judge(settings, made, now(), said.complete_at if said else None, said.words if said else "")


def alarms(settings: Settings) -> Iterator[tuple[bool, str]]:
    """Stewards are reached when a life may be at risk, also while nobody looks at the board."""
    if settings.alarm_webhook_url:
        check_url(settings.alarm_webhook_url.reveal(), loopback=settings.outgoing_loopback)
        if not settings.alarm_webhook_secret:
            yield False, "alarm_webhook_url is set without alarm_webhook_secret: nobody can tell that a call is ours."
    found = channels(settings)
    if found:
        yield True, f"An alarm reaches stewards in the app, on their devices and by {' and '.join(found)}."
    else:
        yield (
            True,
            (
                "An alarm reaches stewards only in the app and on devices where they switched notifications on: "
                "set smtp_host or alarm_webhook_url, or it may wait until somebody looks."
            ),
        )


def outside(settings: Settings, url: str) -> Iterator[tuple[bool, str]]:
    """Mail leaves, and none of it failed or is in doubt."""
    bag = asyncio.run(_mailbag(url))
    if not is_configured(settings):
        waits = f" {bag.waiting} wait." if bag.waiting else ""
        yield not bag.waiting, f"No mail server is set (smtp_host): mail stays here.{waits}"
        return
    yield True, f"Mail goes out through {settings.smtp_host}; {bag.waiting} wait."
    if bag.failed or bag.unsure:
        yield False, f"{bag.failed} mails failed and {bag.unsure} are in doubt: `folkmoot mail list` says why."


async def _fits(url: str, data: Path) -> bool:
    db = await Database.open(url, connections=1)
    try:
        return await vault.fits(db, data)
    finally:
        await db.close()


async def _left_out(url: str) -> Mapping[str, str]:
    db = await Database.open(url, connections=1)
    try:
        return await left_out(db)
    finally:
        await db.close()


async def _mailbag(url: str) -> Mailbag:
    db = await Database.open(url, connections=1)
    try:
        return await mailbag(db)
    finally:
        await db.close()


def standby(settings: Settings) -> Iterator[tuple[bool, str]]:
    """If there is a second host, it follows, and nothing is in the way of a move."""
    found = status.read(settings.data)
    if found.role == "former":
        yield (
            False,
            "This host carries the network no longer and follows nobody: `folkmoot move rejoin` makes it the standby.",
        )
        return
    if found.following == "unlinked" and found.partner:
        yield (
            False,
            f"{found.partner} does not follow: it was left behind; `folkmoot move rejoin` there makes it the standby.",
        )
        return
    if found.following == "unlinked":
        yield True, "There is no standby; `folkmoot standby code` begins one (docs/standby.md)."
        return
    well = found.is_fresh
    yield (
        well,
        f"The standby ({found.partner}): {found.following}. Lost if the network's host died now: {loss(found).words}",
    )
    if found.sync == "relaxed":
        yield False, f"Answers wait for nobody since {found.sync_since}: the standby was lost."
    for check in found.hindrances:
        yield False, f"In the way of a move: {check.words}"


async def _shown(url: str, names: list[str]) -> dict[str, str]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        rows = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", names)
    finally:
        with contextlib.suppress(OSError):
            await connection.close()
    return {row["name"]: row["setting"] for row in rows}


def _say(well: bool, sentence: str) -> None:
    click.echo((click.style("ok  ", fg="green") if well else click.style("BAD ", fg="red", bold=True)) + sentence)
