"""Hashing of passwords: slow on purpose, hence in two threads of their own with a bounded queue before them."""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from folkmoot.errors import TooMany

T = TypeVar("T")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(2, thread_name_prefix="passwords")
_places = threading.BoundedSemaphore(2 + 30)
"""Two at work and thirty in the queue: a second or so of waiting. Whoever comes then is asked to come back."""

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$CBabMvQj4aWwIe5h5ot8HA$h0WTs62bFkLsImQpp8grLbMO0WpENN5es2hlpGC0Fvs"
"""A hash no password matches, verified for unknown names so that they take as long as known ones."""


async def hash_password(password: str) -> str:
    """The argon2id hash to store. Raises TooMany when too many are waiting."""
    return await _in_turn(lambda: _hasher.hash(_as_bytes(password)))


async def is_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind the stored hash; for None, False after as long a time."""
    return await _in_turn(lambda: _verify(stored or NOBODYS, password))


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, _as_bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _as_bytes(password: str) -> bytes:
    # Systems differ in how they compose an ä: the same password must be the same bytes.
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


async def _in_turn(work: Callable[[], T]) -> T:
    if not _places.acquire(blocking=False):
        raise TooMany("Too many people are signing in right now. Please try again in a moment.", retry_after=5)
    try:
        future: Future[T] = _threads.submit(work)
    except BaseException:
        _places.release()
        raise
    future.add_done_callback(lambda _: _places.release())
    return await asyncio.wrap_future(future)
