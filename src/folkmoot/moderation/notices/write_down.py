"""Write down what a letter names and the letter itself: steps of receiving one, and of another about the same notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from folkmoot.database import Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.notices import letter_queries, queries
from folkmoot.moderation.notices.find import Standing, Target
from folkmoot.moderation.notices.inhand import NoticeInHand
from folkmoot.moderation.notices.reading import Reading
from folkmoot.moderation.notices.states import ItemState
from folkmoot.moderation.notices.take_up import Matter, columns_of, open_cases
from folkmoot.moderation.screening import Finding

TEXT_KEPT = 200_000
"""Characters of a letter that are shown; the bytes are kept whole beside them."""


def matters_in(targets: Sequence[Target], standings: Sequence[Standing], first: int) -> list[Matter]:
    """What of it people have to look at, by the number it gets."""
    return [
        Matter(number=number, what=target.what, post_id=target.post_id, account_id=target.account_id)
        for number, (target, how) in enumerate(zip(targets, standings, strict=True), first)
        if how.wants_case
    ]


async def write_items(
    tx: Transaction,
    notice: NoticeInHand,
    targets: Sequence[Target],
    standings: Sequence[Standing],
    findings: Mapping[int, Finding | None],
    *,
    first: int,
    believed: bool,
) -> None:
    """Open the cases it takes, and note how everything stands; what does not fit into this deed is left to a job."""
    opened = await open_cases(tx, notice, matters_in(targets, standings, first), findings, believed=believed)
    rows = []
    for number, (target, how) in enumerate(zip(targets, standings, strict=True), first):
        case_id, stands = opened.get(number, (how.case_id, how))
        rows.append(
            {
                "notice_id": notice.id,
                "number": number,
                "written": target.written[:2_000],
                "what": target.what.value,
                "medium": target.medium,
                "post_id": target.post_id,
                "account_id": target.account_id,
                "version": target.version,
                "is_sure": target.is_sure and (believed or first == 1),  # of a later letter nobody vouches for
                "is_private": stands.is_private or how.is_private,
                "found_at": notice.now,
            }
            | columns_of(case_id, stands, notice.now)
        )
    await queries.insert_items(tx, rows)
    if any(row["state"] == ItemState.WAITING for row in rows):
        tx.defer("moderation.notices.take_up_rest", once=f"take_up:{notice.id}", notice_id=notice.id)


LETTER = "letter"
"""What the bytes of letters are sealed for."""


async def keep_letter(tx: Transaction, notice: NoticeInHand, kind: str, raw: bytes, reading: Reading) -> None:
    """Keep a letter: its text to be read, and its bytes as they came, sealed."""
    bare = msgspec.structs.replace(
        reading,
        text="",
        quoted="",
        evidence=tuple(msgspec.structs.replace(each, data=b"") for each in reading.evidence),
    )
    await letter_queries.insert_letter(
        tx,
        {
            "id": new_id(),
            "notice_id": notice.id,
            "direction": "in",
            "kind": kind,
            "address": reading.sender.address[:320],
            "subject": reading.subject[:500],
            "text": reading.text[:TEXT_KEPT].replace("\0", ""),
            "language": reading.language[:10],
            "message_id": reading.message_id[:998],
            "in_reply_to": reading.in_reply_to[:998],
            "digest": reading.digest,
            "raw": tx.vault.seal(LETTER, raw),
            "reading": msgspec.json.encode(bare).decode().replace("\\u0000", ""),
            "at": notice.now,
        },
    )
