"""A log with entries in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot.database import Database
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.moderation.transparency.log.notes import Note, VerifierKey, cosign
from folkmoot.moderation.transparency.log.publish import publish
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.storage import MemoryStorage
from folkmoot.vault import Vault


class Moot:
    """A network's log: its database, its vault, where it is published."""

    origin = "folkmoot.example/transparency/log"

    def __init__(self, db: Database) -> None:
        self.db = db
        self.vault = Vault(bytes(32))
        self.storage = MemoryStorage()

    async def enter(self, *cases: int, **facts: Any) -> None:
        """An entry for each of these cases, waiting for a place."""
        async with self.db.transaction() as tx:
            for case in cases:
                await enter(tx, Deed.CASE_DECIDED, case=case, account=case % 7, verdict="remove", **facts)

    async def grow(self) -> int:
        """Give places and publish, as the worker does."""
        done = await sequence(self.db, self.vault, self.origin)
        await publish(self.db, self.storage)
        return done

    async def cosigned(self, private: Ed25519PrivateKey, key: VerifierKey, at: int) -> bytes:
        """The published checkpoint with a witness's signature under it."""
        note = Note.parse((await self.files())["checkpoint"])
        return str(Note(note.text, (cosign(private, key.name, note.text, at),))).encode()

    async def files(self) -> dict[str, bytes]:
        """Everything published."""
        names = [key.removeprefix("public/log/") for key in await self.storage.keys() if key.startswith("public/log/")]
        return {name: await self.storage.published(f"log/{name}") for name in sorted(names)}

    async def export(self, folder: Path) -> Path:
        """The published files in a folder."""
        for name, data in (await self.files()).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder


@pytest.fixture
def moot(db: Database) -> Moot:
    return Moot(db)


@pytest.fixture
def lasting(open_database: Database, run: Any) -> Any:
    """A log whose transactions are committed."""
    yield Moot(open_database)
    for table in ("trees", "queue", "entries", "tiles", "checkpoints", "keys", "witnesses", "salts"):
        run(open_database.fetch(f"DELETE FROM log_{table}"))
    run(open_database.fetch("DELETE FROM secrets"))
    run(open_database.fetch("DELETE FROM outbox"))
