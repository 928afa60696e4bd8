"""The one way out over HTTP to addresses other people named: never to a machine that is none of theirs (SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from folkmoot.errors import Invalid

SECONDS = 10
ANSWER_BYTES = 4_096
"""What is read of an answer; nobody needs more."""
LONGEST = 2_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotOutside(Invalid):
    """The address is not one of the public internet."""

    sentence = "This address cannot be reached from here: it has to be https, on the public internet."


class NoAnswer(Exception):
    """Nobody answered in time, or the line broke."""


def check_url(url: str, *, loopback: bool = False) -> str:
    """The address, when it may be called. Raises NotOutside; names are looked up only when they are called."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotOutside(field="url") from error
    wrong = not host or parts.username or parts.password or len(url) > LONGEST or not url.isprintable() or " " in url
    if wrong or parts.scheme not in (("https", "http") if loopback else ("https",)):
        raise NotOutside(field="url")
    literal = _literal(host or "")
    if literal is not None and not is_outside(literal, loopback=loopback):
        raise NotOutside(field="url")
    if (
        literal is None
        and not loopback
        and ("." not in (host or "") or (host or "").endswith((".localhost", ".local")))
    ):
        raise NotOutside(field="url")
    return url


def is_outside(address: str, *, loopback: bool = False) -> bool:
    """Whether an address of a machine is one of the public internet, in whatever form it hides; or, for tests, this one."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_outside(str(inner), loopback=loopback)
    if found.is_loopback:
        return loopback
    return found.is_global and not found.is_multicast and not found.is_reserved


def _literal(host: str) -> str | None:
    """The address, when the host is one rather than a name; also in the old forms that resolvers take (`127.1`, `0x7f.1`)."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


class _Resolver(AbstractResolver):
    """Looks names up and forgets every address that is not outside, so that no name leads inside."""

    def __init__(self, *, loopback: bool) -> None:
        self._plain = ThreadedResolver()
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._plain.resolve(host, port, family)
        kept = [each for each in found if is_outside(each["host"].split("%")[0], loopback=self._loopback)]
        if not kept:
            raise OSError(0, f"{host} leads to no address of the public internet")
        return kept

    async def close(self) -> None:
        await self._plain.close()


class Outgoing:
    """Asks others over HTTP: bounded in time and size, following no redirect, using no proxy of the environment."""

    def __init__(self, *, loopback: bool = False) -> None:
        self._loopback = loopback
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Outgoing:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=_Resolver(loopback=self._loopback), limit=32, limit_per_host=8),
            timeout=aiohttp.ClientTimeout(total=SECONDS, connect=SECONDS / 2),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Send these bytes; the status and the beginning of the answer. Raises NotOutside, NoAnswer."""
        assert self._session is not None
        check_url(url, loopback=self._loopback)
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                said = await answer.content.read(ANSWER_BYTES)
                return answer.status, said.decode("utf-8", "replace")
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}".rstrip(": ")[:300]) from error
