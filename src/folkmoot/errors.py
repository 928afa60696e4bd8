"""What can go wrong, in our words. An error has a kind, words fit for the public, and a cause for the log alone.

The core raises these and never thinks of HTTP; `web/errors.py` turns a kind into a status, in one table.
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What sort of refusal this is; every door (pages, API, command line) answers each kind in its own way."""

    MISSING = "missing"
    """No such thing, or nothing you may know of."""
    UNKNOWN = "unknown"
    """We do not know who is asking: sign in first."""
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    MALFORMED = "malformed"
    """The request itself cannot be read."""
    TOO_LARGE = "too large"
    CONFLICT = "conflict"
    TOO_MANY = "too many"
    UNAVAILABLE = "unavailable"


class FolkmootError(Exception):
    """A deed was refused. `words` may be shown to anyone; `cause` goes to the log and nowhere else.

    A subclass states its kind and its sentence; `{}` fields in the sentence are filled from keyword arguments, and the
    sentence itself is the key under which translations are kept.
    """

    kind: Kind = Kind.INVALID
    sentence: str = "This cannot be done."

    def __init__(self, sentence: str | None = None, *, cause: str = "", **values: object) -> None:
        self.sentence = sentence or type(self).sentence
        self.values = values
        self.cause = cause
        super().__init__(self.words)

    @property
    def words(self) -> str:
        """The sentence with its values filled in."""
        return self.sentence.format(**self.values) if self.values else self.sentence


class Missing(FolkmootError):
    kind = Kind.MISSING
    sentence = "Record not found"


class Unknown(FolkmootError):
    kind = Kind.UNKNOWN
    sentence = "This method requires an authenticated user"


class Forbidden(FolkmootError):
    kind = Kind.FORBIDDEN
    sentence = "This action is not allowed"


class Invalid(FolkmootError):
    """Something in what was sent breaks a rule. `field` names it when a form can point at it."""

    kind = Kind.INVALID
    sentence = "Validation failed"

    def __init__(self, sentence: str | None = None, *, field: str = "", cause: str = "", **values: object) -> None:
        self.field = field
        super().__init__(sentence, cause=cause, **values)


class Malformed(FolkmootError):
    kind = Kind.MALFORMED
    sentence = "The request could not be read"


class TooLarge(FolkmootError):
    kind = Kind.TOO_LARGE
    sentence = "This is too large"


class Conflict(FolkmootError):
    kind = Kind.CONFLICT
    sentence = "This has changed in the meantime"


class TooMany(FolkmootError):
    """Too often. `retry_after` is in seconds."""

    kind = Kind.TOO_MANY
    sentence = "Too many requests"

    def __init__(
        self, sentence: str | None = None, *, retry_after: int = 60, cause: str = "", **values: object
    ) -> None:
        self.retry_after = retry_after
        super().__init__(sentence, cause=cause, **values)


class Unavailable(FolkmootError):
    kind = Kind.UNAVAILABLE
    sentence = "The network cannot do this right now. Nothing was lost; please try again in a minute."
