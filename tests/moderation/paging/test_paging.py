"""An alarm reaches every steward by every channel, again and again, until one answers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace as as_other

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.mail.deliver import deliver_due
from folkmoot.moderation.cases import Choice
from folkmoot.moderation.cases.alarms import answer_alarm
from folkmoot.moderation.paging import channels, hooks, round_due
from folkmoot.moderation.paging.rules import next_call, next_hook_attempt, signature, subject, text
from folkmoot.moderation.reports import report_by_form
from folkmoot.moderation.reports.letters import mail_outcome
from folkmoot.moderation.sanctions.letters import mail_statement
from folkmoot.network.access.viewer import Role
from folkmoot.network.posts.desk import Desk
from folkmoot.settings import Secret, Settings
from post_office import post_office

NOW = datetime(2021, 1, 9, 3, tzinfo=UTC)


class Pager:
    """An address of the operator's on a real socket."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    async def take(self, request: web.Request) -> web.Response:
        self.calls.append((dict(request.headers), await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 204)


@asynccontextmanager
async def pager() -> AsyncIterator[Pager]:
    made = Pager()
    app = web.Application()
    app.router.add_post("/call", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/call"
    try:
        yield made
    finally:
        await runner.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path,
        public_url="https://moot.example",
        smtp_host="127.0.0.1",
        smtp_tls="none",
        outgoing_loopback=True,
        alarm_webhook_secret=Secret("between us"),
    )


async def alarm(db: Database, desk: Desk, write: Any, author: Any) -> int:
    """A visitor says by form that a life is at risk."""
    post = await write(author, "They will be there on Wednesday at noon.")
    await report_by_form(
        desk, address_of_post=f"{desk.settings.base_url}/posts/{post}", reasons="They name a time and a place.", name="Eve",
        email="eve@example.org", is_exempt=False, good_faith=True, address="203.0.113.7", life_at_risk=True,
    )  # fmt: skip
    found: int = await db.fetchval("SELECT id FROM alarms")
    return found


def test_calls_come_closer_than_an_hour_and_never_stop() -> None:
    waits = [next_call(round, NOW) - NOW for round in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)
    assert waits[-1] == timedelta(minutes=30)
    assert next_hook_attempt(99, NOW) is None


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
def test_a_call_says_nothing_of_what_it_is_about(locale: str) -> None:
    said = text(locale, when=NOW, via="form", url="https://moot.example")
    assert "https://moot.example/admin/board" in said
    assert subject(locale, site="Moot", case_id=12_345_678, round=3).count("345678") == 1


def test_a_signature_can_be_checked_with_the_secret_alone() -> None:
    made = signature("between us", 7, b"{}")
    assert made == "t=7,v1=" + hmac.new(b"between us", b"7.{}", hashlib.sha256).hexdigest()


def test_the_operator_learns_which_channels_there_are(settings: Settings) -> None:
    assert channels(Settings()) == []
    assert channels(settings) == ["mail"]
    assert channels(replace(settings, alarm_webhook_url=Secret("https://pager.example.org"))) == ["mail", "webhook"]


async def test_every_steward_is_called_again_until_one_answers(
    db: Any, desk: Desk, write: Any, cast: Any, enrol: Any, settings: Settings
) -> None:
    finn = await enrol("finn", Role.STEWARD)
    async with pager() as address, post_office() as office:
        at = replace(settings, smtp_port=office.port, alarm_webhook_url=Secret(address.url))
        with clock.held_at(NOW):
            found = await alarm(db, desk, write, cast.ada)
            assert await round_due(db, at) == 1
            assert await round_due(db, at) == 0
            await hooks.call_due(db, at)
            await deliver_due(db, at)
        assert sorted(office.recipients) == ["dora@example.org", "finn@example.org"]
        assert office.messages[0]["Importance"] == "high"
        assert "Wednesday" not in office.messages[0].get_content()
        (headers, body) = address.calls[0]
        moment, mark = (part.partition("=")[2] for part in headers["Folkmoot-Signature"].split(","))
        assert mark == hmac.new(b"between us", moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert json.loads(body)["round"] == 1
        assert b"Wednesday" not in body
        with clock.held_at(NOW + timedelta(minutes=6)):
            assert await round_due(db, at) == 1
            await deliver_due(db, at)
            told = await db.fetch("SELECT account_id FROM notifications WHERE kind = 'alarm'")
            assert sorted(row["account_id"] for row in told) == sorted([finn.account_id, cast.dora.account_id] * 2)
        assert str(office.messages[-1]["Subject"]).startswith("Call 2: ")
        await answer_alarm(db, finn, found, "The police were told.")
        with clock.held_at(NOW + timedelta(hours=9)):
            assert await round_due(db, at) == 0
    assert await db.fetchval("SELECT count(*) FROM pagings") == 0


async def test_a_webhook_is_tried_again_and_then_given_up(
    db: Any, desk: Desk, write: Any, cast: Any, settings: Settings
) -> None:
    async with pager() as address:
        at = replace(settings, smtp_host="", alarm_webhook_url=Secret(address.url))
        address.answers = [503, 400]
        with clock.held_at(NOW):
            await alarm(db, desk, write, cast.ada)
            await round_due(db, at)
            await hooks.call_due(db, at)
            assert await hooks.call_due(db, at) == 0
        with clock.held_at(NOW + timedelta(seconds=20)):
            assert await hooks.call_due(db, at) == 1
            assert await hooks.call_due(db, at) == 0
        row = await db.fetchrow("SELECT * FROM webhook_calls")
    assert (row["attempts"], row["why"]) == (2, "answered 400")
    assert address.calls[0][0]["Folkmoot-Call"] == address.calls[1][0]["Folkmoot-Call"]


async def test_who_reports_without_an_account_gets_a_receipt_and_the_outcome_in_one_thread(
    db: Any, desk: Desk, write: Any, cast: Any, settings: Settings
) -> None:
    async with post_office() as office:
        at = replace(settings, smtp_port=office.port)
        desk = as_other(desk, settings=at)
        post = await write(cast.ada, "Good morning")
        receipt = await report_by_form(
            desk, address_of_post=f"https://moot.example/posts/{post}", reasons="Das ist verboten.", name="Eve",
            email="eve@example.org", is_exempt=False, good_faith=True, address="203.0.113.7", locale="de",
        )  # fmt: skip
        await mail_outcome(db, at, receipt.report.id)  # there is none yet
        await db.fetch("UPDATE reports SET outcome = 'refused', outcome_at = $1", NOW)
        await mail_outcome(db, at, receipt.report.id)
        await mail_outcome(db, at, receipt.report.id)
        await deliver_due(db, at)
    first, second = office.messages
    assert f"https://moot.example/report/{receipt.token}" in first.get_content()
    assert first["Subject"].endswith("Deine Meldung ist da")
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "abgelehnt" in second["Subject"]


async def test_a_statement_of_reasons_leads_to_its_appeal_without_signing_in(
    db: Any, court: Any, write: Any, cast: Any, settings: Settings
) -> None:
    await court.jurors(14)
    post = await write(cast.ada, "Something against the rules")
    await court.report(cast.bert, cast.ada, post)
    case = await court.case_of(post)
    await court.decide(Choice.BREAKS, case["id"])
    statement = await db.fetchrow("SELECT id, token FROM statements WHERE account_id = $1", cast.ada.account_id)
    async with post_office() as office:
        at = replace(settings, smtp_port=office.port)
        await mail_statement(db, replace(at, smtp_host=""), statement["id"])
        await mail_statement(db, at, statement["id"])
        await mail_statement(db, at, statement["id"])
        assert await deliver_due(db, at) == 1
    assert f"https://moot.example/decisions/{statement['token']}" in office.messages[0].get_content()
    assert office.recipients == ["ada@example.org"]
