"""What a password, an app and its scopes must be like: decisions over plain values."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from folkmoot.errors import FolkmootError, Forbidden, Invalid, Kind, TooMany
from folkmoot.network.access.viewer import is_covered

PASSWORD_LEAST, PASSWORD_MOST = 8, 256
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)
GRANT_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(days=90)
"""A session nobody has used for so long is over."""
SEEN_EVERY = timedelta(hours=1)
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
MOST_REDIRECTS = 32

_COMMONEST = """
    12345678 123456789 1234567890 123123123 11111111 00000000 87654321 88888888 66666666 12341234 01234567 11223344
    password password1 password12 password123 password! passw0rd p@ssw0rd p@ssword qwertyui qwertyuiop qwerty123
    qwerty12 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 asdfghjk asdfghjkl zxcvbnm1 abcd1234 abc12345 aa123456 a1234567
    iloveyou iloveyou1 sunshine princess football baseball superman batman123 trustno1 whatever starwars welcome1
    welcome123 letmein1 letmein123 dragon123 monkey123 computer internet michelle jennifer liverpool chelsea1 samsung1
    michael1 charlie1 shadow123 master123 freedom1 changeme changeme1 secret123 test1234 testtest admin123 admin1234
    administrator passwort passwort1 passwort123 hallo123 hallo1234 schalke04 ichliebedich schatz123 geheim123
    sommer2024 sommer2025 winter2024 winter2025 fussball bayernmuenchen mastodon folkmoot
"""
COMMONEST = frozenset(_COMMONEST.split())

_READ = """accounts blocks bookmarks collections favourites filters follows lists mutes notifications search
           statuses"""
_WRITE = """accounts blocks bookmarks collections conversations favourites filters follows lists media mutes
            notifications reports statuses"""
_ADMIN = """accounts reports domain_allows domain_blocks ip_blocks email_domain_blocks
            canonical_email_blocks"""
SCOPES: tuple[str, ...] = (
    "profile",
    "follow",
    "push",
    "read",
    *(f"read:{thing}" for thing in _READ.split()),
    "write",
    *(f"write:{thing}" for thing in _WRITE.split()),
    *(
        scope
        for deed in ("read", "write")
        for scope in (f"admin:{deed}", *(f"admin:{deed}:{thing}" for thing in _ADMIN.split()))
    ),
)
"""Everything an app may ask for."""

_HARMFUL = {"javascript", "data", "vbscript", "blob", "about", "file", "filesystem", "view-source", "jar", "chrome"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_CHALLENGE = re.compile(r"[A-Za-z0-9_\-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~\-]{43,128}")


class OAuthError(FolkmootError):
    """A refusal in the words of OAuth: `code` goes into `error`, the sentence into `error_description`."""

    def __init__(self, code: str, sentence: str, *, cause: str = "") -> None:
        self.code = code
        self.kind = Kind.UNKNOWN if code == "invalid_client" else Kind.MALFORMED
        super().__init__(sentence, cause=cause)


class AppRefused(Invalid):
    sentence = "Validation failed: this app cannot be registered"


class WrongPassword(Invalid):
    sentence = "The password is not right."


class WrongSignIn(FolkmootError):
    kind = Kind.UNKNOWN
    sentence = "Name or password is not right."


class PendingApproval(Forbidden):
    sentence = "Your login is currently pending approval"


class LoginDisabled(Forbidden):
    sentence = "Your login is currently disabled"


class TooManyFailures(TooMany):
    sentence = "Too many failed attempts. Please wait a quarter of an hour."


Complaint = tuple[str, str]
"""A short code clients know, and the sentence."""


def complain_about_password(password: str, name: str) -> Complaint | None:
    """What is wrong with a new password, or None."""
    if not password:
        return "ERR_BLANK", "Choose a password."
    if len(password) < PASSWORD_LEAST:
        return "ERR_TOO_SHORT", "The password needs at least 8 characters."
    if len(password) > PASSWORD_MOST:
        return "ERR_TOO_LONG", "The password may have at most 256 characters."
    if not is_storable(password):
        return "ERR_INVALID", "The password contains characters that cannot be used."
    if password.casefold() == name.casefold():
        return "ERR_INVALID", "The password must differ from the name."
    if password.casefold() in COMMONEST or len(set(password)) == 1:
        return "ERR_INVALID", "This password is among the first ones anybody would try."
    return None


def check_password(password: str, name: str) -> None:
    """Raise Invalid unless `password` may become the account's password."""
    complaint = complain_about_password(password, name)
    if complaint is not None:
        raise Invalid(complaint[1], field="password")


def is_storable(text: str) -> bool:
    """Whether a text can be kept: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def digest(secret: str) -> bytes:
    """What is stored of a token: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def origin(who: str, address: str) -> str:
    """A mark for failures of one account from one address; the address itself cannot be read in the record."""
    return hashlib.sha256(f"{who.casefold()}\n{address}".encode("utf-8", "replace")).hexdigest()[:24]


def check_standing(*, approved: bool, suspended: bool, closed: bool) -> None:
    """Raise Forbidden unless an account in this standing may sign in."""
    if closed or suspended:
        raise LoginDisabled
    if not approved:
        raise PendingApproval


def is_session_live(seen_at: datetime, now: datetime) -> bool:
    """Whether a session still counts."""
    return now - seen_at < SESSION_LIFE


# Apps ----------------------------------------------------------------------------------------------------------------


def check_app(name: str, redirect_uris: Sequence[str], scopes: Iterable[str], website: str | None) -> None:
    """Raise AppRefused unless an app may be registered like this."""
    if not name.strip():
        raise AppRefused("Validation failed: Application name can't be blank", field="name")
    if len(name) > 60 or not is_storable(name):
        raise AppRefused("Validation failed: Application name is too long (maximum is 60 characters)", field="name")
    if not redirect_uris:
        raise AppRefused("Validation failed: Redirect URI can't be blank", field="redirect_uris")
    if len(redirect_uris) > MOST_REDIRECTS or not all(may_redirect_to(uri) for uri in redirect_uris):
        raise AppRefused("Validation failed: Redirect URI must be an absolute URI.", field="redirect_uris")
    if not set(scopes) <= set(SCOPES):
        raise AppRefused("Validation failed: Scopes doesn't match configured on the server.", field="scopes")
    if website and not _is_web_address(website):
        raise AppRefused("Validation failed: Website must be a valid URL", field="website")


def may_redirect_to(uri: str) -> bool:
    """Whether a browser may be sent there: an absolute address, by any scheme but those that run or read something."""
    if len(uri) > 2000 or not uri.isprintable() or " " in uri or "#" in uri or "\\" in uri:
        return False
    if not _SCHEME.match(uri):
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme in _HARMFUL:
        return False
    return bool(parts.hostname) if parts.scheme in ("http", "https") else len(uri) > len(parts.scheme) + 1


def _is_web_address(uri: str) -> bool:
    return may_redirect_to(uri) and urlsplit(uri).scheme in ("http", "https")


def parse_scopes(text: str) -> list[str]:
    """Scopes as clients write them: with spaces (or plus signs, or commas) between; each once, in their order."""
    return list(dict.fromkeys(part for part in re.split(r"[\s+,]+", text) if part))


def check_scopes(wanted: Sequence[str], allowed: Iterable[str]) -> None:
    """Raise OAuthError unless each wanted scope is covered by what the app registered."""
    granted = frozenset(allowed)
    if not wanted or not all(scope in SCOPES and is_covered(scope, granted) for scope in wanted):
        raise OAuthError("invalid_scope", "The requested scope is invalid, unknown, or malformed.")


def check_challenge(challenge: str | None, method: str | None) -> None:
    """Raise OAuthError unless PKCE is left out or done with S256."""
    if challenge is None and method is None:
        return
    if method != "S256":
        raise OAuthError("invalid_request", "The code_challenge_method must be S256.")
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "The code_challenge is missing or malformed.")


def answers_challenge(verifier: str | None, challenge: str | None) -> bool:
    """Whether the verifier proves that who redeems the code is who asked for it."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hashed == challenge
