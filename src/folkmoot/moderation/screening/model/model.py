"""The model as screening asks it: two stages, calibrated, and the words that moved it."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from folkmoot.moderation.screening.finding import Category, Limits, Reason, Stage, Words
from folkmoot.moderation.screening.glued import is_violent
from folkmoot.moderation.screening.line import logit, sigmoid
from folkmoot.moderation.screening.model import convolution, features, file, language
from folkmoot.moderation.screening.model.convolution import Convolution
from folkmoot.moderation.screening.model.encoder import GRAPH, Encoder, Said
from folkmoot.moderation.screening.model.learnt import Learnt, tables
from folkmoot.moderation.screening.model.linear import Linear, Seen, see_parts
from folkmoot.moderation.screening.normal import Normal, normalise, shorten
from folkmoot.moderation.screening.shipped import SHIPPED, ModelUnusable

WINDOW, OVERLAP = 1_000, 150
"""A longer text is looked at in stretches of so many characters, and is what its worst stretch is."""
LONGEST = 20_000
"""Of a text still longer, the beginning and the end."""
ENDING = 4_000
STRETCHES = 3
"""How many stretches of one text the second stage looks at."""
CLEARLY = 1.0
"""By so much, as the logarithm of odds, the first stage must find the worst sentence worse than the whole for the second to be
asked of it, too: what is diluted less is seen in the whole."""
SEVERAL = 16
"""Letters from which on a word may be several."""
REPLY = 20
"""Pieces of the text replied to that the second stage looks at."""
SHOWN = 6
"""How many passages are shown."""
FIRST = (1.0,)
"""A table's first column alone, violence."""

Floats = npt.NDArray[np.float32]


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What the model says of a text."""

    probabilities: Mapping[Category, float]
    words: tuple[str, ...]
    """The passages that speak for violence, strongest first, as they were written; none where hardly anything does."""
    asked_again: bool
    """Whether the second stage looked at it."""
    language: str | None
    """Whose words it was taken for; None where nothing spoke for either language."""


class Curve(msgspec.Struct, frozen=True):
    """A rising line through some points: from what a stage says to the logit of a probability."""

    at: tuple[float, ...]
    to: tuple[float, ...]

    def probability(self, value: float) -> float:
        """Between the points and, beyond them, not further than the outermost."""
        return float(1 / (1 + np.exp(-np.interp(value, self.at, self.to))))


class _Cut(NamedTuple):
    """A text in word pieces."""

    places: list[int]
    words: list[int]
    """For each piece the number of the word it belongs to."""

    def of(self, first: int, count: int) -> _Cut:
        """The pieces of so many words from the first on, counted anew."""
        start, end = bisect_left(self.words, first), bisect_left(self.words, first + count)
        return _Cut(self.places[start:end], [word - first for word in self.words[start:end]])


class _Sentence(NamedTuple):
    plain: str
    before: int
    """How many words of its stretch stand before it."""
    cut: _Cut
    seen: Seen
    logits: Floats


class _Stretch(NamedTuple):
    normal: Normal
    cut: _Cut
    seen: Seen
    sentences: list[tuple[tuple[int, int], Seen]]
    """Where they stand, if there are several."""
    meant: Floats
    """What the convolution says, or nothing where a file has none."""


class View(NamedTuple):
    """What one language's tables say of a text by its worst stretch, and as a last column the convolution."""

    name: str
    stretch: _Stretch
    sentence: _Sentence | None
    """The worst of the stretch, where it looks worse than the whole."""
    logits: Floats

    def leaning(self, worst: float) -> Floats:
        """What the tables say when the worst sentence counts so much."""
        return self.logits if self.sentence is None else self.logits + worst * (self.sentence.logits - self.logits)


class Look(NamedTuple):
    """What the stages say of a text."""

    language: str | None
    view: View
    said: Said | None
    """None where the second stage was not asked."""
    alone: Said | None = None
    """What the second stage says of the worst sentence, where it was asked and that is worse than what it says of the whole."""

    def leaning(self, worst: float) -> Look:
        """The same when the worst sentence counts so much."""
        said = self.said if self.said is None or self.alone is None else self.said.towards(self.alone, worst)
        return Look(self.language, self.view._replace(logits=self.view.leaning(worst)), said)


class Mixture(msgspec.Struct, frozen=True):
    """How much each stage counts where both were asked."""

    tables: tuple[float, ...]
    """How much each column of the first stage counts: what opens the gate need not be what is mixed."""
    encoder: float

    def of(self, look: Look, number: int) -> float:
        """All logits of one category as one."""
        assert look.said is not None
        return weighed(self.tables, look.view.logits) + self.encoder * float(look.said.logits[number])


class Language(msgspec.Struct, frozen=True):
    """What a language has of its own beside its tables."""

    gate: float
    """From which alarm of the first stage on the second is asked."""
    alone: Mapping[Category, Curve]
    both: Mapping[Category, Curve] = {}
    mixture: Mapping[Category, Mixture] = {}
    opens: tuple[float, ...] = (1.0,)
    """How much each column of the first stage's tables counts for the gate, and after them the convolution."""
    worst: float = 0.0
    """How much the worst sentence counts where it looks worse than the whole text: enough to bring that before a jury. Only
    the whole holds it."""

    def alarm(self, logits: Floats) -> float:
        """What is held against the gate."""
        return weighed(self.opens, logits)

    def over(self, view: View) -> float:
        """By how much it is beyond the gate."""
        return self.alarm(view.leaning(self.worst)) - self.gate

    def worse(self, view: View) -> float:
        """By how much the worst sentence alarms more than the whole."""
        return 0.0 if view.sentence is None else self.alarm(view.sentence.logits) - self.alarm(view.logits)


def weighed(worth: Sequence[float], logits: Floats) -> float:
    """Columns of the first stage as one number; those that no worth is given for count nothing."""
    return sum(each * float(logit) for each, logit in zip(worth, logits, strict=False))


class About(msgspec.Struct, frozen=True):
    """The head of a model's file."""

    version: str
    categories: tuple[Category, ...]
    languages: Mapping[str, Language]
    limits: Mapping[Category, Limits]


class Model:
    """Opened once and asked often; safe to ask from several threads."""

    def __init__(self, about: About, arrays: MutableMapping[str, npt.NDArray[Any]]) -> None:
        """The encoder's graph is taken out of `arrays`."""
        self.version = about.version
        self.limits: Mapping[Category, Limits] = about.limits
        self._about = about
        self._linear = {
            name: Linear(arrays[f"{name} weights"], arrays[f"{name} scale"], arrays[f"{name} bias"])
            for name in about.languages
        }
        self._encoder = Encoder(arrays) if GRAPH in arrays else None
        self._convolution = None
        if self._encoder is not None and convolution.OUT in arrays:
            self._convolution = Convolution(arrays, self._encoder.rows, self._encoder.count)
        self._learnt: Mapping[str, Linear] = {}

    @classmethod
    def open(cls, path: Path = SHIPPED) -> Model:
        """Read a model's file; raises ModelUnusable where it is missing, cut off, changed or not ours."""
        about, arrays = file.read(path)
        try:
            return cls(msgspec.convert(about, About), arrays)
        except Exception as error:  # onnxruntime raises its own kinds
            why = "its parts do not fit together"
            raise ModelUnusable(name=path.name, why=why, cause=repr(error)) from error

    def taught(self, learnt: Learnt) -> Model:
        """The same model with what verdicts add to it; the large parts are shared."""
        model = copy.copy(self)
        model._learnt = tables(learnt)
        return model

    def assess(self, words: Words) -> Assessment:
        """How likely a text is what, and by which of its words."""
        look = self.look(words)
        own = self._about.languages[look.view.name]
        found = {}
        for number, category in enumerate(self._about.categories):
            if look.said is None:
                found[category] = own.alone[category].probability(float(look.view.logits[number]))
            else:
                found[category] = own.both[category].probability(own.mixture[category].of(look, number))
            if category is Category.VIOLENCE and look.said and look.view.sentence:
                leaning = own.both[category].probability(own.mixture[category].of(look.leaning(own.worst), number))
                most = self.limits.get(category, Limits()).hold * (1 - 1e-6)  # a case, however sure of the sentence
                found[category] = max(found[category], min(leaning, most))
        if look.view.name in self._learnt:
            added = float(self._learnt[look.view.name].logits(look.view.stretch.seen)[0])
            found[Category.VIOLENCE] = sigmoid(logit(found[Category.VIOLENCE]) + added)
        return Assessment(
            probabilities=found,
            words=self._passages(look, own, found[Category.VIOLENCE]),
            asked_again=look.said is not None,
            language=look.language,
        )

    def look(self, words: Words) -> Look:
        """What the stages say before it is calibrated; calibrating and measuring start here."""
        text = "\n".join((words.text, *words.more)) if words.more else words.text
        stretches = [self._stretch(normalise(part)) for part in stretch(text)]
        spoken = [word for one in stretches[:3] for word in one.normal.plain.split()]
        guessed = language.guess(spoken, words.language)
        views = [self._view(name, stretches) for name in ((guessed,) if guessed in self._linear else self._linear)]
        languages = self._about.languages
        over = {one.name: languages[one.name].over(one) for one in views}
        view = max(views, key=lambda one: over[one.name])
        if self._encoder is None or over[view.name] < 0 or _lone(self._encoder, view.stretch.normal):
            return Look(guessed, view, None)
        context = words.reply_to if words.reply_to is not None else words.quoted
        return Look(guessed, view, *self._ask_again(self._encoder, view, context))

    def reasons(self, words: Words) -> list[Reason]:
        """The same as reasons of a finding, one a category; the passages stand with violence. Of no words it says nothing."""
        if not any(map(str.strip, (words.text, *words.more))):
            return []  # a picture without words is not what the tables expect of a text without signs
        assessment = self.assess(words)
        return [
            Reason(
                stage=Stage.MODEL,
                category=category,
                probability=probability,
                name=self.version,
                words=assessment.words if category is Category.VIOLENCE else (),
            )
            for category, probability in assessment.probabilities.items()
        ]

    def _stretch(self, normal: Normal) -> _Stretch:
        sentences = features.sentences(normal.plain)
        if len(sentences) < 2:
            sentences = []
        seen, *of_sentences = see_parts(normal, [(0, len(normal.plain)), *sentences])
        cut = _Cut(*self._encoder.pieces.cut(normal.plain, WINDOW)) if self._encoder else _Cut([], [])
        return _Stretch(normal, cut, seen, list(zip(sentences, of_sentences, strict=True)), self._meant(cut))

    def _meant(self, cut: _Cut) -> Floats:
        if self._convolution is None:
            return np.zeros(0, np.float32)
        return np.array([self._convolution.logit(cut.places)], np.float32)

    def _view(self, name: str, stretches: list[_Stretch]) -> View:
        return max((self._view_of(name, one) for one in stretches), key=lambda view: float(view.logits[0]))

    def _view_of(self, name: str, stretch: _Stretch) -> View:
        table, own = self._linear[name], self._about.languages[name]
        by_tables = table.logits(stretch.seen)
        whole = np.append(by_tables, stretch.meant)
        if not own.worst or not stretch.sentences:
            return View(name, stretch, None, whole)
        asked = [table.logits(seen) for _, seen in stretch.sentences]
        worst = max(range(len(asked)), key=lambda number: own.alarm(asked[number]))
        if own.alarm(asked[worst]) <= own.alarm(by_tables):
            return View(name, stretch, None, whole)
        (start, end), seen = stretch.sentences[worst]
        plain, before = stretch.normal.plain[start:end], len(stretch.normal.plain[:start].split())
        cut = stretch.cut.of(before, len(plain.split()))
        logits = np.append(asked[worst], self._meant(cut))
        if own.alarm(logits) <= own.alarm(whole):
            return View(name, stretch, None, whole)
        return View(name, stretch, _Sentence(plain, before, cut, seen, logits), whole)

    def _ask_again(self, encoder: Encoder, view: View, context: str | None) -> tuple[Said, Said | None]:
        """What the second stage says of the worst part of the worst stretch and, where that is clearly worse to the first, of its
        worst sentence; a share for each word between blanks."""
        plain = view.stretch.normal.plain
        reply = encoder.pieces.cut(normalise(context).plain, REPLY)[0] if context else []
        room = encoder.longest - 2 - (len(reply) + 1 if reply else 0)
        places, words = view.stretch.cut
        count = len(plain.split())
        starts = [0]
        if len(places) > room:
            _, shares = _by_word(self._linear[view.name], plain, view.stretch.seen, FIRST)
            begins = list(range(0, len(places) - room // 2, room // 2))
            worth = [sum(shares[word] for word in set(words[at : at + room])) for at in begins]
            best = sorted(range(len(begins)), key=lambda number: -worth[number])[:STRETCHES]
            starts = [begins[number] for number in best]
        looked = [encoder.look(places[at : at + room], words[at : at + room], count, reply) for at in starts]
        said = max(looked, key=lambda said: float(said.logits[0]))
        if view.sentence is None or self._about.languages[view.name].worse(view) < CLEARLY:
            return said, None
        places, words = view.sentence.cut.places[:room], view.sentence.cut.words[:room]
        alone = encoder.look(places, [view.sentence.before + word for word in words], count, reply)
        return said, alone if alone.logits[0] > said.logits[0] else None

    def _passages(self, look: Look, own: Language, probability: float) -> tuple[str, ...]:
        limit = min(self.limits.get(Category.VIOLENCE, Limits()).case, 1.0)
        if probability < limit / 2:
            return ()
        mixture = own.mixture[Category.VIOLENCE] if look.said else None
        look = look.leaning(own.worst)
        words, worth = _of_view(
            self._linear[look.view.name], look.view, mixture.tables if mixture else FIRST, own.worst
        )
        if look.said and mixture:
            worth = worth + mixture.encoder * look.said.shares
        if look.view.name in self._learnt:
            stretch = look.view.stretch
            worth = worth + _by_word(self._learnt[look.view.name], stretch.normal.plain, stretch.seen, FIRST)[1]
        return _passages(look.view.stretch.normal, words, worth)


def _of_view(table: Linear, view: View, columns: Sequence[float], worst: float) -> tuple[list[tuple[int, int]], Floats]:
    """The words of a stretch with what they add to what a table says of it and of its worst sentence."""
    words, worth = _by_word(table, view.stretch.normal.plain, view.stretch.seen, columns)
    if view.sentence is not None:
        worth *= 1 - worst
        _, own = _by_word(table, view.sentence.plain, view.sentence.seen, columns)
        worth[view.sentence.before : view.sentence.before + len(own)] += worst * own
    return words, worth


def _by_word(table: Linear, plain: str, seen: Seen, columns: Sequence[float]) -> tuple[list[tuple[int, int]], Floats]:
    """The words between blanks with what a table's words and signs in them add."""
    spans, shares = table.shares(plain, seen, columns)
    words: list[tuple[int, int]] = []
    sums: list[float] = []
    at = 0
    for word in plain.split():
        start = plain.index(word, words[-1][1] if words else 0)
        words.append((start, start + len(word)))
        total = 0.0
        while at < len(spans) and spans[at][0] < start + len(word):
            total += float(shares[at])
            at += 1
        sums.append(total)
    return words, np.array(sums, dtype=np.float32)


def _lone(encoder: Encoder, normal: Normal) -> bool:
    """Whether a text is one word, in which there is no order to know: "Fire!" What is no piece by itself and says what to do to
    somebody is worth a look all the same ("Aufhängen!"), and so is what may be several words without blanks."""
    tokens = (normal.plain[start:end] for start, end in features.tokens(normal.plain))
    words = [token for token in tokens if token[0].isalnum()]
    if len(words) != 1 or len(words[0]) >= SEVERAL:
        return False
    return len(encoder.pieces.word(words[0])) == 1 or not is_violent(words[0])


def stretch(text: str) -> list[str]:
    """A text in stretches that overlap; one, mostly. Where it takes more, long links do not keep its words apart."""
    text = shorten(text, WINDOW + OVERLAP)
    if len(text) > LONGEST:
        text = text[: LONGEST - ENDING] + "\n" + text[-ENDING:]
    if len(text) <= WINDOW + OVERLAP:
        return [text]
    found = []
    start = 0
    while True:
        end = start + WINDOW
        if end + OVERLAP >= len(text):
            found.append(text[start:])
            return found
        blank = text.rfind(" ", start + WINDOW // 2, end)
        end = blank if blank > 0 else end
        found.append(text[start:end])
        again = text.find(" ", end - OVERLAP, end)
        start = again + 1 if again > 0 else end - OVERLAP


def _passages(normal: Normal, words: list[tuple[int, int]], worth: Floats) -> tuple[str, ...]:
    """The words that add most, neighbours together, strongest first."""
    if not len(worth) or worth.max() <= 0:
        return ()
    chosen = set(np.flatnonzero(worth >= 0.25 * worth.max()).tolist())
    runs: list[tuple[float, int, int]] = []
    for number in sorted(chosen):
        if runs and runs[-1][2] == number - 1:
            runs[-1] = (runs[-1][0] + float(worth[number]), runs[-1][1], number)
        else:
            runs.append((float(worth[number]), number, number))
    runs.sort(key=lambda run: (-run[0], run[1]))
    found = (normal.passage(words[first][0], words[last][1]) for _, first, last in runs[:SHOWN])
    return tuple(dict.fromkeys(passage for passage in found if passage))
