"""What the screening is worth, measured through the door anybody may use. No text of the data is kept anywhere."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from folkmoot.moderation.screening import Words
from folkmoot.moderation.screening.model import SHIPPED, Model
from folkmoot.moderation.screening.score import score, shipped
from training import data, processor
from training.data import LANGUAGES, Example, Part

TIMED = 2_000
WORST = 8
HIDDEN, SHORT = 200, 140
"""So many calls of a language are hidden among ordinary posts, all of at most so many characters."""


class Share(NamedTuple):
    """So many of so many."""

    some: int
    of: int

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = wilson(self.some, self.of)
        return f"{self.some / self.of:.3f} ({low:.3f}–{high:.3f})"


class Answered(NamedTuple):
    """An example and what screening made of it."""

    example: Example
    score: float
    outcome: str

    @property
    def held(self) -> bool:
        return self.outcome == "hold"

    @property
    def touched(self) -> bool:
        return self.outcome != "publish"


class Cost(NamedTuple):
    """CPU in milliseconds a post, and the memory of the process that spent it, in MB."""

    mean: float
    p99: float
    memory: float
    asked_again: float
    """The share of ordinary posts the second stage looked at."""


class Table(NamedTuple):
    """A title, the names of the columns, and the rows."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def __str__(self) -> str:
        widths = [max(len(row[n]) for row in (self.head, *self.rows)) for n in range(len(self.head))]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in self.all())
        return "\n".join((self.title, *(f"  {line.rstrip()}" for line in lines)))

    def markdown(self) -> str:
        """The same for a page."""
        rows = [self.head, tuple("---" for _ in self.head), *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def all(self) -> Iterator[tuple[str, ...]]:
        yield self.head
        yield from self.rows


def wilson(some: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, more = some / of, z * z / of
    middle = (share + more / 2) / (1 + more)
    reach = z / (1 + more) * sqrt(share * (1 - share) / of + more / (4 * of))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def answers(examples: Sequence[Example]) -> list[Answered]:
    """Every example through `folkmoot screen score`."""
    lines = (
        json.dumps({"text": one.text, "lang": one.language, "reply_to": one.reply_to}).encode() + b"\n"
        for one in examples
    )
    to = io.BytesIO()
    score(io.BytesIO(b"".join(lines)), to)
    found = map(json.loads, to.getvalue().splitlines())
    return [Answered(one, said["score"], said["outcome"]) for one, said in zip(examples, found, strict=True)]


def tables(folder: Path) -> tuple[list[Table], list[Answered]]:
    """All that is measured but the cost, and the answers behind it."""
    dev = answers([one for one in data.corpora(folder) if one.part is Part.DEV])
    own = [one for one in data.writing() if one.part is Part.DEV]
    pairs = answers(own)
    among = answers([one for calm in (0, 2, 4) for one in among_calm(own, calm)])
    ordinary = answers(data.ordinary(folder))
    unseen = answers(data.unseen())
    found = [
        recall("Dev split of the corpora, by language", dev, lambda one: one.example.language),
        recall("Dev split of the corpora, by source", dev, source),
        touched(
            "Calls of the dev split, by who found them",
            [one for one in dev if one.example.violence],
            lambda one: f"{one.example.language} {one.example.kind or 'published as violent'}",
        ),
        touched("Ordinary posts, unlabelled, by source", ordinary, source),
        kinds("Our own pairs, dev part", pairs),
        recall("Calls of ours that stand among ordinary posts of ours, and ordinary ones that do", among, _setting),
        groups("Unseen writing", unseen),
        kinds("Unseen writing, by kind", unseen),
    ]
    return found, [*dev, *pairs, *ordinary, *unseen]


def among_calm(examples: Sequence[Example], calm: int) -> list[Example]:
    """Calls of our own that stand somewhere between so many ordinary posts, as one may hide them, and ordinary ones that do."""
    rng = random.Random(calm)
    found = []
    for language in LANGUAGES:
        short = [one for one in examples if one.language == language and not one.reply_to and len(one.text) <= SHORT]
        ordinary = [one for one in short if one.kind == f"{data.TWIN}ordinary"]
        violent = [one for one in short if one.violence]
        for some in (violent, ordinary):
            for one in rng.sample(some, min(HIDDEN, len(some))):
                texts = [other.text for other in rng.sample(ordinary, calm)]
                texts.insert(rng.randint(0, calm), one.text)
                ended = " ".join(text if text[-1] in ".!?" else f"{text}." for text in texts)
                found.append(one._replace(text=ended, kind=f"among {calm}" if calm else "alone"))
    return found


def _setting(one: Answered) -> str:
    return f"{one.example.language} {one.example.kind}"


def source(one: Answered) -> str:
    """Where a post comes from, its language first: a row of a table."""
    return f"{one.example.language} {one.example.source}"


def recall(title: str, answered: Sequence[Answered], by: Callable[[Answered], str]) -> Table:
    rows = []
    for name in sorted({by(one) for one in answered}):
        own = [one for one in answered if by(one) == name]
        violent = [one for one in own if one.example.violence]
        harmless = [one for one in own if not one.example.violence]
        rows.append((name, str(len(violent)), *_shares(violent), str(len(harmless)), *_shares(harmless)))
    head = ("", "violent", "held", "held or case", "harmless", "held", "held or case")
    return Table(title, head, rows)


def touched(title: str, answered: Sequence[Answered], by: Callable[[Answered], str]) -> Table:
    rows = []
    for name in sorted({by(one) for one in answered}):
        own = [one for one in answered if by(one) == name]
        rows.append((name, str(len(own)), *_shares(own)))
    return Table(title, ("", "posts", "held", "held or case"), rows)


def kinds(title: str, answered: Sequence[Answered]) -> Table:
    rows = []
    names = {(one.example.language, one.example.violence, one.example.kind) for one in answered}
    for language, violence, kind in sorted(names):
        own = [one for one in answered if (one.example.language, one.example.kind) == (language, kind)]
        rows.append((f"{language} {kind}", "violent" if violence else "harmless", str(len(own)), *_shares(own)))
    return Table(title, ("", "", "posts", "held", "held or case"), rows)


GROUPS = {
    "threats": (("threat",), ("threat_twin",)),
    "obfuscated": (("obfuscated",), ("obfuscated_twin",)),
    "veiled and mobilisation": (("veiled", "mobilisation"), ("veiled_twin", "mobilisation_twin")),
    "glorification": (("glorification",), ("glorification_twin",)),
    "ordinary": ((), ("ordinary",)),
    "everyday": ((), ("everyday",)),
}
"""Kinds of the unseen writing as our aims speak of them, and their harmless twins."""


def groups(title: str, answered: Sequence[Answered]) -> Table:
    rows = []
    for language in LANGUAGES:
        own = [one for one in answered if one.example.language == language]
        for name, (violent, harmless) in GROUPS.items():
            some = _shares([one for one in own if one.example.kind in violent])
            twins = _shares([one for one in own if one.example.kind in harmless])
            rows.append((f"{language} {name}", *some, *twins))
    return Table(title, ("", "held", "held or case", "harmless held", "harmless held or case"), rows)


def _shares(answered: Sequence[Answered]) -> tuple[str, str]:
    held, touched = sum(one.held for one in answered), sum(one.touched for one in answered)
    return str(Share(held, len(answered))), str(Share(touched, len(answered)))


def cost(folder: Path) -> Cost:
    """Measured on ordinary posts, as they come, in a process that does nothing else."""
    texts = data.ordinary(folder)
    texts = texts[:: max(len(texts) // TIMED, 1)]
    lines = "".join(json.dumps({"text": one.text, "language": one.language}) + "\n" for one in texts)
    command = [sys.executable, "-m", "training", "cost"]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, cwd=root)
    model = Model.open()
    again = sum(model.look(Words(text=one.text, language=one.language)).said is not None for one in texts) / len(texts)
    return Cost(**json.loads(done.stdout), asked_again=again)


def spend(lines: Iterable[str]) -> dict[str, float]:
    """What `cost` asks its process for."""
    words = [Words(**json.loads(line)) for line in lines]
    screen = shipped()
    screen.look_now(words[0])
    spent = []
    for one in words:
        begun = time.process_time()
        screen.look_now(one)
        spent.append((time.process_time() - begun) * 1000)
    spent.sort()
    return {"mean": sum(spent) / len(spent), "p99": spent[int(len(spent) * 0.99)], "memory": _most_memory()}


def _most_memory() -> float:
    """The most this process has had, in MB; getrusage would count what its parent had when it began."""
    status = Path("/proc/self/status").read_text("ascii")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) * 1024 / 1e6


def report(folder: Path, tell: Callable[[str], None] = print) -> None:
    """Print everything, the worst mistakes with their texts at the end: to the terminal, never into a file."""
    model = Model.open()
    tell(f"{SHIPPED.name}, version {model.version}, {SHIPPED.stat().st_size / 1e6:.1f} MB")
    for category, limit in model.limits.items():
        tell(f"  {category}: case from {limit.case:.4f}, hold from {limit.hold:.4f}")
    found, answered = tables(folder)
    for table in found:
        tell(f"\n{table}")
    spent = cost(folder)
    tell(
        f"\nCPU a post: {spent.mean:.2f} ms on average, {spent.p99:.1f} ms P99; {spent.memory:.0f} MB in the process; "
        f"{spent.asked_again:.1%} of ordinary posts asked of the second stage; on {processor.name(processor.CPUINFO.read_text())}"
    )
    for line in worst(answered):
        tell(line)


def worst(answered: Iterable[Answered]) -> Iterator[str]:
    """Harmless texts scored highest and violent ones scored lowest; those of the unseen writing are not shown."""
    seen = [one for one in answered if one.example.source != "unseen"]
    ranked = sorted(seen, key=lambda one: one.score)
    for title, some in (
        ("Harmless or unlabelled, and scored highest", [one for one in reversed(ranked) if not one.example.violence]),
        ("Violent, and scored lowest", [one for one in ranked if one.example.violence]),
    ):
        yield f"\n{title}"
        for one in some[:WORST]:
            text = " ".join(one.example.text.split())[:160]
            yield f"  {one.score:.3f} {one.outcome:7} {one.example.language} {one.example.source}: {text}"
