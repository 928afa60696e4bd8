from __future__ import annotations

from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import News
from folkmoot.database import Database
from folkmoot.ids import new_id, new_notification_id
from folkmoot.network import access, accounts
from folkmoot.network.access import COMMAND_LINE, Viewer
from folkmoot.network.access.rules import WrongPassword
from folkmoot.network.accounts import SignUpRefused, leave
from folkmoot.settings import Settings

PASSWORD = "correct horse battery"


async def fill(db: Database, cast: Any, write: Any) -> Viewer:
    """Emil, who has followed, written, answered, boosted and liked."""
    made = await accounts.create_account(db, COMMAND_LINE, name="emil", password=PASSWORD, email="emil@example.org")
    emil = Viewer(account_id=made.id, name="emil")
    theirs = await write(cast.bert, "Hello", replies_count=1, boosts_count=1, favourites_count=1)
    post = await write(emil, "Mine")
    await write(emil, "Yours", in_reply_to_id=theirs, in_reply_to_account_id=cast.bert.account_id)
    await write(emil, "", shows_id=theirs, shows_account_id=cast.bert.account_id)
    await write(cast.bert, "", shows_id=post, shows_account_id=emil.account_id)
    now = clock.now()
    for sql, *values in (
        ("INSERT INTO favourites VALUES ($1, $2, $3)", emil.account_id, theirs, new_id()),
        ("INSERT INTO favourites VALUES ($1, $2, $3)", cast.bert.account_id, post, new_id()),
        ("INSERT INTO follows (account_id, target_id, id) VALUES ($1, $2, 1)", emil.account_id, cast.bert.account_id),
        ("INSERT INTO follows (account_id, target_id, id) VALUES ($2, $1, 2)", emil.account_id, cast.bert.account_id),
        ("INSERT INTO blocks VALUES ($1, $2, 1)", emil.account_id, cast.cleo.account_id),
        ("INSERT INTO home_entries VALUES ($2, $3, $1)", emil.account_id, cast.bert.account_id, post),
        (
            "INSERT INTO notifications VALUES ($1, $2, 'favourite', $3, $4, $5)",
            cast.bert.account_id,
            new_notification_id(),
            emil.account_id,
            theirs,
            now,
        ),
        ("UPDATE accounts SET followers_count = 1, following_count = 1 WHERE id = $1", cast.bert.account_id),
    ):
        await db.fetch(sql, *values)
    return emil


async def test_whoever_leaves_takes_everything_along(db: Database, cast: Any, write: Any, heard: list[News]) -> None:
    emil = await fill(db, cast, write)
    token, viewer = await access.sign_in(db, name_or_email="emil", password=PASSWORD, address="", agent="")
    with pytest.raises(WrongPassword):
        await accounts.close(db, viewer, "wrong one")
    await accounts.close(db, viewer, PASSWORD)
    tombstone = await accounts.find_account(db, emil.account_id)
    assert tombstone is not None
    assert tombstone.closed_at is not None
    assert not tombstone.display_name
    assert await access.viewer_by_session(db, token) is None
    for table, column in (
        ("posts", "account_id"),
        ("favourites", "account_id"),
        ("follows", "account_id"),
        ("follows", "target_id"),
        ("blocks", "account_id"),
        ("credentials", "account_id"),
        ("sessions", "account_id"),
        ("home_entries", "author_id"),
        ("notifications", "from_account_id"),
    ):
        left = await db.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", emil.account_id)
        assert left == 0, f"{table}.{column}"
    bert = await accounts.get_account(db, cast.bert.account_id)
    assert (bert.followers_count, bert.following_count) == (0, 0)
    tallies = await db.fetch("SELECT replies_count, boosts_count, favourites_count FROM posts")
    assert [tuple(row) for row in tallies] == [(0, 0, 0)]
    assert [news.kind for news in heard].count("post.removed") == 4
    with pytest.raises(SignUpRefused):
        await accounts.sign_up(db, name="Emil", password=PASSWORD, agreed=True, settings=Settings())


async def test_what_is_much_is_left_to_a_job(
    db: Database, cast: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    emil = await fill(db, cast, write)
    monkeypatch.setattr(leave, "BATCH", 2)
    await accounts.close_for(db, cast.dora, emil.account_id)
    job = await db.fetchrow("SELECT task_name, args FROM procrastinate_jobs")
    assert job is not None
    assert job["task_name"] == "network.accounts.erase"
    await leave.erase(db, emil.account_id)
    await leave.erase(db, emil.account_id)
    assert await db.fetchval("SELECT count(*) FROM posts WHERE account_id = $1", emil.account_id) == 0


async def test_nothing_of_an_open_account_is_erased(db: Database, cast: Any, write: Any) -> None:
    await write(cast.ada)
    await leave.erase(db, cast.ada.account_id)
    assert await db.fetchval("SELECT count(*) FROM posts") == 1
