"""Options most commands share, and the settings they lead to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from folkmoot.settings import Settings, load

P = ParamSpec("P")
R = TypeVar("R")

config_option = click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file (default: folkmoot.toml, when there is one)."
)
data_option = click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")


def with_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[..., R]:
    """Give a command the settings in force as its first argument, and the options --data and --config."""

    @config_option
    @data_option
    @functools.wraps(command)
    def run(*args: P.args, config: Path | None, data: Path | None, **kwargs: P.kwargs) -> R:
        return command(load(config, overrides={"data": data}), *args, **kwargs)

    return run
