"""What an export holds: its manifest, the tables that stay behind, and those that only travel sealed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

FORMAT = "folkmoot-site"
VERSION = 1
MANIFEST, SUMS, SETTINGS, LACKING = "manifest.json", "SHA256SUMS", "settings.toml", "missing-media.txt"
SEALED, SEALED_KEY = "secrets.jsonl.age", "secrets.key.age"
UNFINISHED = "UNFINISHED"
"""Lies in a folder while an export is being written there."""
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)

LEFT_BEHIND = {
    "alembic_version": "the manifest has it",
    "backups": "what a repository of this database holds; another database begins another chain",
    "heartbeats": "of the link between two hosts",
    "outbox": "news for processes that run at this moment",
    "procrastinate_events": "the history of jobs",
    "procrastinate_periodic_defers": "which periodic work was started last; it may run once more",
    "procrastinate_workers": "processes that run at this moment",
    "standby_reports": "of the link between two hosts",
}
"""Tables that say something about this host, not about the network; with the reason."""

SECRET_TABLES = frozenset(
    {
        "evidence_keys",
        "grants",
        "press_views",
        "push_messages",
        "push_subscriptions",
        "refused_pictures",
        "secrets",
        "sessions",
        "tokens",
    }
)
"""Whoever has their rows can act as somebody, or open what was sealed, or nothing without the master key: they travel
sealed or not at all."""

SECRET_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "apps": {"secret_hash": "'\\x'"},
    "credentials": {"password_hash": "''"},
    "notice_senders": {"key_hash": "NULL"},
}
"""Columns that travel sealed or not at all, and the SQL of what stands in for them: it matches nothing."""

PARTLY: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "procrastinate_jobs": (
        "status IN ('todo', 'doing')",
        {"status": "'todo'", "worker_id": "NULL", "abort_requested": "false"},
    ),
}
"""Tables of which some rows travel: the condition, and columns that are given another value on the way. A job that a
worker has in hand waits again, and its worker stays behind; jobs may run twice."""


class Column(msgspec.Struct, frozen=True):
    """One column of a table, as the catalogue has it."""

    name: str
    type: str
    is_null_allowed: bool = True


class Table(msgspec.Struct, frozen=True):
    """One table, as the catalogue has it."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    refers_to: frozenset[str] = frozenset()

    @property
    def open_columns(self) -> tuple[Column, ...]:
        """Those that travel for everybody to read."""
        return tuple(each for each in self.columns if each.name not in SECRET_COLUMNS.get(self.name, {}))

    @property
    def sealed_columns(self) -> tuple[Column, ...]:
        """Those that only travel sealed; the key goes along, so that each finds its row."""
        if self.name in SECRET_TABLES:
            return self.columns
        secret = SECRET_COLUMNS.get(self.name, {})
        return tuple(each for each in self.columns if each.name in secret or each.name in self.key) if secret else ()


class TableFile(msgspec.Struct, frozen=True):
    """What the manifest says of one table."""

    name: str
    file: str
    rows: int
    bytes: int
    sha256: str
    key: tuple[str, ...]
    columns: dict[str, str]
    """Name and PostgreSQL's type of each column in the file."""
    sealed: tuple[str, ...] = ()
    """Columns that are in the sealed file only."""


class SealedFile(msgspec.Struct, frozen=True):
    """What the manifest says of the sealed part."""

    to: Literal["recipient", "passphrase"]
    rows: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """manifest.json."""

    format: str
    version: int
    software: str
    schema: str
    made_at: str
    network: str
    epoch: int
    site_name: str
    public_url: str
    postgres: str
    tables: tuple[TableFile, ...]
    media: int
    media_bytes: int
    media_missing: int
    sealed: SealedFile | None = None


def file_of(table: str) -> str:
    """Where a table's rows are."""
    return f"tables/{table}.jsonl"


def travelling(tables: Iterable[Table]) -> list[Table]:
    """The tables an export is about, each after all it refers to. Raises ValueError when they refer in a circle."""
    return in_order(each for each in tables if each.name not in LEFT_BEHIND)


def in_order(tables: Iterable[Table]) -> list[Table]:
    """Tables, each after all it refers to. Raises ValueError when they refer in a circle."""
    waiting = {each.name: each for each in tables}
    ordered: list[Table] = []
    while waiting:
        free = [each for each in waiting.values() if not (each.refers_to - {each.name}) & waiting.keys()]
        if not free:
            raise ValueError(f"tables refer to each other in a circle: {', '.join(sorted(waiting))}")
        for each in sorted(free, key=lambda table: table.name):
            ordered.append(waiting.pop(each.name))
    return ordered


def sums_text(sums: Mapping[str, str]) -> str:
    """SHA256SUMS, as `sha256sum -c` reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def read_sums(text: str) -> dict[str, str]:
    """Name and sum of each file; raises ValueError for a line that is none."""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})  ([A-Za-z0-9_./-]{1,200})", line, re.ASCII)
        if match is None:
            raise ValueError(line[:80])
        found[match[2]] = match[1]
    return found
