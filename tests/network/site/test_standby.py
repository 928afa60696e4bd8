"""What those who run the network are shown and told of its second host."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from folkmoot import clock
from folkmoot.network import site
from folkmoot.network.site.tell_staff import TEXTS, tell_staff
from folkmoot.settings import Settings


async def report(db: Any, text: str, ago: float = 0) -> None:
    await db.fetch(
        "INSERT INTO standby_reports (side, report, at) VALUES ('first', $1::jsonb, $2)",
        text,
        clock.now() - timedelta(seconds=ago),
    )


async def test_without_a_standby_there_is_nothing_to_show(db: Any) -> None:
    assert await site.find_standby(db) is None


async def test_the_last_word_is_shown_and_an_old_one_is_called_so(db: Any) -> None:
    await report(db, '{"partner": "hill", "following": "following", "checks": [], "unheard_of": 1}')
    found = await site.find_standby(db)
    assert found is not None
    assert (found.partner, found.following, found.is_silent) == ("hill", "following", False)
    with clock.held_at(clock.now() + timedelta(minutes=1)):
        assert found.is_silent


async def test_a_report_of_another_version_is_no_news(db: Any) -> None:
    await report(db, '{"lag_seconds": "much"}')
    found = await site.find_standby(db)
    assert found is not None
    assert found.is_silent


async def test_staff_is_told_by_mail_once(db: Any, cast: Any) -> None:
    for event in TEXTS:
        for _ in range(2):
            assert await tell_staff(db, Settings(), event, "2026-05-20T12:00:00.000Z") == 1
    mails = await db.fetch("SELECT recipient, subject FROM mails ORDER BY id")
    assert [row["recipient"] for row in mails] == ["dora@example.org"] * len(TEXTS)
    assert mails[0]["subject"] == "Folkmoot: The standby was lost; writes no longer wait for it"


async def test_the_last_rehearsal_is_shown(db: Any) -> None:
    await report(db, '{"partner": "hill", "following": "following", "checks": []}')
    for number, well in enumerate((False, True)):
        await db.fetch(
            "INSERT INTO rehearsals (id, at, level, well, held_ms, outcome) VALUES ($1, $2, 1, $3, 21.5, '{}')",
            number,
            clock.now() - timedelta(days=2 - number),
            well,
        )
    found = await site.find_standby(db)
    assert found is not None
    assert (found.rehearsed_well, found.held_ms) == (True, 21.5)
    assert found.rehearsed_at is not None
