"""The words of profiles: read like posts, and brought before stewards where in doubt. They stay in sight until somebody decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.moderation.screening import Finding, Outcome, Words
from folkmoot.moderation.screening.copies import fingerprint
from folkmoot.moderation.sweep import queries
from folkmoot.network.accounts import Field
from folkmoot.network.gate import FoundBy, Subject, profile_words
from folkmoot.network.gate import queries as gate_queries

BATCH = 500

Read = Callable[[list[Words]], Awaitable[list[Finding]]]


async def sweep_profiles(db: Database, read: Read, hands: int, *, dry: bool) -> tuple[int, int]:
    """Read every profile on show, `hands` batches at once; how many were read, and how many are in doubt."""
    profiles = doubted = after = 0
    while rows := await queries.profiles(db, after, BATCH * hands):
        after = rows[-1]["id"]
        batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
        found = await asyncio.gather(*(read([words_of(row) for row in batch]) for batch in batches))
        for batch, findings in zip(batches, found, strict=True):
            doubtful = [
                (row, finding)
                for row, finding in zip(batch, findings, strict=True)
                if finding.outcome is not Outcome.PUBLISH
            ]
            doubted += len(doubtful) if dry else await _enter(db, doubtful)
        profiles += len(rows)
    return profiles, doubted


def words_of(row: Mapping[str, Any]) -> Words:
    """A row of `queries.profiles` as what is screened: what update_profile and feature_tag would have read, all of it at once."""
    fields = msgspec.json.decode(row["fields"], type=list[Field])
    more = [row["display_name"], row["avatar_alt"], row["header_alt"]]
    more += [part for field in fields for part in (field.name, field.value)]
    more += row["tags"]
    return profile_words(row["bio"], [text for text in more if text], row["locale"])


async def _enter(db: Database, doubtful: Sequence[tuple[Row, Finding]]) -> int:
    if not doubtful:
        return 0
    entered = 0
    async with db.transaction() as tx:
        ids = [row["id"] for row, _ in doubtful]
        standing = {row["id"]: words_of(row) for row in await queries.lock_profiles(tx, ids)}
        known = await queries.known_profiles(tx, ids)
        for row, finding in doubtful:
            words = words_of(row)
            if standing.get(row["id"]) != words or (row["id"], "\n".join([words.text, *words.more])) in known:
                continue  # closed, changed (and so screened) meanwhile, or somebody has it before them already
            shown = msgspec.structs.replace(finding, outcome=Outcome.CASE)  # nothing hides the words of a profile
            subject = Subject(account_id=row["id"], found_by=FoundBy.SWEEP)
            made = await gate_queries.insert_finding(
                tx, subject, shown, words, shown.category or "", fingerprint(words.text), clock.now()
            )
            tx.announce("finding.made", id=made, outcome=shown.outcome.value)
            entered += 1
    return entered
