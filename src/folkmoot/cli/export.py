"""`folkmoot export`: the whole network as files that anybody can read."""

from __future__ import annotations

from pathlib import Path

import click

from folkmoot.cli.options import with_settings
from folkmoot.cli.progress import shown
from folkmoot.errors import FolkmootError
from folkmoot.hosting.export import Sealing, export_site
from folkmoot.hosting.postgres import available
from folkmoot.settings import Settings


@click.group()
def export() -> None:
    """The whole network as files that anybody can read (docs/export-format.md)."""


@export.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-secrets", is_flag=True, help="Also passwords, sessions, tokens and keys, sealed.")
@click.option("--to", "recipient", default="", help="Seal them to this age recipient (age1...).")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="Or with the pass phrase in this file.")
@with_settings
def site(settings: Settings, target: Path, with_secrets: bool, recipient: str, passphrase_file: Path | None) -> None:
    """Write the whole network, as it is at this moment, to TARGET: a new folder, or a file that ends in .zip.

    The network may run meanwhile. What TARGET holds is as private as the database: direct posts and addresses are in it.
    """
    sealing = Sealing()
    if with_secrets:
        if recipient and passphrase_file:
            raise FolkmootError("Seal to a recipient or with a pass phrase, not both.")
        sealing = Sealing(recipient, "" if recipient else passphrase(passphrase_file, confirm=True))
    elif recipient or passphrase_file:
        raise FolkmootError("A recipient or a pass phrase goes with --with-secrets.")
    with available(settings) as url, shown() as progress:
        done = export_site(settings, url, target.absolute(), sealing, progress)
    click.echo(f"{done.place}: {done.rows} rows of {done.tables} tables, {done.media} media.")
    if done.lacking:
        click.echo(
            f"{done.lacking} media are missing in our own storage; missing-media.txt there names them.", err=True
        )
    if not done.sealed:
        click.echo("Without secrets: on the new host members choose new passwords and sign in to their apps again.")


def passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """The pass phrase in a file, or typed in."""
    if file is None:
        return str(click.prompt("Pass phrase", hide_input=True, confirmation_prompt=confirm))
    return file.read_text(encoding="utf-8").strip("\r\n")
