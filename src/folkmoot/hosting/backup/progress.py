"""How a long deed says where it stands."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by whoever works, shown by whoever watches."""

    def begin(self, words: str, total: int | None = None) -> None:
        """A new part of the work, of `total` bytes when that is known."""

    def advance(self, amount: int) -> None:
        """So many bytes more are done."""


class Silent:
    """Shows nothing."""

    def begin(self, words: str, total: int | None = None) -> None: ...

    def advance(self, amount: int) -> None: ...
