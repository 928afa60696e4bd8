"""What the log says: entries in words' stead, the newest checkpoint, and proofs of single entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database, Row
from folkmoot.errors import Missing
from folkmoot.moderation.transparency.log import queries
from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.entry import Subjects, meaning_of, owner_of, pseudonym
from folkmoot.moderation.transparency.log.merkle import inclusion_runs, prove_inclusion
from folkmoot.moderation.transparency.log.notes import Checkpoint, Note
from folkmoot.moderation.transparency.log.proofs import Extra, Proof
from folkmoot.moderation.transparency.log.publish import note_of
from folkmoot.moderation.transparency.log.tiles import lookup_in, tiles_for

PAGE = 50


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it stands in the log. `place` is None for the seconds until it has one."""

    id: int
    place: int | None
    deed: str
    at: datetime
    body: bytes
    facts: dict[str, Any]
    """What it says beside deed, time and pseudonyms."""
    pseudonyms: dict[str, str]


class Head(msgspec.Struct, frozen=True):
    """The newest checkpoint, and when it was signed."""

    checkpoint: Checkpoint
    note: Note
    signed_at: datetime
    witnesses: tuple[str, ...]


_DECISIVE = {deed.value for deed in (Deed.CASE_DECIDED, Deed.APPEAL_UPHELD, Deed.APPEAL_REVERSED)}
_PSEUDONYMS = ("case", "account", "post", "notice", "steward")
_USUAL = {"v", "deed", "at", *_PSEUDONYMS}


def _entry(row: Row) -> Entry:
    said = msgspec.json.decode(row["body"])
    return Entry(
        id=row["id"],
        place=row["place"],
        deed=row["deed"],
        at=row["at"],
        body=row["body"],
        facts={name: fact for name, fact in said.items() if name not in _USUAL},
        pseudonyms={name: said[name] for name in _PSEUDONYMS if name in said},
    )


async def newest_checkpoint(db: Database) -> Head | None:
    """What was signed last; None before the first entry."""
    row = await queries.newest_checkpoint(db)
    if row is None:
        return None
    note = note_of(row)
    witnesses = tuple(each.name for each in note.signatures[len(row["signatures"]) :])
    return Head(Checkpoint.parse(note.text), note, row["made_at"], witnesses)


async def recent(db: Database, *, before: int | None = None, limit: int = PAGE) -> list[Entry]:
    """Entries from the newest back, or from the place `before`."""
    return [_entry(row) for row in await queries.recent(db, before, limit)]


async def entries_about(db: Database, kind: str, number: int, *, limit: int = PAGE) -> list[Entry]:
    """Entries that concern a case, an account, a post or a notice, the oldest first; none once it is forgotten."""
    return [_entry(row) for row in await queries.about(db, f"{kind}:{number}", limit)]


async def decision_about(db: Database, case_id: int, at: datetime) -> Entry | None:
    """The entry of what was decided about a case at that time, else of what was decided last; None once forgotten."""
    found = [each for each in await entries_about(db, "case", case_id, limit=1_000) if each.deed in _DECISIVE]
    return next((each for each in found if each.at == at), found[-1] if found else None)


async def find_place(db: Database, text: str) -> int:
    """The place somebody means: a number, or `case:ID` and the like for the newest entry about it. Raises Missing."""
    if text.isascii() and text.isdigit():
        return int(text)
    found = [row["place"] for row in await queries.about(db, text, 1_000) if row["place"] is not None]
    if not found:
        raise Missing("The log has no such entry.")
    return int(found[-1])


async def prove(db: Database, place: int, *, tells: Subjects | None = None) -> Proof:
    """The proof that an entry is in the log, for anybody to check without us. Raises Missing.

    With `tells` the proof also says whom and what the entry means, with the salts that show it: for those alone whom it
    concerns. What was forgotten is left out.
    """
    entry = await queries.entry_at(db, place)
    checkpoint = await queries.checkpoint_for(db, place)
    if entry is None or checkpoint is None:
        raise Missing
    runs = inclusion_runs(place, checkpoint["size"])
    tiles = await queries.tiles(db, tiles_for(runs))
    path = prove_inclusion(place, checkpoint["size"], lookup_in(tiles))
    extra = Extra(entry["body"].decode(), await meanings(db, _entry(entry), tells) if tells is not None else {})
    return Proof(place, tuple(path), note_of(checkpoint), extra)


async def meanings(db: Database, entry: Entry, tells: Subjects) -> dict[str, str]:
    """For each pseudonym of the entry that stands for one of these the line it is the SHA-256 of, salt first."""
    salts = await queries.salts(db, tells.salted)
    return {
        name: f"{salts[owner].hex()} {meaning}"
        for name, meaning in meaning_of(tells).items()
        if (owner := owner_of(name, tells)) in salts and entry.pseudonyms.get(name) == pseudonym(salts[owner], meaning)
    }
