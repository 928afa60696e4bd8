"""A mail server of our own on a real socket: it keeps what it takes and answers as a test wants it to."""

from __future__ import annotations

import asyncio
import email
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


class PostOffice:
    """Handler of aiosmtpd. `answers` are given to the next messages instead of taking them; "hang up" drops the line."""

    def __init__(self) -> None:
        self.port = 0
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: list[str] = []
        self.refuse: dict[str, str] = {}
        self.doors: list[SMTP] = []
        self.signed_in: list[str] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith(("250", "hang up")):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
            self.recipients += envelope.rcpt_tos
        if answer == "hang up":
            assert server.transport is not None
            server.transport.abort()
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        name = data.login.decode()
        is_right = (name, data.password.decode()) == ("folkmoot", "the gate")
        if is_right:
            self.signed_in.append(name)
        return AuthResult(success=is_right, handled=False)


@asynccontextmanager
async def post_office(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, needs_name: bool = False
) -> AsyncIterator[PostOffice]:
    """Open one on a free port of this machine."""
    office = PostOffice()

    def door() -> SMTP:
        with warnings.catch_warnings():  # aiosmtpd does not see TLS that was there from the start
            warnings.simplefilter("ignore")
            made = smtp()
        office.doors.append(made)
        return made

    def smtp() -> SMTP:
        return SMTP(
            office,
            hostname="post.example",
            enable_SMTPUTF8=True,
            tls_context=None if implicit else tls,
            require_starttls=tls is not None and not implicit,
            authenticator=office.authenticate if needs_name else None,
            auth_required=needs_name,
            auth_require_tls=not implicit and needs_name,
            loop=asyncio.get_running_loop(),
        )

    make: Callable[[], SMTP] = door
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=tls if implicit else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        for each in office.doors:
            if each.transport is not None:
                each.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)
