"""A proof as a file that can be checked without us: entry, place, path to the root, checkpoint (C2SP tlog-proof)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import msgspec

from folkmoot.errors import Invalid
from folkmoot.moderation.transparency.log.merkle import HASH_BYTES, MOST_HASHES, Hash, is_included, leaf_hash
from folkmoot.moderation.transparency.log.notes import Checkpoint, Note, exact_base64

FIRST_LINE = "c2sp.org/tlog-proof@v1"
ENDING = ".tlog-proof"
MOST_BYTES = 262_144
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


class BadProof(Invalid):
    sentence = "This proof proves nothing: {why}"


class Extra(msgspec.Struct, frozen=True):
    """What a proof says beside the hashes: the entry itself, and what its pseudonyms stand for, with the salts."""

    entry: str
    meanings: dict[str, str]
    """For each pseudonym in the entry the line whose SHA-256 it is."""


class Proof(msgspec.Struct, frozen=True):
    """That an entry is in the log."""

    index: int
    path: tuple[Hash, ...]
    note: Note
    extra: Extra | None = None

    def __str__(self) -> str:
        lines = [FIRST_LINE]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(msgspec.json.encode(self.extra)).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(hash).decode() for hash in self.path]
        return "\n".join(lines) + f"\n\n{self.note}"

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.note.text)

    def check(self, entry: bytes) -> None:
        """Raise BadProof unless this entry is in the tree the checkpoint names. Who signed it is asked of the note."""
        checkpoint = self.checkpoint
        if not is_included(leaf_hash(entry), self.index, checkpoint.size, self.path, checkpoint.root):
            raise BadProof(why="the path does not lead from the entry to the checkpoint")


def read_proof(data: bytes) -> Proof:
    """A proof from its file. Raises BadProof, and BadNote for a broken checkpoint."""
    if len(data) > MOST_BYTES:
        raise BadProof(why="it is too long")
    head, found, rest = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadProof(why="it is not ASCII above the checkpoint") from None
    if first != FIRST_LINE or not found:
        raise BadProof(why=f"it does not begin with {FIRST_LINE}, or has no checkpoint")
    extra = _extra(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    path = [exact_base64(line) for line in lines]
    if index is None or len(path) > MOST_HASHES or any(hash is None or len(hash) != HASH_BYTES for hash in path):
        raise BadProof(why="its index or one of its hashes cannot be read")
    return Proof(int(index.group(1)), tuple(hash for hash in path if hash is not None), Note.parse(rest), extra)


def _extra(text: str) -> Extra:
    data = exact_base64(text)
    try:
        return msgspec.json.decode(data or b"", type=Extra)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadProof(why="what is said beside it cannot be read") from None


def submission(old: int, proof: Sequence[Hash], note: Note) -> bytes:
    """What a witness is asked to sign: how far it saw the log, the proof that it only grew, the checkpoint."""
    hashes = "".join(f"{base64.b64encode(hash).decode()}\n" for hash in proof)
    return f"old {old}\n{hashes}\n{note}".encode()
