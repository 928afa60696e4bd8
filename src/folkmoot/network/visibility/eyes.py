"""What a reader's relations let them see, read in one statement and remembered until one of them changes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from folkmoot.bus import Bus, News
from folkmoot.cache import Cache
from folkmoot.database import Database


class Eyes(msgspec.Struct, frozen=True, kw_only=True):
    """A reader, or with `account_id` None anybody."""

    account_id: int | None = None
    follows: frozenset[int] = frozenset()
    blocks: frozenset[int] = frozenset()
    blocked_by: frozenset[int] = frozenset()
    mutes: dict[int, datetime | None] = {}
    """Muted accounts, each with the time the mute ends (None: it does not)."""


ANYBODY = Eyes()

_READ = """
SELECT ARRAY(SELECT target_id FROM follows WHERE account_id = $1) AS follows,
       ARRAY(SELECT target_id FROM blocks WHERE account_id = $1) AS blocks,
       ARRAY(SELECT account_id FROM blocks WHERE target_id = $1) AS blocked_by,
       ARRAY(SELECT target_id FROM mutes WHERE account_id = $1 ORDER BY target_id) AS muted,
       ARRAY(SELECT expires_at FROM mutes WHERE account_id = $1 ORDER BY target_id) AS muted_until
"""


class Watch:
    """Hands out the Eyes of readers, kept in memory and forgotten when their relations change."""

    def __init__(self, db: Database, bus: Bus, *, capacity: int = 20_000) -> None:
        self._db = db
        self._kept: Cache[int, Eyes] = Cache(capacity)
        bus.hear("relation.changed", self._changed)
        bus.on_reset(self._kept.clear)

    async def eyes(self, account_id: int | None) -> Eyes:
        """The eyes of this account; of anybody for None."""
        if account_id is None:
            return ANYBODY
        kept = self._kept.get(account_id)
        if kept is not None:
            return kept
        as_of = self._kept.moment()
        row = await self._db.fetchrow(_READ, account_id)
        assert row is not None  # a SELECT without FROM has one row
        eyes = Eyes(
            account_id=account_id,
            follows=frozenset(row["follows"]),
            blocks=frozenset(row["blocks"]),
            blocked_by=frozenset(row["blocked_by"]),
            mutes=dict(zip(row["muted"], row["muted_until"], strict=True)),
        )
        self._kept.put(account_id, eyes, as_of=as_of)
        return eyes

    def _changed(self, news: News) -> None:
        self._kept.drop(news.payload["account_id"])
        self._kept.drop(news.payload["target_id"])
