"""`folkmoot drill`: rehearse everything that moving, losing and restoring means, on this machine, and show the figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from folkmoot.cli.options import with_settings
from folkmoot.hosting.drill.run import SCRIPT
from folkmoot.hosting.drill.run import drill as play
from folkmoot.hosting.link import local
from folkmoot.hosting.move.rehearse import CLONE_SECONDS
from folkmoot.settings import Settings

SHOWN = {
    "acknowledged": "acknowledged",
    "lost_posts": "posts lost",
    "lost_media": "media lost",
    "lost_jobs": "jobs lost",
    "lost_ballots": "ballots lost",
    "lost_notices": "notices lost",
    "failed_reads": "reads failed",
    "write_pause_ms": "posting held (ms)",
    "read_pause_ms": "reading paused (ms)",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, and nothing else.")
@click.option("--quick", is_flag=True, help="Leave out most of the disturbances.")
@click.option(
    "--scene", "scenes", multiple=True, type=click.Choice(SCRIPT), help="Play this one alone; may be repeated."
)
@click.option("--keep", is_flag=True, help="Leave the folders, to look at them.")
@click.option("--on-my-standby", is_flag=True, help="Rehearse on the real pair of hosts instead.")
@click.option(
    "--level",
    type=click.IntRange(0, 3),
    default=1,
    help="With it: 0 checks, 1 an instant's hold, 2 a copy brought to life, 3 a real move there and back.",
)
@with_settings
def drill(
    settings: Settings, as_json: bool, quick: bool, scenes: tuple[str, ...], keep: bool, on_my_standby: bool, level: int
) -> None:
    """Build two hosts with members at it, move between them, kill, cut, freeze and fill them, restore a backup, and count what is lost.

    In temporary folders, with real processes; nothing of your network is touched. Exit code 1 when anything was lost.
    With --on-my-standby: on the real pair; up to level 2 members wait for an instant at most, at level 3 twice for the
    second or two of a real move.
    """
    if on_my_standby:
        _rehearse(settings, level, as_json)
        return
    console = Console(stderr=True)
    outcome = play(
        lambda words: console.print(words, style="dim", highlight=False), quick=quick, keep=keep, only=scenes
    )
    if as_json:
        click.echo(json.dumps(outcome, indent=1))
    else:
        Console().print(_table(outcome))
    if not all(scene["clean"] for scene in outcome.values() if isinstance(scene, Mapping)):
        raise click.exceptions.Exit(1)


def _rehearse(settings: Settings, level: int, as_json: bool) -> None:
    outcome = local.ask(settings.data, "move.rehearse", timeout=CLONE_SECONDS, level=level)
    if as_json:
        click.echo(json.dumps(outcome, indent=1))
    else:
        for complaint in outcome["complaints"]:
            click.echo(f"BAD  {complaint}")
        if "compared" in outcome:
            click.echo(
                f"Posting was held for {outcome['instant_ms']:.0f} ms; {outcome['compared']} pieces were compared."
            )
        if "copy_ms" in outcome:
            took = (outcome["copy_ms"] + outcome["start_ms"] + outcome["examine_ms"]) / 1000
            click.echo(
                f"A copy of the standby ({outcome['bytes'] / 2**20:.0f} MB) was made, started and examined in {took:.1f} s: "
                f"{outcome['tables']} tables sound, {outcome['pages']} pages read, {outcome['media']} media compared."
            )
        for way in ("there", "back"):
            if held := outcome.get(way, {}).get("write_pause_ms"):
                click.echo(f"Posting was held for {held / 1000:.2f} s on the way {way}.")
        click.echo(
            "A move would have gone well." if outcome["well"] else f"A move would not have gone well. {outcome['why']}"
        )
    if not outcome["well"]:
        raise click.exceptions.Exit(1)


def _table(outcome: Mapping[str, Any]) -> Table:
    table = Table("scene", *SHOWN.values(), "", title=f"Drill, {outcome['took_seconds']:.0f} s")
    for name, scene in outcome.items():
        if isinstance(scene, Mapping):
            words = scene.get("failed") or scene.get("not_run") or _verdict(scene)
            table.add_row(name.replace("_", " "), *(_cell(scene.get(each)) for each in SHOWN), words)
    return table


def _verdict(scene: Mapping[str, Any]) -> str:
    moves = f" ({scene['moves']} moves, {scene['called_off']} called off)" if "called_off" in scene else ""
    return ("as it should be" if scene["clean"] else "SOMETHING WAS LOST") + moves


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value)
