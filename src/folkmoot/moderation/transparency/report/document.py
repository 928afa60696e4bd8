"""A status report as a document: headings, sentences, tables and charts in one language, before anything draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec

from folkmoot.moderation.transparency.figures import Figures, Month
from folkmoot.moderation.transparency.report.views import Deadline, StatusReport, Theirs
from folkmoot.moderation.transparency.report.words import Words
from folkmoot.network.site import Readiness

SEVERITIES = ("threat", "serious", "ordinary")
SHOWN = 40
"""Notices and clocks listed one by one; the JSON form has them all."""


class Heading(msgspec.Struct, frozen=True):
    text: str


class Sentence(msgspec.Struct, frozen=True):
    text: str


class Facts(msgspec.Struct, frozen=True):
    """Figures that stand for themselves, each with what it says."""

    of: tuple[tuple[str, str], ...]


class Table(msgspec.Struct, frozen=True):
    """Rows under named columns; the first column says what the row is about."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Bars(msgspec.Struct, frozen=True):
    """A chart of bars, one a label; `behind` are paler ones behind them."""

    name: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    behind: tuple[float, ...] = ()


class Quoted(msgspec.Struct, frozen=True):
    """Text to be copied as it is."""

    text: str


Part: TypeAlias = Heading | Sentence | Facts | Table | Bars | Quoted


class Document(msgspec.Struct, frozen=True):
    """What to draw, in this order."""

    title: str
    subtitle: str
    language: str
    made_at: datetime
    parts: tuple[Part, ...]


def document(report: StatusReport, language: str) -> Document:
    """The report in a language, English where we do not speak it."""
    words = Words(language)
    say = words.say
    figures = report.figures
    parts: list[Part] = [
        Sentence(
            say(
                "This report was made from the records of {network} ({address}) without a hand "
                "on its figures. It covers {since} to {until}.",
                network=report.network,
                address=report.address,
                since=words.date(figures.since),
                until=words.date(figures.until),
            )
        )
    ]
    if report.theirs is not None:
        parts += _theirs(words, report.sender, report.theirs)
    parts += _backlog(words, report)
    parts += _speed(words, figures)
    parts += _decisions(words, figures, report.months)
    parts += _people(words, figures)
    parts += _screening(words, figures)
    parts += _deadlines(words, report.deadlines)
    parts += _readiness(words, report.readiness)
    if report.plan:
        parts += [
            Heading(say("What is done next")),
            *(Sentence(each) for each in report.plan.split("\n") if each.strip()),
        ]
    parts += _seal(words, report)
    subtitle = say("for {sender}", sender=report.sender) if report.sender else report.address
    return Document(
        say("Status of moderation: {network}", network=report.network),
        f"{subtitle} · {words.moment(report.made_at)}",
        words.language,
        report.made_at,
        tuple(parts),
    )


def _theirs(words: Words, sender: str, theirs: Theirs) -> list[Part]:
    say = words.say
    parts: list[Part] = [Heading(say("What you sent us"))]
    if not theirs.notices:
        return [*parts, Sentence(say("In this time nothing reached us from {sender}.", sender=sender))]
    parts.append(
        Facts(
            (
                (words.number(len(theirs.notices)), say("notices from you")),
                (words.number(theirs.items), say("addresses named in them")),
                (words.share(theirs.settled, theirs.items), say("settled for good")),
                (words.share(theirs.out_of_sight, theirs.items), say("out of sight now")),
                (
                    words.minutes(theirs.hidden_p50),
                    say("until out of sight, half of them; 95 in 100: {rest}", rest=words.minutes(theirs.hidden_p95)),
                ),
                (
                    words.minutes(theirs.settled_p50),
                    say("until settled, half of them; 95 in 100: {rest}", rest=words.minutes(theirs.settled_p95)),
                ),
                (
                    words.share(theirs.in_time, theirs.in_time + theirs.late),
                    say("of clocks met, of those that are met or have run out"),
                ),
            )
        )
    )
    states = tuple((words.state(state), words.number(many)) for state, many in sorted(theirs.by_state.items()))
    parts.append(Table(say("How the addresses you named stand"), (say("State"), say("Addresses")), states))
    parts.append(
        Table(
            say("Your notices one by one (times in UTC)"),
            (say("Reference"), say("Received"), say("Due"), say("Accounted for"), say("Answered"), say("Addresses")),
            tuple(
                (
                    each.reference,
                    words.minute(each.received_at),
                    words.minute(each.due_at),
                    words.minute(each.met_at),
                    words.minute(each.answered_at),
                    words.number(sum(each.items.values())),
                )
                for each in theirs.notices[:SHOWN]
            ),
        )
    )
    if len(theirs.notices) > SHOWN:
        parts.append(
            Sentence(say("The newest {shown} of {all}.", shown=str(SHOWN), all=words.number(len(theirs.notices))))
        )
    return parts


def _backlog(words: Words, report: StatusReport) -> list[Part]:
    say, figures = words.say, report.figures
    oldest = (report.made_at - figures.oldest_open_at).total_seconds() / 60 if figures.oldest_open_at else None
    facts = (
        (words.number(figures.open_cases), say("open cases; a case gathers all reports of the same text or picture")),
        (words.minutes(oldest), say("age of the oldest open case")),
        (
            words.minutes(figures.open_age_p50),
            say("age of open cases, half; 95 in 100: {rest}", rest=words.minutes(figures.open_age_p95)),
        ),
        (words.minutes(report.wait_minutes), say("until the queue is empty at the present pace")),
    )
    rows = tuple((words.severity(each), words.number(figures.open_by_severity.get(each, 0))) for each in SEVERITIES)
    return [
        Heading(say("Backlog")),
        Facts(facts),
        Table(say("Open cases by severity"), (say("Severity"), say("Open")), rows),
    ]


def _speed(words: Words, figures: Figures) -> list[Part]:
    say = words.say
    rows = []
    for name in SEVERITIES:
        each = figures.speed.get(name)
        if each is not None:
            rows.append(
                (
                    words.severity(name),
                    words.number(each.cases),
                    words.number(each.hidden),
                    words.minutes(each.to_hidden_p50),
                    words.minutes(each.to_hidden_p95),
                    words.number(each.decided),
                    words.minutes(each.to_verdict_p50),
                    words.minutes(each.to_verdict_p95),
                )
            )
    if not rows:
        return [Heading(say("How long it takes")), Sentence(say("No case was opened in this time."))]
    columns = (
        "Severity",
        "Cases",
        "Hidden",
        "half until",
        "95 in 100 until",
        "Decided",
        "half until",
        "95 in 100 until",
    )
    return [
        Heading(say("How long it takes")),
        Sentence(say("From the first report or finding, of the cases opened in this time.")),
        Table(say("Time until hidden and until decided"), tuple(map(say, columns)), tuple(rows)),
    ]


def _decisions(words: Words, figures: Figures, months: Sequence[Month]) -> list[Part]:
    say = words.say
    names = tuple(words.month(each.month) for each in months)
    appeals = figures.appeals_reversed + figures.appeals_upheld
    return [
        Heading(say("Reports and decisions")),
        Facts(
            (
                (words.number(figures.reports), say("reports received")),
                (words.number(figures.cases_opened), say("cases opened")),
                (words.number(sum(figures.decided_by.values())), say("decided")),
                (words.number(figures.suspensions), say("accounts suspended")),
                (
                    words.number(figures.appeals),
                    say("appeals made; open: {open}", open=words.number(figures.appeals_open)),
                ),
                (words.share(figures.appeals_reversed, appeals), say("of decided appeals reversed the first verdict")),
            )
        ),
        Table(say("Decided by"), (say("Who"), say("Decisions")), _counted(words.decider, words, figures.decided_by)),
        Table(
            say("What followed"), (say("Measure"), say("Decisions")), _counted(words.measure, words, figures.measures)
        ),
        Bars(
            say("Cases opened (pale) and decided, by month"),
            names,
            tuple(float(each.decided) for each in months),
            tuple(float(each.opened) for each in months),
        ),
        Bars(
            say("Notices from hosts, stores and authorities, by month"),
            names,
            tuple(float(each.notices) for each in months),
        ),
    ]


def _counted(name: Callable[[str], str], words: Words, counts: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    return tuple((name(kind), words.number(many)) for kind, many in sorted(counts.items(), key=lambda item: -item[1]))


def _people(words: Words, figures: Figures) -> list[Part]:
    say, jurors = words.say, figures.jurors
    parts: list[Part] = [
        Heading(say("Who decides")),
        Sentence(
            say(
                "Cases are decided by volunteers drawn by lot, who do not know who wrote or "
                "reported a post; where they differ, by two "
                "stewards. No program decides, and none deletes."
            )
        ),
        Facts(
            (
                (words.number(jurors.qualified), say("qualified jurors")),
                (words.number(jurors.active), say("of them cast a ballot in this time")),
                (words.number(jurors.ballots), say("ballots")),
                (words.percent(jurors.agreement), say("of ballots agree with the verdict")),
                (
                    words.percent(jurors.controls_right),
                    say(
                        "right, of {many} ballots on cases with a known answer that look like any other",
                        many=words.number(jurors.controls),
                    ),
                ),
            )
        ),
    ]
    if figures.calibration:
        parts.append(
            Bars(
                say("How often a post did break a rule, in percent, when we had said so (pale)"),
                tuple(words.percent(each.claimed) for each in figures.calibration),
                tuple(each.actual * 100 for each in figures.calibration),
                tuple(each.claimed * 100 for each in figures.calibration),
            )
        )
    return parts


def _screening(words: Words, figures: Figures) -> list[Part]:
    say, screening = words.say, figures.screening
    return [
        Heading(say("Screening")),
        Sentence(
            say(
                "A program reads every post for threats and calls for violence before others see "
                "it. What it holds waits for people."
            )
        ),
        Facts(
            (
                (words.number(screening.screened), say("texts read")),
                (words.number(screening.held), say("held until people had looked")),
                (words.number(screening.doubted), say("published and brought before a jury")),
                (
                    words.share(screening.released, screening.released + screening.upheld),
                    say("of decided holds were released"),
                ),
            )
        ),
    ]


def _deadlines(words: Words, deadlines: Sequence[Deadline]) -> list[Part]:
    say = words.say
    if not deadlines:
        return [Heading(say("Open deadlines")), Sentence(say("No clock is running."))]
    rows = tuple(
        (each.reference, words.sender_kind(each.kind), words.minute(each.due_at), words.number(each.open_items))
        for each in deadlines[:SHOWN]
    )
    columns = (say("Reference"), say("From"), say("Due"), say("Open addresses"))
    return [Heading(say("Open deadlines")), Table(say("Clocks that run (times in UTC)"), columns, rows)]


def _readiness(words: Words, found: Readiness) -> list[Part]:
    """What a host that doubts should know: that the network does not hang by one thread."""
    say, rows = words.say, []
    parts: list[Part] = [Heading(say("If this host were gone"))]
    if found.rehearsal is None:
        parts.append(Sentence(say("Moving to another host has not been rehearsed yet.")))
    else:
        went = say("It went well") if found.rehearsal.well else say("It did not go well")
        rows += [
            (say("Last rehearsal of a move to another host"), words.moment(found.rehearsal.at)),
            (say("What was done"), words.level(found.rehearsal.level)),
            (say("What came of it"), went),
        ]
        if found.rehearsal.held_ms is not None:
            rows.append((say("Members had to wait at most"), f"{words.number(round(found.rehearsal.held_ms))} ms"))
    if found.backup is None:
        parts.append(Sentence(say("No backup has been restored for trial yet.")))
    else:
        rows += [
            (say("Last backup restored for trial and found whole"), words.moment(found.backup.verified_at)),
            (say("When it was made"), words.moment(found.backup.made_at)),
            (say("Its database"), f"{words.number(-(-found.backup.size // 10**6))} MB"),
        ]
    if found.damaged_at is not None:
        parts.append(Sentence(say("The last trial, on {moment}, found damage.", moment=words.moment(found.damaged_at))))
    if rows:
        parts.append(Table(say("Rehearsals and backups"), (say("What"), say("Figure")), tuple(rows)))
    return parts


def _seal(words: Words, report: StatusReport) -> list[Part]:
    say = words.say
    parts: list[Part] = [Heading(say("How to check this"))]
    if report.seal is None:
        return [*parts, Sentence(say("The public log of this network has no entry yet."))]
    return [
        *parts,
        Sentence(
            say(
                "Every decision, notice and override stands in the public log of this network, "
                "which nobody can rewrite quietly. At {moment} "
                "it had {entries} entries. Keep this checkpoint: whatever is published later must contain it. "
                "“folkmoot log verify {address}” checks it.",
                moment=words.moment(report.seal.signed_at),
                entries=words.number(report.seal.entries),
                address=report.address,
            )
        ),
        Quoted(report.seal.note),
    ]
