"""Search finds by word, stem, phrase and near miss, and nothing the reader may not see."""

from __future__ import annotations

import re
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.network.search import queries, rules, search_accounts, search_posts, search_tags
from folkmoot.network.search.rules import Term, Wish

DOMAIN = "moot.example"


@pytest.mark.parametrize(
    ("query", "wish"),
    [
        ("garden", Wish(wanted=(Term("garden"),))),
        ("garden -snails", Wish(wanted=(Term("garden"),), unwanted=(Term("snails"),))),
        ('"first of May" -"old king"', Wish(wanted=(Term("first of May", True),), unwanted=(Term("old king", True),))),
        ('  - "" & | ! \'', Wish()),
        ('half"open', Wish(wanted=(Term("half open"),))),
    ],
)
def test_a_query_is_taken_apart(query: str, wish: Wish) -> None:
    assert rules.read_query(query) == wish


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ada", "ada"),
        ("@Ada@MOOT.example", "Ada"),
        ("acct:ada@moot.example", "ada"),
        ("https://moot.example/@ada", "ada"),
        ("ada@elsewhere.example", None),
        ("https://elsewhere.example/@ada", None),
    ],
)
def test_handles_are_understood_in_every_form(query: str, name: str | None) -> None:
    assert rules.read_name(query, DOMAIN) == name


async def test_words_are_found_by_stem_and_without_accents(db: Any, cast: Any, write: Any) -> None:
    english = await write(cast.bert, "The gardens are flooding", language="en")
    german = await write(cast.bert, "Die Gärten blühen im Café", language="de")
    assert await search_posts(db, cast.ada, "garden") == [english]
    assert await search_posts(db, cast.ada, "Garten") == [german]
    assert await search_posts(db, cast.ada, "cafe") == [german]
    assert await search_posts(db, cast.ada, "flood -garden") == []
    assert await search_posts(db, cast.ada, '"gardens are"') == [english]
    assert await search_posts(db, cast.ada, '"are gardens"') == []


async def test_the_newest_come_first_and_pages_follow_one_another(db: Any, cast: Any, write: Any) -> None:
    ids = [await write(cast.bert, "bread again") for _ in range(5)]
    assert await search_posts(db, cast.ada, "bread", limit=2) == [ids[4], ids[3]]
    assert await search_posts(db, cast.ada, "bread", limit=2, offset=2) == [ids[2], ids[1]]
    assert await search_posts(db, cast.ada, "bread", max_id=ids[1]) == [ids[0]]
    assert await search_posts(db, cast.ada, "bread", min_id=ids[1], limit=2) == [ids[3], ids[2]]


async def test_only_what_the_reader_may_see_is_found(db: Any, cast: Any, write: Any, enrol: Any) -> None:
    shy = await enrol("shy", indexable=False)
    public = await write(cast.bert, "a secret for all")
    own = await write(cast.ada, "my secret", visibility="direct")
    told = await write(cast.bert, "a secret for ada", visibility="direct")
    await db.fetch("INSERT INTO mentions VALUES ($1, $2, $3)", told, cast.bert.account_id, cast.ada.account_id)
    await write(cast.bert, "a secret for nobody", visibility="direct")
    await write(cast.bert, "a secret for friends", visibility="followers")
    await write(cast.bert, "a quiet secret", visibility="unlisted")
    await write(cast.bert, "a held secret", hidden_at=clock.now())
    await write(shy, "a shy secret")
    assert await search_posts(db, cast.ada, "secret") == [told, own, public]
    assert await search_posts(db, None, "secret") == [public]
    assert await search_posts(db, cast.ada, "secret", account_id=cast.ada.account_id) == [own]
    await db.fetch("INSERT INTO blocks VALUES ($1, $2, 1)", cast.bert.account_id, cast.ada.account_id)
    assert await search_posts(db, cast.ada, "secret") == [own]


async def test_accounts_are_found_by_handle_name_and_near_miss(db: Any, cast: Any, enrol: Any) -> None:
    adam = await enrol("adamant", display_name="Ada Lovelace")
    gone = await enrol("adagone", closed_at=clock.now())
    ada = cast.ada.account_id
    for query in ("ada", "@ADA", "ada@moot.example", "ADA@Moot.Example"):
        found = await search_accounts(db, cast.bert, query, domain=DOMAIN)
        assert found[0] == ada
        assert gone.account_id not in found
    assert await search_accounts(db, cast.bert, "lovelace", domain=DOMAIN) == [adam.account_id]
    assert await search_accounts(db, cast.bert, "lo", domain=DOMAIN) == [adam.account_id]
    assert await search_accounts(db, cast.bert, "lovelase", domain=DOMAIN) == [adam.account_id]
    assert await search_accounts(db, cast.bert, "ada@far.example", domain=DOMAIN) == []
    assert await search_accounts(db, cast.bert, "%", domain=DOMAIN) == []
    assert await search_accounts(db, cast.bert, "ada", domain=DOMAIN, following=True) == []


async def test_the_followed_come_before_strangers(db: Any, cast: Any, enrol: Any) -> None:
    first, second = await enrol("robin_a"), await enrol("robin_b")
    await db.fetch("INSERT INTO follows VALUES ($1, $2, 1)", cast.ada.account_id, second.account_id)
    expected = [second.account_id, first.account_id]
    assert await search_accounts(db, cast.ada, "robin", domain=DOMAIN) == expected
    assert await search_accounts(db, cast.ada, "robin", domain=DOMAIN, following=True) == expected[:1]


async def tagged(db: Any, author: Any, post: int, shown: str) -> None:
    """Have the post use a hashtag."""
    await db.fetch("INSERT INTO tags VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", shown.lower(), shown, clock.now())
    await db.fetch("INSERT INTO post_tags VALUES ($1, $2, $3)", shown.lower(), post, author.account_id)


async def test_hashtags_are_found_by_any_part(db: Any, cast: Any, write: Any) -> None:
    post = await write(cast.bert)
    for shown in ("Garden", "gardening", "bread"):
        await tagged(db, cast.bert, post, shown)
    assert await search_tags(db, "#Garden") == [("garden", "Garden"), ("gardening", "gardening")]
    assert await search_tags(db, "brea") == [("bread", "bread")]
    assert await search_tags(db, "") == []


async def test_a_hashtag_is_found_once_anybody_may_see_a_post_with_it(db: Any, cast: Any, write: Any) -> None:
    unseen = {
        "secret_letter": {"visibility": "direct"},
        "secret_friends": {"visibility": "followers"},
        "secret_quiet": {"visibility": "unlisted"},
        "secret_held": {"hidden_at": clock.now()},
    }
    for name, columns in unseen.items():
        await tagged(db, cast.bert, await write(cast.bert, **columns), name)
    await tagged(db, cast.ada, await write(cast.ada), "secret_ada")
    await db.fetch("INSERT INTO tags VALUES ('secret_followed', 'secret_followed', now())")
    assert await search_tags(db, "secret") == [("secret_ada", "secret_ada")]
    for name in unseen:
        assert await search_tags(db, name) in ([], [("secret_ada", "secret_ada")])
    await tagged(db, cast.cleo, await write(cast.cleo), "secret_friends")
    assert [name for name, _ in await search_tags(db, "secret")] == ["secret_ada", "secret_friends"]
    assert await search_tags(db, "secret", limit=1, offset=1) == [("secret_friends", "secret_friends")]
    await db.fetch("UPDATE accounts SET suspended_at = now() WHERE id = $1", cast.ada.account_id)
    assert await search_tags(db, "secret") == [("secret_friends", "secret_friends")]


async def _plan(db: Any, statement: str, *values: object) -> str:
    # What counts is whether the index can serve the statement; in an empty table reading all of it is cheaper.
    async with db.transaction() as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")
        await tx.execute("SET LOCAL enable_indexscan = off")
        rows = await tx.fetch(f"EXPLAIN {statement}", *values)
    return "\n".join(row[0] for row in rows)


async def test_each_search_leans_on_its_index(db: Any, cast: Any) -> None:
    statement, words = queries.posts_statement(rules.read_query("bread -snails"), ascending=False)
    me = cast.ada.account_id
    plan = await _plan(db, statement, me, None, 2**62, 0, 20, 0, *words)
    assert "posts_by_words" in plan, plan
    plan = await _plan(db, queries.ACCOUNTS, me, "ada", "ada", False, 20, 0, *queries.name_patterns("ada"))
    assert re.search(r"accounts_by_words.*accounts_by_words|accounts_by_name", plan, re.DOTALL), plan
    assert "Seq Scan on accounts a" not in plan
    plan = await _plan(db, queries.TAGS, "bread", "bread", 20, 0, "%bread%")
    assert "tags_by_name" in plan, plan
    assert "Seq Scan on post" not in plan, plan
    assert plan.count("Sort Key") == 1, f"put in order once, and asked in that order:\n{plan}"


async def test_each_search_is_one_statement(db: Any, cast: Any, round_trips: Any) -> None:
    with round_trips(db, 3):
        await search_posts(db, cast.ada, "bread")
        await search_accounts(db, cast.ada, "ada", domain=DOMAIN)
        await search_tags(db, "bread")
