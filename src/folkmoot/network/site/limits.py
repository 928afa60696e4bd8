"""What a site's name, rule or announcement must be like."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args

from folkmoot.errors import Invalid
from folkmoot.markup import clean
from folkmoot.network.site.views import Registration, Translations

NAME_MOST, DESCRIPTION_MOST, TEXT_MOST = 80, 1000, 50_000
RULE_MOST, HINT_MOST, ANNOUNCEMENT_MOST, REASON_MOST = 500, 1000, 5000, 500
REACTIONS_MOST = 8
"""Different signs under one announcement."""
LOCALES = ("en", "de")
_SIGN_CATEGORIES = {"So", "Sk", "Sm", "Mn", "Me", "Cf", "Po", "Co"}


class NotAReaction(Invalid):
    sentence = "Validation failed: Name is not a recognized emoji"


class TooManyReactions(Invalid):
    sentence = "Validation failed: Limit of different reactions reached"


def check_text(text: str, most: int, field: str, *, blank: bool = False) -> str:
    """The cleaned text. Raises Invalid when it is longer than `most`, or empty and may not be."""
    cleaned = clean(text).strip()
    if not cleaned and not blank:
        raise Invalid("This needs some words.", field=field)
    if len(cleaned) > most:
        raise Invalid("This is longer than {most} characters.", field=field, most=most)
    return cleaned


def check_translations(translations: Mapping[str, Mapping[str, str]] | None, most: Mapping[str, int]) -> Translations:
    """Translations cleaned, without what is empty. Raises Invalid for languages or parts we do not have."""
    kept: Translations = {}
    for locale, parts in (translations or {}).items():
        if locale not in LOCALES:
            raise Invalid("There is no translation into this language.", field="translations")
        for part, text in parts.items():
            if part not in most:
                raise Invalid("This part cannot be translated.", field="translations")
            cleaned = check_text(text, most[part], "translations", blank=True)
            if cleaned:
                kept.setdefault(locale, {})[part] = cleaned
    return kept


def check_registration(mode: str) -> Registration:
    """Raise Invalid unless this is one of our ways to sign up."""
    if mode not in get_args(Registration):
        raise Invalid("Sign-up is open, by approval or by invitation.", field="registration")
    return mode  # type: ignore[return-value]  # just checked


def check_span(starts_at: datetime | None, ends_at: datetime | None, all_day: bool) -> None:
    """Raise Invalid unless an announcement ends after it starts."""
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise Invalid("This ends before it starts.", field="ends_at")
    if all_day and starts_at is None:
        raise Invalid("A whole day needs a date.", field="starts_at")


def check_reaction(name: str, present: Sequence[str]) -> None:
    """Raise unless `name` is an emoji and there is room for it beside those present."""
    signs = [letter for letter in name if unicodedata.category(letter) in ("So", "Me")]
    fits = all(unicodedata.category(letter) in _SIGN_CATEGORIES or letter in "0123456789#*" for letter in name)
    if not signs or len(name) > 16 or not fits:
        raise NotAReaction(field="name")
    if name not in present and len(set(present)) >= REACTIONS_MOST:
        raise TooManyReactions(field="name")
