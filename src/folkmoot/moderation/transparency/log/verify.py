"""Check a log with nothing but its files and its key: that all fits, and that it only grew since somebody last looked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence

import msgspec

from folkmoot.errors import Invalid
from folkmoot.moderation.transparency.log.audit import Audit, Problem
from folkmoot.moderation.transparency.log.notes import ED25519, BadNote, Checkpoint, Note, VerifierKey
from folkmoot.moderation.transparency.log.proofs import BadProof, Proof, read_proof
from folkmoot.moderation.transparency.log.publish import CHECKPOINT, KEYS
from folkmoot.moderation.transparency.log.register import Register
from folkmoot.moderation.transparency.log.sources import Source
from folkmoot.moderation.transparency.log.tiles import ENTRIES, WIDTH, Tile, bundle, parse_path, tiles_at, unbundle

AT_ONCE = 16
"""Bundles, with their tiles, that are fetched together."""
Progress = Callable[[int, int], None]


class Verified(msgspec.Struct, kw_only=True):
    """What became of it: whose log it is, how long, who signed, and what is wrong."""

    origin: str = ""
    size: int = 0
    root: bytes = b""
    signed_by: list[str] = []
    witnessed_by: list[tuple[str, int]] = []
    """Witnesses, and when they signed, in seconds since 1970."""
    deeds: dict[str, int] = {}
    keys: list[str] = []
    """The log's keys that follow from the one we began with, the newest last."""
    key_was_given: bool = False
    continues: list[int] = []
    """The sizes of the older checkpoints it continues."""
    problems: list[Problem] = []

    @property
    def is_right(self) -> bool:
        return not self.problems


class _Stop(Exception):
    """There is no point in looking further."""


async def verify(
    source: Source,
    *,
    key: VerifierKey | None = None,
    since: Sequence[Note] = (),
    progress: Progress = lambda done, of: None,
) -> Verified:
    """Check every byte of a log. Without a key it takes the log's own word for it. Raises Unavailable.

    `since` are checkpoints somebody kept: the log has to continue each. A key that was changed is followed through the
    log's own entries.
    """
    found = Verified(key_was_given=key is not None)
    audit: Audit | None = None
    try:
        note, checkpoint = await _checkpoint(source, found)
        begin = await _first_keys(source, checkpoint, key)
        _signers(note, begin, found)
        olds = [_old(each, checkpoint, found) for each in since]
        audit = Audit(checkpoint, {old.size for old in olds if old is not None})
        await _take_all(source, checkpoint, audit, progress)
        audit.finish()
        trusted = audit.register.trusted_from(begin)
        found.keys = [*trusted]
        found.signed_by = _signers(note, trusted.values(), found)
        if not found.signed_by:
            found.problems.append(Problem(CHECKPOINT, "is not signed by the key, nor by one that it vouches for"))
        _check_lines(note, audit.register, found)
        for old, told in zip(olds, since, strict=True):
            if old is not None:
                _check_continues(old, told, audit, trusted.values(), found)
        await _check_rest(source, checkpoint, audit, found)
        found.deeds = dict(sorted(audit.deeds.items()))
    except _Stop:
        pass
    found.problems += audit.problems if audit is not None else []
    return found


async def _checkpoint(source: Source, found: Verified) -> tuple[Note, Checkpoint]:
    data = await source.fetch(CHECKPOINT)
    if data is None:
        found.problems.append(Problem(CHECKPOINT, "is missing"))
        raise _Stop
    try:
        note = Note.parse(data)
        checkpoint = Checkpoint.parse(note.text)
    except BadNote as error:
        found.problems.append(Problem(CHECKPOINT, error.words))
        raise _Stop from None
    found.origin, found.size, found.root = checkpoint.origin, checkpoint.size, checkpoint.root
    if checkpoint.text != note.text:
        found.problems.append(Problem(CHECKPOINT, "there is more in it than origin, size and root"))
    return note, checkpoint


async def _first_keys(source: Source, checkpoint: Checkpoint, key: VerifierKey | None) -> list[VerifierKey]:
    """The keys to begin with: the one we were given, else what the log says of itself in its first entries."""
    if key is not None:
        return [key]
    first = await _fetch(source, Tile(ENTRIES, 0, min(checkpoint.size, WIDTH)))
    try:
        return Register.read(unbundle(first or b"")).keys[:1]
    except ValueError:
        return []


def _signers(note: Note, keys: Iterable[VerifierKey], found: Verified) -> list[str]:
    try:
        return [str(key) for key in note.signed_by(keys)]
    except BadNote as error:
        found.problems.append(Problem(CHECKPOINT, error.words))
        raise _Stop from None


def _old(note: Note, checkpoint: Checkpoint, found: Verified) -> Checkpoint | None:
    try:
        old = Checkpoint.parse(note.text)
    except BadNote as error:
        found.problems.append(Problem("--since", error.words))
        return None
    if old.origin != checkpoint.origin:
        found.problems.append(Problem("--since", f"is of another log, {old.origin}"))
        return None
    if old.size > checkpoint.size:
        found.problems.append(
            Problem(CHECKPOINT, f"the log has {checkpoint.size} entries and had {old.size}: some were taken away")
        )
        return None
    return old


async def _take_all(source: Source, checkpoint: Checkpoint, audit: Audit, progress: Progress) -> None:
    bundles = [tile for tile in tiles_at(checkpoint.size) if tile.level == ENTRIES]
    for start in range(0, len(bundles), AT_ONCE):
        batch = bundles[start : start + AT_ONCE]
        data = await asyncio.gather(*(_fetch(source, each) for each in batch))
        hashes = await asyncio.gather(*(_fetch(source, Tile(0, each.number, each.width)) for each in batch))
        for each, entries, leaves in zip(batch, data, hashes, strict=True):
            audit.take_entries(each, entries, leaves)
        progress(min((start + AT_ONCE) * WIDTH, checkpoint.size), checkpoint.size)
        if audit.has_enough:
            audit.give_up()
            raise _Stop
    for tile in audit.tiles_above():
        audit.take_tile(tile, await _fetch(source, tile))


async def _fetch(source: Source, tile: Tile) -> bytes | None:
    """A tile; the full one, cut, where the partial one has gone."""
    data = await source.fetch(tile.path)
    if data is not None or tile.width == WIDTH:
        return data
    full = await source.fetch(Tile(tile.level, tile.number).path)
    return None if full is None else _cut(full, tile)


def _cut(full: bytes, tile: Tile) -> bytes:
    if tile.level != ENTRIES:
        return full[: tile.width * 32]
    try:
        return bundle(unbundle(full)[: tile.width])
    except ValueError:
        return b""


def _check_lines(note: Note, register: Register, found: Verified) -> None:
    """Every line under the checkpoint must be by a key or a witness the log has named."""
    names = {(key.name, key.id): key for key in [*register.keys, *register.witnesses]}
    seen = set()
    for line in note.signatures:
        key = names.get((line.name, line.id))
        if key is None or key in seen:
            found.problems.append(Problem(CHECKPOINT, f"the log knows no such signature of {line.name}"))
        elif not key.agrees(note.text.encode(), line.signature):
            found.problems.append(Problem(CHECKPOINT, f"the signature of {line.name} is wrong"))
        elif key.kind != ED25519:
            found.witnessed_by.append((line.name, line.at))
        if key is not None:
            seen.add(key)


def _check_continues(old: Checkpoint, note: Note, audit: Audit, keys: Iterable[VerifierKey], found: Verified) -> None:
    try:
        signed = note.signed_by(keys)
    except BadNote as error:
        found.problems.append(Problem("--since", error.words))
        return
    if not signed:
        found.problems.append(Problem("--since", "is not signed by this log"))
    elif audit.root_at(old.size) != old.root:
        audit.say(
            CHECKPOINT, f"the first {old.size} entries are not those that were signed before: the past was changed"
        )
    else:
        found.continues.append(old.size)


async def _check_rest(source: Source, checkpoint: Checkpoint, audit: Audit, found: Verified) -> None:
    """The file of keys, and in a folder all that lies there besides."""
    keys = await source.fetch(KEYS)
    if keys is not None and keys != audit.register.file:
        found.problems.append(Problem(KEYS, "is not what the log's own entries say"))
    wanted = {tile.path for tile in tiles_at(checkpoint.size)} | {CHECKPOINT, KEYS}
    for name in sorted((source.names() or set()) - wanted):
        tile = parse_path(name)
        whole = await _whole_of(source, tile, checkpoint.size) if tile is not None else None
        if tile is None or whole is None or await source.fetch(name) != _cut(whole, tile):
            found.problems.append(Problem(name, "does not belong to this log"))


async def _whole_of(source: Source, tile: Tile, size: int) -> bytes | None:
    """The newest state of a tile of which this is an older one."""
    for newest in tiles_at(size):
        if newest.place == tile.place:
            return await source.fetch(newest.path) if newest.width >= tile.width else None
    return None


# Single proofs ------------------------------------------------------------------------------------------------------


class VerifiedProof(msgspec.Struct, frozen=True):
    """What a proof file shows."""

    proof: Proof
    entry: bytes
    signed_by: list[str]
    means: dict[str, str]
    """For each pseudonym that the file explains what it stands for."""


def verify_proof(data: bytes, key: VerifierKey | None = None) -> VerifiedProof:
    """Check a proof file by itself. Raises BadProof, BadNote."""
    proof = read_proof(data)
    if proof.extra is None:
        raise BadProof(why="it does not say which entry it is about")
    entry = proof.extra.entry.encode()
    proof.check(entry)
    signed = [str(each) for each in proof.note.signed_by([key] if key is not None else [])]
    if key is not None and not signed:
        raise BadProof(why="the checkpoint is not signed with this key")
    try:
        said = msgspec.json.decode(entry, type=dict[str, object])
    except msgspec.DecodeError:
        raise BadProof(why="the entry cannot be read") from None
    means = {}
    for name, line in proof.extra.meanings.items():
        if said.get(name) != hashlib.sha256(line.encode()).hexdigest():
            raise BadProof(why=f"{name} does not mean what it says")
        means[name] = line.partition(" ")[2]
    return VerifiedProof(proof, entry, signed, means)


def read_note(data: bytes) -> Note:
    """A checkpoint somebody kept. Raises Invalid."""
    try:
        return Note.parse(data)
    except BadNote as error:
        raise Invalid("This is not a checkpoint: {why}", why=error.words) from None
