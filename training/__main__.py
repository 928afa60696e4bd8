"""`python -m training make | report | card | rules | cost`: recipes of the Makefile."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import click

from folkmoot.moderation.screening.model import SHIPPED
from folkmoot.moderation.screening.shipped import ModelUnusable
from training.data import NoData

folder = click.option(
    "--data-folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Where the corpora lie.",
)


@click.group()
def training() -> None:
    """Make and measure the screening model."""


@training.command()
@folder
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Default: beside the shipped one.")
@click.option("--first-stage-only", is_flag=True, help="Without the encoder: a minute or two.")
@click.option(
    "--further-than",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A model's file whose encoder is taught further, in half the time; default: e5's as it came.",
)
@click.option(
    "--averaged-with",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A model's file whose encoder is averaged with the one that is taught from e5.",
)
def make(
    data_folder: Path, to: Path | None, first_stage_only: bool, further_than: Path | None, averaged_with: Path | None
) -> None:
    """Train, calibrate and write the model and, where it is the shipped one, its card."""
    from training import card
    from training import make as making
    from training.second import second_stage

    if further_than and averaged_with:
        raise click.UsageError("One of --further-than and --averaged-with, not both.")

    second = partial(second_stage, seed=making.SEED, tell=click.echo, begun=further_than, beside=averaged_with)
    to = to or SHIPPED.with_name(f"{making.VERSION}.folkmodel")
    try:
        click.echo(f"SHA-256 {making.make(data_folder, to, click.echo, None if first_stage_only else second)}")
    except FloatingPointError as error:
        raise click.ClickException(str(error)) from error
    if to == SHIPPED:
        card.write(data_folder)
    else:
        click.echo(f"To ship {to.name}, name it in screening/shipped.py, then `python -m training card`.")


@training.command()
@folder
def card(data_folder: Path) -> None:
    """Measure the shipped model and write its card."""
    from training import card as writing

    writing.write(data_folder)


@training.command()
@folder
def report(data_folder: Path) -> None:
    """Measure the shipped screening and print what it is worth."""
    from training import report as measuring

    measuring.report(data_folder, click.echo)


@training.command()
@folder
def rules(data_folder: Path) -> None:
    """Measure the shipped rules by themselves on the dev split."""
    from training import rules as measuring

    measuring.measure(data_folder, click.echo)


@training.command(hidden=True)
def cost() -> None:
    """Measure CPU and memory in this process, on posts from standard input."""
    from training import report as measuring

    click.echo(json.dumps(measuring.spend(sys.stdin)))


if __name__ == "__main__":
    try:
        training()
    except (NoData, ModelUnusable) as error:
        raise SystemExit(str(error)) from None
