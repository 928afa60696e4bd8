"""What people decided, and what ordinary posts look like."""

from __future__ import annotations

from datetime import datetime

from folkmoot.database import Database, Row
from folkmoot.moderation.sanctions.queries import BY_PEOPLE
from folkmoot.moderation.screening import VIOLENT
from folkmoot.moderation.screening.finding import SETTLED


async def decided(db: Database, since: datetime) -> list[Row]:
    """Texts found by screening that a jury or a steward released or upheld since then.

    A text upheld for anything but violence says nothing about violence, and neither does one that a known picture or a
    judged copy stands for, whatever its own words are.
    """
    return await db.fetch(
        f"""SELECT f.text, f.language, f.decision = 'upheld' AS violates, parent.text AS reply_to
           FROM findings f LEFT JOIN posts p ON p.id = f.post_id LEFT JOIN posts parent ON parent.id = p.in_reply_to_id
           WHERE f.text <> '' AND f.decided_at >= $1
             AND (f.decision = 'released' OR (f.decision = 'upheld' AND f.category = ANY($2::text[])))
             AND {BY_PEOPLE} AND NOT EXISTS (SELECT FROM jsonb_array_elements(f.because) AS r WHERE r ->> 'stage' = ANY($3::text[]))
           ORDER BY f.id DESC LIMIT 50000""",
        since,
        sorted(VIOLENT),
        sorted(SETTLED),
    )


async def judged_cases(db: Database, since: datetime) -> list[Row]:
    """The texts of cases that people decided since then and that screening had found nothing in, sealed.

    A text removed for anything but violence says nothing about violence, and is left out.
    """
    return await db.fetch(
        """SELECT t.id, t.sealed, t.text, t.warning, t.reply_to, t.language, c.verdict = 'remove' AS violates
           FROM cases c JOIN case_contents t ON t.id = c.content_id
           WHERE c.decided_by IN ('jury', 'stewards') AND c.decided_at >= $1 AND c.erased_at IS NULL
             AND (c.verdict = 'keep' OR c.category = ANY($2::text[]))
             AND NOT EXISTS (SELECT FROM findings f WHERE f.case_id = c.id)
           ORDER BY c.id DESC LIMIT 50000""",
        since,
        sorted(VIOLENT),
    )


async def ordinary(db: Database, since_id: int, most: int) -> list[Row]:
    """Posts since an id that nobody has found to break a rule, at most so many, spread over the time."""
    return await db.fetch(
        """SELECT p.text, p.language FROM posts p
           WHERE p.id > $1 AND p.shows_id IS NULL AND p.text <> ''
             AND NOT EXISTS (SELECT FROM findings f WHERE f.post_id = p.id AND f.decision = 'upheld')
           ORDER BY hashint8(p.id) LIMIT $2""",
        since_id,
        most,
    )
