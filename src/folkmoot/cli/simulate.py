"""`folkmoot simulate`: what juries would do with a backlog, how many volunteers it takes, what real votes amount to."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from folkmoot.cli import scratch
from folkmoot.errors import Invalid
from folkmoot.moderation import simulation
from folkmoot.moderation.simulation import Figures, Fixed, Ours, Outcome, Procedure, Recipe, Trial
from folkmoot.moderation.simulation.notices import NoticesRecipe, replay_notices

R = TypeVar("R")

SHARES = {
    "decided_within_24h",
    "violations_hidden_within_1h",
    "violating_cases_hidden_within_1h",
    "missed",
    "wrong",
    "wrongly_removed",
    "in_group_missed",
    "escalated",
    "final_wrong",
    "innocent_hidden",
    "deadlines_kept",
    "calibration_error",
    "controls_share",
    "lapsed_share",
}
WORDS = {
    "cases": "cases",
    "hours_to_empty": "hours until the queue is empty",
    "backlog_decided_hours": "hours until the first reports are all decided",
    "decided_within_24h": "cases decided within 24 h",
    "slowest_verdict_hours": "slowest decision, hours",
    "violations_hidden_within_1h": "violations hidden within 1 h of the report",
    "violating_cases_hidden_within_1h": "the same, every case counting once",
    "p50_threat_minutes": "threat, report to hidden, P50 minutes",
    "p95_threat_minutes": "threat, report to hidden, P95 minutes",
    "p50_verdict_hours": "report to decision, P50 hours",
    "p95_verdict_hours": "report to decision, P95 hours",
    "ballots_per_case": "ballots a case",
    "missed": "missed: violations the jury kept",
    "wrong": "wrong: of the jury's verdicts",
    "wrongly_removed": "innocent cases the jury removed",
    "in_group_missed": "missed in the bloc's own group",
    "escalated": "escalated to stewards",
    "steward_hours": "hours of a pair of stewards",
    "final_wrong": "wrong in the end, stewards included",
    "innocent_hidden": "innocent cases hidden for a time",
    "innocent_hidden_p50_minutes": "hidden innocently, P50 minutes",
    "innocent_hidden_p95_minutes": "hidden innocently, P95 minutes",
    "exposure_p95_minutes": "severe content a volunteer's day, P95 minutes",
    "deadlines_kept": "deadlines of hosts and authorities kept",
    "calibration_error": "claimed and true probability differ by",
    "controls_share": "control cases among ballots",
    "lapsed_share": "seats left empty",
}
"""Every figure, in the order of the table."""

NOTICE_WORDS = {
    "notices": "notices",
    "clocks_kept": "clocks kept",
    "clocks_missed": "clocks missed",
    "answered_without_a_hand": "told of everything without a hand",
    "fully_answered": "with a final answer by the end",
    "letters_received": "letters in, with those that came twice",
    "letters_sent": "letters out",
    "items": "addresses named",
    "gone_already": "gone already",
    "decided_before": "decided already",
    "not_found": "not found",
    "live": "there, and undecided",
    "hidden_in_time": "of those out of sight or decided in time",
    "hidden_by_deadline": "of those because of the deadline",
    "ordered": "taken down as ordered",
    "removed": "removed by a verdict",
    "kept": "found within the rules",
    "median_answer_minutes": "letter to the first answer that holds, P50 minutes",
    "p95_answer_minutes": "the same, P95 minutes",
    "median_final_minutes": "letter to the final answer, P50 minutes",
    "last_wave_notices": "notices on the last weekend",
    "last_wave_kept": "of those clocks kept",
    "ballots": "ballots",
}
"""Every figure of the replay of notices, in the order of the table."""


@click.group()
def simulate() -> None:
    """What juries would do: with a backlog, with too few volunteers, with real votes."""


def with_jury(command: Callable[..., R]) -> Callable[..., R]:
    """The options that say what jurors, posts and screening are like."""
    start = Recipe()
    options = [
        click.option("--minutes", type=float, default=start.minutes, show_default=True, help="A volunteer's day."),
        click.option(
            "--quality", type=click.FloatRange(0.5, 0.97), default=start.quality, show_default=True,
            help="How often a juror is right, on average.",
        ),
        click.option(
            "--leniency", type=click.FloatRange(0, 0.4), default=start.leniency, show_default=True,
            help="How much less often for violations; half of it is added for innocent posts.",
        ),
        click.option(
            "--bloc", type=click.FloatRange(0, 0.9), default=start.bloc, show_default=True,
            help="Share of jurors who clear their own group whatever it writes.",
        ),
        click.option(
            "--duplicates", type=click.FloatRange(0, 0.95), default=start.duplicates, show_default=True,
            help="Share of reports on something reported already.",
        ),
        click.option(
            "--screening", type=click.FloatRange(0.5, 6), default=start.screening, show_default=True,
            help="AUC of the screening up to 1, its d' above.",
        ),
        click.option("--seed", type=int, default=start.seed, show_default=True, help="The same gives the same."),
    ]  # fmt: skip
    return functools.reduce(lambda decorated, option: option(decorated), reversed(options), command)


def the_recipe(**wanted: object) -> Recipe:
    try:
        return Recipe(**wanted)  # type: ignore[arg-type]  # click has converted them by the options' types
    except ValueError as error:
        raise Invalid("{why}", why=str(error)) from error


@simulate.command()
@click.option("--reports", type=click.IntRange(0), default=26_000, show_default=True, help="Waiting at the beginning.")
@click.option("--arrivals", type=click.FloatRange(0), default=5_000, show_default=True, help="New reports a day.")
@click.option("--volunteers", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--hours", type=click.FloatRange(1), default=48.0, show_default=True, help="How long it runs.")
@with_jury
@click.option("--compare", is_flag=True, help="Also five jurors by majority and by four of five, on the same draws.")
@click.option("--chart", type=click.Path(path_type=Path, dir_okay=False), help="Write the backlog over time as SVG.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON; shares are fractions.")
def backlog(compare: bool, chart: Path | None, as_json: bool, **wanted: object) -> None:
    """Let volunteers work through a backlog while more is reported, hour by hour."""
    recipe = the_recipe(**wanted)
    world = simulation.draw_world(recipe)
    procedures: list[Procedure] = [Ours(), *([Fixed(3), Fixed(4)] if compare else [])]
    runs = []
    with progress() as bar:
        for procedure in procedures:
            task = bar.add_task(procedure.name, total=recipe.hours)
            runs.append(
                simulation.simulate(world, procedure, lambda hours, task=task: bar.update(task, completed=hours))  # type: ignore[misc]
            )
    if chart:
        chart.write_text(simulation.draw_backlog(runs), encoding="utf-8")
    outcomes = [simulation.figures(run) for run in runs]
    if as_json:
        ours, *others = outcomes
        shown = msgspec.to_builtins(ours)
        if others:
            shown["compared"] = {other.name: msgspec.to_builtins(other) for other in others}
        click.echo(json.dumps({**shown, "recipe": msgspec.to_builtins(recipe)}, indent=2))
    else:
        show_figures(outcomes)


@simulate.command()
@click.option("--reports-per-day", type=click.FloatRange(1), required=True, help="How many are expected.")
@click.option("--within", type=click.FloatRange(0.5, 24), default=24.0, show_default=True, help="Hours, for 95 of 100.")
@with_jury
@click.option("--json", "as_json", is_flag=True, help="Print the trials as JSON.")
def staffing(reports_per_day: float, within: float, as_json: bool, **wanted: object) -> None:
    """Find the smallest number of volunteers that keeps up, by trying."""
    recipe = the_recipe(
        reports=0, arrivals=reports_per_day, hours=72.0, volunteers=max(2, round(reports_per_day / 25)), **wanted
    )
    trials: list[Trial] = []
    with progress() as bar:
        task = bar.add_task("trying", total=None)
        for trial in simulation.try_numbers(
            recipe, within, lambda number: bar.update(task, description=f"{number} volunteers")
        ):
            trials.append(trial)
    enough = simulation.smallest(trials)
    if as_json:
        shown = [
            {"volunteers": each.volunteers, "keeps_up": each.keeps_up, **msgspec.to_builtins(each.figures)}
            for each in trials
        ]
        click.echo(json.dumps({"volunteers": enough, "trials": shown}, indent=2))
    else:
        show_trials(trials)
        each_day = f"{recipe.minutes:g} minutes a day keep up with {reports_per_day:g} reports a day."
        click.echo(
            f"{enough} volunteers of {each_day}" if enough else "More volunteers alone do not help: see stewards."
        )


@simulate.command()
@click.argument("votes", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--breaks", multiple=True, help="A label that says that an item breaks the rules (may be repeated).")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def replay(votes: Path, breaks: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Decide the items of VOTES (.jsonl or .jsonl.gz) by drawing the votes people really cast."""
    labels = frozenset(breaks) or simulation.BREAKS
    outcomes = simulation.replay(simulation.read_votes(votes), seed=seed, breaks=labels)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(outcomes), indent=2))
    else:
        show_replays(outcomes)


@simulate.command()
@click.option("--notices", type=click.IntRange(5, 1_000), default=100, show_default=True, help="How many there are.")
@click.option("--jurors", type=click.IntRange(3, 500), default=24, show_default=True)
@click.option("--authors", type=click.IntRange(1, 500), default=30, show_default=True, help="Who wrote what is named.")
@click.option("--weeks", type=click.FloatRange(0.2, 52), default=7.0, show_default=True, help="Until the last weekend.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same gives the same letters.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def notices(notices: int, jurors: int, authors: int, weeks: float, seed: int, as_json: bool) -> None:
    """Play notices of hosts and authorities over seven weeks, with no steward awake.

    The real code on a database of its own, which is thrown away; the clock is turned.
    """
    recipe = NoticesRecipe(notices=notices, jurors=jurors, authors=authors, weeks=weeks, seed=seed)
    with progress() as bar:
        task = bar.add_task("seven weeks", total=1.0)
        outcome = scratch.with_scratch(
            lambda db, settings: replay_notices(
                db, settings, recipe, scratch.jobs(db, settings), lambda share: bar.update(task, completed=share)
            )
        )
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(outcome), indent=2))
        return
    table = Table("", "")
    for name in outcome.__struct_fields__:
        table.add_row(NOTICE_WORDS[name], worded(getattr(outcome, name)))
    Console().print(table)


def progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    )


def worded(value: object, name: str = "") -> str:
    """A figure for reading: shares in percent, an endless or unknown one as a dash."""
    if value is None:
        return "–"
    if name in SHARES and isinstance(value, float):
        return f"{value:.2%}"
    return f"{value:.2f}" if isinstance(value, float) else f"{value}"


def show_figures(outcomes: Sequence[Figures]) -> None:
    table = Table("", *(outcome.name for outcome in outcomes))
    for name, words in WORDS.items():
        table.add_row(words, *(worded(getattr(outcome, name), name) for outcome in outcomes))
    Console().print(table)


def show_trials(trials: Sequence[Trial]) -> None:
    names = ("decided_within_24h", "p95_verdict_hours", "p95_threat_minutes", "ballots_per_case", "steward_hours")
    table = Table("volunteers", "keep up", *(WORDS[name] for name in names))
    for trial in sorted(trials, key=lambda trial: trial.volunteers):
        shown = (worded(getattr(trial.figures, name), name) for name in names)
        table.add_row(str(trial.volunteers), "yes" if trial.keeps_up else "no", *shown)
    Console().print(table)


def show_replays(outcomes: Sequence[Outcome]) -> None:
    table = Table("", *(outcome.task for outcome in outcomes))
    for field in msgspec.structs.fields(Outcome)[1:]:
        value = [getattr(outcome, field.name) for outcome in outcomes]
        counted = field.name == "ballots_per_item"
        words = [
            "–"
            if each is None
            else f"{each:.2f}"
            if counted
            else f"{each:.1%}"
            if isinstance(each, float)
            else f"{each:,}"
            for each in value
        ]
        table.add_row(field.name.replace("_", " "), *words)
    Console().print(table)
