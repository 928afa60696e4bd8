"""Every statement of search, and the indexes they lean on."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.ids import LARGEST
from folkmoot.network.search.rules import Term, Wish, as_pattern
from folkmoot.network.visibility import sql_may_see

MOST_TAGS_TRIED = 20_000
"""Hashtags like a word that are tried, the likeliest first: twice as deep as one may turn pages."""
CONFIGURATIONS = ("plain_words", "english_words", "german_words")


def matching(wish: Wish, first: int) -> tuple[str, list[str]]:
    """The tsquery for a wish, as SQL with places from `first` on, and what goes there.

    A word is met in any of the configurations, an unwanted one is missing in all: hence term by term. A phrase is meant
    as it is written, so stems and what they leave out do not count.
    """
    values: list[str] = []

    def term(term: Term) -> str:
        values.append(term.words)
        place = f"${first + len(values) - 1}"
        if term.is_phrase:
            return f"phraseto_tsquery('plain_words', {place})"
        return "(" + " || ".join(f"plainto_tsquery('{name}', {place})" for name in CONFIGURATIONS) + ")"

    parts = [term(each) for each in wish.wanted] + [f"!!{term(each)}" for each in wish.unwanted]
    return " && ".join(parts), values


def posts_statement(wish: Wish, *, ascending: bool) -> tuple[str, list[str]]:
    """The statement that finds posts (index posts_by_words) and the values for its last places.

    `id + 0` keeps the planner from walking the primary key and taking every post's words apart on the way; the inner
    order and OFFSET 0 let it ask who may see what only until the page is full.
    """
    words, values = matching(wish, 7)
    order = "ASC" if ascending else "DESC"
    statement = f"""
        SELECT p.id FROM (
          SELECT id, account_id, visibility, hidden_at, id + 0 AS place FROM posts
          WHERE shows_id IS NULL AND search_words(warning, text, language) @@ ({words})
            AND id + 0 < $3 AND id + 0 > $4 AND ($2::bigint IS NULL OR account_id + 0 = $2)
          ORDER BY place {order} OFFSET 0) AS p
        WHERE (p.account_id = $1
               OR EXISTS (SELECT FROM mentions m
                          WHERE m.post_id = p.id AND m.author_id = p.account_id AND m.account_id = $1)
               OR (p.visibility = 'public'
                   AND EXISTS (SELECT FROM accounts a WHERE a.id = p.account_id AND a.indexable)
                   AND NOT EXISTS (SELECT FROM blocks b WHERE b.account_id = $1 AND b.target_id = p.account_id)))
          AND {sql_may_see("p", "$1")}
        ORDER BY p.place {order} LIMIT $5 OFFSET $6"""
    return statement, values


async def posts(
    db: Database,
    viewer_id: int | None,
    wish: Wish,
    *,
    account_id: int | None,
    max_id: int | None,
    min_id: int | None,
    limit: int,
    offset: int,
) -> list[int]:
    """The ids of the posts that meet the wish, newest first."""
    statement, values = posts_statement(wish, ascending=min_id is not None)
    rows = await db.fetch(
        statement,
        viewer_id,
        account_id,
        LARGEST if max_id is None else max_id,
        min_id or 0,
        limit,
        offset,
        *values,
    )
    ids = [row["id"] for row in rows]
    return ids if min_id is None else ids[::-1]


# The handle itself by accounts_by_name, parts and misspellings of names by accounts_by_words. One or two letters stand
# at the beginning of a word: inside one, the index knows nothing shorter than three.
ACCOUNTS = """
SELECT a.id FROM accounts a
LEFT JOIN follows f ON f.account_id = $1 AND f.target_id = a.id
WHERE (lower(a.name) = lower($2)
       OR (a.name || ' ' || a.display_name) ILIKE $7
       OR (a.name || ' ' || a.display_name) ILIKE $8
       OR $9::text <% (a.name || ' ' || a.display_name))
  AND a.approved_at IS NOT NULL AND a.suspended_at IS NULL AND a.closed_at IS NULL
  AND (NOT $4 OR f.account_id IS NOT NULL OR a.id = $1)
ORDER BY lower(a.name) = lower($2) DESC, f.account_id IS NOT NULL DESC, a.name ILIKE $3 || '%' DESC,
  word_similarity($2, a.name || ' ' || a.display_name) DESC, a.followers_count DESC, a.id
LIMIT $5 OFFSET $6
"""


def name_patterns(name: str) -> tuple[str, str, str | None]:
    """Two patterns that find a name, and what it may be similar to."""
    words = as_pattern(name)
    return (f"%{words}%", f"%{words}%", name) if len(name) > 2 else (f"{words}%", f"% {words}%", None)


async def accounts(
    db: Database, viewer_id: int | None, name: str, *, following: bool, limit: int, offset: int
) -> list[int]:
    """The ids of the accounts a name may mean, the likeliest first."""
    rows = await db.fetch(ACCOUNTS, viewer_id, name, as_pattern(name), following, limit, offset, *name_patterns(name))
    return [row["id"] for row in rows]


# A hashtag is found once anybody may see a post that has it: what was held or meant for few, or only typed in to be followed,
# is nobody's business. As with posts, the inner order and LATERAL with its LIMIT have the planner ask that tag by tag (primary
# key of post_tags) until the page is full.
TAGS = f"""
SELECT t.name, t.shown_as FROM (
  SELECT name, shown_as, name = $1 AS same, name LIKE $2 || '%' AS begins, similarity(name, $1) AS likeness,
    length(name) AS letters FROM tags
  WHERE name ILIKE $5 OR name % $1
  ORDER BY same DESC, begins DESC, likeness DESC, letters, name LIMIT {MOST_TAGS_TRIED}) AS t
CROSS JOIN LATERAL (
  SELECT FROM post_tags pt JOIN posts p ON p.id = pt.post_id AND p.account_id = pt.account_id
  WHERE pt.tag = t.name AND p.visibility = 'public' AND {sql_may_see("p", "NULL")} LIMIT 1) AS seen
ORDER BY t.same DESC, t.begins DESC, t.likeness DESC, t.letters, t.name
LIMIT $3 OFFSET $4
"""


async def tags(db: Database, name: str, *, limit: int, offset: int) -> list[tuple[str, str]]:
    """The hashtags in public use a word may mean, the likeliest first: pairs of normal form and spelling (index tags_by_name)."""
    rows = await db.fetch(TAGS, name, as_pattern(name), limit, offset, name_patterns(name)[0])
    return [(row["name"], row["shown_as"]) for row in rows]
