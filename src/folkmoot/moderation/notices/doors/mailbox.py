"""A mailbox at a provider, looked into every minute (IMAP4rev1, TLS): fetched without a trace, marked only after the commit.

A fall between the two fetches the mail again, and the notices know it by its bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

import structlog

from folkmoot import clock
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.moderation.notices.doors.take_in import MOST_BYTES, Mails
from folkmoot.settings import Secret

SECONDS = 30.0
"""How long the provider may take for one answer."""
MOST_AT_ONCE = 200
"""Mails taken in one look; the rest waits for the next."""
DAYS_BACK = 14
"""What lay there before that is not a notice any more."""
LONGEST_WAIT = 1800.0
MARK = "FolkmootTaken"
_DATE = re.compile(rb'INTERNALDATE "([^"]{10,40})"')
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")

log = structlog.get_logger(__name__)


class MailboxTrouble(Exception):
    """The provider answered what we cannot go on with; the next look may go better."""


class Mailbox:
    """One connection to a mailbox. Every method waits for the provider, so each is called in a thread."""

    def __init__(self, url: str, password: Secret, done: str, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._is_secure = parts.hostname or "", parts.scheme == "imaps"
        self._port = parts.port or (993 if self._is_secure else 143)
        self._user, self._password = unquote(parts.username or ""), password
        self._folder, self._done = unquote(parts.path.strip("/")) or "INBOX", done
        self._context = context
        self._imap: imaplib.IMAP4 | None = None
        self._may_mark = False
        self._able: set[str] = set()

    def open(self) -> None:
        """Connect and sign in. Raises OSError, imaplib's errors, MailboxTrouble."""
        if self._is_secure:
            context = self._context or ssl.create_default_context()
            self._imap = imaplib.IMAP4_SSL(self._host, self._port, ssl_context=context, timeout=SECONDS)
        else:
            self._imap = imaplib.IMAP4(self._host, self._port, timeout=SECONDS)
        self._imap.login(self._user, self._password.reveal())
        able = self._ask("CAPABILITY", self._imap.capability())  # more than before one signed in
        self._able = set(
            b" ".join(part for part in able if isinstance(part, bytes)).decode("ascii", "replace").upper().split()
        )
        self._ask("SELECT", self._imap.select(_quoted(self._folder)))
        flags = b" ".join(part for part in self._imap.response("PERMANENTFLAGS")[1] if isinstance(part, bytes))
        self._may_mark = b"\\*" in flags

    def waiting(self, today: datetime) -> list[str]:
        """The mails not taken yet, oldest first."""
        assert self._imap is not None
        since = (today - timedelta(days=DAYS_BACK)).strftime("%d-%b-%Y")
        which = ["UNDELETED", "SINCE", since]
        if not self._done:
            which += ["UNKEYWORD", MARK] if self._may_mark else ["UNSEEN"]
        found = self._ask("SEARCH", self._imap.uid("SEARCH", *which))
        numbers = b" ".join(part for part in found if isinstance(part, bytes)).split()
        return [number.decode() for number in numbers if number.isdigit()][:MOST_AT_ONCE]

    def fetch(self, uid: str) -> tuple[bytes, datetime | None, bool]:
        """A mail, when the provider had it, and whether it was cut because it is larger than we take."""
        assert self._imap is not None
        answer = self._ask(
            "FETCH", self._imap.uid("FETCH", uid, f"(INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{MOST_BYTES}>)")
        )
        about, raw = b"", b""
        for part in answer:
            if isinstance(part, tuple):
                about += part[0]
                raw = part[1]
            elif isinstance(part, bytes):
                about += part
        if not raw:
            raise MailboxTrouble("a mail came without a body")
        size = _SIZE.search(about)
        return raw, _moment(about), size is not None and int(size[1]) > len(raw)

    def done(self, uid: str) -> None:
        """Mark a mail as taken, or move it, so that the next look passes it over."""
        assert self._imap is not None
        if self._done:
            self._move(uid)
        else:
            flags = f"(\\Seen {MARK})" if self._may_mark else "(\\Seen)"
            self._ask("STORE", self._imap.uid("STORE", uid, "+FLAGS.SILENT", flags))

    def close(self) -> None:
        """Sign out; a connection that is gone already is gone."""
        if self._imap is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                self._imap.logout()
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                self._imap.shutdown()
            self._imap = None

    def _move(self, uid: str) -> None:
        assert self._imap is not None
        target = _quoted(self._done)
        if "MOVE" in self._able:
            kind, _ = self._imap.uid("MOVE", uid, target)
            if kind != "OK":
                self._imap.create(target)
                self._ask("MOVE", self._imap.uid("MOVE", uid, target))
            return
        kind, _ = self._imap.uid("COPY", uid, target)
        if kind != "OK":
            self._imap.create(target)
            self._ask("COPY", self._imap.uid("COPY", uid, target))
        self._ask("STORE", self._imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen \\Deleted)"))
        if "UIDPLUS" in self._able:
            self._ask("EXPUNGE", self._imap.uid("EXPUNGE", uid))
        # without it an expunge would take what others marked as well; we pass over what is marked as deleted

    def _ask(self, what: str, answer: tuple[str, Sequence[object]]) -> Sequence[object]:
        kind, data = answer
        if kind != "OK":
            raise MailboxTrouble(f"{what} was answered with {kind}")
        return data


async def look(box: Mailbox, mails: Mails) -> int:
    """One look into the mailbox; how many mails were taken. What cannot be kept stays there, and does not hold up the rest."""
    taken = 0
    try:
        await asyncio.to_thread(box.open)
        for uid in await asyncio.to_thread(box.waiting, clock.now()):
            raw, at, is_cut = await asyncio.to_thread(box.fetch, uid)
            if is_cut:
                log.warning("a mail is larger than we take; its end was left at the provider", uid=uid)
            try:
                await mails.take(raw, "imap", received_at=_sane(at))
            except Unavailable:
                raise
            except FolkmootError as error:
                log.warning("a mail could not be kept", uid=uid, error=str(error), cause=error.cause)
                continue
            await asyncio.to_thread(box.done, uid)
            taken += 1
    finally:
        await asyncio.to_thread(box.close)
    return taken


async def keep_looking(url: str, password: Secret, done: str, seconds: float, mails: Mails) -> None:
    """Look until cancelled; a provider that does not answer is asked less and less often."""
    failures = 0
    while True:
        try:
            await look(Mailbox(url, password, done), mails)
            failures = 0
        except Unavailable as error:
            log.warning("mails wait in the mailbox", cause=error.cause)
        except (OSError, imaplib.IMAP4.error, MailboxTrouble) as error:
            failures += 1
            log.warning(
                "the mailbox cannot be read", error=type(error).__name__, detail=str(error)[:200], failures=failures
            )
        except Exception:  # the next look may go well
            failures += 1
            log.exception("the mailbox cannot be read")
        await asyncio.sleep(min(seconds * 2 ** min(failures, 8), max(seconds, LONGEST_WAIT)))


def _sane(at: datetime | None) -> datetime:
    """When the provider had it, for that is when the clock began; never ahead of us."""
    now = clock.now()
    return at if at is not None and now - timedelta(days=DAYS_BACK + 1) <= at <= now else now


def _moment(about: bytes) -> datetime | None:
    found = _DATE.search(about)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, UnicodeError):
        return None


def _quoted(folder: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501, 5.1.3), in quotes."""
    out = "".join(_encoded(folder))
    return '"' + out.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded(folder: str) -> Iterator[str]:
    for is_plain, letters in _runs(folder):
        if is_plain:
            yield letters.replace("&", "&-")
        else:
            yield letters.encode("utf-7").decode().replace("+", "&", 1).replace("/", ",")


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    run = ""
    for letter in text:
        is_plain = " " <= letter <= "~"
        if run and is_plain != (" " <= run[-1] <= "~"):
            yield " " <= run[-1] <= "~", run
            run = ""
        run += letter
    if run:
        yield " " <= run[-1] <= "~", run
