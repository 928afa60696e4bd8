"""Votes of real people, drawn one by one: what the same verdict code makes of jurors nobody invented.

Each line of the file is a vote: task, item, annotator, label, gold. A task may have more than two labels; the question
put to the jury is then whether the item belongs to the graver half, so that every task becomes one of yes and no.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np

from folkmoot.errors import Invalid
from folkmoot.moderation.cases import (
    LEARNING,
    Escalation,
    Policy,
    Record,
    Scoring,
    Verdict,
    WeighedBallot,
    learn,
    logit,
    reach_verdict,
    score_closing,
    weigh,
)
from folkmoot.moderation.cases.rules import believe
from folkmoot.moderation.cases.weights import learn_from_all, needs_practice

BREAKS = frozenset({"1", "2", "3", "4", "R", "X", "B", "yes", "true"})
"""Labels that say that an item breaks the rules: more than none of it, more than is fit for everybody with a parent."""


class Vote(msgspec.Struct, frozen=True):
    task: str
    item: str
    annotator: str
    label: str
    gold: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one task. Shares are fractions; None where nothing is known to compare with."""

    task: str
    items: int
    votes: int
    known: int
    """Items whose truth is known."""
    ballots_per_item: float
    decided: float
    """Share of items with a verdict."""
    escalated: float
    unfinished: float
    """Share of items that ran out of real votes before the jury was sure."""
    accuracy: float | None
    """Of the verdicts, against what is known."""
    accuracy_with_leaning: float | None
    """The same, with the side it leaned to where there was no verdict."""
    majority_accuracy: float | None
    """Of the majority of all votes."""
    majority_accuracy_where_decided: float | None
    """Of the majority of all votes, on the items that have a verdict: what ours compares with."""
    majority_of_five_accuracy: float | None
    agreement_with_majority: float
    """Of the verdicts with the majority of all votes, where nothing is known."""


def read_votes(path: Path) -> Iterator[Vote]:
    """The votes of a `.jsonl` or `.jsonl.gz` file."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield msgspec.convert(json.loads(line), Vote)
            except (ValueError, msgspec.ValidationError) as error:
                raise Invalid("Line {number} is not a vote", number=number, cause=str(error)) from error


def replay(
    votes: Iterable[Vote], *, seed: int = 1, breaks: frozenset[str] = BREAKS, policy: Policy | None = None
) -> list[Outcome]:
    """Decide every item of every task by drawing its votes in a random order."""
    policy = policy or Policy()
    tasks: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        tasks[vote.task].append(vote)
    return [
        _replay_task(task, cast, np.random.default_rng([seed, number]), policy, breaks)
        for number, (task, cast) in enumerate(sorted(tasks.items()))
    ]


def _replay_task(
    task: str, votes: list[Vote], rng: np.random.Generator, policy: Policy, breaks: frozenset[str]
) -> Outcome:
    items: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for vote in votes:
        items[vote.item].append((vote.annotator, vote.label in breaks))
    truth = {vote.item: vote.gold in breaks for vote in votes if vote.gold is not None}
    numbers = {name: number for number, name in enumerate(sorted({vote.annotator for vote in votes}))}
    jury = _Jury(len(numbers), policy)
    majority = {item: _majority(says for _, says in cast) for item, cast in items.items()}
    five: dict[str, bool | None] = {}
    found: dict[str, Verdict | Escalation | None] = {}
    leaning: dict[str, bool] = {}
    drawn = 0
    order = sorted(items)
    rng.shuffle(order)
    for item in order:
        cast = [items[item][n] for n in rng.permutation(len(items[item]))]
        five[item] = _majority(says for _, says in cast[:5])
        ballots, outcome = jury.decide([(numbers[name], says) for name, says in cast])
        drawn += len(ballots)
        found[item], leaning[item] = outcome, jury.leans_to_yes
    verdicts = {item: outcome is Verdict.REMOVE for item, outcome in found.items() if isinstance(outcome, Verdict)}
    escalated = sum(outcome is Escalation.TO_STEWARDS for outcome in found.values())
    agreeing = [verdicts[item] is majority[item] for item in verdicts if majority[item] is not None]
    return Outcome(
        task=task,
        items=len(items),
        votes=len(votes),
        known=len(truth),
        ballots_per_item=drawn / len(items),
        decided=len(verdicts) / len(items),
        escalated=escalated / len(items),
        unfinished=1 - (len(verdicts) + escalated) / len(items),
        accuracy=_accuracy(verdicts, truth),
        accuracy_with_leaning=_accuracy({**leaning, **verdicts}, truth),
        majority_accuracy=_accuracy(majority, truth),
        majority_accuracy_where_decided=_accuracy({item: majority[item] for item in verdicts}, truth),
        majority_of_five_accuracy=_accuracy(five, truth),
        agreement_with_majority=sum(agreeing) / len(agreeing) if agreeing else 0.0,
    )


class _Jury:
    """Records that grow from item to item; the base rate is that of the verdicts so far."""

    def __init__(self, jurors: int, policy: Policy) -> None:
        self.policy = policy
        self.records = [Record() for _ in range(jurors)]
        # Nobody here sat a qualifying test: without one, everybody's word counts from the first ballot.
        self.learning = msgspec.structs.replace(LEARNING, probation=0.0)
        self.seen = Counter({True: 5.0, False: 5.0})
        self.done = 0
        self.leans_to_yes = False

    def decide(self, cast: list[tuple[int, bool]]) -> tuple[list[WeighedBallot], Verdict | Escalation | None]:
        prior = logit(self.seen[True] / (self.seen[True] + self.seen[False]))
        ballots: list[WeighedBallot] = []
        outcome: Verdict | Escalation | None = None
        for juror, says in cast:
            if needs_practice(self.records[juror], self.learning):
                continue
            ballots.append(weigh(juror, says, self.records[juror], learning=self.learning))
            outcome = reach_verdict(prior, ballots, self.policy)
            if outcome is not None:
                break
        belief = believe(prior, ballots, self.policy)
        self.leans_to_yes = belief > 0
        for scoring in score_closing(prior, ballots, self.policy):
            self._learn(scoring)
        self.seen[belief > 0] += 1
        self.done += 1
        if self.done % 500 == 0:
            self.learning = learn_from_all(self.records, self.learning)
        return ballots, outcome

    def _learn(self, scoring: Scoring) -> None:
        self.records[scoring.juror] = learn(self.records[scoring.juror], scoring)


def _majority(says: Iterable[bool]) -> bool | None:
    """What most say; None when it is a tie."""
    count = Counter(says)
    return None if count[True] == count[False] else count[True] > count[False]


def _accuracy(found: Mapping[str, bool | None], truth: Mapping[str, bool]) -> float | None:
    """Share that is right of those whose truth is known; a tie is half right."""
    compared = [0.5 if found[item] is None else float(found[item] is truth[item]) for item in truth if item in found]
    return sum(compared) / len(compared) if compared else None
