"""`folkmoot screen`: what screening says, asked from the command line."""

from __future__ import annotations

import sys

import click

from folkmoot.moderation.screening import score as scoring


@click.group()
def screen() -> None:
    """Ask the screening, and look after what it goes by."""


@screen.command()
@click.option("--json-lines", is_flag=True, required=True, help="One JSON object a line, in and out.")
@click.option("--processes", type=click.IntRange(1), help="How many may work at once (default: one a core).")
def score(json_lines: bool, processes: int | None) -> None:
    """Read {"text", "lang"?, "reply_to"?} a line and answer with score, categories, outcome and reasons a line.

    The shipped rules, model and thresholds; no network need run.
    """
    scoring.score(sys.stdin.buffer, sys.stdout.buffer, processes)
