"""Home timelines in memory: the newest entries of accounts that were read lately.

Rows are the truth (written in the posting transaction); the lists here follow them by news. A list that is being read
while news arrive is not kept.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple

import msgspec

from folkmoot.bus import Bus, News
from folkmoot.cache import Cache
from folkmoot.database import Database
from folkmoot.ids import LARGEST
from folkmoot.network.timelines.pages import Span

KEPT = 400
REPEAT_WINDOW = 40
"""A boost of what stands among this many older entries is left out."""


class Entry(NamedTuple):
    post_id: int
    author_id: int
    shows_id: int | None


class Kept(msgspec.Struct):
    """Newest first; `complete` when there is nothing older in the table."""

    entries: list[Entry]
    complete: bool


class Homes:
    def __init__(self, db: Database, bus: Bus, *, accounts: int = 2_000) -> None:
        self._db = db
        self._kept: Cache[int, Kept] = Cache(accounts)
        self._loading: dict[int, int] = {}
        bus.hear("post.published", self._delivered)
        bus.hear("home.delivered", self._home_delivered)
        bus.hear("homes.changed", self._home_delivered)
        bus.hear("home.changed", lambda news: self._kept.drop(news.payload["account_id"]))
        bus.on_reset(self._kept.clear)

    async def entries(self, account_id: int, span: Span) -> list[Entry]:
        """Up to `limit + 1` entries of the span, in its own order."""
        kept = self._kept.get(account_id)
        if kept is None:
            kept = await self._load(account_id)
        oldest = kept.entries[-1].post_id if kept.entries else LARGEST
        found = _within(kept.entries, span)
        if kept.complete or span.floor >= oldest or (len(found) > span.limit and not span.upward):
            return found
        rows = await self._db.fetch(
            f"""SELECT post_id, author_id, shows_id FROM home_entries
                WHERE account_id = $1 AND post_id < $2 AND post_id > $3 ORDER BY post_id {span.order} LIMIT $4""",
            account_id,
            span.ceiling,
            span.floor,
            span.limit + 1,
        )
        return [Entry(*row) for row in rows]

    def forget(self, account_id: int, gone: set[int]) -> None:
        """These posts no longer exist: leave them out from now on."""
        kept = self._kept.peek(account_id)
        if kept is not None:
            kept.entries[:] = [
                entry for entry in kept.entries if entry.post_id not in gone and entry.shows_id not in gone
            ]

    async def _load(self, account_id: int) -> Kept:
        as_of = self._kept.moment()
        self._loading[account_id] = self._loading.get(account_id, 0) + 1
        try:
            rows = await self._db.fetch(
                """SELECT post_id, author_id, shows_id FROM home_entries
                   WHERE account_id = $1 ORDER BY post_id DESC LIMIT $2""",
                account_id,
                KEPT,
            )
        finally:
            self._loading[account_id] -= 1
            if not self._loading[account_id]:
                del self._loading[account_id]
        kept = Kept(without_repeats([Entry(*row) for row in rows]), len(rows) < KEPT)
        self._kept.put(account_id, kept, as_of=as_of)
        return kept

    def _delivered(self, news: News) -> None:
        self._prepend(news.payload["homes"], _entry(news.payload))

    def _home_delivered(self, news: News) -> None:
        for account_id in news.payload["homes"]:
            self._kept.drop(account_id)

    def _prepend(self, accounts: list[int], entry: Entry) -> None:
        for account_id in accounts:
            if account_id in self._loading:
                self._kept.drop(account_id)
                continue
            kept = self._kept.peek(account_id)
            if kept is None:
                continue
            entries = kept.entries
            at = bisect_left(entries, -entry.post_id, key=lambda other: -other.post_id)
            if at < len(entries) and entries[at].post_id == entry.post_id:
                continue
            if entry.shows_id is not None and _repeats(entry, entries[at : at + REPEAT_WINDOW]):
                continue
            if at == len(entries) and not kept.complete:
                continue  # older than what is kept
            entries.insert(at, entry)
            if len(entries) > KEPT:
                del entries[KEPT:]
                kept.complete = False


def _entry(payload: dict[str, Any]) -> Entry:
    return Entry(payload["post_id"], payload["account_id"], payload.get("shows_id"))


def _repeats(entry: Entry, older: list[Entry]) -> bool:
    return any(entry.shows_id in (other.post_id, other.shows_id) for other in older)


def without_repeats(entries: list[Entry]) -> list[Entry]:
    """Without boosts of what stands close below already."""
    return [
        entry
        for n, entry in enumerate(entries)
        if entry.shows_id is None or not _repeats(entry, entries[n + 1 : n + 1 + REPEAT_WINDOW])
    ]


def _within(kept: list[Entry], span: Span) -> list[Entry]:
    """Up to `limit + 1` of the kept entries (newest first) that lie in the span, in its order."""
    begin = bisect_left(kept, -span.ceiling, key=lambda entry: -entry.post_id)
    if begin < len(kept) and kept[begin].post_id == span.ceiling:
        begin += 1
    end = bisect_left(kept, -span.floor, key=lambda entry: -entry.post_id)
    found = kept[begin:end]
    if span.upward:
        return found[::-1][: span.limit + 1]
    return found[: span.limit + 1]
