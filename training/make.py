"""Makes the shipped model: both stages from the training part, then curves and thresholds from the dev part."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.finding import Category, Limits, Outcome, Words, conclude
from folkmoot.moderation.screening.model import file
from folkmoot.moderation.screening.model.model import About, Curve, Language, Look, Mixture, Model, weighed
from folkmoot.moderation.screening.normal import normalise
from folkmoot.moderation.screening.rules import STARTER, Rules
from training import calibrate, data, linear
from training.data import LANGUAGES, Example, Part
from training.disguise import disguise

CATEGORIES = (Category.VIOLENCE, Category.HATE)
VERSION = "shipped-v13"
SEED = 20210110
ASKED = {"en": 0.11, "de": 0.16}
"""The share of harmless dev posts the second stage looks at: more in German, where the first one misses more."""
MIXED = {Category.VIOLENCE: (0.15, 0.0, 0.85), Category.HATE: (0.0, 1.0)}
"""How much each column of the tables counts beside the encoder. The first, violence, knows our pairs; the third knows only
the corpora, and leaves telling twins apart to the encoder; hate stands between them."""
OPENS = (0.5, 0.0, 0.5, 0.4)
"""What the gate listens to: two columns of the tables and the convolution."""
WORST = 0.3
"""How much the worst sentence counts beside the whole text: a call does not get better by what stands around it."""
STRENGTH = (1.0, 0.5, 1.0)

Tell = Callable[[str], None]
Arrays = dict[str, npt.NDArray[Any]]


class Looked(NamedTuple):
    """Some examples and what the stages say of them."""

    examples: Sequence[Example]
    looks: Sequence[Look]


def first_stage(examples: Sequence[Example], language: str, tell: Tell) -> linear.Fitted:
    """The tables of one language, from corpora, our own pairs and disguised copies of what is violent or nearly so.

    Not from pairs whose halves have their words in common: tables know no order, so the words of a threat would only weigh less.
    """
    rng = random.Random(SEED)
    own = [one for one in examples if one.language == language and one.part is Part.TRAIN]
    told = [one for one in own if one.chance is None and not one.shares_words]
    violent = [one for one in told if one.violence and one.source != "writing"]
    others = rng.sample([one for one in told if not one.violence and one.source != "writing"], len(violent) * 2)
    pairs = [one for one in told if one.source == "writing"]
    copies = [one._replace(text=disguise(one.text, rng), hate=None) for one in (*violent, *others, *pairs)]
    untold = [
        one._replace(violence=so, hate=one.hate if so else None)
        for one in own
        if one.chance is not None
        for so in (True, False)
    ]
    taught = [*told, *untold, *copies]
    tell(
        f"{language}: {len(told)} texts, {len(violent)} of them violent, {len(pairs)} from our pairs; "
        f"{len(untold) // 2} of which it cannot be told"
    )
    rows = linear.matrix([normalise(one.text) for one in taught])
    half = np.where(np.arange(len(taught)) < len(taught) - len(copies), 1.0, 0.5)
    violence = np.array([one.violence for one in taught])
    weight = np.array([_weight(one) for one in taught]) * half
    known, hate = calibrate.labelled([one.hate for one in taught])
    corpora = np.array([one.source != "writing" for one in taught])
    return linear.fit(rows, [violence, hate, violence], [weight, known.astype(float), weight * corpora], STRENGTH, SEED)


def _weight(example: Example) -> float:
    """Violence is rare and dear; labels nobody read are doubted a little; our pairs are one to one already. What cannot be
    told stands among the violent and among the harmless, as likely as it is either."""
    if example.source == "writing":
        return 1.5
    if example.chance is not None:
        return 4.0 * example.chance if example.violence else 1.0 - example.chance
    if example.violence:
        return 4.0 if example.read else 2.5
    return 1.2 if example.read else 1.0


def tables(fitted: Mapping[str, linear.Fitted]) -> Arrays:
    """The arrays of the first stage as the file has them."""
    arrays: Arrays = {}
    for language, one in fitted.items():
        arrays |= {f"{language} weights": one.weights, f"{language} scale": one.scale, f"{language} bias": one.bias}
    return arrays


def look(model: Model, examples: Sequence[Example]) -> Looked:
    """What both stages say, as they will."""
    asked = (Words(text=one.text, language=one.language, reply_to=one.reply_to) for one in examples)
    return Looked(examples, [model.look(words) for words in asked])


def calibrated(arrays: Arrays, dev: Sequence[Example], taken: tuple[npt.NDArray[np.bool_], ...], tell: Tell) -> About:
    """Gates, curves and limits from the dev part; `taken` says which of it the rules hold, and hold or bring to a case."""
    dull = Curve(at=(0.0, 1.0), to=(0.0, 1.0))
    ask_none = Language(gate=1e9, alone=dict.fromkeys(CATEGORIES, dull), opens=OPENS, worst=WORST)
    draft = About(VERSION, CATEGORIES, dict.fromkeys(LANGUAGES, ask_none), {Category.VIOLENCE: Limits()})
    first = look(Model(draft, dict(arrays)), dev)
    gates = {}
    for language in LANGUAGES:
        scores = [ask_none.alarm(one.view.leaning(WORST)) for one in _harmless(first, language)]
        gates[language] = float(np.quantile(scores, 1 - ASKED[language]))
    has_encoder = any(name.startswith("encoder") for name in arrays)
    looked = first
    if has_encoder:
        gated = {name: msgspec.structs.replace(ask_none, gate=gates[name]) for name in LANGUAGES}
        looked = look(Model(msgspec.structs.replace(draft, languages=gated), dict(arrays)), dev)
    mixtures: dict[str, dict[Category, Mixture]] = {}
    points, ends = {}, {}
    for language in LANGUAGES:
        members = [number for number, one in enumerate(looked.looks) if one.view.name == language]
        violent = np.array([dev[number].violence for number in members])
        chosen = [looked.looks[number] for number in members]
        mixtures[language] = _mixtures(chosen, [dev[number] for number in members]) if has_encoder else {}
        whole = np.array([_score(one, mixtures[language]) for one in chosen])
        leaning = np.array([_score(one.leaning(WORST), mixtures[language]) for one in chosen])
        scores = np.maximum(whole, leaning) if has_encoder else whole
        real = np.array([dev[number].source != "writing" for number in members])
        clear = np.isfinite(scores)
        harmless = real & ~violent
        points[language] = calibrate.Points(
            calibrate.line(scores[clear & real], violent[clear & real]),
            calibrate.threshold(scores[harmless], taken[1][members][harmless], calibrate.CASE),
            calibrate.threshold(whole[harmless], taken[0][members][harmless], calibrate.HOLD),
        )
        ends[language] = (float(scores[clear].min()), float(scores[clear].max()))
    limits = calibrate.level(points)
    languages = {}
    for language in LANGUAGES:
        of = [(one, look) for one, look in zip(dev, first.looks, strict=True) if look.view.name == language]
        alone = _alone(of, limits.case if has_encoder else np.inf)
        both = {}
        violence = calibrate.curve(points[language], limits, *ends[language])
        if has_encoder:
            both = {Category.VIOLENCE: violence, Category.HATE: _hate(looked, language, mixtures[language])}
        else:
            alone[Category.VIOLENCE] = violence
        gate = gates[language] if has_encoder else 1e9
        languages[language] = Language(
            gate=gate, alone=alone, both=both, mixture=mixtures[language], opens=OPENS, worst=WORST
        )
        tell(f"{language}: second stage from {gate:.3f}, {mixtures[language]}, {points[language]}")
    return About(VERSION, CATEGORIES, languages, calibrate.shipped(calibrate.as_probabilities(limits)))


def _harmless(looked: Looked, language: str) -> list[Look]:
    return [
        look
        for one, look in zip(looked.examples, looked.looks, strict=True)
        if look.view.name == language and not one.violence and one.source != "writing"
    ]


def _score(look: Look, mixture: Mapping[Category, Mixture]) -> float:
    """What the thresholds are laid on: minus infinity for what the second stage was not asked about."""
    if not mixture:
        return float(look.view.logits[0])
    return -np.inf if look.said is None else mixture[Category.VIOLENCE].of(look, 0)


def _mixtures(looks: Sequence[Look], examples: Sequence[Example]) -> dict[Category, Mixture]:
    found = {}
    for number, category in enumerate(CATEGORIES):
        rows = []
        for one, example in zip(looks, examples, strict=True):
            label = example.violence if category is Category.VIOLENCE else example.hate
            if one.said is not None and label is not None:
                rows.append(
                    (
                        weighed(MIXED[category], one.view.logits),
                        float(one.said.logits[number]),
                        label,
                        example.source == "writing",
                    )
                )
        columns = np.array(rows)
        found[category] = calibrate.mix(
            columns[:, 0], columns[:, 1], columns[:, 2] > 0, columns[:, 3] > 0, MIXED[category]
        )
    return found


def _alone(of: Sequence[tuple[Example, Look]], most: float) -> dict[Category, Curve]:
    """The first stage's own curves; what it alone decides stays below a case where there is a second."""
    curves = {}
    for number, category in enumerate(CATEGORIES):
        labels = [one.violence if category is Category.VIOLENCE else one.hate for one, _ in of]
        known, so = calibrate.labelled(labels)
        scores = np.array([float(look.view.logits[number]) for _, look in of])
        own = calibrate.line(scores[known], so[known])
        top = most - 0.05 if category is Category.VIOLENCE else np.inf
        curves[category] = calibrate.straight(own, float(scores.min()), float(scores.max()), top)
    return curves


def _hate(looked: Looked, language: str, mixture: Mapping[Category, Mixture]) -> Curve:
    rows = [
        (mixture[Category.HATE].of(look, 1), one.hate)
        for one, look in zip(looked.examples, looked.looks, strict=True)
        if look.view.name == language and look.said is not None and one.hate is not None
    ]
    scores, labels = np.array([row[0] for row in rows]), np.array([bool(row[1]) for row in rows])
    return calibrate.straight(calibrate.line(scores, labels), float(scores.min()), float(scores.max()))


def make(folder: Path, to: Path, tell: Tell, second: Callable[[Sequence[Example]], Arrays] | None = None) -> str:
    """Make the model's file; gives its SHA-256."""
    examples = [*data.corpora(folder), *data.writing()]
    arrays = tables({language: first_stage(examples, language, tell) for language in LANGUAGES})
    if second is not None:
        arrays |= second(examples)
    return finish(arrays, examples, to, tell)


def finish(arrays: Arrays, examples: Sequence[Example], to: Path, tell: Tell) -> str:
    """Calibrate on the dev part and write."""
    dev = [one for one in examples if one.part is Part.DEV]
    about = calibrated(arrays, dev, ruled(dev), tell)
    return file.write(to, msgspec.to_builtins(about), arrays)


def ruled(examples: Sequence[Example]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which of them the starter rules hold, and hold or bring to a case, whatever the model says."""
    rules = Rules.load(STARTER)
    found = []
    for one in examples:
        reasons = rules.match(Words(text=one.text, language=one.language, reply_to=one.reply_to))
        found.append(conclude(reasons, calibrate.OF_RULES, {}).outcome)
    return np.array([one is Outcome.HOLD for one in found]), np.array([one is not Outcome.PUBLISH for one in found])
