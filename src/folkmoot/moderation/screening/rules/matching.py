"""Which rules meet a text: a few passes for what is there at all, places only for rules that may apply."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import re2

from folkmoot.moderation.screening.finding import Reason, Stage, Words
from folkmoot.moderation.screening.normal import Normal, normalise
from folkmoot.moderation.screening.rules.files import BrokenRules, Loaded, Rule, compile_pattern, options, read

LONGEST_PASSAGE = 200
TOGETHER = 12
"""So many lists and patterns are looked for at once. What RE2 has to remember of them multiplies within a set and only adds up
between sets; of all at once it forgets as fast as it learns, and takes several times as long."""
MEMORY, MOST_MEMORY = 1 << 20, 12 << 20
"""What RE2 may take for one set and the states it has met, and for one with lists so long that this is not enough."""

Span = tuple[int, int]


class Rules:
    """Rule files in force. `match` is linear in the text: RE2 has no pattern that runs away."""

    def __init__(self, loaded: Loaded) -> None:
        self.rules: tuple[Rule, ...] = tuple(rule for rule, _ in loaded.rules.values())
        self.version = _version(self.rules, loaded.terms)
        needed = tuple(dict.fromkeys(term for rule in self.rules for term in (*rule.all, *rule.any)))
        self._patterns = _Patterns(loaded.terms)
        self._sets = [
            (names, _set_of([loaded.terms[term] for term in names]))
            for names in (needed[at : at + TOGETHER] for at in range(0, len(needed), TOGETHER))
        ]

    @classmethod
    def load(cls, paths: Iterable[Path], *, tried: Collection[Path] = ()) -> Rules:
        """The rules of these files, or BrokenRules: every example in them was tried, except in files that were before."""
        loaded = read(tuple(paths))
        cls(loaded)._try_examples(loaded, {path.name for path in tried})
        return cls(loaded)  # without all that RE2 remembers of the examples

    def match(self, words: Words, normal: Normal | None = None) -> list[Reason]:
        """A reason for every rule that one of the texts meets. `normal` is that of `words.text`, if at hand."""
        found: dict[str, Reason] = {}
        for index, text in enumerate((words.text, *words.more)):
            if not text:
                continue
            seen = normal if index == 0 and normal is not None else normalise(text)
            for reason in self._match_text(seen, words.language):
                found.setdefault(reason.name, reason)
        return list(found.values())

    def _match_text(self, normal: Normal, language: str | None) -> list[Reason]:
        text = normal.plain.encode()
        present = {names[index] for names, together in self._sets for index in together.Match(text) or ()}
        if not present:
            return []
        places = _Places(text, self._patterns)
        reasons = []
        for rule in self.rules:
            if not present.issuperset(rule.all) or (rule.any and present.isdisjoint(rule.any)):
                continue
            if rule.declared_only and language and language[:2].lower() not in rule.languages:
                continue
            spans = _meets(rule, places)
            if spans:
                reasons.append(_reason(rule, normal, text, spans))
        return reasons

    def _try_examples(self, loaded: Loaded, tried: Collection[str]) -> None:
        for rule, source in loaded.rules.values():
            if source.name in tried:
                continue
            line = source.line_of(rule.id)
            if rule.declared_only and not any(len(language) == 2 for language in rule.languages):
                said = 'declared_only needs languages of two letters, such as languages = ["en"].'
                raise source.broken(said, line=line, rule=rule.id)
            for text, wanted in [(t, True) for t in rule.examples.match] + [(t, False) for t in rule.examples.leave]:
                if any(reason.name == rule.id for reason in self._match_text(normalise(text), None)) is not wanted:
                    said = "does not meet its example" if wanted else "meets an example it has to leave alone"
                    raise source.broken(
                        f"the rule {said}: {text!r}, read as {normalise(text).plain!r}.",
                        line=source.line_of_text(text, line),
                        rule=rule.id,
                    )


def _version(rules: Sequence[Rule], terms: Mapping[str, str]) -> str:
    content = msgspec.json.encode([rules, sorted(terms.items())])
    return hashlib.sha256(content).hexdigest()[:12]


def _set_of(patterns: Sequence[str]) -> re2.Set:
    failed: re2.error | None = None
    for memory in (MEMORY, MOST_MEMORY):
        found = re2.Set.SearchSet(options(memory))
        for pattern in patterns:
            found.Add(pattern.encode())
        try:
            found.Compile()
        except re2.error as error:
            failed = error
        else:
            return found
    raise BrokenRules("The rules together are too large for the pattern engine.") from failed


class _Patterns(dict[str, re2._Regexp]):
    """Lists and patterns by their names, each made when a text asks for it: most never are."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        super().__init__()
        self._terms = terms

    def __missing__(self, term: str) -> re2._Regexp:
        self[term] = made = compile_pattern(self._terms[term])
        return made


class _Places:
    """Where in one text each list or pattern stands, looked up once and only when asked."""

    def __init__(self, text: bytes, patterns: Mapping[str, re2._Regexp]) -> None:
        self._text = text
        self._patterns = patterns
        self._spans: dict[str, list[Span]] = {}
        self._numbers: dict[str, list[int]] = {}
        self._blanks: list[int] | None = None

    def of(self, term: str) -> list[Span]:
        if term not in self._spans:
            self._spans[term] = [match.span() for match in self._patterns[term].finditer(self._text)]
        return self._spans[term]

    def numbers(self, term: str) -> list[int]:
        """The numbers of the words at which it begins."""
        if term not in self._numbers:
            self._numbers[term] = [self.word(start) for start, _ in self.of(term)]
        return self._numbers[term]

    def word(self, offset: int) -> int:
        """The number of the word at this place."""
        if self._blanks is None:
            self._blanks = [match.start() for match in re.finditer(rb"[ \n]", self._text)]
        return bisect_right(self._blanks, offset)

    def words(self, start: int, end: int) -> int:
        """How many words a passage has."""
        return self.word(max(start, end - 1)) - self.word(start) + 1


def _meets(rule: Rule, places: _Places) -> list[Span]:
    """The passage that meets the rule, as one span; without a bound in words, one for each name. Empty if none."""
    every = [places.of(term) for term in rule.all]
    wanted = [*every, sorted(span for term in rule.any for span in places.of(term))] if rule.any else every
    if not all(wanted):
        return []
    if rule.none_within is None and any(places.of(term) for term in rule.none):
        return []
    if len(wanted) > 1 and (rule.within is not None or rule.ordered):
        found = _in_order(every, wanted[len(every) :]) if rule.ordered and every else _together(wanted)
        within = [span for span in found if places.words(*span) <= (rule.within or 1_000)]
        candidates = [[span] for span in sorted(within, key=_length)]
    elif len(wanted) == 1:
        candidates = [[span] for span in wanted[0] if rule.within is None or places.words(*span) <= rule.within]
    else:
        candidates = [[spans[0] for spans in wanted]]
    for spans in candidates:
        if not _spoiled(rule, places, spans):
            return spans
    return []


def _length(span: Span) -> int:
    return span[1] - span[0]


def _together(wanted: Sequence[Sequence[Span]]) -> list[Span]:
    """The passages that have one of each and no shorter one within them, in the order of the text."""
    ends: list[int | None] = [None] * len(wanted)  # of each the one that ends first, of those from here on
    found: list[Span] = []
    places = sorted(((span, number) for number, spans in enumerate(wanted) for span in spans), reverse=True)
    for (start, end), number in places:
        best = ends[number]
        ends[number] = end if best is None else min(best, end)
        reached = [each for each in ends if each is not None]
        if len(reached) == len(ends) and not (found and found[-1][1] <= max(reached)):
            found.append((start, max(reached)))
    return found[::-1]


def _in_order(every: Sequence[Sequence[Span]], some: Sequence[Sequence[Span]]) -> list[Span]:
    """For each place of the first the nearest of the next, one after the other; and of `some` the nearest on either side."""
    starts = [[start for start, _ in spans] for spans in every]
    found: list[Span] = []
    for low, high in every[0]:
        for spans, begin in zip(every[1:], starts[1:], strict=True):
            after = bisect_left(begin, high)
            if after == len(spans):
                return found
            high = spans[after][1]
        if not some:
            found.append((low, high))
        for spans in some:
            after = bisect_left(spans, (low,))
            found += [(min(low, start), max(high, end)) for start, end in spans[max(after - 1, 0) : after + 1]]
    return found


def _spoiled(rule: Rule, places: _Places, spans: Sequence[Span]) -> bool:
    """Whether something of `none` stands near the passage."""
    if rule.none_within is None:
        return False
    low = places.word(min(start for start, _ in spans)) - rule.none_within
    high = places.word(max(end for _, end in spans)) + rule.none_within
    for numbers in map(places.numbers, rule.none):
        first = bisect_left(numbers, low)
        if first < len(numbers) and numbers[first] <= high:
            return True
    return False


def _reason(rule: Rule, normal: Normal, text: bytes, spans: Sequence[Span]) -> Reason:
    passages = dict.fromkeys(
        normal.passage(_characters(text, start), _characters(text, end))[:LONGEST_PASSAGE] for start, end in spans
    )
    return Reason(
        stage=Stage.RULE,
        category=rule.category,
        probability=rule.weight,
        name=rule.id,
        title=rule.title,
        words=tuple(passages),
    )


def _characters(text: bytes, offset: int) -> int:
    return offset if text.isascii() else len(text[:offset].decode("utf-8", "ignore"))
