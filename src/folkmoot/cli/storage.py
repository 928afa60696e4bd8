"""`folkmoot storage`: where media live, and from one place to another while the network runs."""

from __future__ import annotations

import click

from folkmoot.cli.options import with_settings
from folkmoot.cli.progress import shown
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.errors import FolkmootError
from folkmoot.settings import Settings
from folkmoot.storage import BetweenPlaces, open_storage
from folkmoot.storage import move as moving


@click.group()
def storage() -> None:
    """Where media live, and from one place to another while the network runs."""


@storage.command()
@click.option("--finish", is_flag=True, help="Take everything away from the old place, once all is at the new one.")
@with_settings
def move(settings: Settings, finish: bool) -> None:
    """Copy media from storage_before to storage_url, each compared with its name on both sides."""
    between = open_storage(settings)
    if not isinstance(between, BetweenPlaces):
        raise FolkmootError(
            "Nothing moves: set storage_url to the new place and storage_before to the old one, restart, then call this."
        )
    with_database(settings, lambda db: _finish(db, between) if finish else _move(db, between))


async def _move(db: Database, between: BetweenPlaces) -> None:
    with shown() as progress:
        progress.begin("Copying media", await moving.total(db))
        moved = await moving.move(db, between, progress.advance)
    click.echo(f"{moved.copied} media copied ({moved.size / 1e6:.1f} MB), {moved.there} were there already.")
    for key in moved.damaged:
        click.echo(f"{key} is damaged at the old place and was left there.", err=True)
    if moved.absent:
        click.echo(f"{len(moved.absent)} are at neither place: uploads of this moment, or lost before.", err=True)
    click.echo("Run it again until nothing is copied, then with --finish.")


async def _finish(db: Database, between: BetweenPlaces) -> None:
    with shown() as progress:
        progress.begin("Emptying the old place", await moving.total(db))
        taken = await moving.finish(db, between, progress.advance)
    click.echo(f"All media are at the new place; {taken} were taken away from the old one.")
    click.echo("Now take storage_before out of the settings and restart.")
