"""An announcement goes to everybody once, at its time, and the operator sees how far it has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.mail.deliver import deliver_due
from folkmoot.network.site import announcements, sending
from folkmoot.settings import Settings
from post_office import post_office

NOW = datetime(2021, 1, 9, 20, tzinfo=UTC)
MIDNIGHT = NOW + timedelta(hours=4)
EVERYBODY = ["ada@example.org", "bert@example.org", "cleo@example.org", "dora@example.org"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, public_url="https://moot.example", smtp_host="127.0.0.1", smtp_tls="none")


async def test_it_comes_at_its_time_and_once(db: Any, cast: Any, settings: Settings) -> None:
    await db.fetch("UPDATE credentials SET locale = 'de' WHERE account_id = $1", cast.bert.account_id)
    async with post_office() as office:
        at = replace(settings, smtp_port=office.port)
        with clock.held_at(NOW):
            told = await announcements.announce(
                db, cast.dora, text="We move.", translations={"de": {"text": "Wir ziehen um."}}, starts_at=MIDNIGHT
            )
            assert await sending.send_due(db, at) == 0
            assert await announcements.current(db, cast.ada) == []
        with clock.held_at(MIDNIGHT):
            assert await sending.send_due(db, at) == 4
            assert await sending.send_due(db, at) == 0
            assert len(await announcements.current(db, cast.ada)) == 1
            await deliver_due(db, at)
        assert sorted(office.recipients) == EVERYBODY
        said = {message["To"]: message.get_content() for message in office.messages}
        assert said["bert@example.org"].startswith("Wir ziehen um.")
        assert said["ada@example.org"].startswith("We move.")
        assert "/settings/notifications" in said["ada@example.org"]
    seen = (await sending.progress(db, [told.id]))[told.id]
    assert (seen.accounts, seen.readers, seen.mails, seen.mails_sent, seen.finished_at) == (4, 4, 4, 4, MIDNIGHT)


async def test_members_may_choose_not_to_get_it_unless_it_is_urgent(db: Any, cast: Any, settings: Settings) -> None:
    await db.fetch(
        """UPDATE credentials SET preferences = '{"announcements_by_mail": false}' WHERE account_id = $1""",
        cast.ada.account_id,
    )
    await db.fetch("UPDATE accounts SET closed_at = now() WHERE id = $1", cast.cleo.account_id)
    async with post_office() as office:
        at = replace(settings, smtp_port=office.port)
        await announcements.announce(db, cast.dora, text="A fair on Sunday")
        await sending.send_due(db, at)
        await deliver_due(db, at)
        assert sorted(office.recipients) == ["bert@example.org", "dora@example.org"]
        office.recipients.clear()
        await announcements.announce(db, cast.dora, text="We go dark tonight", urgent=True)
        await sending.send_due(db, at)
        await deliver_due(db, at)
        assert sorted(office.recipients) == ["ada@example.org", "bert@example.org", "dora@example.org"]


async def test_what_is_withdrawn_or_only_shown_is_not_sent(db: Any, cast: Any, settings: Settings) -> None:
    with clock.held_at(NOW):
        told = await announcements.announce(db, cast.dora, text="We move", starts_at=MIDNIGHT)
        await announcements.withdraw(db, cast.dora, told.id)
        await announcements.announce(db, cast.dora, text="A quiet word", send=False)
    with clock.held_at(MIDNIGHT + timedelta(hours=1)):
        assert await sending.send_due(db, settings) == 0
    assert await db.fetchval("SELECT count(*) FROM mails") == 0


async def test_a_sending_goes_on_where_it_was_interrupted(
    db: Any, cast: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "STEP", 2)
    monkeypatch.setattr(sending, "STEPS", 1)
    told = await announcements.announce(db, cast.dora, text="We move")
    assert [await sending.send_due(db, settings) for _ in range(4)] == [2, 2, 0, 0]
    assert await db.fetchval("SELECT count(DISTINCT recipient) FROM mails") == 4
    assert (await sending.progress(db, [told.id]))[told.id].finished_at is not None
