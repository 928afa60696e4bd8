"""How often the rules alone are right, on the dev split: rows that somebody has read, the rest of it, and our own pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from folkmoot.moderation.screening import Words
from folkmoot.moderation.screening.rules import STARTER, Rules
from folkmoot.network.gate.parts import RULE_LIMITS
from training import data
from training.data import Example, Part
from training.report import Share, Table

LIMIT = next(iter(RULE_LIMITS.values()))


def measure(folder: Path, say: Callable[[str], None]) -> None:
    """Print of what rules hold or bring to a case how much is violent, and which rules were wrong."""
    rules = Rules.load(STARTER, tried=STARTER)
    found: defaultdict[tuple[str, str, str], list[bool]] = defaultdict(list)
    by_rule: defaultdict[str, list[bool]] = defaultdict(list)
    for one in [*data.corpora(folder), *data.writing()]:
        if one.part is not Part.DEV:
            continue
        reasons = rules.match(Words(text=one.text, language=one.language, reply_to=one.reply_to))
        weight = max((reason.probability for reason in reasons), default=0.0)
        outcome = "held" if weight >= LIMIT.hold else "case" if weight >= LIMIT.case else ""
        if outcome:
            found[one.language, _kind(one), outcome].append(one.violence)
            for reason in reasons:
                by_rule[reason.name].append(one.violence)
    head = ("language", "texts", "outcome", "violent", "share")
    rows = [
        (*key, f"{sum(right)} of {len(right)}", str(Share(sum(right), len(right))))
        for key, right in sorted(found.items())
    ]
    say(str(Table("Rules alone, dev split: the share that is violent", head, rows)))
    wrong = sorted((right.count(False), name, len(right)) for name, right in by_rule.items() if not all(right))
    rows = [(name, f"{count} of {of}") for count, name, of in reversed(wrong)]
    say(str(Table("Rules that were wrong, by the labels", ("rule", "wrong"), rows)))


def _kind(one: Example) -> str:
    return "our own" if one.source == "writing" else "read by hand" if one.read else "label as found"
