"""Reads what PostgreSQL's `pgoutput` says of a transaction (protocol version 1): bytes in, plain values out.

Source of the form: PostgreSQL's manual, chapter "Logical Replication Message Formats".
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

UNCHANGED = object()
"""A large value that an update left as it was; it is not in the message."""
Values = dict[str, object]
"""Column and its text; None for no value, UNCHANGED for one that was not sent."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as the messages that follow mean it."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    table: Relation
    new: Values


@dataclass(frozen=True, slots=True)
class Update:
    table: Relation
    key: Values
    """Of the row as it was."""
    new: Values


@dataclass(frozen=True, slots=True)
class Delete:
    table: Relation
    key: Values


@dataclass(frozen=True, slots=True)
class Truncate:
    tables: tuple[Relation, ...]


Change = Insert | Update | Delete | Truncate


@dataclass(frozen=True, slots=True)
class Committed:
    """A whole transaction, in the order in which it was done."""

    end: int
    """The place in the journal after its commit."""
    changes: tuple[Change, ...]


class NotUnderstood(ValueError):
    """A message that protocol version 1 does not have."""


def transactions(messages: Iterable[bytes]) -> Iterator[Committed]:
    """The transactions in a run of messages. Raises NotUnderstood."""
    relations: dict[int, Relation] = {}
    changes: list[Change] = []
    for message in messages:
        kind, body = message[:1], _Body(message, 1)
        if kind == b"B":
            changes = []
        elif kind == b"R":
            number = body.number("I")
            relations[number] = _relation(body)
        elif kind == b"I":
            table = relations[body.number("I")]
            body.skip(1)
            changes.append(Insert(table, body.values(table)))
        elif kind == b"U":
            table = relations[body.number("I")]
            old = body.values(table) if body.take() in b"KO" else None
            if old is not None:
                body.skip(1)
            new = body.values(table)
            changes.append(Update(table, _key(table, old or new), new))
        elif kind == b"D":
            table = relations[body.number("I")]
            body.skip(1)
            changes.append(Delete(table, _key(table, body.values(table))))
        elif kind == b"T":
            count = body.number("I")
            body.skip(1)
            changes.append(Truncate(tuple(relations[body.number("I")] for _ in range(count))))
        elif kind == b"C":
            body.skip(1 + 8)
            yield Committed(body.number("Q"), tuple(changes))
            changes = []
        elif kind not in (b"O", b"Y", b"M"):
            raise NotUnderstood(f"message {kind!r}")


def _relation(body: _Body) -> Relation:
    body.text()  # the schema: all our tables are in public
    name = body.text()
    body.skip(1)
    columns, key = [], []
    for _ in range(body.number("H")):
        is_key = body.number("B") & 1
        column = body.text()
        columns.append(column)
        if is_key:
            key.append(column)
        body.skip(8)
    return Relation(name, tuple(columns), tuple(key))


def _key(table: Relation, values: Values) -> Values:
    return {name: values[name] for name in table.key}


class _Body:
    """A message that is read from front to back."""

    def __init__(self, message: bytes, at: int) -> None:
        self._message = message
        self._at = at

    def number(self, form: str) -> int:
        found: int = struct.unpack_from(f">{form}", self._message, self._at)[0]
        self._at += struct.calcsize(f">{form}")
        return found

    def skip(self, count: int) -> None:
        self._at += count

    def take(self) -> bytes:
        self._at += 1
        return self._message[self._at - 1 : self._at]

    def text(self) -> str:
        end = self._message.index(b"\0", self._at)
        found = self._message[self._at : end].decode()
        self._at = end + 1
        return found

    def values(self, table: Relation) -> Values:
        found: Values = {}
        for name in table.columns[: self.number("H")]:
            kind = self.take()
            if kind == b"t":
                length = self.number("I")
                found[name] = self._message[self._at : self._at + length].decode()
                self._at += length
            elif kind in (b"n", b"u"):
                found[name] = None if kind == b"n" else UNCHANGED
            else:
                raise NotUnderstood(f"value {kind!r}")
        return found
