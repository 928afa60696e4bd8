"""`folkmoot serve`: the whole network in one command."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from folkmoot.cli.options import config_option, data_option
from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting import supervise
from folkmoot.hosting.move.journal import Journal
from folkmoot.hosting.move.rules import LEFT_BEHIND_WORDS, was_left_behind
from folkmoot.hosting.state import State
from folkmoot.settings import Settings, find_file, load


@click.command()
@config_option
@data_option
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 8000).")
@click.option("--public-url", help="Address members see, such as https://example.org.")
@click.option(
    "--demo", is_flag=True, help="Fill a new network with a small community, in data-demo unless --data says."
)
def serve(config: Path | None, demo: bool, **options: object) -> None:
    """Run the whole network: database, web processes and worker, until Ctrl-C."""
    if demo and options["data"] is None and "FOLKMOOT_DATA" not in os.environ:
        options["data"] = "data-demo"
    settings = load(config, overrides=options)
    if settings.smtp_host and not settings.public_url:
        click.echo(
            f"public_url is not set: mail and letters name {settings.base_url}, which leads nowhere from elsewhere.",
            err=True,
        )

    if states.unfinished_import(settings.data).exists():
        raise FolkmootError(
            "An import into {folder} is not finished: give the same `folkmoot import site` again, it goes on.",
            folder=settings.data,
        )
    state = states.read(settings.data)
    if demo and state.role != "primary":
        raise FolkmootError("A demo fills a new network; {folder} is a {role}.", folder=settings.data, role=state.role)

    def loading() -> Callable[[str], str]:
        if state.role != "primary":
            return lambda url: _following(state, Journal(settings.data))
        return _preparation(settings, demo)

    supervise.serve(settings, _for_children(config, settings, options), loading, click.echo)


def _for_children(config: Path | None, settings: Settings, options: Mapping[str, object]) -> dict[str, str]:
    """What the command line decided, in the form the children read it."""
    file = find_file(config, os.environ)
    said = {
        f"FOLKMOOT_{name.upper()}": str(getattr(settings, name)) for name, value in options.items() if value is not None
    }
    return {**said, **({"FOLKMOOT_CONFIG": str(file)} if file else {})}


def _following(state: State, journal: Journal) -> str:
    """What the operator of a host that does not carry the network reads."""
    if state.role == "standby":
        return f"This host follows the network at {state.home}. `folkmoot standby status` says how well."
    if was_left_behind(state.role, journal.of_last_move("giver")):
        return LEFT_BEHIND_WORDS
    return f"This host carries the network no longer; it lives at {state.home}."


def _preparation(settings: Settings, demo: bool) -> Callable[[str], str]:
    """What must be true of the database before the first page; loaded in a process of its own."""
    from folkmoot.cli import preparation

    return preparation.make(settings, demo)
