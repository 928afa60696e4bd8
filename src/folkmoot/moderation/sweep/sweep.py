"""The sweep itself: batches in order of id, several read at once, each batch's findings in one transaction."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.ids import new_id
from folkmoot.moderation.screening import Finding, Outcome, Reason, Screen, Stage, Words, conclude
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.moderation.screening.finding import SETTLED
from folkmoot.moderation.sweep import queries
from folkmoot.moderation.sweep.crew import Cluster, Crew, Here, Processes
from folkmoot.moderation.sweep.profiles import sweep_profiles
from folkmoot.network.accounts import hide_pictures
from folkmoot.network.gate import FoundBy, Subject, among_few
from folkmoot.network.gate import queries as gate_queries
from folkmoot.network.gate.parts import Parts, build, read
from folkmoot.network.posts.hold import hide
from folkmoot.settings import Settings

BATCH = 500
ABOUT = ("rules", "model", "limits")
"""What a sweep is about. Copies and known pictures are not: verdicts add to them all the time."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to sweep, and how."""

    since: datetime | None = None
    rules_only: bool = False
    hands: int = 0
    """Processes to read with; 0 for one a core."""
    share: float = 1.0
    """Of the time each hand may work; the rest it pauses."""
    ray: str = ""
    """Address of a Ray cluster, `local` for one made here; empty for processes of this machine."""
    dry: bool = False
    """Only count; hold nothing and write nothing down."""


class Progress(msgspec.Struct):
    """How far it is."""

    total: int = 0
    screened: int = 0
    cases: int = 0
    holds: int = 0
    pictures: int = 0
    """Avatars and headers that are known."""
    profiles: int = 0
    """Profiles whose words were read."""
    doubted_profiles: int = 0
    resumed: bool = False


async def sweep(
    db: Database, settings: Settings, options: Options, show: Callable[[Progress], None] = lambda progress: None
) -> Progress:
    """Screen every post and then every profile by what is in force now; `show` is called after each batch of posts.

    A sweep that was stopped goes on when one with the same options is begun and rules, model and limits are the same;
    what was judged meanwhile counts from there on. What was found in a version of a post before is left to the decision
    about that, unless it turns out to be a copy or a picture that was removed elsewhere. What a few wrote to one another
    stays on this machine, whoever reads the rest. Raises Unavailable, ModelUnusable.
    """
    parts = await read(db, settings)
    if options.rules_only:
        parts = msgspec.structs.replace(parts, mode="rules")
    screen = build(parts)
    versions = " ".join(f"{part}={screen.versions[part]}" for part in ABOUT if part in screen.versions)
    kept = {"since": clock.stamp(options.since) if options.since else None, "rules_only": options.rules_only}
    begun = None if options.dry else await queries.unfinished(db, kept, versions)
    if begun is not None:
        id, after, until = begun["id"], begun["after_id"], begun["until_id"]
        progress = Progress(screened=begun["screened"], cases=begun["cases"], holds=begun["holds"], resumed=True)
    else:
        id, until, progress = new_id(), await queries.last_id(db), Progress()
        after = int(options.since.timestamp() * 1_000) << 16 if options.since else 0  # as ids are made
        if not options.dry:
            async with db.transaction() as tx:
                await queries.begin(tx, id, kept, versions, after, until, clock.now())
    progress.total = progress.screened + await queries.count(db, after, until)
    show(progress)
    crew = _crew(parts, options)
    here = Here(screen, options.share) if crew.is_elsewhere else crew
    try:
        await _Sweep(db, crew, here, options, id, progress, show).go(after, until)
        progress.profiles, progress.doubted_profiles = await sweep_profiles(db, crew.read, crew.hands, dry=options.dry)
    finally:
        here.dismiss()
        if here is not crew:
            crew.dismiss()
    await _sweep_pictures(db, screen, options, progress)
    show(progress)
    if not options.dry:
        async with db.transaction() as tx:
            await queries.finish(tx, id, clock.now())
    return progress


async def _sweep_pictures(db: Database, screen: Screen, options: Options, progress: Progress) -> None:
    """Hide avatars and headers that are known by now: a comparison of numbers, hence no work for a crew."""
    after = (0, "")
    while rows := await queries.pictures(db, after, BATCH):
        after = (rows[-1]["account_id"], rows[-1]["part"])
        for row in rows:
            words = Words(text="", pictures=tuple(row["hashes"]))
            reasons = screen.ask("pictures", words)
            if not reasons or row["known"]:
                continue
            progress.pictures += 1
            if not options.dry:
                await _hide_pictures(db, row["account_id"], words, conclude(reasons, screen.limits, screen.versions))


async def _hide_pictures(db: Database, account_id: int, words: Words, finding: Finding) -> None:
    async with db.transaction() as tx:
        if await hide_pictures(tx, account_id, words.pictures):
            subject = Subject(account_id=account_id, found_by=FoundBy.SWEEP)
            made = await gate_queries.insert_finding(
                tx, subject, finding, words, finding.category or "", fingerprint(""), clock.now()
            )
            tx.announce("finding.made", id=made, outcome=finding.outcome.value)


def _crew(parts: Parts, options: Options) -> Crew:
    hands = options.hands or len(os.sched_getaffinity(0))
    if options.ray:
        return Cluster(parts, options.ray, hands, options.share)
    return Processes(parts, hands, options.share)


class _Sweep:
    def __init__(
        self,
        db: Database,
        crew: Crew,
        here: Crew,
        options: Options,
        id: int,
        progress: Progress,
        show: Callable[[Progress], None],
    ) -> None:
        self._db = db
        self._crew = crew
        self._here = here
        self._options = options
        self._id = id
        self._progress = progress
        self._show = show

    async def go(self, after: int, until: int) -> None:
        """Keep every hand busy, and write results down in the order of the posts: that is what makes it resumable."""
        waiting: list[asyncio.Task[tuple[list[Row], list[Words], list[Finding]]]] = []
        try:
            while True:
                rows = await queries.batch(self._db, after, until, BATCH)
                if rows:
                    after = rows[-1]["id"]
                    waiting.append(asyncio.create_task(self._read(rows)))
                if waiting and (not rows or len(waiting) > 2 * self._crew.hands):
                    await self._write_down(*await waiting.pop(0))
                if not rows and not waiting:
                    return
        finally:
            for task in waiting:
                task.cancel()

    async def _read(self, rows: list[Row]) -> tuple[list[Row], list[Words], list[Finding]]:
        words = [words_of(row) for row in rows]
        found = await self._found(rows, words)
        return rows, words, [_as_seen(row, finding) for row, finding in zip(rows, found, strict=True)]

    async def _found(self, rows: list[Row], words: list[Words]) -> list[Finding]:
        """What each is found to be, letters read here and all else by the crew."""
        if self._here is self._crew:
            return await self._crew.read(words)
        found: dict[int, Finding] = {}
        for reader, letters in ((self._here, True), (self._crew, False)):
            places = [place for place, row in enumerate(rows) if row["has_letter"] is letters]
            if places:
                found |= zip(places, await reader.read([words[place] for place in places]), strict=True)
        return [found[place] for place in range(len(rows))]

    async def _write_down(self, rows: list[Row], words: list[Words], found: list[Finding]) -> None:
        doubtful = [
            (row, said, finding)
            for row, said, finding in zip(rows, words, found, strict=True)
            if finding.outcome is not Outcome.PUBLISH
        ]
        cases = holds = 0
        if self._options.dry:
            cases = sum(finding.outcome is Outcome.CASE for _, _, finding in doubtful)
            holds = len(doubtful) - cases
        else:
            cases, holds = await self._enter(rows, doubtful)
        self._progress.screened += len(rows)
        self._progress.cases += cases
        self._progress.holds += holds
        self._show(self._progress)

    async def _enter(self, rows: list[Row], doubtful: list[tuple[Row, Words, Finding]]) -> tuple[int, int]:
        cases = holds = 0
        async with self._db.transaction() as tx:
            ids = [row["id"] for row, _, _ in doubtful]
            standing = await queries.lock_versions(tx, ids) if ids else {}
            known = await queries.known(tx, ids) if ids else {}
            for row, words, finding in doubtful:
                if standing.get(row["id"]) != row["version"]:
                    continue  # gone, or edited (and so screened) meanwhile
                if not is_news(finding, known.get((row["id"], row["version"]), ())):
                    continue  # somebody has it before them already, or has decided about it
                category = finding.category or ""
                subject = Subject(
                    account_id=row["account_id"], post_id=row["id"], version=row["version"], found_by=FoundBy.SWEEP
                )
                made = await gate_queries.insert_finding(
                    tx, subject, finding, words, category, fingerprint(words.text), clock.now()
                )
                tx.announce("finding.made", id=made, outcome=finding.outcome.value)
                if finding.outcome is Outcome.HOLD:
                    await hide(tx, row["id"], category)
                    holds += 1
                else:
                    cases += 1
            if ids:
                await queries.set_violence(tx, ids, [finding.probability for _, _, finding in doubtful])
            await queries.note(tx, self._id, rows[-1]["id"], len(rows), cases, holds)
        return cases, holds


def is_news(finding: Finding, earlier: Sequence[tuple[str | None, Sequence[Reason]]]) -> bool:
    """Whether a finding says more of a text than the earlier ones: each the decision about it, and its reasons.

    That it is a copy or has a picture that was removed elsewhere since, does; what a model or a rule says of it does not, and
    neither does anything of what was upheld: its own judgement is what it would be a copy of.
    """
    if any(decision == "upheld" for decision, _ in earlier):
        return False
    before = {_what(reason) for _, because in earlier for reason in because}
    return not earlier or any(
        reason.stage in SETTLED and before.isdisjoint((_what(reason), (reason.stage, ""))) for reason in finding.because
    )


def _what(reason: Reason) -> tuple[Stage, str]:
    """What a copy copies, and which picture is known: on whatever list, and in findings of before that was kept any."""
    return reason.stage, reason.picture if reason.stage is Stage.PICTURE else reason.name


def words_of(row: Mapping[str, Any]) -> Words:
    """A row of `queries.batch` as what is screened."""
    more = (row["warning"], *(row["alts"] or ()), *(row["options"] or ()))
    return Words(
        text=row["text"],
        more=tuple(text for text in more if text),
        language=row["language"],
        reply_to=row["reply_to"],
        pictures=tuple(row["pictures"] or ()),
    )


def _as_seen(row: Mapping[str, Any], finding: Finding) -> Finding:
    return among_few(finding) if row["visibility"] == "direct" else finding
