"""The operator's mail server: one connection, one mail after another, every wait bounded."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiosmtplib

from folkmoot.errors import Unavailable
from folkmoot.mail.rules import is_for_good, port, sender
from folkmoot.settings import Settings

STEP_SECONDS = 30
MAIL_SECONDS = 240
"""The longest one mail may take from MAIL FROM to the answer; shorter than `rules.CLAIM`."""


class Refused(Exception):
    """The server said no to this mail. `for_good`: it will say no again."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good


class NoAnswer(Exception):
    """The connection was lost or too slow; what the server has of this mail is not known once it was handed over."""


class MailServer:
    """A connection that is open. `MailServer.open` raises Unavailable with the reason in its cause."""

    def __init__(self, client: aiosmtplib.SMTP, sender: str) -> None:
        self._client = client
        self._sender = sender

    @classmethod
    async def open(cls, settings: Settings, tls: ssl.SSLContext | None = None) -> MailServer:
        """Connect, start TLS as the settings say (certificates are checked), sign in."""
        client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=port(settings),
            local_hostname=urlsplit(settings.base_url).hostname or "localhost",
            username=settings.smtp_user or None,
            password=settings.smtp_password.reveal() or None,
            timeout=STEP_SECONDS,
            use_tls=settings.smtp_tls == "implicit",
            start_tls=settings.smtp_tls == "starttls",
            tls_context=tls or (ssl.create_default_context() if settings.smtp_tls != "none" else None),
        )
        try:
            async with asyncio.timeout(2 * STEP_SECONDS):
                await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError, TimeoutError) as error:
            client.close()
            raise Unavailable(cause=_said(error)) from error
        return cls(client, sender(settings))

    async def hand_over(self, to: str, message: bytes, before: Callable[[], Awaitable[bool]]) -> None:
        """Give one mail to the server. `before` is called when only the message itself is missing and says whether to go on.

        Raises Refused, or NoAnswer when there was no answer; before `before` was called nothing has been handed over.
        """
        try:
            async with asyncio.timeout(MAIL_SECONDS):
                await self._client.mail(self._sender)
                await self._client.rcpt(to)
                if not await before():
                    await self._client.rset()
                    return
                await self._client.data(message)
        except (
            aiosmtplib.SMTPSenderRefused
        ) as error:  # our own address is not allowed: the settings' fault, not the mail's
            await self._reset()
            raise Refused(_said(error), for_good=False) from error
        except aiosmtplib.SMTPResponseException as error:
            await self._reset()
            raise Refused(_said(error), for_good=is_for_good(error.code)) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._client.close()
            raise NoAnswer(_said(error)) from error

    async def _reset(self) -> None:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.rset()

    @property
    def is_open(self) -> bool:
        return self._client.is_connected

    async def close(self) -> None:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit()
        self._client.close()


def _said(error: BaseException) -> str:
    """What went wrong, in one line fit for the operator."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {' '.join(str(error.message).split())}"[:500]
    said = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
    if error.__cause__ is not None and str(error.__cause__):
        said += f" ({' '.join(str(error.__cause__).split())})"
    return said[:500]
