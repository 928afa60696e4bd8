"""Teaching the second stage: the hard parts of the corpora and our own writing, all in one."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.model import file
from folkmoot.moderation.screening.model.model import REPLY
from folkmoot.moderation.screening.model.pieces import END, START, Pieces
from folkmoot.moderation.screening.normal import normalise
from training import convolution, e5, export, linear
from training.data import LANGUAGES, TWIN, Example, Part, priors
from training.disguise import disguise
from training.encoder import LAYERS, LONGEST, Text, further, mean, start, teach

KEPT = 15_500
"""Pieces of e5's vocabulary that are shipped, the most frequent here, and every single letter beside."""
SPECIAL = {"▁<name>": "▁@", "▁<url>": "▁http", "▁<mail>": "▁@"}
"""What our plain text has for mentions, links and addresses begins as what comes nearest."""
FOLDS = 4

Tell = Callable[[str], None]
Scores = npt.NDArray[np.float64]


class Share(NamedTuple):
    """How much of one language's corpora is taught in an epoch."""

    hard: int
    """Harmless texts that look most like violence."""
    any: int
    """Harmless texts drawn at random from the rest."""
    violent: int
    """How often each violent text, a third of them with words left out and a third among others; three times what cannot be
    told."""
    varied: int
    """How many of the harmless ones once more with words left out, and as many among others."""


class Recipe(NamedTuple):
    """How courses are taught."""

    epochs: tuple[int, ...]
    """How often each course is taught its texts, each time others of them and in another order. Of several courses the parameters
    are averaged: most of what asking as many encoders brings, for the price of one (Wortsman et al. 2022)."""
    rate: float
    shares: Mapping[str, Share]
    ours: float
    """How much of our own writing an epoch has, drawn at random."""
    counts: float
    """How much a course counts in the mean, beside the parameters of a file, which count once."""
    order: int
    """How often an epoch has the pairs that only order and sense tell apart beside the share of `ours`."""
    seed: int
    """What is added to the seed, so that no epoch has the texts of another recipe's."""


FRESH = Recipe((3,), 1.2e-4, {"en": Share(8_000, 5_000, 4, 1_200), "de": Share(7_000, 6_000, 6, 1_500)}, 0.5, 1, 0, 0)
"""From e5 as it came."""
FURTHER = Recipe((1,), 1e-4, {"en": Share(2_500, 1_500, 3, 400), "de": Share(6_000, 3_000, 6, 1_000)}, 0.25, 1, 1, 300)
"""From a model's file that was taught most of this before; more German, which is behind."""
LEFT_OUT = 0.15
"""The share of words that a varied copy lacks (random deletion, Wei & Zou 2019)."""
SHORT = 110
"""Characters of a text that others may be set among."""
ROOM = 220
"""Characters of a text among others, so that all of it is read."""
AMONG = 0.2
"""The share of our own texts that stand among ordinary ones."""


def second_stage(
    examples: Sequence[Example], seed: int, tell: Tell, begun: Path | None = None, beside: Path | None = None
) -> export.Arrays:
    """What the file has beside the tables: the encoder, taught from e5 or further than a file that has `begun`, and the gate's
    convolution over its word table.

    Instead of the latter, the parameters of a file `beside` are averaged with those of the course from e5, which then has its pieces.
    """
    base = e5.read(e5.find(), LAYERS)
    known = begun or beside
    if known is None:
        kept, before = vocabulary(base, [one for one in examples if one.source != "writing"]), None
    else:
        _, arrays = file.read(known)
        kept = export.pieces(arrays)
        before = further(start(base, kept, SPECIAL, seed), export.weights(arrays, seed))
    if begun is not None and before is not None:
        recipe, first = FURTHER, before
    else:
        recipe, first = FRESH, start(base, kept, SPECIAL, seed)
    pieces = Pieces(kept, [base.scores.get(piece, -3.0) for piece in kept])
    taught = [one for one in examples if one.part is Part.TRAIN]
    ranks = {
        language: ranked([one for one in taught if one.language == language and one.source != "writing"], seed)
        for language in LANGUAGES
    }
    params = [] if before is None else [before]
    for course, times in enumerate(recipe.epochs):
        own = seed + recipe.seed + sum(recipe.epochs[:course])
        epochs = [material(taught, ranks, pieces, recipe, own + number) for number in range(times)]
        tell(f"encoder, course {course + 1} of {len(recipe.epochs)}: {len(epochs[0])} texts, {times} times")
        params.append(teach(first, epochs, rate=recipe.rate, seed=own, tell=tell))
    counts = [1.0] * (before is not None) + [recipe.counts] * len(recipe.epochs)
    arrays = export.arrays(mean(params, counts), base, kept, SPECIAL)
    return arrays | convolution.taught(taught, first["words"].cpu().numpy(), pieces, seed, tell)


def vocabulary(base: e5.Base, examples: Sequence[Example], most: int = KEPT) -> list[str]:
    """The pieces that these texts are most often cut into, and their single letters."""
    names = list(base.scores)
    pieces = Pieces(names, list(base.scores.values()))
    counts: Counter[int] = Counter()
    for one in examples:
        counts.update(pieces.cut(normalise(one.text).plain, 200)[0])
    ordered = [names[place - 3] for place, _ in counts.most_common() if place > 2]
    kept = dict.fromkeys(ordered[:most])
    kept |= dict.fromkeys([piece for piece in ordered[most:] if len(piece) == 1][:500])
    kept |= dict.fromkeys(SPECIAL)
    return list(kept)


def ranked(examples: Sequence[Example], seed: int) -> list[Example]:
    """Harmless texts of the corpora, those that look most like violence first."""
    doubts = doubt(examples, seed)
    order = sorted(range(len(examples)), key=lambda number: -float(doubts[number]))
    return [examples[number] for number in order if not examples[number].violence and examples[number].chance is None]


def doubt(examples: Sequence[Example], seed: int) -> Scores:
    """How violent the first stage finds each text when it has not learnt from it: the hard ones score high."""
    rows = linear.matrix([normalise(one.text) for one in examples])
    labels = np.array([one.violence for one in examples])
    folds = np.random.default_rng(seed).integers(0, FOLDS, len(examples))
    found = np.zeros(len(examples))
    for fold in range(FOLDS):
        others = folds != fold
        weight = np.where(labels, 4.0, 1.0) * others
        fitted = linear.fit(rows, [labels], [weight], [1.0], seed)
        found[~others] = linear.ask(fitted, rows[~others])[:, 0]
    return found


def material(
    examples: Sequence[Example], ranks: Mapping[str, Sequence[Example]], pieces: Pieces, recipe: Recipe, seed: int
) -> list[Text]:
    """The texts of an epoch: all that is violent, our writing or as much of it as the recipe has, of the rest the hard ones and
    some; a part of them varied, set among others or disguised."""
    rng = random.Random(seed)
    texts: list[Text] = []
    for language in LANGUAGES:
        share, harmless = recipe.shares[language], ranks[language]
        rest = harmless[share.hard :]
        calm = [*harmless[: share.hard], *rng.sample(rest, min(share.any, len(rest)))]
        own = [one for one in examples if one.language == language]
        neighbours = _Neighbours([*calm, *(one for one in own if one.kind == f"{TWIN}ordinary")])
        chosen = list(calm)
        for one in own:
            if one.source == "writing":
                times = (rng.random() < recipe.ours) + (recipe.order if one.shares_words else 0)
                chosen += [neighbours.among(one, rng) if rng.random() < AMONG else one for _ in range(times)]
            elif one.violence or one.chance is not None:
                often = share.violent if one.chance is None else 3
                third = often // 3
                chosen += [one] * (often - 2 * third)
                chosen += [shortened(one, rng) for _ in range(third)]
                chosen += [neighbours.among(one, rng) for _ in range(third)]
        chosen += [shortened(one, rng) for one in rng.sample(calm, min(share.varied, len(calm)))]
        chosen += [neighbours.among(one, rng) for one in rng.sample(calm, min(share.varied, len(calm)))]
        chosen += [one._replace(text=disguise(one.text, rng)) for one in rng.sample(chosen, len(chosen) // 6)]
        odds = priors(chosen)
        texts += [text(one, pieces)._replace(prior=odds[one.source]) for one in chosen]
    return texts


def shortened(example: Example, rng: random.Random) -> Example:
    """The same with some words left out."""
    words = example.text.split()
    left = [word for word in words if rng.random() >= LEFT_OUT]
    return example._replace(text=" ".join(left or words))


class _Neighbours:
    """Short harmless texts that may stand before or after others of their source."""

    def __init__(self, harmless: Sequence[Example]) -> None:
        self._by_source: defaultdict[str, list[str]] = defaultdict(list)
        for one in harmless:
            if len(one.text) <= SHORT:
                self._by_source[one.source].append(one.text)

    def among(self, example: Example, rng: random.Random) -> Example:
        """A text with one or two short harmless ones before or after it where there is room, still what it was as to violence."""
        others = self._by_source[example.source]
        texts = [example.text]
        for other in rng.choices(others, k=rng.randint(1, 2)) if others else ():
            if sum(map(len, texts)) + len(other) <= ROOM:
                texts.insert(rng.randint(0, len(texts)), other)
        return example if len(texts) == 1 else example._replace(text=" ".join(texts), hate=None, offence=None)


def text(example: Example, pieces: Pieces) -> Text:
    """An example as the encoder reads it, just as it will be asked."""
    reply = pieces.cut(normalise(example.reply_to).plain, REPLY)[0] if example.reply_to else []
    room = LONGEST - 2 - (len(reply) + 1 if reply else 0)
    places = [START, *pieces.cut(normalise(example.text).plain, room)[0], END]
    own = len(places)
    if reply:
        places += [*reply, END]
    labels = tuple(np.nan if one is None else float(one) for one in (example.likely, example.hate, example.offence))
    weight = 1.0 if example.read or not example.violence else 0.7
    return Text(tuple(places), own, (labels[0], labels[1], labels[2]), weight)
