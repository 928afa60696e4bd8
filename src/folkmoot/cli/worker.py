"""`folkmoot worker`: one worker, under the supervisor or by itself."""

from __future__ import annotations

import click

from folkmoot.cli.options import with_settings
from folkmoot.hosting.postgres import reach
from folkmoot.jobs.worker import run
from folkmoot.settings import Settings


@click.command()
@with_settings
def worker(settings: Settings) -> None:
    """Run one worker. It needs a database that is running: DATABASE_URL, or `folkmoot serve` beside it."""
    run(reach(settings))
