"""What stewards are told after they decided about a profile, by the pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from folkmoot.bus import Bus
from folkmoot.moderation.screening import Outcome, Words, conclude
from folkmoot.network import notifications
from folkmoot.network.accounts import get_account
from folkmoot.network.gate import FoundBy, Gate, Subject
from folkmoot.settings import Settings
from folkmoot.web.api.notifications import notification_json
from folkmoot.web.server import Server

BIO = "Everybody comes to the old mill tonight and brings a torch"


async def found(db: Any, account_id: int, outcome: Outcome) -> int:
    """Has a bio found: one that stands there, or one that was refused."""
    finding = conclude((), {}, {})
    by = FoundBy.SWEEP if outcome is Outcome.CASE else FoundBy.PUBLISHING
    if outcome is Outcome.CASE:
        await db.fetch("UPDATE accounts SET bio = $2 WHERE id = $1", account_id, BIO)
    async with db.transaction() as tx:
        subject = Subject(account_id=account_id, found_by=by)
        shown = type(finding)(
            outcome=outcome, category=None, probability=0.9, categories={}, because=(), versions=finding.versions
        )
        await Gate(db, Settings()).record(tx, subject, shown, Words(text=BIO), "mobilisation")
    id: int = await db.fetchval("SELECT id FROM findings")
    return id


@pytest.mark.parametrize(
    ("outcome", "deed", "button", "said"),
    [
        (Outcome.CASE, "uphold", "Take the words off the profile", "the words were taken off the profile"),
        (Outcome.CASE, "release", "Harmless", "everybody may see it"),
        (Outcome.HOLD, "uphold", "Keep refused", "it was never on the profile"),
        (Outcome.HOLD, "release", "Release", "these words can be saved from now on"),
    ],
)
async def test_stewards_are_told_what_became_of_a_profile(
    db: Any, ask: Any, cast: Any, outcome: Outcome, deed: str, button: str, said: str
) -> None:
    id = await found(db, cast.ada.account_id, outcome)
    page = await ask(cast.dora, "GET", f"/admin/held?show={outcome.value}")
    assert button in page.text
    assert f"/admin/accounts/{cast.ada.account_id}" in page.text
    answer = await ask(cast.dora, "POST", f"/admin/held/{id}/{deed}", was="")
    assert answer.status_code == 303
    assert said in unquote(answer.headers["set-cookie"])
    stands = outcome is Outcome.CASE and deed == "release"
    assert (await get_account(db, cast.ada.account_id)).bio == (BIO if stands else "")


async def test_the_owner_reads_what_was_decided_and_nobody_else_does(db: Any, ask: Any, cast: Any) -> None:
    id = await found(db, cast.ada.account_id, Outcome.CASE)
    where = f"/decisions/profile/{id}"
    assert (await ask(cast.ada, "GET", where)).status_code == 404, "nothing is decided yet"
    await ask(cast.dora, "POST", f"/admin/held/{id}/uphold", was="")
    news = await ask(cast.ada, "GET", "/notifications")
    assert "Something was decided about your profile" in news.text
    assert where in news.text
    page = await ask(cast.ada, "GET", where)
    assert BIO in page.text
    assert "A steward took these words off your profile." in page.text
    assert "They read like a call to come armed to a place." in page.text
    assert (await ask(cast.bert, "GET", where)).status_code == 404
    assert (await ask(cast.ada, "GET", "/decisions/profile/x")).status_code == 404


async def test_an_app_hears_of_it_as_a_warning_without_consequences(
    db: Any, ask: Any, cast: Any, settings: Settings, storage: Any
) -> None:
    id = await found(db, cast.ada.account_id, Outcome.CASE)
    await ask(cast.dora, "POST", f"/admin/held/{id}/uphold", was="")
    views = await notifications.listing(db, cast.ada)
    server = Server(settings, db, Bus(), storage)
    ours, theirs = await notification_json(server, cast.ada, views), "moderation_warning"
    (told,) = [msgspec.json.decode(each) for each in ours]
    assert told["type"] == theirs
    assert (told[theirs]["action"], told[theirs]["status_ids"]) == ("none", [])
    assert told[theirs]["text"].startswith("A steward took these words off your profile.")
    assert told[theirs]["target_account"]["username"] == "ada"
