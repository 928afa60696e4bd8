"""What members say of themselves and how they like things."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from folkmoot import clock
from folkmoot.database import Database, Transaction
from folkmoot.errors import Invalid, Missing, Unavailable
from folkmoot.moderation.screening import Finding, Outcome, Stage, Words
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
    said: dict[str, str] = {}
    if display_name is not None:
        said["display_name"] = rules.check_words(display_name, rules.DISPLAY_NAME_MOST, "display_name")
    if bio is not None:
        said["bio"] = rules.check_words(bio, rules.BIO_MOST, "bio", lines=True)
    if avatar_alt is not None:
        said["avatar_alt"] = rules.check_words(avatar_alt, rules.ALT_MOST, "avatar_alt")
    if header_alt is not None:
        said["header_alt"] = rules.check_words(header_alt, rules.ALT_MOST, "header_alt")
    lines = _check_lines(fields or ())
    changes = {name: value for name, value in (changes | said).items() if value is not None}
    pictures = {part: new for part, new in (("avatar", avatar), ("header", header)) if not isinstance(new, UnsetType)}
    for part, new in pictures.items():
        changes[f"{part}_key"] = new.key if new else None
    bio_now = said.pop("bio", "")
    more = [*said.values(), *(part for line in lines for part in line)]
    hashes = [hash for new in pictures.values() if new for hash in new.hashes]
    # What is screened is what was checked: a text or a list of any length would keep everybody else waiting.
    words = profile_words(bio_now, [text for text in more if text], viewer.locale, hashes)
    screened = await screen_profile(db, gate, viewer, words, [new for new in pictures.values() if new])
    async with db.transaction() as tx:
        row = await queries.lock_account(tx, viewer.account_id)
        if row is None or row["closed_at"] is not None:
            raise Missing
        if fields is not None:
            changes["fields"] = msgspec.json.encode(rules.check_fields(lines, view(row).fields)).decode()
        if not changes:
            return view(row)
        for part, new in pictures.items():
            await queries.keep_picture(tx, viewer.account_id, part, new)
        changed = await queries.update_profile(tx, viewer.account_id, {**row, **changes})
        await screened.record(tx)  # only now can be told what it leaves nothing of
        tx.announce("account.changed", account_id=viewer.account_id)
        return view(changed)


class ScreenedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Words for a profile that may stand there, and what screening said of them."""

    gate: Gate
    account_id: int
    words: Words
    finding: Finding | None

    async def record(self, tx: Transaction) -> None:
        """Write down what was doubted, once it stands on the profile; a step of the caller's deed."""
        if self.finding and self.finding.outcome is Outcome.CASE:
            subject = Subject(account_id=self.account_id)
            await self.gate.record(tx, subject, self.finding, self.words, self.finding.category or "")


async def screen_profile(
    db: Database, gate: Gate, viewer: Viewer, words: Words, pictures: Sequence[ProfilePicture] = ()
) -> ScreenedProfile:
    """Look at what the viewer would have on their profile, before the deed that puts it there.

    What screening would hold is written down for somebody to look at, with those of the `pictures` that are known. Raises
    ProfileHeld or PictureHeld then.
    """
    finding = await gate.look(words) if words.text or words.more or words.pictures else None
    if finding and finding.outcome is Outcome.HOLD:
        known = {reason.picture for reason in finding.because if reason.stage is Stage.PICTURE}
        refused = tuple(each.key for each in pictures if known.intersection(each.hashes))
        subject = Subject(account_id=viewer.account_id, refused=refused)
        async with db.transaction() as tx:
            await gate.record(tx, subject, finding, words, finding.category or "")
        raise rules.PictureHeld if known else rules.ProfileHeld
    return ScreenedProfile(gate=gate, account_id=viewer.account_id, words=words, finding=finding)


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


def _check_lines(fields: Sequence[tuple[str, str] | Field]) -> list[tuple[str, str]]:
    """The lines of a profile as they will stand there. They are counted before any is read. Raises Invalid."""
    pairs = [(line.name, line.value) if isinstance(line, Field) else line for line in fields]
    pairs = [pair for pair in pairs if any(part.strip() for part in pair)]
    if len(pairs) > rules.FIELDS_MOST:
        raise Invalid("A profile has at most {most} lines.", field="fields", most=rules.FIELDS_MOST)
    return [(line.name, line.value) for line in rules.check_fields(pairs, ())]


def _check_among(value: str | None, known: Sequence[str], field: str) -> None:
    if value is not None and value not in known:
        raise Invalid("This is none of the choices.", field=field)
