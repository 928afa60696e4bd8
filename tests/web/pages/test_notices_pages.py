"""The pages of notices, through the real server: for who sends one, and for stewards who deal with it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from folkmoot import clock


async def leave(ask: Any, address: str, **more: str) -> httpx.Response:
    given = {"kind": "host", "addresses": address, "text": "Please remove it", "name": "A host", "email": "a@b.example"}
    return await ask(None, "POST", "/notices/new", **(given | {"form_key": "one form"} | more))


async def test_a_notice_left_on_the_page_leads_to_a_private_page(db: Any, ask: Any, cast: Any, write: Any) -> None:
    address = f"http://moot.test/@ada/{await write(cast.ada)}"
    form = await ask(None, "GET", "/notices/new")
    assert form.status_code == 200
    sent = await leave(ask, address)
    assert sent.status_code == 303
    again = await leave(ask, address)
    assert again.headers["location"] == sent.headers["location"]
    shown = await ask(None, "GET", sent.headers["location"])
    assert shown.status_code == 200
    assert address in shown.text
    assert "in sight, before a jury" in shown.text
    assert shown.headers["x-robots-tag"] == "noindex"
    assert (await ask(None, "GET", "/notices/at/nothing")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"addresses": ""}, {"addresses": "https://elsewhere.example/1"}, {"text": " "}, {"email": "nobody"}, {"deadline": "soon"},
     {"name": ""}, {"kind": "king"}],
)  # fmt: skip
async def test_what_is_missing_is_said_and_what_was_written_is_kept(
    db: Any, ask: Any, cast: Any, write: Any, wrong: dict[str, str]
) -> None:
    answer = await leave(ask, f"http://moot.test/@ada/{await write(cast.ada)}", **({"text": "Kept words"} | wrong))
    assert answer.status_code == 422, answer.text
    assert ("Kept words" in answer.text) is ("text" not in wrong)
    assert await db.fetchval("SELECT count(*) FROM notices") == 0


async def test_a_steward_sees_it_on_the_board_and_deals_with_it(db: Any, ask: Any, cast: Any, write: Any) -> None:
    post = await write(cast.ada)
    await leave(ask, f"http://moot.test/@ada/{post}")
    board = await ask(cast.dora, "GET", "/admin/board")
    assert "Somebody outside waits for an answer" in board.text
    path = re.search(r"/admin/notices/\d+", board.text)
    assert path is not None
    notice = path[0]
    assert (await ask(cast.ada, "GET", notice)).status_code == 403
    for page in (
        "/admin/notices",
        "/admin/notices?show=all",
        notice,
        "/admin/notices/clocks",
        "/admin/notices/senders",
    ):
        assert (await ask(cast.dora, "GET", page)).status_code == 200, page
    due = f"{clock.now() + timedelta(hours=5):%Y-%m-%dT%H:%M}"
    deeds: list[tuple[str, dict[str, str]]] = [
        ("take", {}),
        ("confirm", {"kind": "store", "due": due, "language": "de", "real": "1", "address": "c@d.example"}),
        ("hide", {}),
        ("name", {"addresses": f"http://moot.test/@bert/{await write(cast.bert, 'Of this nothing was said')}"}),
        ("hide", {}),
        ("extend", {"until": due}),
        ("reply", {"text": "We are looking at it."}),
        ("reply", {"text": "This is our answer.", "final": "1"}),
        ("reopen", {"due": due}),
        ("warn", {"why": "Unfounded"}),
        ("suspend", {"why": "Again"}),
        ("readmit", {"why": "Sorry"}),
        ("refuse", {"why": "Forged"}),
    ]
    for deed, form in deeds:
        done = await ask(cast.dora, "POST", f"{notice}/{deed}", **form)
        assert done.status_code == 303, (deed, done.text)
    assert await db.fetchval("SELECT count(*) FROM notice_items") == 2
    row = await db.fetchrow("SELECT * FROM notices")
    assert (row["kind"], row["language"], row["sender_address"], row["state"]) == (
        "store",
        "de",
        "c@d.example",
        "refused",
    )
    assert (await ask(cast.dora, "POST", f"{notice}/reply", text="")).status_code == 422
    assert (await ask(cast.dora, "POST", f"{notice}/dance")).status_code == 404
    letter = await db.fetchval("SELECT id FROM notice_letters WHERE direction = 'in'")
    raw = await ask(cast.dora, "GET", f"{notice}/letters/{letter}")
    assert raw.headers["content-disposition"].startswith("attachment")
    assert b"Please remove it" in raw.content


async def test_an_operator_changes_clocks_and_the_list_of_senders(db: Any, ask: Any, cast: Any) -> None:
    clock_row = {"kind": "host", "sender": "Host.example", "minutes": "90", "warnings": "50%, 10m", "why": "Contract"}
    assert (await ask(cast.dora, "POST", "/admin/notices/clocks", **clock_row)).status_code == 303
    assert "host.example" in (await ask(cast.dora, "GET", "/admin/notices/clocks")).text
    wrong = clock_row | {"minutes": "0"}
    assert (await ask(cast.dora, "POST", "/admin/notices/clocks", **wrong)).status_code == 422
    removed = await ask(cast.dora, "POST", "/admin/notices/clocks/remove", kind="host", sender="host.example")
    assert removed.status_code == 303
    added = await ask(cast.dora, "POST", "/admin/notices/senders", name="A flagger", kind="trusted_flagger", key="1")
    assert "fmk_" in added.text
    assert "fmk_" not in (await ask(cast.dora, "GET", "/admin/notices/senders")).text
    sender = await db.fetchval("SELECT id FROM notice_senders")
    assert (await ask(cast.dora, "POST", f"/admin/notices/senders/{sender}/remove")).status_code == 303
    assert (await ask(cast.ada, "POST", "/admin/notices/clocks", **clock_row)).status_code == 403
