"""What screening goes by, as plain values; and the Screen they make, here or in another process."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import structlog

from folkmoot.database import Database
from folkmoot.moderation.screening import NOTHING, Answer, Category, Distant, Limits, Screen, Step, Words
from folkmoot.moderation.screening.copies import Judged, Ruling, fingerprint, near_copies, own_words
from folkmoot.moderation.screening.finding import CLAIMED
from folkmoot.moderation.screening.line import Line
from folkmoot.moderation.screening.model import Model
from folkmoot.moderation.screening.model.learnt import Weights
from folkmoot.moderation.screening.other import ModerationEndpoint
from folkmoot.moderation.screening.pictures import Known, KnownPictures
from folkmoot.moderation.screening.rules import STARTER, BrokenRules, Rules
from folkmoot.network.gate import queries
from folkmoot.settings import Settings

log = structlog.get_logger(__name__)

SHIPPED_RULES = "starter"
"""The name under which the rules that come with the program may be switched off, or replaced by an operator's."""


__all__ = [
    "Parts",
    "Tuning",
    "assemble",
    "build",
    "fingerprint",
    "load_rules",
    "near_copies",
    "own_words",
    "read",
    "rules_that_load",
    "shipped_model",
]


class Tuning(msgspec.Struct, frozen=True):
    """Limits and calibration that take the place of the shipped ones."""

    limits: Mapping[Category, Limits] = {}
    lines: Mapping[Category, tuple[float, float]] = {}
    """Slope and shift of the line through log-odds that a model's probability goes through."""
    learnt: Mapping[str, Weights] = {}
    """By language, what verdicts add to the model before that."""
    model: str = ""
    """The version it was fitted to: with another one it is left out. Empty: limits set by hand, for whatever model."""


class Parts(msgspec.Struct, frozen=True):
    """Everything an operator or a verdict has added to what is shipped."""

    mode: Literal["full", "rules"]
    without: tuple[str, ...] = ()
    """Stages that are left out, by their names."""
    rules: tuple[tuple[str, str], ...] = ()
    """Name and content of each rule file in force, beside the shipped ones."""
    tuning: Tuning | None = None
    tuning_version: str = ""
    judged: tuple[tuple[str, str, str, bytes, str], ...] = ()
    """Text hash, verdict, category, likeness, reference."""
    pictures: tuple[tuple[str, str, str, str], ...] = ()
    """Hash, reference, category, list."""


async def read(db: Database, settings: Settings) -> Parts:
    """What is in force in the database."""
    rules, tuning, tuning_version = [], None, ""
    for row in await queries.active_parts(db):
        if row["kind"] == "rules":
            rules.append((row["name"], row["content"]))
        else:
            tuning = msgspec.json.decode(row["content"], type=Tuning)
            tuning_version = row["version"]
    return Parts(
        mode="rules" if settings.screening == "rules" else "full",
        without=settings.screening_without,
        rules=tuple(rules),
        tuning=tuning,
        tuning_version=tuning_version,
        judged=tuple(tuple(row) for row in await queries.judged(db)),
        pictures=tuple(tuple(row) for row in await queries.known_pictures(db)),
    )


async def assemble(db: Database, settings: Settings) -> Screen:
    """The stages in force. Raises ModelUnusable unless the operator wants rules alone."""
    return await asyncio.to_thread(build, await read(db, settings), settings)  # takes a while, the first time


def build(parts: Parts, settings: Settings | None = None) -> Screen:
    """The Screen these parts make; with the model elsewhere that `settings` name, when given. Raises ModelUnusable."""
    rules, left_out = rules_that_load(tuple(sorted(parts.rules)))
    for name, why in left_out.items():
        log.error("a rule file is left out", name=name, why=why)
    steps = [_picture_step(parts), _copy_step(parts), _rule_step(rules)]
    limits = RULE_LIMITS
    tuning, version = parts.tuning or Tuning(), parts.tuning_version or "shipped"
    if parts.mode == "full":
        model = shipped_model()
        if tuning.model not in ("", model.version):
            log.warning("a calibration is left out: it was fitted to another model", fitted_to=tuning.model)
            tuning, version = Tuning(), "shipped"
        steps.append(_model_step(model, tuning))
        limits = {**RULE_LIMITS, **model.limits}
    limits = {**limits, **tuning.limits}
    steps = [step for step in steps if step.name not in parts.without]
    distant = [_distant(settings, limits)] if settings and settings.other_model_url else []
    return Screen(steps, limits, limits_version=version, distant=distant, left_out=left_out)


def _distant(settings: Settings, limits: Mapping[Category, Limits]) -> Distant:
    other = ModerationEndpoint(
        settings.other_model_url, settings.other_model_key.reveal(), limits, seconds=settings.other_model_seconds
    )
    return Distant("other", f"{other.name}/{other.version}", other.judge)


RULE_LIMITS = dict.fromkeys(Category, CLAIMED)
"""Where neither the model nor a calibration says any."""


def _picture_step(parts: Parts) -> Step:
    known = KnownPictures(Known(hash, name, Category(category), of) for hash, name, category, of in parts.pictures)

    def ask(words: Words) -> Answer:
        return Answer(tuple(reason for hash in words.pictures if (reason := known.find(hash))))

    version = hashlib.sha256(repr([row[0] for row in parts.pictures]).encode()).hexdigest()[:12]
    return Step("pictures", version, ask)


def _copy_step(parts: Parts) -> Step:
    judged = Judged()
    for hash, verdict, category, likeness, reference in parts.judged:
        judged.add(hash, likeness, Ruling(verdict), Category(category), reference)

    def ask(words: Words) -> Answer:
        copy = judged.find(words)
        if copy is None:
            return NOTHING
        return Answer((copy.reason,) if copy.reason else (), ends=True)

    version = hashlib.sha256(repr([row[4] for row in parts.judged]).encode()).hexdigest()[:12]
    return Step("copies", version, ask)


def _rule_step(rules: Rules) -> Step:
    def ask(words: Words) -> Answer:
        return Answer(tuple(rules.match(words)))

    return Step("rules", rules.version, ask)


def _model_step(model: Model, tuning: Tuning) -> Step:
    model = model.taught(tuning.learnt)
    lines = {category: Line(*values) for category, values in tuning.lines.items()}

    def ask(words: Words) -> Answer:
        reasons = model.reasons(words)
        for n, reason in enumerate(reasons):
            if line := lines.get(reason.category):
                reasons[n] = msgspec.structs.replace(reason, probability=line.of(reason.probability))
        return Answer(tuple(reasons))

    return Step("model", model.version, ask)


@cache
def shipped_model() -> Model:
    """The model that comes with the program, opened once. Raises ModelUnusable."""
    return Model.open()


@lru_cache(maxsize=8)
def rules_that_load(files: tuple[tuple[str, str], ...], *, tried: bool = True) -> tuple[Rules, Mapping[str, str]]:
    """The shipped rules with those of these files that load, and of each that does not, by its name, why.

    A stored file loaded when it was put in force; a release may have renamed what it leans on.
    """
    left_out: dict[str, str] = {}
    while True:
        standing = tuple(each for each in files if each[0] not in left_out)
        try:
            return load_rules(standing, tried=tried), left_out
        except BrokenRules as error:
            if not standing:
                raise
            named = [name for name, _ in standing if _file_name(name) == error.file]
            left_out[named[0] if named else standing[-1][0]] = str(error)  # too much together: the last goes


def load_rules(files: tuple[tuple[str, str], ...], *, tried: bool = False) -> Rules:
    """The shipped rules and these, each with its name and content, in the order of their names. Raises BrokenRules.

    `tried` when the files were loaded before, so that their examples need not be; those of the shipped ones never are,
    but for the tests.
    """
    replaced = dict(files)
    with tempfile.TemporaryDirectory(prefix="folkmoot-rules-") as folder:
        paths = [] if SHIPPED_RULES in replaced else list(STARTER)
        for name, content in sorted(files):
            path = Path(folder) / _file_name(name)
            path.write_text(content, encoding="utf-8")
            paths.append(path)
        return Rules.load(paths, tried=paths if tried else STARTER)


def _file_name(name: str) -> str:
    """What a file of this name is called while it is read: never as a shipped one."""
    return f"{'own-' if any(path.stem == name for path in STARTER) else ''}{name}.toml"
