"""`folkmoot agent`: this host's end of the link to its standby; `folkmoot serve` starts it."""

from __future__ import annotations

import click

from folkmoot.cli.options import with_settings
from folkmoot.hosting.agent import run
from folkmoot.log import configure
from folkmoot.settings import Settings


@click.command()
@with_settings
def agent(settings: Settings) -> None:
    """Run this host's end of the link; `folkmoot serve` does it by itself once there is a standby."""
    configure(settings)
    run(settings)
