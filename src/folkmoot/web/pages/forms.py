"""What a form sends: read, bounded, and believed only with the token of the page it came from.

The token is an HMAC under the session's own secret (the cookie), or for visitors under a cookie that says nothing else:
another site can make a browser send the cookie, but cannot know what belongs in the form.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from folkmoot.errors import Forbidden, Malformed
from folkmoot.ids import parse
from folkmoot.web.server import SESSION_COOKIE

VISITOR_COOKIE = "visitor"
TOKEN_FIELD = "form_token"
TOKEN_HEADER = "x-form-token"

Asked = Request[Any, Any, Any]

__all__ = ["SESSION_COOKIE", "TOKEN_FIELD", "VISITOR_COOKIE", "Asked", "Form", "StaleForm", "check_token", "read_form"]


class StaleForm(Forbidden):
    sentence = "This form was open too long or comes from another page. Please try again."


def fresh_visitor() -> str:
    """A cookie for somebody who is not signed in and is about to fill in a form."""
    return secrets.token_urlsafe(24)


def token_for(secret: str) -> str:
    """The token that forms of a page carry, for the session (or visitor) cookie the page was made under."""
    return hmac.new(secret.encode(), b"folkmoot form", hashlib.sha256).hexdigest()


def _secret(request: Asked) -> str | None:
    return request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE)


class Form:
    """The fields of a form. What is absent is empty."""

    def __init__(self, items: Sequence[tuple[str, object]]) -> None:
        self._texts: dict[str, list[str]] = {}
        self._files: dict[str, list[UploadFile]] = {}
        for name, value in items:
            if isinstance(value, UploadFile):
                if value.filename:
                    self._files.setdefault(name, []).append(value)
            else:
                self._texts.setdefault(name, []).append(str(value))

    def text(self, name: str, default: str = "") -> str:
        return self._texts.get(name, [default])[0]

    def optional(self, name: str) -> str | None:
        """The text, or None when the field is absent or blank."""
        return self.text(name).strip() or None

    def all(self, name: str) -> list[str]:
        return self._texts.get(name, [])

    def has(self, name: str) -> bool:
        return name in self._texts

    def flag(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.text(name) in ("1", "on", "true")

    def id(self, name: str) -> int | None:
        return parse(self.text(name))

    def ids(self, name: str) -> tuple[int, ...]:
        return tuple(id for text in self.all(name) if (id := parse(text)) is not None)

    def files(self, name: str) -> list[UploadFile]:
        return self._files.get(name, [])


async def read_form(request: Asked) -> Form:
    """The form that was sent. Raises StaleForm without the token of its page, Malformed for what is no form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise Malformed
    try:
        form = Form(list((await request.form()).multi_items()))
    except (ValueError, UnicodeError) as error:
        raise Malformed(cause=str(error)) from error
    check_token(request, form.text(TOKEN_FIELD))
    return form


def check_token(request: Asked, given: str = "") -> None:
    """Raise StaleForm unless the request carries the token of a page made for the same cookie."""
    secret = _secret(request)
    given = given or request.headers.get(TOKEN_HEADER, "")
    if secret is None or not hmac.compare_digest(token_for(secret).encode(), given.encode()):
        raise StaleForm
