"""`folkmoot log`: check the public log, take it along, prove an entry, look after its keys and witnesses."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import Progress

from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.database import Database, Row
from folkmoot.errors import Invalid, Missing
from folkmoot.moderation.transparency.log import origin_of
from folkmoot.moderation.transparency.log import witnesses as watching
from folkmoot.moderation.transparency.log.forget import KINDS, forget_for
from folkmoot.moderation.transparency.log.keys import known_keys, rotate
from folkmoot.moderation.transparency.log.notes import VerifierKey
from folkmoot.moderation.transparency.log.proofs import ENDING, Proof
from folkmoot.moderation.transparency.log.publish import CHECKPOINT, KEYS, keys_file, publish, tile_files
from folkmoot.moderation.transparency.log.read import find_place, newest_checkpoint, prove
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.moderation.transparency.log.sources import open_source
from folkmoot.moderation.transparency.log.verify import Verified, read_note, verify, verify_proof
from folkmoot.network.access import COMMAND_LINE
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault

out = Console(highlight=False, soft_wrap=True)


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


@click.group()
def log() -> None:
    """The public log: check it, take it along, prove an entry, look after its keys."""


@log.command("verify")
@click.argument("place", metavar="URL|FOLDER|FILE")
@click.option(
    "--key", help="The log's key, as its operator or a friend told you. Without it the log's own word is taken."
)
@click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="A checkpoint you kept: the log must continue it.",
)
def verify_(place: str, key: str | None, since: Sequence[Path]) -> None:
    """Check every byte of a log, or a proof file by itself. Needs no network of its own, no database, no trust.

    Exit code 1 when anything is wrong; each problem names its file.
    """
    known = VerifierKey.parse(key) if key else None
    if place.endswith(ENDING):
        _verify_proof(Path(place), known)
        return
    notes = [read_note(path.read_bytes()) for path in since]

    async def check(bar: Progress) -> Verified:
        task = bar.add_task("Entries", total=None)
        async with open_source(place) as source:
            return await verify(
                source, key=known, since=notes, progress=lambda done, of: bar.update(task, completed=done, total=of)
            )

    with _progress() as bar:
        found = asyncio.run(check(bar))
    for problem in found.problems:
        out.print(f"{problem.where}: {problem.what}", style="red", markup=False)
    if found.problems:
        sys.exit(1)
    _tell(found)


def _tell(found: Verified) -> None:
    out.print(f"{found.origin}: {found.size} entries, every byte as it was signed.", markup=False)
    out.print(f"root {found.root.hex()}", style="dim")
    for key in found.signed_by:
        out.print(f"signed by {key}", style="dim", markup=False)
    for name, at in found.witnessed_by:
        out.print(f"witnessed by {name} on {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC", markup=False)
    for size in found.continues:
        out.print(f"The first {size} entries are those you knew.")
    for deed, count in found.deeds.items():
        out.print(f"{count:>9} {deed}", style="dim", markup=False)
    if not found.key_was_given:
        out.print("Checked with the key the log names itself; --key KEY makes sure that it is the right one.")


def _verify_proof(file: Path, key: VerifierKey | None) -> None:
    shown = verify_proof(file.read_bytes(), key)
    checkpoint = shown.proof.checkpoint
    out.print(f"Entry {shown.proof.index} of {checkpoint.origin} is among its {checkpoint.size} entries:", markup=False)
    out.print(shown.entry.decode(), markup=False)
    for name, meaning in shown.means.items():
        out.print(f"{name} is {meaning}", markup=False)
    if key is None:
        out.print("Who signed the checkpoint was not checked: give --key KEY.")


@log.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@with_settings
def export_(settings: Settings, folder: Path) -> None:
    """Write the whole log into a folder as static files, for any server to hand out and anybody to verify."""

    async def act(db: Database) -> int:
        await sequence(db, open_vault(settings.data), origin_of(settings))
        head = await newest_checkpoint(db)
        if head is None:
            return 0
        with _progress() as bar:
            task = bar.add_task("Files", total=None)
            async for path, data in tile_files(db, head.checkpoint.size):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
                bar.advance(task)
        (folder / KEYS).write_bytes(await keys_file(db, head.checkpoint.size))
        (folder / CHECKPOINT).write_text(str(head.note), encoding="utf-8")
        return head.checkpoint.size

    size = with_database(settings, act)
    out.print(
        f"{size} entries in {folder}. Check them with: folkmoot log verify {folder}" if size else "The log is empty."
    )


@log.command("key")
@click.option("--all", "every", is_flag=True, help="Also the keys it signed with before.")
@with_settings
def key_(settings: Settings, every: bool) -> None:
    """Show the log's public key, to be told to everybody by as many ways as possible."""

    async def act(db: Database) -> Sequence[Row]:
        await sequence(db, open_vault(settings.data), origin_of(settings))
        return await known_keys(db)

    rows = with_database(settings, act)
    if not rows:
        raise Missing("The log has no entry yet, and so no key.")
    for row in rows if every else rows[:1]:
        until = f"  # until {row['until']:%Y-%m-%d %H:%M} UTC" if every and row["until"] else ""
        click.echo(f"{row['verifier']}{until}")


@log.command("proof")
@click.argument("entry")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Write it into this file.")
@with_settings
def proof_(settings: Settings, entry: str, to: Path | None) -> None:
    """Prove that an entry is in the log. ENTRY is its place, or case:ID or notice:ID for the newest about it."""

    async def act(db: Database) -> Proof:
        await sequence(db, open_vault(settings.data), origin_of(settings))
        return await prove(db, await find_place(db, entry))

    text = str(with_database(settings, act))
    if to is None:
        click.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8")
        out.print(f"{to}. Anybody checks it with: folkmoot log verify {to} --key KEY")


@log.command("rotate")
@click.option("--lost", is_flag=True, help="The old key is in wrong hands: it signs no more from now on.")
@with_settings
def rotate_(settings: Settings, lost: bool) -> None:
    """Sign with a new key. The log itself says so, with both signatures; for a month both sign."""

    async def act(db: Database) -> VerifierKey:
        vault = open_vault(settings.data)
        await sequence(db, vault, origin_of(settings))
        new = await rotate(db, vault, COMMAND_LINE, at_once=lost)
        await sequence(db, vault, origin_of(settings))
        await publish(db, open_storage(settings))
        return new

    new = with_database(settings, act)
    click.echo(str(new))
    out.print("Tell everybody the new key. Who knows the old one can follow: the log vouches for the new one.")


@log.command("forget")
@click.argument("subject", metavar="KIND:ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def forget_(settings: Settings, subject: str, yes: bool) -> None:
    """Delete a salt (account:ID, case:ID, post:ID, notice:ID): what the log says of it means nothing from then on."""
    found = re.fullmatch(r"([a-z]+):([0-9]{1,19})", subject)
    if found is None or found[1] not in KINDS:
        raise Invalid("Say whom, such as account:123. Kinds: {kinds}.", kinds=", ".join(KINDS))
    if not yes:
        click.confirm("Nobody can say any more whom these entries mean, we neither. Go on?", abort=True)
    known = with_database(settings, lambda db: forget_for(db, COMMAND_LINE, found[1], int(found[2])))
    out.print("Forgotten." if known else "The log knows nothing of it.")


# Witnesses ----------------------------------------------------------------------------------------------------------


@log.group()
def witness() -> None:
    """Others who watch that the log only grows, and sign its checkpoints."""


@witness.command("add")
@click.argument("key")
@click.option("--url", default="", help="Where it takes checkpoints; without one it brings its signatures itself.")
@with_settings
def add_(settings: Settings, key: str, url: str) -> None:
    """Take a witness's signatures. KEY is what the witness prints: NAME+1234abcd+BASE64."""
    verifier = with_database(settings, lambda db: watching.add_witness(db, COMMAND_LINE, key, url))
    out.print(f"{verifier.name} is a witness of this log.", markup=False)


@witness.command("remove")
@click.argument("key")
@with_settings
def remove_(settings: Settings, key: str) -> None:
    """Take a witness's signatures no longer."""
    with_database(settings, lambda db: watching.remove_witness(db, COMMAND_LINE, key))
    out.print("It is no witness of this log any more.")


@witness.command("list")
@with_settings
def list_(settings: Settings) -> None:
    """The witnesses, how far each has seen the log, and what it answered last."""
    for row in with_database(settings, watching.list_witnesses):
        asked = f"{row['asked_at']:%Y-%m-%d %H:%M} UTC" if row["asked_at"] else "never"
        click.echo(f"{row['verifier']}  {row['url'] or '-'}  seen {row['seen']}  {asked}  {row['answer']}")


@witness.command("accept")
@click.argument("file", type=click.File("rb"))
@with_settings
def accept_(settings: Settings, file: BinaryIO) -> None:
    """Take a witness's signature from a FILE (- for standard input): our checkpoint with its line under it."""
    data = file.read()
    names = with_database(settings, lambda db: watching.accept(db, data))
    out.print(f"Signed by {', '.join(names)}." if names else "Nothing new.", markup=False)
