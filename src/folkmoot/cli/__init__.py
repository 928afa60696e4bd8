"""The one command: noun, then verb. Each noun is a file, loaded only when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from folkmoot import __version__
from folkmoot.errors import FolkmootError

COMMANDS = {
    "serve": ("folkmoot.cli.serve:serve", "Run the whole network: database, web, worker."),
    "web": ("folkmoot.cli.web:web", "Run one web process."),
    "worker": ("folkmoot.cli.worker:worker", "Run one worker."),
    "standby": ("folkmoot.cli.standby:standby", "A second host that follows, ready to carry the network."),
    "agent": ("folkmoot.cli.agent:agent", "Run this host's end of the link to a standby."),
    "account": ("folkmoot.cli.account:account", "Make accounts and look after them."),
    "post": ("folkmoot.cli.post:post", "Publish, show and remove posts."),
    "move": ("folkmoot.cli.move:move", "Move the whole network to its standby, and back."),
    "takeover": ("folkmoot.cli.takeover:takeover", "Carry the network from here, without the old host."),
    "drill": ("folkmoot.cli.drill:drill", "Rehearse moving, losing and restoring, and show the figures."),
    "site": ("folkmoot.cli.site:site", "The network's name, who may join, its rules and announcements."),
    "case": ("folkmoot.cli.case:case", "Cases, and their evidence for an authority or a court."),
    "transparency": ("folkmoot.cli.transparency:transparency", "Figures, status report, and what the law asks for."),
    "notice": ("folkmoot.cli.notice:notice", "Demands from outside: what is due when, and the answers."),
    "simulate": ("folkmoot.cli.simulate:simulate", "What juries would do, and how many volunteers it takes."),
    "mail": ("folkmoot.cli.mail:mail", "Mail that goes out: try the server, see what waits."),
    "backup": ("folkmoot.cli.backup:backup", "Set up, make, list, try, thin out and restore backups."),
    "storage": ("folkmoot.cli.storage:storage", "Where media live, and from one place to another."),
    "export": ("folkmoot.cli.export:export", "The whole network as files that anybody can read."),
    "import": ("folkmoot.cli.bring_in:bring_in", "Make a network again out of an export."),
    "settings": ("folkmoot.cli.settings:settings", "Show every setting, its value and where it came from."),
    "doctor": ("folkmoot.cli.doctor:doctor", "Check that everything this network needs is in order."),
    "screen": ("folkmoot.cli.screen:screen", "Ask the screening, and look after what it goes by."),
    "log": ("folkmoot.cli.log:log", "Check the public log, prove an entry, look after its keys."),
    "database": ("folkmoot.cli.database:database", "Migrate the database, show its schema, open a shell."),
}
"""Name, where it lives, and its line in the list. A new noun is one line here and one file."""


class Nouns(click.Group):
    """A group that knows its commands by name and imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.group(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="folkmoot")
@click.option("--debug", is_flag=True, envvar="FOLKMOOT_DEBUG", help="Show the whole trace of an error.")
def folkmoot(debug: bool) -> None:
    """Folkmoot: a social network anyone can host."""
    if debug:
        os.environ["FOLKMOOT_DEBUG"] = "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error is one sentence and exit code 1."""
    try:
        code = folkmoot.main(args=arguments, prog_name="folkmoot", standalone_mode=False)
        if isinstance(code, int):  # of a command that ended with click's Exit
            sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("FOLKMOOT_DEBUG", "") not in ("", "0"):
            raise
        click.echo(f"folkmoot: {_sentence(error)}", err=True)
        sys.exit(1)


def _sentence(error: Exception) -> str:
    if isinstance(error, FolkmootError):
        return error.words
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}" + (f": {error.filename}" if error.filename else "")
    return f"{type(error).__name__}: {error} (folkmoot --debug ... shows where)"
