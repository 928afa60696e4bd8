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
from folkmoot.hosting.move.rules import LEFT_BEHIND, LEFT_BEHIND_WORDS
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
    here, state = _both_states(settings)
    click.echo(json.dumps(state, indent=1) if as_json else in_words(here, state))


@move.command()
@click.option("--domain", default="", help="Type the network's domain to do it without the other host's word.")
@with_settings
def abort(settings: Settings, domain: str) -> None:
    """Call the move off that is under way; everything is taken back."""
    local.ask(settings.data, "move.abort", domain=domain)
    _watch(settings, quiet=True)
    click.echo(in_words(*_both_states(settings)))


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
        click.echo(_report(local.ask(settings.data, "move.state"), state))
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
    return _both_states(settings)[1]


def _both_states(settings: Settings) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What this side says, and what the one says that gives the network away."""
    here = local.ask(settings.data, "move.state")
    if here["progress"]["move"] and not here["progress"]["ended"]:
        return here, here
    try:
        there = local.ask(settings.data, "move.state", to="partner", timeout=3)
    except FolkmootError:
        return here, here
    return here, max(here, there, key=lambda state: str(state["at"]))


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


def _stands(here: Mapping[str, Any]) -> str:
    """What this host is to its network now, whatever moved before."""
    if here["role"] == "primary":
        return "This host carries the network."
    hands_over = here["barrier"] == "relay"
    if here["role"] == "standby":
        until = " and hands over what still arrives here, until `folkmoot move finish`" if hands_over else ""
        return f"This host follows the other one{until}."
    if str(here["progress"]["move"]).startswith(LEFT_BEHIND):
        return LEFT_BEHIND_WORDS
    return "This host carries the network no longer and takes no posts."


def _report(here: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    progress = state["progress"]
    if progress["ended"] != "moved":
        return f"The network stays where it was. {progress['why']}"
    lines = [
        "The network has moved.",
        _silence(state),
        _stands(here),
        *state["notes"],
    ]
    if state.get("names"):
        lines.insert(2, str(state["names"]))
    return "\n".join(lines)


def in_words(here: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """What is true now, from what this host says and what the one says that gave the network away last."""
    progress = state["progress"]
    taken_over = max(str(here["took_over"]), str(state["took_over"]))
    is_over = not progress["move"] or bool(progress["ended"])
    if is_over and (taken_over > str(state["at"]) or str(progress["move"]).startswith(LEFT_BEHIND)):
        when = f", on {taken_over}" if taken_over else ""
        return f"The network was taken over last, without the host it was on{when}.\n{_stands(here)}"
    if not progress["move"]:
        return f"Nothing has moved here. {_stands(here)}"
    if progress["ended"] == "moved":
        return _report(here, state)
    if progress["ended"]:
        return f"The last move was called off. {progress['why']}"
    step = steps.get_step(progress["reached"]) if progress["reached"] else steps.STEPS[0]
    waits = f" ({state['waits_for']})" if state["waits_for"] else ""
    return f"Under way: {step.says}{waits}. {_silence(state)}"
