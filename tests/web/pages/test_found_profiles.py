"""What stewards are told after they decided about a profile, by the pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from folkmoot.moderation.screening import Outcome, Words, conclude
from folkmoot.network.accounts import get_account
from folkmoot.network.gate import FoundBy, Gate, Subject
from folkmoot.settings import Settings

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
