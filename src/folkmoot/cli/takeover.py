"""`folkmoot takeover`: the old host is gone, and this one carries the network from now on."""

from __future__ import annotations

import json
import time

import click

from folkmoot.cli.options import with_settings
from folkmoot.hosting.link import local
from folkmoot.settings import Settings


@click.command()
@click.option("--domain", default="", help="The network's domain, typed: take over although the other host answers.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON, and nothing else.")
@with_settings
def takeover(settings: Settings, domain: str, yes: bool, as_json: bool) -> None:
    """Carry the network from here on, without the old host. It says first what may be missing."""
    view = local.ask(settings.data, "takeover.look", timeout=40)
    if not as_json:
        click.echo(f"This host is a {view['role']} of epoch {view['epoch']}.")
        if view["other_answers"]:
            click.echo(f"The other host answers {view['other_answers']}.")
        else:
            click.echo("The other host does not answer.")
        click.echo(f"What may be missing: {view['may_be_missing']}")
    if not (yes or as_json):
        click.confirm("Take over now? The old host will never take a post again", abort=True)
    if view["waits_for"] and not as_json:
        click.echo(str(view["waits_for"]))
        click.echo("Waiting for it, until Ctrl-C.")
        while local.ask(settings.data, "takeover.look", timeout=40)["waits_for"]:
            time.sleep(1)
    done = local.ask(settings.data, "takeover.go", timeout=90, domain=domain)
    if as_json:
        click.echo(json.dumps({"before": view, **done}, indent=1))
        return
    click.echo(f"This host carries the network now (epoch {done['epoch']}).")
    click.echo(str(done["names"]))
