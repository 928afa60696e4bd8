"""Every statement that finds the posts of a timeline. All answer up to `limit + 1` ids in the span's order."""

from __future__ import annotations

from collections.abc import Sequence

from folkmoot.bus import Bus, News
from folkmoot.database import Database
from folkmoot.network.timelines.pages import Span

_BETWEEN = "p.id < $1 AND p.id > $2"
_PUBLIC = """p.visibility = 'public' AND p.shows_id IS NULL AND p.hidden_at IS NULL
    AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id)"""


class PublicPosts:
    """The newest public posts, read once and kept until one is published or removed."""

    KEPT = 400

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._ids: list[int] | None = None
        self._generation = 0
        bus.hear("post.published", self._published)
        bus.hear("post.removed", lambda news: self._forget())
        bus.hear("post.hidden", lambda news: self._forget())
        bus.on_reset(self._forget)

    async def ids(self, span: Span, *, only_media: bool) -> list[int]:
        if not only_media:
            kept = self._ids
            if kept is None:
                kept = await self._load()
            found = [id for id in kept if span.floor < id < span.ceiling]
            complete = len(kept) < self.KEPT
            if complete or (kept and span.floor >= kept[-1]) or (len(found) > span.limit and not span.upward):
                return found[::-1][: span.limit + 1] if span.upward else found[: span.limit + 1]
        rows = await self._db.fetch(
            f"""SELECT p.id FROM posts p WHERE {_BETWEEN} AND {_PUBLIC} AND (NOT $4 OR p.has_media)
                ORDER BY p.id {span.order} LIMIT $3""",
            span.ceiling,
            span.floor,
            span.limit + 1,
            only_media,
        )
        return [row["id"] for row in rows]

    async def _load(self) -> list[int]:
        generation = self._generation
        rows = await self._db.fetch(f"SELECT p.id FROM posts p WHERE {_PUBLIC} ORDER BY p.id DESC LIMIT $1", self.KEPT)
        ids = [row["id"] for row in rows]
        if generation == self._generation:
            self._ids = ids
        return ids

    def _published(self, news: News) -> None:
        payload = news.payload
        if payload["visibility"] != "public" or payload.get("shows_id") is not None:
            return
        self._generation += 1
        if payload["reply"]:
            if payload["reply_to_self"]:
                self._ids = None
            return
        if self._ids is not None:
            id = payload["post_id"]
            if self._ids and id <= self._ids[0]:  # committed out of order, unless it was read already
                if id not in self._ids:
                    self._ids = None
            else:
                self._ids.insert(0, id)
                del self._ids[self.KEPT :]

    def _forget(self) -> None:
        self._generation += 1
        self._ids = None


async def tagged(
    db: Database, any_of: Sequence[str], all_of: Sequence[str], none_of: Sequence[str], span: Span, *, only_media: bool
) -> list[int]:
    rows = await db.fetch(
        f"""SELECT DISTINCT p.id FROM post_tags t JOIN posts p ON p.id = t.post_id AND p.account_id = t.account_id
            WHERE t.tag = ANY($4::text[]) AND t.post_id < $1 AND t.post_id > $2 AND {_BETWEEN}
              AND p.visibility = 'public' AND p.hidden_at IS NULL AND (NOT $7 OR p.has_media)
              AND (SELECT count(*) FROM post_tags o WHERE o.post_id = p.id AND o.tag = ANY($5::text[])) = cardinality($5::text[])
              AND NOT EXISTS (SELECT FROM post_tags o WHERE o.post_id = p.id AND o.tag = ANY($6::text[]))
            ORDER BY p.id {span.order} LIMIT $3""",
        span.ceiling,
        span.floor,
        span.limit + 1,
        list(any_of),
        list(set(all_of)),
        list(none_of),
        only_media,
    )
    return [row["id"] for row in rows]


async def posts_of(
    db: Database,
    account_id: int,
    reader_id: int | None,
    reader_follows: bool,
    span: Span,
    *,
    only_media: bool,
    without_replies: bool,
    without_boosts: bool,
    tag: str | None,
) -> list[int]:
    """`visibility.may_see` is asked for each afterwards; here only whole kinds are left out, so that pages are full."""
    own = reader_id == account_id
    conditions = [_BETWEEN, "p.account_id = $4"]
    if not own:
        kinds = "'public', 'unlisted', 'followers'" if reader_follows else "'public', 'unlisted'"
        named = (
            "EXISTS (SELECT FROM mentions m WHERE m.post_id = p.id AND m.author_id = $4 AND m.account_id = $5::bigint)"
        )
        conditions.append(f"(p.visibility IN ({kinds}) OR ($5::bigint IS NOT NULL AND {named}))")
    else:
        conditions.append("$5::bigint IS NOT NULL")
    if only_media:
        conditions.append("p.has_media")
    if without_replies:
        conditions.append("(p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = p.account_id)")
    if without_boosts:
        conditions.append("p.shows_id IS NULL")
    if tag is not None:
        conditions.append(
            "EXISTS (SELECT FROM post_tags t WHERE t.post_id = p.id AND t.account_id = $4 AND t.tag = $6::text)"
        )
    else:
        conditions.append("$6::text IS NULL")
    rows = await db.fetch(
        f"SELECT p.id FROM posts p WHERE {' AND '.join(conditions)} ORDER BY p.id {span.order} LIMIT $3",
        span.ceiling,
        span.floor,
        span.limit + 1,
        account_id,
        reader_id,
        tag,
    )
    return [row["id"] for row in rows]


async def marked(db: Database, table: str, account_id: int, span: Span) -> list[tuple[int, int]]:
    """Pairs of mark id and post id; `table` is favourites or bookmarks."""
    assert table in ("favourites", "bookmarks")
    rows = await db.fetch(
        f"""SELECT p.id, p.post_id FROM {table} p WHERE {_BETWEEN} AND p.account_id = $4
            ORDER BY p.id {span.order} LIMIT $3""",
        span.ceiling,
        span.floor,
        span.limit + 1,
        account_id,
    )
    return [(row["id"], row["post_id"]) for row in rows]


async def direct(db: Database, account_id: int, span: Span) -> list[int]:
    rows = await db.fetch(
        f"""SELECT p.id FROM posts p WHERE {_BETWEEN} AND p.visibility = 'direct'
              AND (p.account_id = $4 OR EXISTS (
                SELECT FROM mentions m WHERE m.post_id = p.id AND m.author_id = p.account_id AND m.account_id = $4))
            ORDER BY p.id {span.order} LIMIT $3""",
        span.ceiling,
        span.floor,
        span.limit + 1,
        account_id,
    )
    return [row["id"] for row in rows]
