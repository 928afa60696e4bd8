"""Every statement about findings, as those who decide need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database, Row, Transaction
from folkmoot.moderation.findings.views import Day, FindingView, Named
from folkmoot.moderation.sanctions import queries as sanctions
from folkmoot.moderation.sanctions.queries import APART, BY_PEOPLE
from folkmoot.moderation.screening import Category, Outcome, Reason
from folkmoot.moderation.screening.copies import UNLIKE, Fingerprint
from folkmoot.moderation.screening.pictures import NEAR
from folkmoot.network.gate import blamed, parts_of

_VIEW = """
  SELECT f.*, a.name AS account_name, d.name AS decided_by_name, p.hidden_at IS NOT NULL AS hidden,
    f.post_id IS NOT NULL AND p.id IS NULL AS gone, parent.text AS reply_to,
    CASE WHEN f.post_id IS NULL
      THEN ARRAY(SELECT object_key FROM profile_pictures q WHERE q.account_id = f.account_id AND q.hashes && f.pictures ORDER BY part)
      ELSE ARRAY(SELECT m.preview_key FROM media m WHERE m.post_id = f.post_id ORDER BY m.position) END AS picture_keys,
    ARRAY(SELECT number FROM refused_pictures r WHERE r.finding_id = f.id ORDER BY number) AS refused,
    EXISTS (SELECT FROM cases c WHERE c.id = f.case_id AND (c.decided_by = 'jury' OR (c.decided_by = 'stewards'
      AND (c.ballots > 0 OR (SELECT count(*) FROM steward_votes v WHERE v.case_id = c.id AND v.round = c.round) > 1))
    )) AS judged
  FROM findings f JOIN accounts a ON a.id = f.account_id LEFT JOIN accounts d ON d.id = f.decided_by
  LEFT JOIN posts p ON p.id = f.post_id AND p.account_id = f.account_id
  LEFT JOIN posts parent ON parent.id = p.in_reply_to_id
"""


def _view(row: Row) -> FindingView:
    because = msgspec.json.decode(row["because"], type=tuple[Reason, ...])
    return FindingView(
        id=row["id"],
        account_id=row["account_id"],
        account_name=row["account_name"],
        post_id=row["post_id"],
        version=row["version"],
        outcome=Outcome(row["outcome"]),
        probability=row["probability"],
        category=Category(row["category"]),
        because=because,
        versions=msgspec.json.decode(row["versions"]),
        text=row["text"],
        blamed=blamed(parts_of(row["text"], row["part_lengths"]), because),
        language=row["language"],
        reply_to=row["reply_to"],
        picture_keys=tuple(row["picture_keys"]),
        refused=tuple(row["refused"]),
        hidden=bool(row["hidden"]),
        gone=bool(row["gone"]),
        found_by=row["found_by"],
        created_at=row["created_at"],
        decision=row["decision"],
        decided_at=row["decided_at"],
        decided_by_name=row["decided_by_name"],
        case_id=row["case_id"],
        judged=row["judged"],
    )


async def find(source: Database | Transaction, id: int) -> FindingView | None:
    row = await source.fetchrow(f"{_VIEW} WHERE f.id = $1", id)
    return _view(row) if row else None


async def open_findings(db: Database, outcome: str, skip: int, limit: int) -> list[FindingView]:
    """What nobody has decided about, the likeliest violence first."""
    rows = await db.fetch(
        f"""{_VIEW} WHERE f.decision IS NULL AND f.outcome = $1
            ORDER BY f.probability DESC, f.id OFFSET $2 LIMIT $3""",
        outcome,
        skip,
        limit,
    )
    return [_view(row) for row in rows]


async def decided_findings(db: Database, before: int | None, limit: int) -> list[FindingView]:
    """What stewards decided, newest first."""
    rows = await db.fetch(
        f"""{_VIEW} WHERE f.decision IN ('released', 'upheld') AND ($1::bigint IS NULL OR f.id < $1)
            ORDER BY f.id DESC LIMIT $2""",
        before,
        limit,
    )
    return [_view(row) for row in rows]


async def read(tx: Transaction, id: int) -> Row | None:
    return await tx.fetchrow("SELECT * FROM findings WHERE id = $1", id)


async def decide(
    tx: Transaction, id: int, decision: str, was: tuple[str | None, ...], by: int | None, now: datetime
) -> Row | None:
    """Write the decision down; the row, or None when it is none of what it `was` any longer."""
    return await tx.fetchrow(
        """UPDATE findings SET decision = $2, decided_by = $4, decided_at = $5
           WHERE id = $1 AND coalesce(decision, '') = ANY ($3::text[]) RETURNING *""",
        id,
        decision,
        [each or "" for each in was],
        by,
        now,
    )


async def keep_judgement(
    tx: Transaction, reference: str, category: str, marks: Fingerprint, verdict: str, now: datetime
) -> None:
    """Remember a text, so that copies of it meet the same answer."""
    await tx.execute(
        """INSERT INTO judged (text_hash, verdict, category, likeness, reference, judged_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (text_hash) DO UPDATE SET verdict = excluded.verdict, category = excluded.category,
             likeness = excluded.likeness, reference = excluded.reference, judged_at = excluded.judged_at""",
        marks.hash,
        verdict,
        category,
        marks.sketch if marks.sketch is not None else UNLIKE,
        reference,
        now,
    )


async def forget_removed(tx: Transaction, id: int) -> None:
    """Copies of what this finding had remembered as removed are none any more."""
    name = f"finding {id}"
    await tx.execute(
        "DELETE FROM judged WHERE verdict = 'removed' AND (reference = $1 OR reference LIKE $1 || '/%')", name
    )


async def near_known(tx: Transaction, pictures: Sequence[str]) -> list[str]:
    """Those of these pictures that are on a list, or look like one that is."""
    rows = await tx.fetch(
        f"""SELECT hash FROM unnest($1::text[]) AS p (hash) WHERE EXISTS (
              SELECT FROM known_pictures k WHERE {APART.format(one="k.hash", other="p.hash")} <= $2)""",
        list(pictures),
        NEAR,
    )
    return [row["hash"] for row in rows]


async def keep_pictures(tx: Transaction, id: int, pictures: Sequence[str], category: str, now: datetime) -> None:
    """Remember pictures of what was upheld at once; their crops follow by a job."""
    await tx.execute(
        """INSERT INTO known_pictures (hash, list, reference, category, added_at)
           SELECT hash, 'removed', $2, $3, $4 FROM unnest($1::text[]) AS hash ON CONFLICT DO NOTHING""",
        list(pictures),
        f"finding {id}",
        category,
        now,
    )


async def forget_pictures(tx: Transaction, id: int, pictures: Sequence[str]) -> None:
    """Forget what was remembered of a finding, and whatever else was that looks like these pictures."""
    await tx.execute("DELETE FROM known_pictures WHERE list = 'removed' AND reference = $1", f"finding {id}")
    await sanctions.forget_pictures(tx, pictures)


async def upheld_pictures(db: Database, id: int) -> tuple[str, list[str]] | None:
    """Category and stored pictures of a finding that is upheld, as far as they are known now; None for any other."""
    row = await db.fetchrow(
        """WITH known AS (
             SELECT array_agg(k.hash) AS hashes FROM findings f JOIN known_pictures k ON k.hash = ANY(f.pictures) WHERE f.id = $1)
           SELECT f.category, ARRAY(SELECT m.object_key FROM media m WHERE m.post_id = f.post_id AND m.picture_hash = ANY(known.hashes)
             UNION SELECT q.object_key FROM profile_pictures q
             WHERE f.post_id IS NULL AND q.account_id = f.account_id AND q.hashes && known.hashes) AS keys
           FROM findings f, known WHERE f.id = $1 AND f.decision = 'upheld'""",
        id,
    )
    return (row["category"], row["keys"]) if row else None


async def keep_refused(tx: Transaction, id: int, number: int, content_type: str, sealed: bytes) -> None:
    """Keep a picture that was refused, unless its finding is out of date by now."""
    await tx.execute(
        """INSERT INTO refused_pictures (finding_id, number, content_type, sealed)
           SELECT id, $2, $3, $4 FROM findings WHERE id = $1 AND decision IS DISTINCT FROM 'superseded'
           ON CONFLICT DO NOTHING""",
        id,
        number,
        content_type,
        sealed,
    )


async def refused(db: Database, id: int) -> list[Row]:
    """The pictures that were refused: `number, content_type, sealed`."""
    return await db.fetch(
        "SELECT number, content_type, sealed FROM refused_pictures WHERE finding_id = $1 ORDER BY number", id
    )


async def is_upheld(tx: Transaction, id: int) -> bool:
    found: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM findings WHERE id = $1 AND decision = 'upheld')", id)
    return found


async def keep_crops(tx: Transaction, id: int, hashes: Sequence[str], category: str, now: datetime) -> None:
    """Remember what the pictures of an upheld finding look like with a little cut off, unless it was released meanwhile."""
    await tx.execute(
        """INSERT INTO known_pictures (hash, list, reference, category, added_at)
           SELECT DISTINCT hash, 'removed', $2, $3, $4::timestamptz FROM unnest($1::text[]) AS hash
           WHERE EXISTS (SELECT FROM findings WHERE id = $5 AND decision = 'upheld' FOR SHARE)
           ON CONFLICT DO NOTHING""",
        list(hashes),
        f"finding {id}",
        category,
        now,
        id,
    )


async def removed_version(db: Database, case_id: int) -> Row | None:
    """Category and version of a case whose pictures are known for its verdict; None for any other."""
    return await db.fetchrow(
        """SELECT c.content_id, k.category FROM cases c JOIN known_pictures k
             ON k.list = 'removed' AND k.reference = 'case ' || c.id AND k.hash = ANY(c.pictures)
           WHERE c.id = $1 AND c.verdict = 'remove' AND c.measure = 'remove' LIMIT 1""",
        case_id,
    )


async def keep_crops_of_case(
    tx: Transaction, case_id: int, hashes: Sequence[str], category: str, now: datetime
) -> None:
    """Remember what the pictures of a removed post look like with a little cut off, unless it was decided anew meanwhile."""
    await tx.execute(
        """INSERT INTO known_pictures (hash, list, reference, category, added_at)
           SELECT DISTINCT hash, 'removed', $2, $3, $4::timestamptz FROM unnest($1::text[]) AS hash
           WHERE EXISTS (SELECT FROM cases WHERE id = $5 AND verdict = 'remove' AND measure = 'remove' FOR SHARE)
           ON CONFLICT DO NOTHING""",
        list(hashes),
        f"case {case_id}",
        category,
        now,
        case_id,
    )


async def standing(db: Database) -> Row:
    row = await db.fetchrow(
        """SELECT count(*) FILTER (WHERE outcome = 'hold') AS waiting, count(*) FILTER (WHERE outcome = 'case') AS doubted,
             min(created_at) FILTER (WHERE outcome = 'hold') AS oldest_at FROM findings WHERE decision IS NULL"""
    )
    assert row is not None  # aggregates without GROUP BY have one row
    return row


async def days(db: Database, since: datetime) -> list[Day]:
    """Counts by day, one for each day since then, also for those on which nothing was screened."""
    rows = await db.fetch(
        """SELECT d::date AS day, coalesce(sum(screened), 0)::bigint AS screened, coalesce(sum(cases), 0)::bigint AS cases,
             coalesce(sum(holds), 0)::bigint AS holds
           FROM generate_series($1::timestamptz::date, (now() AT TIME ZONE 'UTC')::date, interval '1 day') AS d
           LEFT JOIN screened_days s ON s.day = d::date GROUP BY d ORDER BY d""",
        since,
    )
    return [Day(**dict(row)) for row in rows]


async def names(db: Database, since: datetime) -> list[Named]:
    """What each rule, model and list found since then: of each finding what decided, which is a copy or a known picture where there
    is one, and else the strongest reason. Of texts that were edited the last counts."""
    rows = await db.fetch(
        """WITH decisive AS (
             SELECT decision, coalesce(
               jsonb_path_query_first(because, '$[*] ? (@.stage == "copy" || @.stage == "picture")'), because -> 0) AS reason
             FROM findings WHERE created_at >= $1 AND jsonb_array_length(because) > 0 AND decision IS DISTINCT FROM 'superseded')
           SELECT reason ->> 'stage' AS stage, CASE reason ->> 'stage' WHEN 'copy' THEN ''
             WHEN 'picture' THEN coalesce(reason ->> 'on_list', '') ELSE reason ->> 'name' END AS name, count(*) AS found,
             count(*) FILTER (WHERE decision = 'released') AS released, count(*) FILTER (WHERE decision = 'upheld') AS upheld
           FROM decisive GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 100""",
        since,
    )
    return [Named(**dict(row)) for row in rows]


async def decided_holds(db: Database, since: datetime) -> tuple[int, int]:
    """How many held texts people released and upheld since then."""
    row = await db.fetchrow(
        f"""SELECT count(*) FILTER (WHERE decision = 'released') AS released, count(*) FILTER (WHERE decision = 'upheld') AS upheld
           FROM findings f WHERE outcome = 'hold' AND decided_at >= $1 AND {BY_PEOPLE}""",
        since,
    )
    assert row is not None
    return row["released"], row["upheld"]


async def scores(db: Database, since: datetime, until: datetime) -> tuple[list[int], float, int]:
    """The spread of the probabilities in these days, the processor time in ms and the number of texts."""
    rows: Sequence[Any] = await db.fetch(
        """SELECT scores, milliseconds, screened FROM screened_days
           WHERE day >= $1::timestamptz::date AND day < $2::timestamptz::date""",
        since,
        until,
    )
    spread = [sum(column) for column in zip(*(row["scores"] for row in rows), strict=True)]
    return spread or [0] * 20, sum(row["milliseconds"] for row in rows), sum(row["screened"] for row in rows)
