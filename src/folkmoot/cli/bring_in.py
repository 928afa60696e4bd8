"""`folkmoot import`: make a network again out of an export."""

from __future__ import annotations

from pathlib import Path

import click

from folkmoot.cli.export import passphrase
from folkmoot.cli.options import config_option
from folkmoot.cli.progress import shown
from folkmoot.hosting.export import Opening, import_site
from folkmoot.settings import load


@click.group("import")
def bring_in() -> None:
    """Make a network again out of an export."""


@bring_in.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="New folder for the network.")
@click.option("--identity", type=click.Path(path_type=Path), help="File with the age key that opens the sealed part.")
@click.option("--passphrase", "with_passphrase", is_flag=True, help="Type in the pass phrase that opens it.")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="File with the pass phrase that opens it.")
@click.option("--without-secrets", is_flag=True, help="Leave the sealed part closed.")
@config_option
def site(
    source: Path,
    data: Path,
    identity: Path | None,
    with_passphrase: bool,
    passphrase_file: Path | None,
    without_secrets: bool,
    config: Path | None,
) -> None:
    """Bring the network in SOURCE (a folder or a zip file) into a new folder. Broken off, the same command goes on.

    Every sum and every row is checked first. With database_url set, its database must be empty.
    """
    settings = load(config, overrides={"data": data})
    opening = Opening(
        private_key=identity.read_text(encoding="utf-8") if identity else "",
        passphrase=passphrase(passphrase_file) if with_passphrase or passphrase_file else "",
        without=without_secrets,
    )
    with shown() as progress:
        done = import_site(settings, source.absolute(), opening, progress)
    click.echo(f"{done.site_name} is here: {done.rows} rows, {done.media} media, every one compared.")
    if done.lacking:
        click.echo(f"{done.lacking} media were missing on the old host already.", err=True)
    if not done.sealed:
        click.echo(
            "It came without secrets: members choose new passwords (`folkmoot account password NAME` for the first), "
            "and sign in to their apps again."
        )
    click.echo(f"Start it with: folkmoot serve --data {data}")
    click.echo(
        "Stop the old host first, or set it to read-only before the export: what is posted there now stays there."
    )
