"""`folkmoot web`: one web process, under the supervisor or by itself."""

from __future__ import annotations

import os

import click

from folkmoot.cli.options import with_settings
from folkmoot.hosting.listening import listener
from folkmoot.hosting.postgres import reach
from folkmoot.hosting.supervise import wait_at_gate
from folkmoot.settings import Settings
from folkmoot.web.run import run


@click.command()
@with_settings
def web(settings: Settings) -> None:
    """Run one web process. It needs a database that is running: DATABASE_URL, or `folkmoot serve` beside it."""
    wait_at_gate(os.environ)
    settings = reach(settings)
    run(settings, listener(settings.host, settings.port))  # which closes the socket it is given
