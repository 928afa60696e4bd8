"""What members say of themselves and how they like things."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Invalid, Missing, Unavailable
from folkmoot.moderation.screening import Outcome, Stage
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.accounts import queries, rules
from folkmoot.network.accounts.queries import view
from folkmoot.network.accounts.views import AccountView, Field, Preferences, ProfilePicture
from folkmoot.network.gate import Gate, Subject, profile_words

ACTIVITY_EVERY = timedelta(hours=1)
_noted: dict[int, datetime] = {}


async def update_profile(
    db: Database,
    gate: Gate,
    viewer: Viewer,
    *,
    display_name: str | None = None,
    bio: str | None = None,
    fields: Sequence[tuple[str, str] | Field] | None = None,
    locked: bool | None = None,
    bot: bool | None = None,
    discoverable: bool | None = None,
    indexable: bool | None = None,
    hides_relations: bool | None = None,
    avatar: ProfilePicture | UnsetType | None = UNSET,
    header: ProfilePicture | UnsetType | None = UNSET,
    avatar_alt: str | None = None,
    header_alt: str | None = None,
) -> AccountView:
    """Change what is given and leave the rest.

    Screening reads the new words and looks at the new pictures. What it would hold is not put before the public: nothing
    changes, somebody looks at what was meant, and ProfileHeld or PictureHeld says so. Raises Invalid, naming the field.
    """
    changes: dict[str, object] = {
        "locked": locked,
        "bot": bot,
        "discoverable": discoverable,
        "indexable": indexable,
        "hides_relations": hides_relations,
    }
    if display_name is not None:
        changes["display_name"] = rules.check_words(display_name, rules.DISPLAY_NAME_MOST, "display_name")
    if bio is not None:
        changes["bio"] = rules.check_words(bio, rules.BIO_MOST, "bio", lines=True)
    if avatar_alt is not None:
        changes["avatar_alt"] = rules.check_words(avatar_alt, rules.ALT_MOST, "avatar_alt")
    if header_alt is not None:
        changes["header_alt"] = rules.check_words(header_alt, rules.ALT_MOST, "header_alt")
    changes = {name: value for name, value in changes.items() if value is not None}
    pictures = {part: new for part, new in (("avatar", avatar), ("header", header)) if not isinstance(new, UnsetType)}
    for part, new in pictures.items():
        changes[f"{part}_key"] = new.key if new else None
    pairs = [(line.name, line.value) if isinstance(line, Field) else line for line in fields or ()]
    said = [display_name, avatar_alt, header_alt, *(part for pair in pairs for part in pair)]
    hashes = [hash for new in pictures.values() if new for hash in new.hashes]
    words = profile_words(bio or "", [text for text in said if text], viewer.locale, hashes)
    finding = await gate.look(words) if words.text or words.more or words.pictures else None
    subject = Subject(account_id=viewer.account_id)
    if finding and finding.outcome is Outcome.HOLD:
        async with db.transaction() as tx:
            await gate.record(tx, subject, finding, words, finding.category or "")
        known = any(reason.stage is Stage.PICTURE for reason in finding.because)
        raise rules.PictureHeld if known else rules.ProfileHeld
    async with db.transaction() as tx:
        row = await queries.lock_account(tx, viewer.account_id)
        if row is None or row["closed_at"] is not None:
            raise Missing
        if fields is not None:
            changes["fields"] = msgspec.json.encode(rules.check_fields(pairs, view(row).fields)).decode()
        if not changes:
            return view(row)
        for part, new in pictures.items():
            await queries.keep_picture(tx, viewer.account_id, part, new)
        changed = await queries.update_profile(tx, viewer.account_id, {**row, **changes})
        if finding and finding.outcome is Outcome.CASE:  # only now can be told what it leaves nothing of
            await gate.record(tx, subject, finding, words, finding.category or "")
        tx.announce("account.changed", account_id=viewer.account_id)
        return view(changed)


async def get_preferences(db: Database, viewer: Viewer) -> Preferences:
    """How the viewer likes to write and read."""
    row = await queries.find_preferences(db, viewer.account_id)
    if row is None:
        raise Missing
    kept = msgspec.json.decode(row["preferences"])
    return msgspec.convert(kept | {"locale": row["locale"], "email": row["email"]}, Preferences)


async def update_preferences(
    db: Database,
    viewer: Viewer,
    *,
    locale: str | None = None,
    default_visibility: str | None = None,
    default_sensitive: bool | None = None,
    default_language: str | UnsetType | None = UNSET,
    expand_media: str | None = None,
    expand_warnings: bool | None = None,
    autoplay: bool | None = None,
    announcements_by_mail: bool | None = None,
    announcements_by_push: bool | None = None,
) -> Preferences:
    """Change what is given and leave the rest. Raises Invalid, naming the field."""
    _check_among(default_visibility, rules.VISIBILITIES, "default_visibility")
    _check_among(expand_media, rules.EXPANSIONS, "expand_media")
    _check_among(locale, rules.LOCALES, "locale")
    changes: dict[str, object] = {
        "default_visibility": default_visibility,
        "default_sensitive": default_sensitive,
        "expand_media": expand_media,
        "expand_warnings": expand_warnings,
        "autoplay": autoplay,
        "announcements_by_mail": announcements_by_mail,
        "announcements_by_push": announcements_by_push,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    if not isinstance(default_language, UnsetType):
        changes["default_language"] = rules.check_language(default_language)
    async with db.transaction() as tx:
        row = await queries.lock_preferences(tx, viewer.account_id)
        if row is None:
            raise Missing
        kept = msgspec.json.decode(row["preferences"]) | changes
        language = locale or row["locale"]
        await queries.update_preferences(tx, viewer.account_id, language, msgspec.json.encode(kept).decode())
        tx.announce("access.changed", account_id=viewer.account_id)  # the viewer carries its language
        tx.announce("account.changed", account_id=viewer.account_id)
        return msgspec.convert(kept | {"locale": language, "email": row["email"]}, Preferences)


async def note_activity(db: Database, account_id: int) -> None:
    """Remember that somebody was here; writes at most once an hour."""
    now = clock.now()
    last = _noted.get(account_id)
    if last is not None and last <= now < last + ACTIVITY_EVERY:
        return
    if len(_noted) > 50_000:
        _noted.clear()
    _noted[account_id] = now
    with contextlib.suppress(Unavailable):  # a host that only follows can answer, and takes no notes
        async with db.transaction() as tx:
            await queries.note_activity(tx, account_id, now, now - ACTIVITY_EVERY)


def _check_among(value: str | None, known: Sequence[str], field: str) -> None:
    if value is not None and value not in known:
        raise Invalid("This is none of the choices.", field=field)
