"""Who may join under which name, what a profile may hold, who may do what to whom."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

from folkmoot.errors import Conflict, Forbidden, Invalid
from folkmoot.markup import clean
from folkmoot.network.access.rules import Complaint, complain_about_password
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts.views import AccountView, Field

NAME_MOST, DISPLAY_NAME_MOST, BIO_MOST = 30, 30, 500
FIELDS_MOST, FIELD_MOST = 4, 255
REASON_MOST, WHY_MOST, ALT_MOST = 500, 1000, 1500
INVITATION_USES_MOST, INVITATION_DAYS_MOST = 25, 30
LOCALES = ("en", "de")
VISIBILITIES = ("public", "unlisted", "followers", "direct")
EXPANSIONS = ("default", "show_all", "hide_all")

_RESERVED = """
    about abuse access account accounts admin administration administrator admins all announcement announcements
    anonymous api app apps archive assets auth authorize avatar avatars block blocked bookmarks bot bots case cases
    channel contact dashboard deleted directory docs domain edit email everybody everyone explore export faq favicon
    favourites feed files filters folkmoot follow followers following guest hashtag health healthz help here home
    host hostmaster image images import inbox index info instance invitation invite invites join juror jurors jury
    legal lists local login logout mail mailer_daemon manifest me media metrics mod moderation moderator moderators
    news nobody notice notices notifications null oauth offline operator operators outbox owner owners password post
    postmaster posts preferences privacy profile profiles public readyz register registration relationships report
    reports robots root rules search security service settings share sign_in sign_out sign_up signin signout signup
    site sitemap staff static stats status statuses steward stewards storage stream streaming support sysadmin
    system tag tags team terms test_account timeline timelines tos trends undefined unsubscribe user users verify
    web webfinger webmaster well_known worker www
"""
RESERVED = frozenset(_RESERVED.split())
"""Names that mean a page, a duty or nobody."""

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,30}")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\s@<>()\[\],;:\\\"./]{1,63}\.)*[^\s@<>()\[\],;:\\\"./]{1,63}")
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class SignUpRefused(Invalid):
    """Everything that is wrong with a sign-up at once: for each field, codes that clients know, and sentences."""

    sentence = "Validation failed: {reasons}"

    def __init__(self, details: dict[str, list[Complaint]]) -> None:
        self.details = details
        sentences = [sentence for complaints in details.values() for _, sentence in complaints]
        super().__init__(field=next(iter(details), ""), reasons=" ".join(sentences))


class LastOperator(Conflict):
    sentence = "This is the last operator: name another one first."


class AlreadyDecided(Conflict):
    sentence = "This has been decided already."


class StaffOutranks(Forbidden):
    sentence = "Only an operator may do this to one of those who run the network."


class NotYourself(Forbidden):
    sentence = "Nobody may do this to their own account."


def is_handle(name: str) -> bool:
    """Whether some account could have this name."""
    return _HANDLE.fullmatch(name) is not None


def complain_about_name(name: str, *, may_be_reserved: bool = False) -> Complaint | None:
    """What is wrong with a name, or None."""
    if not name:
        return "ERR_BLANK", "Choose a name."
    if len(name) > NAME_MOST:
        return "ERR_TOO_LONG", "The name may have at most 30 characters."
    if not is_handle(name):
        return "ERR_INVALID", "The name may contain only letters from a to z, digits and underscores."
    if name.lower() in RESERVED and not may_be_reserved:
        return "ERR_RESERVED", "This name is kept for the network itself."
    return None


def complain_about_email(email: str | None) -> Complaint | None:
    """What is wrong with an e-mail address, or None; it may be left out."""
    if email and (len(email) > 320 or not email.isprintable() or not _EMAIL.fullmatch(email)):
        return "ERR_INVALID", "This is not an e-mail address."
    return None


def complaints(
    *, name: str, password: str, email: str | None, agreed: bool, reason: str, taken: bool, email_taken: bool
) -> dict[str, list[Complaint]]:
    """Everything wrong with a sign-up that has nothing to do with who may join."""
    found = {
        "name": complain_about_name(name) or (("ERR_TAKEN", "This name is taken.") if taken else None),
        "email": complain_about_email(email)
        or (("ERR_TAKEN", "This e-mail address belongs to another account.") if email_taken else None),
        "password": complain_about_password(password, name),
        "agreed": None if agreed else ("ERR_ACCEPTED", "The rules must be accepted."),
        "reason": ("ERR_TOO_LONG", "The reason may have at most 500 characters.")
        if len(reason) > REASON_MOST
        else None,
    }
    return {field: [complaint] for field, complaint in found.items() if complaint is not None}


def complain_about_operator_code(given: str | None, code: str) -> Complaint | None:
    """What is wrong with the code the first account has to show, or None."""
    if not given or not given.strip():
        return "ERR_BLANK", "The first account needs the code shown in the terminal."
    if not is_code(given, code):
        return "ERR_INVALID", "This is not the code shown in the terminal."
    return None


def is_code(given: str, code: str) -> bool:
    """Whether somebody typed the code, however they wrote it."""
    return hmac.compare_digest(_bare(given), _bare(code))


def new_code(groups: int = 3) -> str:
    """A code people can read out and type: four letters a group, none that looks like another."""
    return "-".join("".join(secrets.choice(_CODE_LETTERS) for _ in range(4)) for _ in range(groups))


def _bare(code: str) -> bytes:
    return re.sub(r"[\W_]", "", code).upper().encode("utf-8", "replace")


def choose_locale(wanted: str) -> str:
    """The language we speak that comes nearest to what was asked for."""
    short = wanted[:2].lower()
    return short if short in LOCALES else "en"


# Profiles ------------------------------------------------------------------------------------------------------------


def check_words(text: str, most: int, field: str, *, lines: bool = False) -> str:
    """The cleaned text; on one line unless `lines`. Raises Invalid when it is too long."""
    cleaned = clean(text).strip()
    if not lines:
        cleaned = " ".join(cleaned.split())
    if len(cleaned) > most:
        raise Invalid("This is longer than {most} characters.", field=field, most=most)
    return cleaned


def check_fields(wanted: Sequence[tuple[str, str]], before: Sequence[Field]) -> tuple[Field, ...]:
    """The lines of a profile, empty ones left out; a line that stays as it was stays verified. Raises Invalid."""
    lines = [
        (check_words(name, FIELD_MOST, "fields"), check_words(value, FIELD_MOST, "fields")) for name, value in wanted
    ]
    lines = [line for line in lines if any(line)]
    if len(lines) > FIELDS_MOST:
        raise Invalid("A profile has at most {most} lines.", field="fields", most=FIELDS_MOST)
    if not all(name for name, _ in lines):
        raise Invalid("A line of the profile needs a name.", field="fields")
    verified = {(field.name, field.value): field.verified_at for field in before}
    return tuple(Field(name, value, verified.get((name, value))) for name, value in lines)


def check_language(language: str | None) -> str | None:
    """Raise Invalid unless this can be the code of a language; None and nothing leave it open."""
    if not language:
        return None
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,8})?", language):
        raise Invalid("This is no language we know.", field="default_language")
    return language


# Staff ---------------------------------------------------------------------------------------------------------------


def check_may_judge(staff: Viewer, target: AccountView) -> None:
    """Raise unless `staff` may suspend or restore this account: never themselves, and stewards no staff."""
    staff.check_role(Role.STEWARD)
    if staff.account_id == target.id:
        raise NotYourself
    if Role(target.role).is_staff and not staff.role.is_at_least(Role.OPERATOR):
        raise StaffOutranks


def check_leaves_an_operator(account_id: int, operators: Sequence[int]) -> None:
    """Raise LastOperator when nobody would be left to run the network without this account."""
    if list(operators) == [account_id]:
        raise LastOperator


def check_invitation(viewer: Viewer, uses: int | None, expires_at: datetime | None, now: datetime) -> None:
    """Raise Invalid unless the viewer may invite so many for so long; members within bounds."""
    if uses is not None and not 1 <= uses <= 100_000:
        raise Invalid("An invitation is for at least one.", field="uses")
    if expires_at is not None and expires_at <= now:
        raise Invalid("This moment has passed.", field="expires_at")
    if viewer.role.is_staff:
        return
    if uses is None or uses > INVITATION_USES_MOST:
        raise Invalid("One invitation is for at most {most}.", field="uses", most=INVITATION_USES_MOST)
    if expires_at is None or (expires_at - now).days > INVITATION_DAYS_MOST:
        raise Invalid("An invitation lasts at most {most} days.", field="expires_at", most=INVITATION_DAYS_MOST)


class PictureHeld(Invalid):
    sentence = "Your profile was not changed: one of the pictures is like one that was removed before. Somebody will look at it."


class ProfileHeld(Invalid):
    sentence = "Your profile was not changed: it reads like a threat or a call for violence. Somebody will look at it."
