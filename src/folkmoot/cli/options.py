"""Options most commands share, and the settings they lead to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from folkmoot.settings import load

R = TypeVar("R")

config_option = click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file (default: folkmoot.toml, when there is one)."
)
data_option = click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")


class Moment(click.ParamType[datetime]):
    """A date and time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a time such as 2026-12-01T06:00 (UTC) or 2026-12-01T06:00+01:00.", param, ctx)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


MOMENT = Moment()


def with_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the settings in force as its first argument, and the options --data and --config."""

    @config_option
    @data_option
    @functools.wraps(command)
    def run(*, config: Path | None, data: Path | None, **options: object) -> R:
        return command(load(config, overrides={"data": data}), **options)

    return run
