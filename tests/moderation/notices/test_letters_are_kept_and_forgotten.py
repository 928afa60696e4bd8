"""Letters lie sealed while they are needed, and are forgotten half a year after the last answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Missing
from folkmoot.moderation.notices.forget import forget_letters
from folkmoot.moderation.notices.read import raw_letter
from folkmoot.moderation.transparency.log.read import entries_about

SATURDAY = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)


async def letter_of(db: Any, received: Any) -> Any:
    return await db.fetchrow(
        "SELECT * FROM notice_letters WHERE notice_id = $1 AND direction = 'in'", received.notice_id
    )


async def test_a_letter_lies_sealed_and_stewards_read_it_as_it_came(room: Any, cast: Any) -> None:
    with clock.held_at(SATURDAY):
        raw = room.mail("Please look at https://example.org/@nobody/1, it calls for violence")
        received = await room.receive(raw)
    row = await letter_of(room.db, received)
    assert b"violence" not in bytes(row["raw"])
    assert await raw_letter(room.db, cast.dora, received.notice_id, row["id"]) == raw


async def test_half_a_year_after_the_answer_letters_are_gone_and_the_log_says_so(
    room: Any, cast: Any, write: Any
) -> None:
    with clock.held_at(SATURDAY):
        closed = await room.letter("The post with number 42 at https://nowhere.example/@x/42")
        running = await room.letter(f"And this one: {room.address(cast.ada, await write(cast.ada, 'A post'))}")
    await room.db.fetch(
        "UPDATE notices SET state = 'answered', answered_at = $2 WHERE id = $1", closed.notice_id, SATURDAY
    )
    with clock.held_at(SATURDAY + timedelta(days=180)):
        assert await forget_letters(room.db) == 0
    with clock.held_at(SATURDAY + timedelta(days=200)):
        assert await forget_letters(room.db) == 1
        assert await forget_letters(room.db) == 0
    gone, kept = await letter_of(room.db, closed), await letter_of(room.db, running)
    assert (gone["raw"], gone["reading"], gone["text"]) == (None, None, "")
    assert kept["raw"] is not None
    assert "evidence.purged" in [each.deed for each in await entries_about(room.db, "notice", closed.notice_id)]
    with pytest.raises(Missing):
        await raw_letter(room.db, cast.dora, closed.notice_id, gone["id"])
