"""The one-time code that pairs two hosts. DATA/link/code.json; eighty random bits, so nobody guesses it from what he hears."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting.state import write_whole

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: nothing that reads like something else."""
MINUTES = 30
ATTEMPTS = 5


class CodeRefused(FolkmootError):
    """The code opens nothing."""

    kind = Kind.FORBIDDEN
    sentence = "This is not the code shown on the other host: look again; {left} more tries."


@dataclass(frozen=True, slots=True)
class Code:
    """A code and what became of it."""

    word: str = field(repr=False)
    expires_at: float
    """Seconds since 1970."""
    attempts: int = ATTEMPTS
    used_by: str = ""
    """Fingerprint of the host that was paired by it: it alone may come again, should an answer have been lost."""
    dial: str = ""
    """host:port to call with it, when the other host cannot call us."""


def make_code(data: Path, now: float, dial: str = "") -> Code:
    """A new code in place of the one before."""
    word = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    code = Code(word, now + MINUTES * 60, dial=dial)
    keep_code(data, code)
    return code


def keep_code(data: Path, code: Code) -> None:
    """Write down what became of a code."""
    _file(data).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(_file(data), json.dumps(dataclasses.asdict(code)) + "\n")


def find_code(data: Path) -> Code | None:
    """The code that was made last, however old."""
    try:
        return Code(**json.loads(_file(data).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget_code(data: Path) -> None:
    """Let the code open nothing any more."""
    with contextlib.suppress(FileNotFoundError):
        _file(data).unlink()


def plain(word: str) -> str:
    """A code as it was meant: case, dashes and what reads alike do not count."""
    kept = word.lower().translate(str.maketrans("oil", "011"))
    return "".join(letter for letter in kept if letter in LETTERS)


def check_code(code: Code | None, now: float, is_right: bool, fingerprint: str) -> Code:
    """The code after somebody with this certificate tried it rightly. Raises CodeRefused.

    The caller keeps `tried(code)` when the proof was wrong.
    """
    if code is None:
        raise CodeRefused("There is no code on the other host: run `folkmoot standby code` there.")
    if now > code.expires_at:
        raise CodeRefused("The code has expired: run `folkmoot standby code` again on the other host.")
    if code.attempts <= 0:
        raise CodeRefused(
            "The code was tried wrongly too often and opens nothing any more: make a new one with "
            "`folkmoot standby code` on the other host."
        )
    if not is_right:
        raise CodeRefused(left=code.attempts - 1)
    if code.used_by and code.used_by != fingerprint:
        raise CodeRefused(
            "The code was used already, by another host: make a new one with `folkmoot standby code`. "
            "If that was not you, run `folkmoot standby forget` first."
        )
    return dataclasses.replace(code, used_by=fingerprint)


def tried(code: Code) -> Code:
    """The code after a wrong try."""
    return dataclasses.replace(code, attempts=code.attempts - 1)


def _file(data: Path) -> Path:
    return data / "link" / "code.json"
