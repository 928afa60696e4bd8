"""A push service of our own on a real socket, and the devices it serves: they open what was sealed for them."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    """Has keys nobody else has, and an address at the push service."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        self.p256dh = encoded(self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        self.auth = encoded(self._secret)

    def opens(self, sent: Sent) -> dict[str, Any]:
        """What was sealed for this device."""
        more: dict[str, Any] = {}
        if sent.headers["Content-Encoding"] == "aesgcm":  # the draft older apps know has salt and key in headers
            parts = dict(part.partition("=")[::2] for part in sent.headers["Crypto-Key"].split(";"))
            more = {"salt": decoded(sent.headers["Encryption"].partition("=")[2]), "dh": decoded(parts["dh"])}
        plain = http_ece.decrypt(
            sent.body,
            private_key=self._key,
            auth_secret=self._secret,
            version=sent.headers["Content-Encoding"],
            **more,
        )
        found: dict[str, Any] = json.loads(plain)
        return found


class Sent:
    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body


class PushService:
    """Keeps what it was sent; `answers` are given to the next messages instead of 201."""

    def __init__(self) -> None:
        self.address = ""
        self.sent: list[Sent] = []
        self.answers: list[int] = []

    def device(self, name: str = "a") -> Device:
        return Device(f"{self.address}/{name}")

    async def take(self, request: web.Request) -> web.Response:
        self.sent.append(Sent(request.path, dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 201
        return web.Response(status=status, headers={"Location": "http://10.0.0.1/"} if status == 307 else {})


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """Open one on a free port of this machine."""
    service = PushService()
    app = web.Application()
    app.router.add_post("/{name}", service.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
