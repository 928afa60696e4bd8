"""What somebody who types into the search field means."""

from __future__ import annotations

import re

import msgspec

LONGEST_QUERY = 500
MOST_TERMS = 10
LONGEST_PAGE = 40
DEEPEST = 10_000
"""How far into the results one may turn pages."""

_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"\w")


class Term(msgspec.Struct, frozen=True):
    """A word, or several that follow one another (written in quotation marks)."""

    words: str
    is_phrase: bool = False


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Words a post must have, and words it must not."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()


def read_query(query: str) -> Wish:
    """Take a query apart: `garden -snails "first of May"`. What has no letter or digit in it says nothing."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for minus, phrase, word in _TERM.findall(_plain(query)):
        term = Term(phrase or word.replace('"', " ").strip(), bool(phrase))
        if _WORD.search(term.words):
            (unwanted if minus else wanted).append(term)
    return Wish(
        wanted=tuple(dict.fromkeys(wanted))[:MOST_TERMS],
        unwanted=tuple(dict.fromkeys(unwanted))[:MOST_TERMS],
    )


def read_name(query: str, own_domain: str) -> str | None:
    """The handle or part of a name that is looked for; None when it belongs to another network.

    `@ada`, `ada@own.domain` and the address of a profile here all mean `ada`.
    """
    words = _plain(query).strip()
    address = re.fullmatch(r"https?://([^/\s]+)/@(\w+)/?", words)
    if address:
        words = f"{address[2]}@{address[1]}"
    words = words.removeprefix("acct:").removeprefix("@")
    name, at, domain = words.partition("@")
    if at and domain.lower() != own_domain.lower():
        return None
    return name.strip()


def as_pattern(words: str) -> str:
    """`words` for the middle of a LIKE pattern."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _plain(query: str) -> str:
    return query[:LONGEST_QUERY].replace("\x00", " ")
