"""What a report must say, and how many one may make. Plain values, and the errors that name a broken rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from folkmoot.errors import Invalid
from folkmoot.ids import parse

COMMENT_MOST = 1_000
REASONS_MOST = 5_000
POSTS_MOST = 50
BY_FORM_A_DAY = 20
"""From one network without an account."""
A_DAY = 200
"""By one account."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_POST = re.compile(r"/(\d{5,19})/?$")


class NotTheirPost(Invalid):
    sentence = "This post is by somebody else"


class NotOurs(Invalid):
    sentence = "This is not the address of a post on this network"


def check_report(comment: str, post_ids: Sequence[int]) -> str:
    """The comment, trimmed. Raises Invalid."""
    if len(post_ids) > POSTS_MOST:
        raise Invalid("One report can be about {most} posts.", field="post_ids", most=POSTS_MOST)
    comment = comment.replace("\0", "").strip()
    if len(comment) > COMMENT_MOST:
        raise Invalid("A comment has at most {most} characters.", field="comment", most=COMMENT_MOST)
    return comment


def check_form(reasons: str, name: str, email: str, *, is_exempt: bool, good_faith: bool) -> tuple[str, str, str]:
    """Reasons, name and mail, trimmed. Raises Invalid for what the law asks for and is missing."""
    reasons, name, email = (part.replace("\0", "").strip() for part in (reasons, name, email))
    if not reasons:
        raise Invalid("Say why you think it is unlawful or breaks the rules.", field="reasons")
    if len(reasons) > REASONS_MOST:
        raise Invalid("The reasons have at most {most} characters.", field="reasons", most=REASONS_MOST)
    if not is_exempt and not name:
        raise Invalid("Give your name.", field="name")
    if (email or not is_exempt) and not (_MAIL.fullmatch(email) and len(email) <= 320):
        raise Invalid("Give a mail address at which you can be reached.", field="email")
    if not good_faith:
        raise Invalid("Confirm that you believe what you say to be true.", field="good_faith")
    return reasons, name[:200], email


def post_in(address: str, domain: str) -> int:
    """The post an address leads to. Raises NotOurs."""
    address = address.strip()
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host = parts.netloc.lower()
    except ValueError:
        raise NotOurs(field="address_of_post") from None
    found = _POST.search(parts.path)
    id = parse(found[1]) if found else None
    if id is None or host not in (domain.lower(), f"www.{domain.lower()}"):
        raise NotOurs(field="address_of_post")
    return id
