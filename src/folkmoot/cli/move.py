"""`folkmoot move`: the whole network changes host while its members hardly notice. And `folkmoot takeover`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from folkmoot.cli.options import config_option, data_option, with_settings
from folkmoot.errors import FolkmootError
from folkmoot.hosting.link import LinkBroken, local
from folkmoot.hosting.move import names, steps
from folkmoot.settings import Settings, load

LOOK_SECONDS = 0.1
PATIENCE = 60.0
"""How long a command that watches puts up with an agent that does not answer."""


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON, and nothing else.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--despite-complaints", is_flag=True, help="Move although a check complains.")
@config_option
@data_option
@click.pass_context
def move(
    ctx: click.Context, as_json: bool, yes: bool, despite_complaints: bool, config: Path | None, data: Path | None
) -> None:
    """Move the network to its standby: nobody loses a post, and for a second nobody can write one.

    Run it on either host. It can be watched again with `folkmoot move status`, and called off with `folkmoot move abort`
    until the other host has been told to take over.
    """
    settings = load(config, overrides={"data": data})
    ctx.obj = settings
    if ctx.invoked_subcommand is None:
        _move(settings, as_json, yes, despite_complaints)


@move.command()
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON, and nothing else.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def back(settings: Settings, as_json: bool, yes: bool) -> None:
    """Move back to the host the network came from, which follows since: the same move the other way."""
    _move(settings, as_json, yes, False)


@move.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_settings
def status(settings: Settings, as_json: bool) -> None:
    """Show how far the last move came, and what is next."""
    state = _state_of_giver(settings)
    click.echo(json.dumps(state, indent=1) if as_json else _plain(state))


@move.command()
@click.option("--domain", default="", help="Type the network's domain to do it without the other host's word.")
@with_settings
def abort(settings: Settings, domain: str) -> None:
    """Call the move off that is under way; everything is taken back."""
    local.ask(settings.data, "move.abort", domain=domain)
    state = _watch(settings, quiet=True)
    click.echo(_plain(state))


@move.command()
@with_settings
def finish(settings: Settings) -> None:
    """End the time in which the old host hands over what still arrives there. Run it on the old host."""
    local.ask(settings.data, "move.finish")
    click.echo("This host hands nothing over any more. It goes on following.")


@move.command()
@with_settings
def rejoin(settings: Settings) -> None:
    """Make this host, which was left behind, the standby; what only it has is put aside first."""
    done = local.ask(settings.data, "move.rejoin", timeout=24 * 3600)
    click.echo(str(done["words"]))
    click.echo("This host follows now; `folkmoot standby status` says how well.")


@move.command("names")
@click.option("--watch", is_flag=True, help="Wait until resolvers have the new addresses.")
@with_settings
def point_names(settings: Settings, watch: bool) -> None:
    """Point the network's name to the first host: by the name server, by your command, or by hand as it shows."""
    click.echo(str(local.ask(settings.data, "move.names", timeout=names.COMMAND_SECONDS + 15)["said"]))
    while watch:
        seen = names.point_here(settings)
        for record, is_there in seen.items():
            click.echo(f"{'there' if is_there else 'not yet'}  {record}")
        if all(seen.values()):
            return
        time.sleep(10)


def _move(settings: Settings, as_json: bool, yes: bool, despite_complaints: bool) -> None:
    state: Mapping[str, Any] = local.ask(settings.data, "move.state")
    if not (yes or as_json):
        click.confirm("Move the network to the other host now?", abort=True)
    if not state["progress"]["move"] or state["progress"]["ended"] or state["role"] != "primary":
        local.ask(settings.data, "move.begin", timeout=15, skip_checks=despite_complaints)
    state = _watch(settings, quiet=as_json)
    if as_json:
        click.echo(json.dumps(state, indent=1))
    else:
        click.echo(_report(state))
    if state["progress"]["ended"] != "moved":
        raise click.exceptions.Exit(1)


def _watch(settings: Settings, quiet: bool) -> Mapping[str, Any]:
    """Show the move until it has ended, whichever agents come and go meanwhile."""
    until = time.monotonic() + PATIENCE
    with _screen(quiet) as show:
        while True:
            try:
                state = _state_of_giver(settings)
            except (LinkBroken, FolkmootError) as error:
                if time.monotonic() > until:
                    raise
                show({"waiting": error.words})
            else:
                until = time.monotonic() + PATIENCE
                show(state)
                if state["progress"]["ended"]:
                    return state
            time.sleep(LOOK_SECONDS)


def _state_of_giver(settings: Settings) -> Mapping[str, Any]:
    """What the side says that gives the network away: this one, or the other, whichever wrote about the newer move."""
    here = local.ask(settings.data, "move.state")
    if here["progress"]["move"] and not here["progress"]["ended"]:
        return here
    try:
        there = local.ask(settings.data, "move.state", to="partner", timeout=3)
    except FolkmootError:
        return here
    return max(here, there, key=lambda state: str(state["at"]))


@contextmanager
def _screen(quiet: bool) -> Iterator[Any]:
    console = Console(stderr=True)
    if quiet:
        yield lambda state: None
        return
    if not console.is_terminal:
        said: set[str] = set()

        def line(state: Mapping[str, Any]) -> None:
            for name in state.get("progress", {}).get("done", ()):
                if name not in said:
                    said.add(name)
                    click.echo(f"{steps.get_step(name).says}: done", err=True)

        yield line
        return
    with Live(console=console, refresh_per_second=10) as live:
        yield lambda state: live.update(_picture(state))


def _picture(state: Mapping[str, Any]) -> Group:
    """One screen: every step, where it stands, what is next, and how long nobody has been able to post."""
    if "waiting" in state:
        return Group(Text(f"Waiting: {state['waiting']}", style="yellow"))
    progress = state["progress"]
    table = Table.grid(padding=(0, 2))
    for step in steps.STEPS:
        took = state["steps"].get(step.name)
        if step.name in progress["done"]:
            table.add_row(Text("done", style="green"), step.says, f"{took:.0f} ms" if took is not None else "")
        elif step.name == progress["reached"]:
            table.add_row(Text("now", style="bold yellow"), Text(step.says, style="bold"), state["waits_for"])
        else:
            table.add_row(Text("next", style="dim"), Text(step.says, style="dim"), "")
    return Group(table, Text(_silence(state), style="bold"))


def _silence(state: Mapping[str, Any]) -> str:
    if state["write_pause_ms"] is not None:
        return f"Posting was held for {state['write_pause_ms'] / 1000:.2f} s."
    if state["silent_ms"] is not None and not state["progress"]["ended"]:
        return f"Posting has been held for {state['silent_ms'] / 1000:.1f} s."
    return "Members can post."


def _report(state: Mapping[str, Any]) -> str:
    progress = state["progress"]
    if progress["ended"] != "moved":
        return f"The network stays where it was. {progress['why']}"
    lines = [
        "The network has moved.",
        _silence(state),
        "This host follows the new one and hands over what still arrives here, until `folkmoot move finish`.",
        *state["notes"],
    ]
    if state.get("names"):
        lines.insert(2, str(state["names"]))
    return "\n".join(lines)


def _plain(state: Mapping[str, Any]) -> str:
    progress = state["progress"]
    if not progress["move"]:
        return "Nothing has moved here."
    if progress["ended"] == "moved":
        return _report(state)
    if progress["ended"]:
        return f"The last move was called off. {progress['why']}"
    step = steps.get_step(progress["reached"]) if progress["reached"] else steps.STEPS[0]
    waits = f" ({state['waits_for']})" if state["waits_for"] else ""
    return f"Under way: {step.says}{waits}. {_silence(state)}"
