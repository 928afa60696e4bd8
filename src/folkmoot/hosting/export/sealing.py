"""The part of an export that lets somebody act as somebody: one age file, written and read as a stream.

Sealed to a recipient's public key. With a pass phrase a key is made for this one export, and that is sealed with the pass
phrase beside it, because age works out a pass phrase for small files only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import IO

import pyrage  # type: ignore[import-untyped]  # it carries no types

from folkmoot.errors import FolkmootError
from folkmoot.hosting.export.container import Out

Take = Callable[[bytes], None]
"""Whoever wants the lines, one after the other."""
LEAST_PASSPHRASE = 12


class _FromLines(io.RawIOBase):
    """Lines that are made while they are read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < max(size, 1):
            line = next(self._lines, None)
            if line is None:
                break
            self._rest += line + b"\n"
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken


class _ToLines(io.RawIOBase):
    """Takes bytes and hands on whole lines."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._rest = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = bytes(data)  # type: ignore[call-overload]  # whatever holds bytes
        *whole, self._rest = (self._rest + given).split(b"\n")
        for line in whole:
            self._take(line)
        return len(given)


class _Onto(io.RawIOBase):
    def __init__(self, out: Out) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return self._out.write(bytes(data))  # type: ignore[call-overload]  # whatever holds bytes


def check_recipient(recipient: str) -> None:
    """Refuse what is no public key of age."""
    try:
        pyrage.x25519.Recipient.from_str(recipient.strip())
    except (pyrage.RecipientError, ValueError) as error:
        raise FolkmootError(
            "{recipient} is no age recipient; one begins with age1 (`age-keygen` makes a pair).",
            recipient=recipient[:80],
        ) from error


def check_passphrase(passphrase: str) -> None:
    """Refuse one that is guessed in a day."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise FolkmootError("A pass phrase has at least {least} characters.", least=LEAST_PASSPHRASE)


def seal(lines: Iterator[bytes], out: Out, recipient: str) -> None:
    """Write the lines as an age file for this recipient."""
    pyrage.encrypt_io(_FromLines(lines), _Onto(out), [pyrage.x25519.Recipient.from_str(recipient.strip())])


def key_for(passphrase: str) -> tuple[str, bytes]:
    """A recipient made for one export, and its private key sealed with the pass phrase."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), bytes(pyrage.passphrase.encrypt(f"{identity}\n".encode(), passphrase))


def key_behind(sealed: bytes, passphrase: str) -> str:
    """The private key that was sealed with this pass phrase. Raises ValueError when it was another."""
    try:
        return bytes(pyrage.passphrase.decrypt(sealed, passphrase)).decode().strip()
    except pyrage.DecryptError as error:
        raise ValueError("another pass phrase") from error


def private_key_in(text: str) -> str:
    """The private key in a file as `age-keygen` writes it. Raises ValueError when there is none."""
    found = re.search(r"AGE-SECRET-KEY-1[0-9A-Z]+", text.upper())
    if found is None:
        raise ValueError("no age key")
    return found[0]


def unseal(file: IO[bytes], private: str, take: Take) -> None:
    """Hand on the lines of an age file. Raises ValueError when it was sealed to somebody else or was changed."""
    try:
        pyrage.decrypt_io(file, _ToLines(take), [pyrage.x25519.Identity.from_str(private)])
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise ValueError(str(error)) from error
