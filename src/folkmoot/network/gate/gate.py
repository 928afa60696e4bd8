"""Screening as this process uses it: loaded when first asked, made anew when something it goes by has changed."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from folkmoot import clock
from folkmoot.bus import Bus, News
from folkmoot.database import Database, Transaction
from folkmoot.moderation.screening import Answer, Finding, Outcome, Screen, Words, conclude
from folkmoot.moderation.screening.context import LATELY, in_doubt, weighed
from folkmoot.network.gate import queries
from folkmoot.network.gate.rules import Subject, among_few
from folkmoot.settings import Settings

log = structlog.get_logger(__name__)

BINS = 20
"""Into how many equal parts the statistics cut the probabilities."""
CHECKED_EVERY = 5.0
"""Seconds after which somebody without news (a worker's job, a command) asks whether anything has changed."""


class Gate:
    """Ask it about every text before the public sees it."""

    def __init__(self, db: Database, settings: Settings, bus: Bus | None = None) -> None:
        self._db = db
        self._settings = settings
        self._screen: Screen | None = None
        self._version = ""
        self._loading = asyncio.Lock()
        self._stale = True
        self._hears = bus is not None
        self._checked_at = 0.0
        self._counts: Counter[tuple[str, str]] = Counter()
        self._milliseconds: defaultdict[str, float] = defaultdict(float)
        if bus is not None:
            bus.hear("screening.changed", self._changed)
            bus.on_reset(lambda: self._changed(None))

    async def look(
        self, words: Words, *, author: int | None = None, letter: bool = False, again: bool = False
    ) -> Finding:
        """What screening says of these words, by what is in force now.

        A `letter` is not shown to what is on another machine. What was looked at before, and is looked at `again`, is not counted.
        Where that could change what becomes of a post, what is known of its `author`, and whether others write the same, counts.
        """
        if self._settings.screening == "off":
            return conclude((), {}, {})
        screen = await self.screen()
        begun = time.thread_time()
        here = screen.here(words)
        milliseconds = (time.thread_time() - begun) * 1_000
        of = None if letter or "context" in self._settings.screening_without else author
        if of is not None and not here.ends and in_doubt(here.reasons, screen.limits):
            words = await self._surrounded(words, of)
            here = Answer(weighed(here.reasons, words))
        finding = await screen.look(words, distant=not letter, here=here)
        if not again:
            self._count(among_few(finding) if letter else finding, milliseconds)
        return finding

    async def screen(self) -> Screen:
        """The stages as they are in force, loaded if need be."""
        if self._screen is None or self._stale or self._unheard():
            async with self._loading:
                if self._screen is None or self._stale or self._unheard():
                    return await self._fresh()
        return self._screen

    async def _surrounded(self, words: Words, author: int) -> Words:
        parts = _parts()
        now = clock.now()
        sketch = parts.own_words(words.text).sketch
        found = await queries.found_lately(self._db, author, now - timedelta(seconds=LATELY))
        alike = {row["account_id"] for row in found if parts.near_copies(sketch, row["likeness"])}
        standing = await queries.standing_of(self._db, author, now)
        return msgspec.structs.replace(words, standing=standing, alike=len(alike))

    async def record(self, tx: Transaction, subject: Subject, finding: Finding, words: Words, category: str) -> None:
        """Write a finding down for those who look at what was found; `category` is what it is held or shown for."""
        marks = _parts().fingerprint(words.text)
        id = await queries.insert_finding(tx, subject, finding, words, category, marks, clock.now())
        if subject.refused:
            tx.defer("moderation.findings.keep_refused", finding_id=id, keys=list(subject.refused))
        tx.announce("finding.made", id=id, outcome=finding.outcome.value)

    async def write_counts(self) -> None:
        """Add what was counted since the last time to the statistics of the day."""
        counts, self._counts = self._counts, Counter()
        milliseconds, self._milliseconds = self._milliseconds, defaultdict(float)
        for versions in sorted({versions for versions, _ in counts}):
            scores = [counts[versions, f"score {n}"] for n in range(BINS)]
            async with self._db.transaction() as tx:
                await queries.add_to_day(
                    tx,
                    clock.now(),
                    versions,
                    sum(scores),
                    counts[versions, Outcome.CASE],
                    counts[versions, Outcome.HOLD],
                    scores,
                    milliseconds[versions],
                )

    def _count(self, finding: Finding, milliseconds: float) -> None:
        versions = " ".join(f"{part}={version}" for part, version in sorted(finding.versions.items()))
        self._counts[versions, f"score {min(int(finding.probability * BINS), BINS - 1)}"] += 1
        self._counts[versions, finding.outcome] += 1
        self._milliseconds[versions] += milliseconds

    def _unheard(self) -> bool:
        return not self._hears and time.monotonic() - self._checked_at > CHECKED_EVERY

    def _changed(self, news: News | None) -> None:
        self._stale = True

    async def _fresh(self) -> Screen:
        self._stale = False  # before anything is read: news of what follows makes it stale again
        try:
            version = await queries.standing_version(self._db)
            if self._screen is None or version != self._version:
                parts = await asyncio.to_thread(_parts)
                self._screen = await parts.assemble(self._db, self._settings)
                self._version = version
        except BaseException:
            self._stale = True
            raise
        self._checked_at = time.monotonic()
        return self._screen


def _parts() -> Any:
    """The stages themselves, which take half a second to load: not before somebody publishes."""
    return importlib.import_module("folkmoot.network.gate.parts")


async def media_words(db: Database, account_id: int, ids: Sequence[int]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Alt texts of an account's media by their ids, as they are stored, and picture hashes."""
    if not ids:
        return {}, ()
    rows = await queries.media_words(db, account_id, ids)
    alts = {row["id"]: row["description"] for row in rows}
    return alts, tuple(row["picture_hash"] for row in rows if row["picture_hash"])
