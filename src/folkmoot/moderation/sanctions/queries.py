"""Every statement about sanctions: an account's record, its standing, statements of reasons, what is known of copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.sanctions.rules import Event, Grade, Happening, Standing, StatementOfReasons
from folkmoot.moderation.sanctions.views import Kind, StatementView
from folkmoot.moderation.screening.copies import Few
from folkmoot.moderation.screening.pictures import NEAR


async def insert_event(tx: Transaction, account_id: int, event: Event, *, by: int | None = None, why: str = "") -> None:
    """Add a line to an account's record; the same line twice is one."""
    await tx.execute(
        """INSERT INTO sanction_events (account_id, case_id, what, at, grade, posted, by_id, why)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING""",
        account_id,
        event.case,
        event.what.value,
        event.at,
        event.grade.value,
        event.posted,
        by,
        why,
    )


async def events_of(source: Database | Transaction, account_id: int) -> list[Event]:
    """An account's whole record."""
    rows = await source.fetch(
        "SELECT case_id, what, at, grade, posted FROM sanction_events WHERE account_id = $1 ORDER BY at", account_id
    )
    return [
        Event(
            what=Happening(row["what"]),
            case=row["case_id"],
            at=row["at"],
            grade=Grade(row["grade"]),
            posted=row["posted"],
        )
        for row in rows
    ]


async def keep_standing(
    tx: Transaction, account_id: int, standing: Standing, next_change: datetime | None, now: datetime
) -> bool:
    """Write down how an account stands; whether its limit, or the end of it, is another now."""
    changed: bool = await tx.fetchval(
        """WITH before AS (SELECT limited, until FROM standings WHERE account_id = $1), now AS (
             INSERT INTO standings (account_id, points, limited, since, until, next_change_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (account_id) DO UPDATE SET points = excluded.points, limited = excluded.limited,
               since = excluded.since, until = excluded.until, next_change_at = excluded.next_change_at,
               changed_at = excluded.changed_at RETURNING limited, until)
           SELECT coalesce(before.limited, 'none') <> now.limited OR before.until IS DISTINCT FROM now.until
           FROM now LEFT JOIN before ON true""",
        account_id,
        standing.points,
        standing.limit.value,
        standing.since,
        standing.until,
        next_change,
        now,
    )
    return changed


async def due_standings(db: Database, now: datetime, limit: int) -> list[int]:
    rows = await db.fetch(
        "SELECT account_id FROM standings WHERE next_change_at <= $1 ORDER BY next_change_at LIMIT $2", now, limit
    )
    return [row["account_id"] for row in rows]


async def revoke_way_in(tx: Transaction, account_id: int, now: datetime) -> None:
    """Close the invitation somebody came by, and those they gave."""
    await tx.execute(
        """UPDATE invitations SET revoked_at = $2
           WHERE revoked_at IS NULL
             AND (account_id = $1 OR code = (SELECT invited_by_code FROM credentials WHERE account_id = $1))""",
        account_id,
        now,
    )


async def author_of(tx: Transaction, account_id: int) -> Row | None:
    """What is needed of somebody who is told: language, standing, role."""
    return await tx.fetchrow(
        """SELECT a.id, a.role, a.suspended_at, a.suspended_by, a.suspended_why, a.closed_at, coalesce(c.locale, 'en') AS locale
           FROM accounts a LEFT JOIN credentials c ON c.account_id = a.id WHERE a.id = $1 FOR NO KEY UPDATE OF a""",
        account_id,
    )


async def rule(source: Database | Transaction, rule_id: int | None) -> Row | None:
    if rule_id is None:
        return None
    return await source.fetchrow("SELECT id, text, translations FROM rules WHERE id = $1", rule_id)


async def put_warning(tx: Transaction, post_id: int, warning: str) -> int | None:
    """Put a post behind a warning; the author's id, None when the post is gone."""
    found: int | None = await tx.fetchval(
        """UPDATE posts SET sensitive = true, warning = CASE warning WHEN '' THEN $2 ELSE warning END
           WHERE id = $1 RETURNING account_id""",
        post_id,
        warning,
    )
    return found


async def take_warning(tx: Transaction, post_id: int, sensitive: bool, warning: str) -> int | None:
    """Take the warning away again; the author's id, None when the post is gone."""
    found: int | None = await tx.fetchval(
        "UPDATE posts SET sensitive = $2, warning = $3 WHERE id = $1 RETURNING account_id", post_id, sensitive, warning
    )
    return found


async def finding_in(tx: Transaction, case_id: int, text_hash: str | None) -> Row | None:
    """What screening found in the very version that was judged in a case: `text, part_lengths, because`; not in a copy of it.
    None, too, where nobody wrote down the lengths of its texts."""
    return await tx.fetchrow(
        """SELECT f.text, f.part_lengths, f.because FROM findings f JOIN cases c ON c.id = f.case_id
             JOIN case_contents t ON t.id = c.content_id AND t.post_id = f.post_id AND t.version = f.version
           WHERE f.case_id = $1 AND f.part = 'post' AND f.text_hash IS NOT DISTINCT FROM $2 AND f.part_lengths IS NOT NULL
           ORDER BY f.id DESC LIMIT 1""",
        case_id,
        text_hash,
    )


async def forget_kept(tx: Transaction, hashes: Sequence[str]) -> None:
    """Texts of these hashes pass no longer, wherever they were let pass."""
    await tx.execute(
        """DELETE FROM judged WHERE verdict = 'kept'
           AND text_hash = ANY(SELECT place || hash FROM unnest($1::text[]) AS hash, unnest($2::text[]) AS place)""",
        list(hashes),
        ["", *Few],
    )


async def judge_text(
    tx: Transaction, text_hash: str, likeness: bytes, verdict: str, category: str, reference: str, now: datetime
) -> None:
    """Remember a text, so that copies of it meet the same answer."""
    await tx.execute(
        """INSERT INTO judged (text_hash, verdict, category, likeness, reference, judged_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (text_hash) DO UPDATE SET verdict = excluded.verdict, category = excluded.category,
             likeness = excluded.likeness, reference = excluded.reference, judged_at = excluded.judged_at""",
        text_hash,
        verdict,
        category,
        likeness,
        reference,
        now,
    )


async def judge_pictures(
    tx: Transaction, pictures: Sequence[str], removed: bool, category: str, reference: str, now: datetime
) -> None:
    """Remember pictures that were removed; forget those that were kept, and all that the same decision had remembered."""
    if removed:
        await tx.execute(
            """INSERT INTO known_pictures (hash, list, reference, category, added_at)
               SELECT hash, 'removed', $2, $3, $4 FROM unnest($1::text[]) AS hash ON CONFLICT DO NOTHING""",
            list(pictures),
            reference,
            category,
            now,
        )
    else:
        await tx.execute("DELETE FROM known_pictures WHERE list = 'removed' AND reference = $1", reference)
        await forget_pictures(tx, pictures)


APART = "bit_count(('x' || {one})::bit(256) # ('x' || {other})::bit(256))"
"""In how many bits two hashes differ."""


async def forget_pictures(tx: Transaction, pictures: Sequence[str]) -> None:
    """Forget that these pictures, or what looks like them, were removed. Lists that operators added stay.

    With a picture that is near enough to be the same its crops go, too: of the same decision, each near to the next.
    """
    await tx.execute(
        f"""WITH RECURSIVE same AS (
             SELECT k.hash, k.reference FROM known_pictures k, unnest($1::text[]) AS p (hash)
             WHERE k.list = 'removed' AND {APART.format(one="k.hash", other="p.hash")} <= $2
             UNION
             SELECT k.hash, k.reference FROM known_pictures k JOIN same ON k.reference = same.reference
             WHERE k.list = 'removed' AND {APART.format(one="k.hash", other="same.hash")} <= $2)
           DELETE FROM known_pictures k USING same WHERE k.list = 'removed' AND k.hash = same.hash""",
        list(pictures),
        NEAR,
    )


BY_PEOPLE = """jsonb_array_length(f.because) > 0
  AND NOT EXISTS (SELECT FROM cases c WHERE c.id = f.case_id AND c.decided_by IN ('clock', 'order'))"""
"""Whether what was decided of a finding `f` says whether screening was right: not where nobody came to decide, where an authority
ordered it, or where a text passed and only stayed held with what was found in it before."""


async def close_findings(tx: Transaction, case_id: int, decision: str, now: datetime, *, judged: bool) -> None:
    """What screening had found of the case is decided with it, whatever a steward had said of it before; not what another text has
    taken the place of.

    What a finding that is released now, or of a text before it, has had remembered is forgotten. Where somebody `judged` what
    it was about, so is what looks like its pictures.
    """
    closed = await tx.fetch(
        """UPDATE findings SET decision = $2, decided_at = $3, decided_by = NULL
           WHERE case_id = $1 AND decision IS DISTINCT FROM $2 AND decision IS DISTINCT FROM 'superseded'
           RETURNING pictures""",
        case_id,
        decision,
        now,
    )
    if decision == "released":
        await tx.execute(
            """DELETE FROM known_pictures WHERE list = 'removed'
               AND reference IN (SELECT 'finding ' || id FROM findings WHERE case_id = $1)""",
            case_id,
        )
        if pictures := [hash for row in closed if judged for hash in row["pictures"]]:
            await forget_pictures(tx, pictures)


async def statement_to_mail(tx: Transaction, id: int) -> Row | None:
    """A statement with the address of whom it concerns."""
    return await tx.fetchrow(
        """SELECT s.kind, s.text, s.token, s.locale, s.appeal_until, c.email
           FROM statements s LEFT JOIN credentials c ON c.account_id = s.account_id WHERE s.id = $1""",
        id,
    )


async def insert_statement(
    tx: Transaction,
    id: int,
    account_id: int,
    post_id: int | None,
    kind: Kind,
    locale: str,
    text: str,
    reasons: StatementOfReasons,
    category: str,
    token: str,
    now: datetime,
) -> None:
    await tx.execute(
        """INSERT INTO statements (id, case_id, account_id, post_id, kind, locale, text, reasons, category, excerpt, token,
             appeal_until, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13)""",
        id,
        reasons.case,
        account_id,
        post_id,
        kind.value,
        locale,
        text,
        msgspec.json.encode(reasons).decode(),
        category,
        reasons.facts,
        token,
        reasons.appeal_until if kind in (Kind.REMOVED, Kind.WARNED, Kind.LABELLED) else None,
        now,
    )


async def told_of(source: Database | Transaction, case_id: int, kinds: Sequence[Kind]) -> list[Row]:
    """Who was told what of a case."""
    return await source.fetch(
        "SELECT DISTINCT account_id, post_id FROM statements WHERE case_id = $1 AND kind = ANY($2::text[])",
        case_id,
        [kind.value for kind in kinds],
    )


async def statements(source: Database | Transaction, condition: str, *values: Any) -> list[StatementView]:
    rows = await source.fetch(f"SELECT * FROM statements WHERE {condition}", *values)
    return [
        StatementView(
            id=row["id"],
            case_id=row["case_id"],
            account_id=row["account_id"],
            post_id=row["post_id"],
            kind=Kind(row["kind"]),
            text=row["text"],
            reasons=msgspec.json.decode(row["reasons"], type=StatementOfReasons),
            category=row["category"],
            excerpt=row["excerpt"],
            locale=row["locale"],
            created_at=row["created_at"],
            appeal_until=row["appeal_until"],
            token=row["token"],
        )
        for row in rows
    ]


async def labelled(source: Database | Transaction, post_ids: Sequence[int]) -> dict[int, str]:
    """Those of these posts that stand with a label, and for what."""
    rows = await source.fetch(
        """SELECT m.post_id, c.category FROM case_posts m JOIN cases c ON c.id = m.case_id
           WHERE m.post_id = ANY ($1::bigint[]) AND c.measure = 'label' AND c.verdict = 'remove' ORDER BY c.id""",
        list(post_ids),
    )
    return {row["post_id"]: row["category"] for row in rows}
