"""`folkmoot case`: cases, their evidence as a file for an authority or a court, and whether evidence is kept as it should be."""

from __future__ import annotations

from pathlib import Path

import click

from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.moderation.cases import State
from folkmoot.moderation.cases.read import list_cases
from folkmoot.moderation.cases.views import CaseLine
from folkmoot.moderation.evidence import bundle
from folkmoot.moderation.evidence.keep import check as check_evidence
from folkmoot.network.access import COMMAND_LINE
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault


@click.group()
def case() -> None:
    """Cases and their evidence."""


@case.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only those that stand so.")
@click.option("--limit", default=40, show_default=True, type=click.IntRange(1, 200))
@with_settings
def list_(settings: Settings, state: str | None, limit: int) -> None:
    """List cases, the newest first."""

    async def act(db: Database) -> list[CaseLine]:
        return await list_cases(db, COMMAND_LINE, states=[State(state)] if state else [], limit=limit)

    for line in with_database(settings, act):
        decided = (
            f"{line.verdict.value} by {line.decided_by.value}" if line.verdict and line.decided_by else line.state.value
        )
        words = " ".join(line.excerpt.split())
        click.echo(f"{line.id}  {line.opened_at:%Y-%m-%d %H:%M}  {line.severity.value:8}  {decided:18}  {words[:60]}")


@case.command()
@click.argument("number", type=int)
@click.option(
    "--to", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The ZIP file to write."
)
@click.option("--why", required=True, help="Who asks for it, and under which law. On record.")
@with_settings
def export(settings: Settings, number: int, file: Path, why: str) -> None:
    """Write the evidence of case NUMBER into a signed ZIP file, for an authority or a court."""
    vault = open_vault(settings.data)

    async def act(db: Database) -> bytes:
        return await bundle.export(db, open_storage(settings), settings, vault, COMMAND_LINE, number, why)

    file.write_bytes(with_database(settings, act))
    click.echo(f"Wrote {file}. It holds personal data: hand it over sealed.")


@case.command("check-bundle")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", default="", help="The network's key, as /transparency/evidence-key shows it.")
def check_bundle(file: Path, key: str) -> None:
    """Check that a file of evidence is as it was signed. Needs nothing but the file."""
    click.echo(f"Whole, and signed with {bundle.check_bundle(file.read_bytes(), key)}")


@case.command()
@with_settings
def evidence(settings: Settings) -> None:
    """Check that evidence is sealed and can be opened, and that what was purged is gone."""

    async def act(db: Database) -> tuple[int, list[str]]:
        return await check_evidence(db)

    sealed, wrong = with_database(settings, act)
    click.echo(f"{sealed} versions are sealed.")
    for each in wrong:
        click.echo(each, err=True)
    if wrong:
        raise click.exceptions.Exit(1)
