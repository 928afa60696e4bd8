"""The door your own mail server hands mail to: LMTP (RFC 2033) or SMTP, on loopback unless told otherwise.

250 means committed. Whatever goes wrong on our side is a 4xx, so that the mail waits at the other end and comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from folkmoot import clock
from folkmoot.errors import FolkmootError, TooLarge, Unavailable
from folkmoot.moderation.notices.doors.take_in import MOST_BYTES, Mails

SECONDS = 300.0
"""How long a connection may do nothing."""
MOST_CONNECTIONS = 10
MOST_RECIPIENTS = 10
LONGEST_LINE = MOST_BYTES
"""A letter may be one line: the standard's thousand letters would refuse the very mails that are worth reading."""
AGAIN_AFTER = 15.0
"""Seconds until a port that is taken is tried again: another worker may hold it, and end."""

log = structlog.get_logger(__name__)


class _Desk:
    """Answers the mail server, in the words of aiosmtpd."""

    def __init__(self, mails: Mails, recipients: tuple[str, ...], one_by_one: bool) -> None:
        self._mails = mails
        self._recipients = {address.lower() for address in recipients}
        self._most = 1 if one_by_one else MOST_RECIPIENTS  # LMTP owes an answer for each, so it gets one each

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self._recipients and address.lower() not in self._recipients:
            return "550 5.1.1 Nobody here has this address"
        if len(envelope.rcpt_tos) >= self._most:
            return "452 4.5.3 Too many recipients at once"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        try:
            await self._mails.take(
                envelope.original_content or b"",
                "lmtp",
                received_at=clock.now(),
                envelope_from=envelope.mail_from or "",
            )
        except Unavailable as error:
            log.warning("a mail has to wait", cause=error.cause)
            return "451 4.3.0 Please try again later"
        except TooLarge:
            return "552 5.3.4 This message is too large"
        except FolkmootError as error:
            log.warning("a mail could not be kept", error=str(error), cause=error.cause)
            return "451 4.3.0 Please try again later"
        except Exception:  # never lose a mail over a mistake of ours
            log.exception("a mail could not be kept")
            return "451 4.3.0 Please try again later"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        log.warning("a mail server's talk ended badly", error=type(error).__name__)
        return "451 4.3.0 Please try again later"


class _Bounded(SMTP):
    """Refuses connections beyond a bound, politely, and takes lines as long as people write them."""

    line_length_limit = LONGEST_LINE

    def __init__(self, desk: _Desk, open_ones: set[Any]) -> None:
        super().__init__(
            desk,
            hostname="folkmoot",
            ident="ready",
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            timeout=SECONDS,
        )
        self._open_ones = open_ones
        self._entered: Any = None

    def connection_made(self, transport: Any) -> None:
        """Let a connection in, or send it away for now."""
        if len(self._open_ones) >= MOST_CONNECTIONS:
            transport.write(b"421 4.7.0 Too many connections, please try again later\r\n")
            transport.close()
            return
        self._entered = transport
        self._open_ones.add(transport)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Bytes, unless they come from somebody sent away."""
        if self._entered is not None:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The other side has nothing more to say."""
        return super().eof_received() if self._entered is not None else None

    def connection_lost(self, error: Exception | None) -> None:
        """The end of a connection, however it came."""
        if self._entered is not None:
            self._open_ones.discard(self._entered)
            super().connection_lost(error)


class _Lmtp(_Bounded, LMTP):
    """The same, in the words of RFC 2033."""


class MailDoor:
    """A listening door. `async with MailDoor(...)`, or `keep_open` for as long as the worker lives."""

    def __init__(self, address: str, mails: Mails, recipients: tuple[str, ...] = ()) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 0
        self._kind = _Lmtp if parts.scheme == "lmtp" else _Bounded
        self._desk = _Desk(mails, recipients, one_by_one=parts.scheme == "lmtp")
        self._open: set[Any] = set()
        self._server: asyncio.Server | None = None
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # it writes down who wrote to whom

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> MailDoor:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._kind(self._desk, self._open), self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for transport in list(self._open):
            transport.close()
        for _turn in range(50):  # their tasks end a turn of the loop later
            if not self._open:
                break
            await asyncio.sleep(0.01)
        await self._server.wait_closed()

    async def keep_open(self) -> None:
        """Listen until cancelled. A port that is taken is tried again and again: another worker may have it."""
        was_told = False
        while True:
            try:
                async with self:
                    log.info("mail for notices is taken", host=self._host, port=self.port)
                    await asyncio.Event().wait()
            except OSError as error:
                if not was_told:
                    log.warning(
                        "the door for notices cannot listen yet", host=self._host, port=self._port, error=str(error)
                    )
                was_told = True
                with contextlib.suppress(TimeoutError):
                    await asyncio.sleep(AGAIN_AFTER)
