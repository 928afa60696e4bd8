"""`folkmoot backup`: set up, make, list, try, thin out and restore backups."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import click
import msgspec

from folkmoot import clock
from folkmoot.cli.options import config_option, with_settings
from folkmoot.cli.progress import shown
from folkmoot.errors import FolkmootError
from folkmoot.hosting import backup as backups
from folkmoot.hosting import state as states
from folkmoot.hosting.backup import follow as following
from folkmoot.hosting.backup import repository
from folkmoot.log import configure
from folkmoot.settings import Settings, load
from folkmoot.vault import open_vault

TO = click.option("--to", "address", default="", help="Another repository than backup_url names.")


@click.group()
def backup() -> None:
    """Set up, make, list, try, thin out and restore backups."""


@backup.command()
@click.argument("target", default="")
@click.option("--recovery-file", type=click.Path(path_type=Path), help="Write the recovery key to this new file, too.")
@click.option("--claim", is_flag=True, help="Write to a repository this network has already, from now on from here.")
@with_settings
def init(settings: Settings, target: str, recovery_file: Path | None, claim: bool) -> None:
    """Make the repository at TARGET: a folder, or s3://bucket/prefix?endpoint=https://host.

    The recovery key is printed once and kept nowhere: without it, and without this machine, nobody restores anything.
    """
    objects = repository.objects_at(settings, target)
    vault = open_vault(settings.data)
    local = repository.Local.of(settings.data)
    if claim:
        hosting = states.read(settings.data).epoch
        claimed = repository.open_with_vault(objects, vault).claim(local.writer, hosting)
        local.restored.unlink(missing_ok=True)
        click.echo(f"{objects.place} is written by this machine from now on (epoch {claimed.epoch}).")
        return
    file = _new_file(recovery_file) if recovery_file else None
    made, pair = repository.make(objects, vault, local.writer)
    paper = _paper(made.about, pair.private, target or settings.backup_url)
    if file is not None:
        with file:
            file.write(paper)
    click.echo(paper)
    click.echo(f"{objects.place} is ready for backups.")
    if target and target != settings.backup_url:
        click.echo(f'Now set backup_url = "{target}" in folkmoot.toml (or FOLKMOOT_BACKUP_URL) and restart.')


@backup.command()
@click.option("--full", is_flag=True, help="Copy everything, even if an incremental backup were possible.")
@click.option("--throttle", type=click.FloatRange(min=0), default=0, help="Send at most so many MB a second.")
@TO
@with_settings
def run(settings: Settings, full: bool, throttle: float, address: str) -> None:
    """Make a backup now. After an interruption, the next one sends only what is missing."""
    with shown() as progress:
        made = backups.run(settings, backups.Wanted(full, throttle), progress, address)
    click.echo(
        f"{made.name}: database {_size(made.size)}, {made.media_count} media of {_size(made.media_size)}; "
        f"{_size(made.sent)} sent in {(made.finished_at - made.started_at).total_seconds():.0f} s."
    )


@backup.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@TO
@with_settings
def list_(settings: Settings, as_json: bool, address: str) -> None:
    """List the backups, what each builds on, and which were restored for trial."""
    opened = repository.open_own(settings, address)
    rows = [(opened.read_manifest(name)[0], opened.verified(name)) for name in opened.names()]
    if as_json:
        told = [
            {
                "name": made.name,
                "kind": made.kind,
                "parent": made.parent,
                "started_at": made.started_at,
                "finished_at": made.finished_at,
                "size": made.size,
                "sealed_size": made.sealed_size,
                "media": made.media_count,
                "media_size": made.media_size,
                "verified_at": tried.at if tried else None,
                "whole": tried.whole if tried else None,
                "words": tried.words if tried else "",
            }
            for made, tried in rows
        ]
        click.echo(msgspec.json.format(msgspec.json.encode(told)))
        return
    if not rows:
        click.echo(f"{opened.place} holds no backup yet.")
    for made, tried in rows:
        outcome = (
            "not tried" if tried is None else f"tried {tried.at:%Y-%m-%d}: " + ("whole" if tried.whole else "DAMAGED")
        )
        click.echo(
            f"{made.name:<28}  {_size(made.size):>8} ({_size(made.sealed_size)} there)  {made.media_count} media  {outcome}"
            + (f"  builds on {made.parent}" if made.parent else "")
        )


@backup.command()
@click.argument("name", default="")
@click.option("--all-media", is_flag=True, help="Read every medium instead of a sample.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Folder for the trial (default: DATA/trial).")
@TO
@with_settings
def verify(settings: Settings, name: str, all_media: bool, scratch: Path | None, address: str) -> None:
    """Really restore a backup for trial (the newest unless named), start a server from it, check it, throw it away."""
    with shown() as progress:
        outcome = backups.verify(
            settings,
            name,
            all_media=all_media,
            scratch=scratch.absolute() if scratch else None,
            progress=progress,
            address=address,
        )
    for what, words in outcome.checks:
        click.echo(f"{click.style('ok', fg='green')}  {what}: {words}.")
    click.echo(f"{outcome.name} was restored for trial and is whole.")


@backup.command()
@with_settings
def follow(settings: Settings) -> None:
    """Send journal and media as they come, and make, try and thin out backups when due; `folkmoot serve` runs this."""
    configure(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    following.follow(settings, stop)
    os._exit(0)  # a backup under way is broken off: the next one sends only what is missing


@backup.command()
@with_settings
def status(settings: Settings) -> None:
    """Say what would be lost if this machine were gone now."""
    found = following.read_status(settings.data)
    if found is None or clock.now() - found.at > timedelta(minutes=2):
        raise FolkmootError("Nothing sends the journal at present: `folkmoot serve` with backup_url does.")
    if found.complete_at is None:
        click.echo("Nothing of the journal has been sent yet.")
    else:
        click.echo(
            f"All until {found.complete_at:%Y-%m-%d %H:%M:%S} UTC is in the repository: "
            f"{(clock.now() - found.complete_at).total_seconds():.0f} s would be lost ({_size(found.behind)} of journal)."
        )
    click.echo(f"{_size(found.spooled)} wait on this disk.")
    if found.words:
        raise FolkmootError("{words}", words=found.words)


@backup.command()
@TO
@with_settings
def prune(settings: Settings, address: str) -> None:
    """Take away the backups that no rule keeps (backup_keep_...), and what only they needed."""
    with shown() as progress:
        done = backups.prune(settings, progress, address)
    click.echo(
        f"{len(done.kept)} backups stay, {len(done.backups)} are gone; {done.objects} objects taken away ({_size(done.size)})."
    )


@backup.command()
@click.argument("target")
@click.option("--key", "key", required=True, help="File with the recovery key, or - to type it in.")
@click.option("--data", "data", required=True, type=click.Path(path_type=Path), help="New folder for the network.")
@click.option(
    "--at", "at", help="Moment to go back to, such as 2026-01-31T18:30:00Z (default: the last second there is)."
)
@click.option("--backup", "name", default="", help="Exactly this backup, with nothing after it.")
@config_option
def restore(target: str, key: str, data: Path, at: str | None, name: str, config: Path | None) -> None:
    """Bring the network back from TARGET into a new folder. After an interruption, the same command goes on."""
    settings = load(config, overrides={"data": data})
    opened = repository.open_with_recovery(repository.objects_at(settings, target), _recovery_key(key))
    moment = _moment(at) if at else None
    with shown() as progress:
        done = backups.restore(opened, data.absolute(), at=moment, name=name, progress=progress)
    click.echo(
        f"Restored from {done.backup}, as of {done.until:%Y-%m-%d %H:%M:%S} UTC at the latest; {done.media} media."
    )
    if done.gap:
        click.echo(
            f"The journal's segment {done.gap} is missing in the repository: what came after it is lost.", err=True
        )
    if done.lacking:
        missing = data / "missing-media.txt"
        missing.write_text("\n".join(done.lacking) + "\n")
        click.echo(f"{len(done.lacking)} media could not be brought back; {missing} names them.", err=True)
    click.echo(f"Start it with: folkmoot serve --config {data / 'folkmoot.toml'} --data {data}")
    click.echo(
        "Make sure the old machine does not serve the same address any more; docs/backup.md says what comes next."
    )


def _paper(about: repository.About, private: str, target: str) -> str:
    return (
        "\n"
        "RECOVERY KEY OF A FOLKMOOT NETWORK. Print this or copy it by hand, keep it away from the machine.\n"
        "Whoever has it can read every backup; without it a lost machine is lost.\n"
        "\n"
        f"    made        {about.made_at:%Y-%m-%d %H:%M} UTC\n"
        f"    backups     {target}\n"
        f"    repository  {about.id}\n"
        f"    public      {about.recovery_key}\n"
        "\n"
        f"    {private}\n"
        "\n"
        "To restore: folkmoot backup restore TARGET --key FILE --data NEWFOLDER\n"
    )


def _new_file(path: Path) -> IO[str]:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    except FileExistsError as error:
        raise FolkmootError("{file} is there already: a recovery key overwrites nothing.", file=path) from error


def _recovery_key(source: str) -> str:
    if source != "-":
        return Path(source).read_text()
    if sys.stdin.isatty():
        return str(click.prompt("Recovery key", hide_input=True))
    return sys.stdin.read()


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise FolkmootError("{text} is no moment; write it as 2026-01-31T18:30:00Z.", text=text) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"
