"""`folkmoot screen`: what screening says, what it goes by, and what it makes of what is already there."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from folkmoot import clock
from folkmoot.cli.options import with_settings
from folkmoot.cli.reach import with_database
from folkmoot.database import Database
from folkmoot.errors import Invalid, Missing
from folkmoot.moderation import calibration, rulebook
from folkmoot.moderation import sweep as sweeping
from folkmoot.moderation.rulebook.trial import Trial, try_rules
from folkmoot.moderation.screening import score as scoring
from folkmoot.moderation.screening.pictures import read_list
from folkmoot.moderation.screening.rules import BrokenRules, Rules, read_text
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.gate.parts import load_rules
from folkmoot.settings import Settings

RULE_FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="RULES..."
)


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


# Rules -------------------------------------------------------------------------------------------------------------


@screen.command()
@RULE_FILES
def check(files: Sequence[Path]) -> None:
    """Load rule files and try every example in them. Says file, line and rule of the first mistake."""
    rules, own = _load(files)
    found = [rule for rule in rules.rules if rule.id in own]
    examples = sum(len(rule.examples.match) + len(rule.examples.leave) for rule in found)
    click.echo(f"{len(found)} rules, {examples} examples, all as they should be.")


def _load(files: Sequence[Path]) -> tuple[Rules, set[str]]:
    """The shipped rules with these files, which may use their lists; and the names of the files' own rules."""
    contents = _read(files)
    try:
        rules = load_rules(tuple(contents.items()))
    except BrokenRules as error:
        raise Invalid("{why}", why=str(error)) from None
    return rules, {rule["id"] for content in contents.values() for rule in tomllib.loads(content).get("rule", ())}


def _read(files: Sequence[Path]) -> dict[str, str]:
    """The files' contents by their names. Raises Invalid when one is no text, or two have one name."""
    contents: dict[str, str] = {}
    for path in files:
        if path.stem in contents:
            raise Invalid("Two files are called {name}: the second would take the place of the first.", name=path.stem)
        try:
            contents[path.stem] = read_text(path)
        except BrokenRules as error:
            raise Invalid("{why}", why=str(error)) from None
    return contents


@screen.command("try")
@RULE_FILES
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="How far back to look.")
@click.option("--samples", type=click.IntRange(0, 50), default=3, show_default=True, help="Posts to show of each rule.")
@with_settings
def try_(settings: Settings, files: Sequence[Path], days: int, samples: int) -> None:
    """What these rules would have held in the posts of the last days, before they go live. Changes nothing."""
    rules, own = _load(files)

    async def act(db: Database) -> Trial:
        return await try_rules(db, COMMAND_LINE, rules, own, since=clock.now() - timedelta(days=days), samples=samples)

    trial = with_database(settings, act)
    console = Console()
    held = f"{trial.held / trial.posts:.2%}" if trial.posts else "none"
    console.print(
        f"{trial.posts} posts in {days} days: {trial.held} would have been held ({held}), {trial.doubted} doubted."
    )
    table = Table("rule", "category", "weight", "posts")
    for found in trial.rules:
        table.add_row(found.name, found.category, f"{found.weight:.2f}", str(found.posts))
    console.print(table)
    for found in trial.rules:
        for text, passages in found.samples:
            console.print(f"[bold]{found.name}[/]", end="  ")
            console.print(text.replace("\n", " ")[:300], markup=False, highlight=False)
            console.print("    " + " | ".join(passages), style="dim", markup=False)


@screen.command("use")
@RULE_FILES
@with_settings
def use(settings: Settings, files: Sequence[Path]) -> None:
    """Put rule files in force, each under its own name, without a restart. If one is broken, all are refused."""
    contents = _read(files)
    versions = with_database(settings, lambda db: rulebook.use_rules(db, COMMAND_LINE, contents))
    for name, version in versions.items():
        click.echo(f"{name} is in force (version {version}).")


@screen.command("drop")
@click.argument("name")
@with_settings
def drop(settings: Settings, name: str) -> None:
    """Take the rule file called NAME out of force; its versions stay and can be put back."""
    with_database(settings, lambda db: rulebook.drop_rules(db, COMMAND_LINE, name))
    click.echo(f"{name} is out of force.")


# What is in force, and what was -------------------------------------------------------------------------------------


@screen.command("versions")
@click.option("--content", type=int, metavar="ID", help="Print one version's content instead.")
@with_settings
def versions(settings: Settings, content: int | None) -> None:
    """Every version of rules and limits, newest first; a star marks what is in force."""
    parts = with_database(settings, rulebook.list_parts)
    if content is not None:
        found = next((part for part in parts if part.id == content), None)
        if found is None:
            raise Invalid("There is no version {id}.", id=content)
        click.echo(found.content)
        return
    if not parts:
        click.echo("Nothing but what is shipped.")
    for part in parts:
        by = f" by {part.made_by_name}" if part.made_by_name else ""
        star = "*" if part.active else " "
        click.echo(f"{star} {part.id}  {part.kind:6} {part.name:20} {part.version}  {clock.stamp(part.made_at)}{by}")


@screen.command("rollback")
@click.argument("version", metavar="ID|shipped")
@with_settings
def rollback(settings: Settings, version: str) -> None:
    """Put the version with this ID (see `folkmoot screen versions`) in force again, or the `shipped` limits."""
    if version == "shipped":
        try:
            with_database(settings, lambda db: rulebook.ship_limits(db, COMMAND_LINE))
        except Missing:
            click.echo("The shipped limits are in force already.")
        else:
            click.echo("The shipped limits are in force again.")
        return
    if not version.isdecimal():
        raise click.BadParameter(f"{version!r} is neither an ID nor `shipped`", param_hint="ID|shipped")
    with_database(settings, lambda db: rulebook.roll_back(db, COMMAND_LINE, int(version)))
    click.echo("It is in force again.")


@screen.command("calibrate")
@click.option(
    "--verdicts", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="JSON lines: text, violates."
)
@click.option(
    "--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Verdicts and posts of how long."
)
@click.option("--retrain", is_flag=True, help="Let the model learn words from the verdicts, too.")
@click.option("--apply", "apply_", is_flag=True, help="Put the new calibration in force.")
@with_settings
def calibrate(settings: Settings, verdicts: Path | None, days: int, retrain: bool, apply_: bool) -> None:
    """Refit probabilities and limits to what people decided; shows old against new on verdicts kept out of the fitting."""
    given = calibration.read_judgements(verdicts) if verdicts else None

    async def act(db: Database) -> tuple[calibration.Proposal, str]:
        judged = given if given is not None else await calibration.judgements_of(db, days)
        proposal = await calibration.propose(db, settings, judged, days, retrain=retrain)
        version = await rulebook.use_limits(db, COMMAND_LINE, proposal.tuning) if apply_ else ""
        return proposal, version

    proposal, version = with_database(settings, act)
    table = Table("on held-out verdicts", "old", "new")
    rows: list[tuple[str, Callable[[calibration.Figures], str]]] = [
        ("texts (violating)", lambda each: f"{each.texts} ({each.violating})"),
        ("log loss", lambda each: f"{each.log_loss:.3f}"),
        ("calibration error", lambda each: f"{each.error:.3f}"),
        ("violating held", lambda each: f"{each.held:.1%}"),
        ("violating held or doubted", lambda each: f"{each.doubted:.1%}"),
        ("harmless held", lambda each: f"{each.false_holds:.1%}"),
    ]
    for name, show in rows:
        table.add_row(name, show(proposal.old), show(proposal.new))
    console = Console()
    console.print(table)
    for category, limit in proposal.tuning.limits.items():
        slope, shift = proposal.tuning.lines[category]
        console.print(
            f"{category}: doubted from {limit.case:.3f}, held from {limit.hold:.3f}; slope {slope:.2f}, shift {shift:+.2f}; "
            f"fitted on {proposal.fitted_on} verdicts and {proposal.ordinary or 'no'} ordinary posts."
        )
    if retrain and not proposal.learnt:
        console.print("No words were learnt: on verdicts kept out the model does as well without.")
    elif retrain:
        console.print(f"{proposal.learnt} words and runs of characters have weights of their own.")
    console.print(f"In force as version {version}." if version else "Nothing was changed; --apply puts it in force.")


# What is already there ------------------------------------------------------------------------------------------------


@screen.command("sweep")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only posts from this day on (UTC).")
@click.option("--rules", "rules_only", is_flag=True, help="Ask the rules alone.")
@click.option("--model", "with_model", is_flag=True, help="Ask rules and model (the default).")
@click.option(
    "--processes", type=click.IntRange(1, 512), default=None, help="Processes to read with (default: one a core)."
)
@click.option(
    "--load", type=click.IntRange(1, 100), default=100, show_default=True, help="Percent of the time each works."
)
@click.option("--ray", default="", metavar="ADDRESS", help="Read on a Ray cluster; `local` makes one here.")
@click.option("--dry-run", is_flag=True, help="Count only: hold nothing, write nothing down.")
@with_settings
def sweep(
    settings: Settings,
    since: datetime | None,
    rules_only: bool,
    with_model: bool,
    processes: int | None,
    load: int,
    ray: str,
    dry_run: bool,
) -> None:
    """Screen every post and profile that is already there. Stopped, it goes on where it was; harmless ones are left untouched."""
    if rules_only and with_model:
        raise Invalid("--rules and --model exclude each other.")
    options = sweeping.Options(
        since=since.replace(tzinfo=UTC) if since else None,
        rules_only=rules_only,
        hands=processes or 0,
        share=load / 100,
        ray=ray,
        dry=dry_run,
    )
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task("Screening", total=None)
    begun, already = [0.0], [0]

    def show(progress: sweeping.Progress) -> None:
        if not begun[0]:
            begun[0], already[0] = clock.now().timestamp(), progress.screened
        bar.update(task, total=progress.total, completed=progress.screened)

    with bar:
        done = with_database(settings, lambda db: sweeping.sweep(db, settings, options, show))
    click.echo(
        f"{done.screened} posts screened{' (resumed)' if done.resumed else ''}, {done.holds} held, {done.cases} doubted"
        f"; {done.profiles} profiles read, {done.doubted_profiles} doubted"
        f"{f', {done.pictures} profile pictures known' if done.pictures else ''}."
    )
    if read := done.screened - already[0]:
        speed = read / max(clock.now().timestamp() - begun[0], 0.001)
        click.echo(f"{speed:.0f} posts a second, at which 100 million take {100e6 / speed / 3600:.1f} hours.")


# Pictures -------------------------------------------------------------------------------------------------------------


@screen.group("pictures")
def pictures() -> None:
    """Lists of known pictures, by their PDQ hashes."""


@pictures.command("add")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--list", "name", help="Name of the list (default: the file's).")
@with_settings
def add_pictures(settings: Settings, file: Path, name: str | None) -> None:
    """Add the hashes of FILE (CSV: hash, reference, category; or JSON as ThreatExchange gives it) to a list."""
    given = read_list(file)
    found = [(each.hash, each.reference, each.category.value) for each in given.known]
    added = with_database(settings, lambda db: rulebook.add_pictures(db, COMMAND_LINE, name or file.stem, found))
    click.echo(f"{added} of {len(found)} hashes are new.")
    for why, number in given.passed_over.items():
        click.echo(f"{number} entries are passed over: {why}.")


@pictures.command("list")
@with_settings
def list_pictures(settings: Settings) -> None:
    """The lists and how many hashes each has."""
    for name, number in with_database(settings, rulebook.picture_lists):
        click.echo(f"{number:>9}  {name}")


@pictures.command("drop")
@click.argument("name")
@with_settings
def drop_pictures(settings: Settings, name: str) -> None:
    """Forget the list called NAME."""
    gone = with_database(settings, lambda db: rulebook.drop_pictures(db, COMMAND_LINE, name))
    click.echo(f"{gone} hashes are forgotten.")
