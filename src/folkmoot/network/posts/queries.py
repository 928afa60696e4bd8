"""Every statement about posts but those of editing, reacting and scheduling, which have files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import id_at
from folkmoot.network.posts.rules import SLOWED_SPAN, PollDraft
from folkmoot.network.posts.views import Marks, MediaView, MentionView, PollView, PostView, Visibility

_COLUMNS = """
  p.id, p.account_id, p.shows_id, p.shows_account_id, p.in_reply_to_id, p.in_reply_to_account_id, p.thread_id,
  p.visibility, p.text, p.warning, p.sensitive, p.language, p.created_at, p.edited_at, p.version,
  p.replies_count, p.boosts_count, p.favourites_count, p.hidden_at, p.hidden_for, p.waiting,
  apps.name AS app_name, apps.website AS app_website,
  CASE WHEN p.has_media THEN
    (SELECT json_agg(json_build_object('id', m.id, 'kind', m.kind, 'object_key', m.object_key,
       'preview_key', m.preview_key, 'width', m.width, 'height', m.height, 'preview_width', m.preview_width,
       'preview_height', m.preview_height, 'description', m.description, 'focus_x', m.focus_x, 'focus_y', m.focus_y,
       'blurhash', m.blurhash) ORDER BY m.position)
     FROM media m WHERE m.post_id = p.id AND m.account_id = p.account_id) END AS media,
  (SELECT json_agg(json_build_array(a.id, a.name))
     FROM mentions JOIN accounts a ON a.id = mentions.account_id
     WHERE mentions.post_id = p.id AND mentions.author_id = p.account_id AND NOT silent) AS mentions,
  (SELECT array_agg(tag) FROM post_tags WHERE post_tags.post_id = p.id AND post_tags.account_id = p.account_id) AS tags,
  (SELECT json_build_object('id', polls.id, 'options', polls.options, 'multiple', multiple, 'hides_totals', hides_totals,
       'due_at', due_at, 'closed_at', closed_at,
       'voters', (SELECT count(DISTINCT v.account_id) FROM poll_votes v WHERE v.poll_id = polls.id),
       'tallies', (SELECT json_agg((SELECT count(*) FROM poll_votes v WHERE v.poll_id = polls.id AND v.choice = o.position - 1)
                   ORDER BY o.position) FROM unnest(polls.options) WITH ORDINALITY AS o (words, position)))
     FROM polls WHERE polls.post_id = p.id AND polls.account_id = p.account_id) AS poll
"""

TOMBSTONES_KEPT = timedelta(days=184)
"""For how long it can be proven when a deleted post went: as long as evidence of a case is kept."""

_LOAD = f"SELECT {_COLUMNS} FROM posts p LEFT JOIN apps ON apps.id = p.app_id WHERE p.id = ANY($1::bigint[])"
# PostgreSQL plans a statement with an array anew each time, which costs more than reading one post; this plan it keeps.
_LOAD_ONE = f"SELECT {_COLUMNS} FROM posts p LEFT JOIN apps ON apps.id = p.app_id WHERE p.id = $1"


def view_of(row: Row) -> PostView:
    """A row with `_COLUMNS` as a view."""
    return PostView(
        id=row["id"],
        account_id=row["account_id"],
        shows_id=row["shows_id"],
        shows_account_id=row["shows_account_id"],
        in_reply_to_id=row["in_reply_to_id"],
        in_reply_to_account_id=row["in_reply_to_account_id"],
        thread_id=row["thread_id"],
        visibility=Visibility(row["visibility"]),
        text=row["text"],
        warning=row["warning"],
        sensitive=row["sensitive"],
        language=row["language"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        version=row["version"],
        replies_count=row["replies_count"],
        boosts_count=row["boosts_count"],
        favourites_count=row["favourites_count"],
        hidden_at=row["hidden_at"],
        hidden_for=row["hidden_for"],
        waiting=row["waiting"],
        media=msgspec.json.decode(row["media"], type=tuple[MediaView, ...]) if row["media"] else (),
        mentions=tuple(MentionView(*pair) for pair in msgspec.json.decode(row["mentions"])) if row["mentions"] else (),
        tags=tuple(row["tags"] or ()),
        poll=msgspec.json.decode(row["poll"], type=PollView) if row["poll"] else None,
        app_name=row["app_name"],
        app_website=row["app_website"],
    )


# The latest finding of each post says what it waits for; one that was released has nothing to do with it any more.
_REMOVED_BEFORE = """
  SELECT found.post_id, reason.stage FROM (
    SELECT DISTINCT ON (post_id) post_id, decision, because FROM findings
    WHERE post_id = ANY($1::bigint[]) ORDER BY post_id, id DESC) AS found, LATERAL (
    SELECT r ->> 'stage' AS stage FROM jsonb_array_elements(found.because) WITH ORDINALITY AS t (r, number)
    WHERE r ->> 'stage' IN ('copy', 'picture') ORDER BY number LIMIT 1) AS reason
  WHERE found.decision IS DISTINCT FROM 'released'
"""


async def load(source: Database | Transaction, ids: Sequence[int]) -> list[PostView]:
    """The posts with these ids, in no order, whoever may see them."""
    rows = await (source.fetch(_LOAD_ONE, ids[0]) if len(ids) == 1 else source.fetch(_LOAD, list(ids)))
    views = [view_of(row) for row in rows]
    if hidden := [view.id for view in views if view.hidden_at is not None]:
        before = {row["post_id"]: row["stage"] for row in await source.fetch(_REMOVED_BEFORE, hidden)}
        views = [
            msgspec.structs.replace(view, removed_before=before[view.id]) if view.id in before else view
            for view in views
        ]
    return views


_MARKS_OF = """SELECT p.id,
     EXISTS (SELECT FROM favourites WHERE account_id = $1 AND post_id = p.id) AS favourited,
     EXISTS (SELECT FROM posts b WHERE b.shows_id = p.id AND b.account_id = $1) AS boosted,
     EXISTS (SELECT FROM bookmarks WHERE account_id = $1 AND post_id = p.id) AS bookmarked,
     EXISTS (SELECT FROM pins WHERE account_id = $1 AND post_id = p.id) AS pinned,
     EXISTS (SELECT FROM thread_mutes WHERE account_id = $1 AND thread_id = p.thread_id) AS thread_muted
   FROM posts p WHERE """
_MARKS_OF_SEVERAL = _MARKS_OF + "p.id = ANY($2::bigint[])"
_MARKS_OF_ONE = _MARKS_OF + "p.id = $2"


async def marks(db: Database, account_id: int, ids: Sequence[int]) -> dict[int, Marks]:
    """What the account did with each of these posts, in one statement."""
    if len(ids) == 1:
        rows = await db.fetch(_MARKS_OF_ONE, account_id, ids[0])
    else:
        rows = await db.fetch(_MARKS_OF_SEVERAL, account_id, list(ids))
    return {row["id"]: Marks(*tuple(row)[1:]) for row in rows}


# Writing -----------------------------------------------------------------------------------------------------------


async def insert(tx: Transaction, **values: Any) -> None:
    """One row of `posts`; keyword names are column names."""
    names = ", ".join(values)
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await tx.execute(f"INSERT INTO posts ({names}) VALUES ({marks})", *values.values())


async def insert_mentions(tx: Transaction, post_id: int, author_id: int, accounts: Sequence[int]) -> None:
    await tx.execute(
        "INSERT INTO mentions (post_id, author_id, account_id) SELECT $1, $2, unnest($3::bigint[]) ON CONFLICT DO NOTHING",
        post_id,
        author_id,
        list(accounts),
    )


async def insert_tags(
    tx: Transaction, post_id: int, account_id: int, tags: Sequence[tuple[str, str]], now: datetime
) -> None:
    """`tags` are pairs of normal form and spelling. Sorted, so that two posts with the same new tags cannot lock each other."""
    pairs = sorted(dict(tags).items())
    await tx.execute(
        """WITH known AS (
             INSERT INTO tags (name, shown_as, created_at)
             SELECT t.name, t.shown_as, $5 FROM unnest($3::text[], $4::text[]) AS t (name, shown_as)
             WHERE NOT EXISTS (SELECT FROM tags WHERE tags.name = t.name)
             ON CONFLICT DO NOTHING)
           INSERT INTO post_tags (tag, post_id, account_id) SELECT unnest($3::text[]), $1, $2 ON CONFLICT DO NOTHING""",
        post_id,
        account_id,
        [name for name, _ in pairs],
        [spelt for _, spelt in pairs],
        now,
    )


async def attach_media(
    tx: Transaction, post_id: int, account_id: int, media: Sequence[int], alts: Mapping[int, str]
) -> int:
    """Bind loose media of this account to the post, in this order, if they still have these alt texts; says how many were bound."""
    return await tx.execute(
        """UPDATE media SET post_id = $1, position = o.position - 1
           FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS o (id, description, position)
           WHERE media.id = o.id AND media.description = o.description
             AND media.account_id = $2 AND (media.post_id IS NULL OR media.post_id = $1)""",
        post_id,
        account_id,
        list(media),
        [alts.get(id, "") for id in media],
    )


async def deliver_home(
    tx: Transaction,
    *,
    post_id: int,
    author_id: int,
    shows_id: int | None = None,
    shows_account_id: int | None = None,
    reply_to_account_id: int | None = None,
    only_mentioned: bool = False,
    after_account: int = 0,
    limit: int = 1_000,
    tags: Sequence[str] = (),
    language: str | None = None,
) -> tuple[list[int], int | None]:
    """Write the post into its followers' homes (and the author's own, in the first batch).

    Says whose homes are new, and the last follower looked at when `limit` of them were: there may be more to come.

    Replies to somebody else reach those who follow both; boosts those who want boosts from the author and did not write
    the post themselves; direct posts only followers who are mentioned; those who chose languages get these. `tags`
    (normal forms, given for public posts) bring it to those who follow one of them, too; mutes and blocks are
    respected when it is read.
    """
    row = await tx.fetchrow(
        """WITH receivers AS (
             SELECT f.account_id FROM follows f
             WHERE f.target_id = $2 AND f.delivers AND f.account_id > $7
               AND ($4::bigint IS NULL OR (f.shows_boosts AND f.account_id <> $4))
               AND ($5::bigint IS NULL OR $5 = $2 OR f.account_id = $5
                    OR EXISTS (SELECT FROM follows pair WHERE pair.account_id = f.account_id AND pair.target_id = $5))
               AND (f.languages IS NULL OR $10::text IS NULL OR $10 = ANY(f.languages))
               AND (NOT $6 OR EXISTS (SELECT FROM mentions m WHERE m.post_id = $1 AND m.author_id = $2 AND m.account_id = f.account_id))
             ORDER BY f.account_id LIMIT $8),
           interested AS (SELECT account_id FROM tag_follows WHERE tag = ANY($9::text[]) AND $7 = 0 LIMIT $8),
           written AS (
             INSERT INTO home_entries (account_id, post_id, author_id, shows_id, shows_account_id)
             SELECT account_id, $1::bigint, $2::bigint, $3::bigint, $4::bigint FROM receivers
             UNION SELECT account_id, $1, $2, $3, $4 FROM interested
             UNION SELECT $2::bigint, $1, $2, $3, $4 WHERE $7 = 0
             ON CONFLICT DO NOTHING RETURNING account_id)
           SELECT ARRAY(SELECT account_id FROM written) AS homes,
                  (SELECT max(account_id) FROM receivers HAVING count(*) >= $8) AS last""",
        post_id,
        author_id,
        shows_id,
        shows_account_id,
        reply_to_account_id,
        only_mentioned,
        after_account,
        limit,
        list(tags),
        language,
    )
    assert row is not None  # a SELECT without FROM has one row
    return row["homes"], row["last"]


async def keep_own(tx: Transaction, post: PostView) -> None:
    """Write a held post into its author's home."""
    await tx.execute(
        "INSERT INTO home_entries (account_id, post_id, author_id) VALUES ($1, $2, $1) ON CONFLICT DO NOTHING",
        post.account_id,
        post.id,
    )


async def lock(tx: Transaction, post_id: int) -> PostView | None:
    """The post, held until the end of the transaction."""
    if await tx.fetchval("SELECT id FROM posts WHERE id = $1 FOR UPDATE", post_id) is None:
        return None
    return (await load(tx, [post_id]))[0]


async def set_hidden(tx: Transaction, post_id: int, at: datetime, category: str) -> None:
    await tx.execute("UPDATE posts SET hidden_at = $2, hidden_for = $3 WHERE id = $1", post_id, at, category)


async def set_released(tx: Transaction, post_id: int) -> None:
    await tx.execute(
        "UPDATE posts SET hidden_at = NULL, hidden_for = NULL, waiting = false WHERE id = $1",
        post_id,
    )


async def counted(tx: Transaction, account_id: int, change: int, at: datetime | None) -> None:
    """The account has `change` posts more."""
    await tx.execute(
        "UPDATE accounts SET posts_count = greatest(posts_count + $2, 0), last_post_at = greatest(last_post_at, $3) WHERE id = $1",
        account_id,
        change,
        at,
    )


async def count(tx: Transaction, column: str, post_id: int, change: int) -> bool:
    """Add to one of a post's counters: replies_count, boosts_count or favourites_count. False when it is gone by now."""
    assert column in ("replies_count", "boosts_count", "favourites_count")
    return bool(
        await tx.execute(f"UPDATE posts SET {column} = greatest({column} + $2, 0) WHERE id = $1", post_id, change)
    )


async def lock_account(tx: Transaction, account_id: int) -> None:
    await tx.fetchval("SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account_id)


async def delete(tx: Transaction, post_id: int, how: str) -> tuple[list[Row], list[int]]:
    """Delete the post, its boosts and everything about them; says which rows of `posts` went, and whose homes had it.

    A tombstone stays of what others could see: the number, the time and `how` it went (author, staff), for half a year.
    Of what a slowed account published within SLOWED_SPAN, it stays that long when: else deleting would make room for more.
    """
    # Whoever boosts or favourites it just now holds the row: the statements after this one see what they did.
    interested: list[int] | None = await tx.fetchval(
        """SELECT ARRAY(SELECT f.account_id FROM post_tags t JOIN tag_follows f ON f.tag = t.tag WHERE t.post_id = $1)
           FROM posts WHERE id = $1 FOR UPDATE""",
        post_id,
    )
    gone = await tx.fetch(
        "DELETE FROM posts WHERE id = $1 OR shows_id = $1 RETURNING id, account_id, shows_id, waiting, created_at",
        post_id,
    )
    ids, now = [row["id"] for row in gone], clock.now()
    homes: list[int] = []
    if ids:
        homes = await tx.fetchval(
            """WITH homes AS (
                 DELETE FROM home_entries h USING unnest($1::bigint[], $2::bigint[]) AS gone (id, author_id)
                 WHERE h.post_id = gone.id
                   AND h.account_id IN (SELECT account_id FROM follows WHERE target_id = gone.author_id
                                        UNION SELECT gone.author_id UNION SELECT unnest($4::bigint[]))
                 RETURNING h.account_id, h.post_id),
               news AS (DELETE FROM notifications WHERE post_id = ANY($1)),
               liked AS (DELETE FROM favourites WHERE post_id = ANY($1)),
               loose AS (UPDATE media SET post_id = NULL WHERE post_id = ANY($1)),
               kept AS (DELETE FROM bookmarks WHERE post_id = ANY($1)),
               stones AS (INSERT INTO tombstones (post_id, gone_at, how) SELECT id, $6, $7 FROM unnest($5::bigint[]) AS id
                          ON CONFLICT DO NOTHING),
               spent AS (INSERT INTO taken_back (account_id, post_id, published_at)
                         SELECT author_id, id, at FROM unnest($1::bigint[], $2::bigint[], $8::timestamptz[]) AS gone (id, author_id, at)
                         JOIN standings s ON s.account_id = author_id AND s.limited = 'slow' AND (s.until IS NULL OR s.until > $6)
                         WHERE at > $9)
               SELECT ARRAY(SELECT account_id FROM homes WHERE post_id = $3)""",
            ids,
            [row["account_id"] for row in gone],
            post_id,
            interested or [],
            [row["id"] for row in gone if row["shows_id"] is None and not row["waiting"]],
            now,
            how,
            [row["created_at"] for row in gone],
            now - SLOWED_SPAN,
        )
    return gone, homes


class KeyTaken(Exception):
    """Another request with the same idempotency key is in, or was."""


async def keep_key(tx: Transaction, account_id: int, key: str, post_id: int, now: datetime) -> None:
    """Remember that this key made this post; waits for a request with the same key that is under way. Raises KeyTaken."""
    made = await tx.execute(
        """INSERT INTO idempotency_keys (account_id, key, post_id, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, key) DO UPDATE SET post_id = excluded.post_id, created_at = excluded.created_at
           WHERE idempotency_keys.created_at < $4::timestamptz - interval '1 hour'""",
        account_id,
        key,
        post_id,
        now,
    )
    if not made:
        raise KeyTaken


async def post_with_key(db: Database, account_id: int, key: str, since: datetime) -> int | None:
    found: int | None = await db.fetchval(
        "SELECT post_id FROM idempotency_keys WHERE account_id = $1 AND key = $2 AND created_at >= $3",
        account_id,
        key,
        since,
    )
    return found


async def insert_poll(
    tx: Transaction, id: int, account_id: int, post_id: int, poll: PollDraft, due_at: datetime
) -> None:
    await tx.execute(
        """INSERT INTO polls (id, account_id, post_id, options, multiple, hides_totals, due_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        id,
        account_id,
        post_id,
        list(poll.options),
        poll.multiple,
        poll.hides_totals,
        due_at,
    )


async def delete_poll(tx: Transaction, post_id: int) -> None:
    await tx.execute("DELETE FROM polls WHERE post_id = $1", post_id)


async def notified_followers(tx: Transaction, account_id: int) -> list[int]:
    """Followers who asked to be told of each of this account's posts."""
    rows = await tx.fetch("SELECT account_id FROM follows WHERE target_id = $1 AND notifies", account_id)
    return [row["account_id"] for row in rows]


async def thread(db: Database, post: PostView, *, ancestors: int, descendants: int) -> tuple[list[int], list[int]]:
    """Ids of what the post answers, first to last, and of what answers it, in reading order (depth first)."""
    rows = await db.fetch(
        """WITH RECURSIVE above AS (
             SELECT id, in_reply_to_id, 1 AS n FROM posts WHERE id = $1
             UNION ALL SELECT p.id, p.in_reply_to_id, n + 1 FROM posts p JOIN above ON p.id = above.in_reply_to_id WHERE n <= $2),
           below AS (
             SELECT id, ARRAY[id] AS path FROM posts WHERE in_reply_to_id = $1
             UNION ALL SELECT p.id, path || p.id FROM posts p JOIN below ON p.in_reply_to_id = below.id
             WHERE cardinality(path) < 60)
           (SELECT id, false AS follows FROM above WHERE n > 1 ORDER BY n DESC)
           UNION ALL (SELECT id, true FROM (SELECT id, path FROM below ORDER BY path LIMIT $3) b)""",
        post.id,
        ancestors,
        descendants,
    )
    return [row["id"] for row in rows if not row["follows"]], [row["id"] for row in rows if row["follows"]]


async def post_of_poll(db: Database, poll_id: int) -> int | None:
    found: int | None = await db.fetchval("SELECT post_id FROM polls WHERE id = $1", poll_id)
    return found


async def lately(tx: Transaction, account_id: int, since: datetime) -> list[datetime]:
    """When an account published or boosted since then, also what it took back while it was slowed.

    Holds the account, so that two at once count each other.
    """
    await tx.execute("SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account_id)
    rows = await tx.fetch(
        """SELECT created_at FROM posts WHERE account_id = $1 AND id > $2
           UNION ALL SELECT published_at FROM taken_back WHERE account_id = $1 AND published_at > $3""",
        account_id,
        id_at(since),
        since,
    )
    return [row["created_at"] for row in rows]


async def forget_old(db: Database) -> None:
    """Delete what only ever mattered for a while."""
    now_ms = clock.now_ms()
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM idempotency_keys WHERE created_at < $1", clock.now() - timedelta(days=1))
        await tx.execute("DELETE FROM taken_back WHERE published_at < $1", clock.now() - SLOWED_SPAN)
        await tx.execute("DELETE FROM outbox WHERE id < $1", (now_ms - 3_600_000) << 16)
        await tx.execute("DELETE FROM tombstones WHERE gone_at < $1", clock.now() - TOMBSTONES_KEPT)
    async with db.transaction() as tx:
        await tx.execute(
            """DELETE FROM home_entries h USING (
                 SELECT account_id, (SELECT post_id FROM home_entries o WHERE o.account_id = a.account_id
                                     ORDER BY post_id DESC OFFSET 1000 LIMIT 1) AS oldest
                 FROM (SELECT id AS account_id FROM accounts WHERE closed_at IS NULL) a) kept
               WHERE h.account_id = kept.account_id AND h.post_id < kept.oldest"""
        )
