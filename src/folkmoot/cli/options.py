"""Options most commands share, and the settings they lead to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from folkmoot.settings import load

R = TypeVar("R")

config_option = click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file (default: folkmoot.toml, when there is one)."
)
data_option = click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")


def with_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the settings in force as its first argument, and the options --data and --config."""

    @config_option
    @data_option
    @functools.wraps(command)
    def run(*, config: Path | None, data: Path | None, **options: object) -> R:
        return command(load(config, overrides={"data": data}), **options)

    return run
