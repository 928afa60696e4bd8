"""The way from the link to an operator's own server: over TCP, with TLS and a password where it wants them.

A follower speaks to our end of the link as if to a server that trusts it. Here its greeting gets the network's role, and
this host answers what the server asks of that role, so that no password leaves it. SCRAM: RFC 5802, RFC 7677.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import secrets
import socket
import ssl
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from folkmoot.hosting.link.stream import LinkBroken, Stream
from folkmoot.hosting.own.server import open_session

TLS_ASKED = 80877103
LONGEST = 64 * 1024
"""Bytes a message of a server may have before it lets us in."""
MOST_ROUNDS = 1_000_000
CHECKED = ("verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class Way:
    """How an ordinary session came in: the same way leads those who replicate."""

    host: str
    port: int
    user: str
    password: str
    is_encrypted: bool
    words: Mapping[str, str]
    """What else the address said."""


def find_way(url: str) -> Way:
    """Where and as whom an ordinary session comes in. Raises Unavailable."""
    with open_session(url) as session:
        info = session.info
        return Way(
            info.host, info.port, info.user, info.password, bool(session.pgconn.ssl_in_use), dict(info.get_parameters())
        )


def enter(url: str, greeting: bytes, answer: Callable[[bytes], None]) -> Stream:
    """A stream to the server on which the follower's greeting is answered up to its being let in.

    `answer` carries the server's words to the follower. Raises LinkBroken, Unavailable.
    """
    way = find_way(url)
    sock = _dial(way)
    stream = Stream(sock)
    try:
        stream.write(_greeting_as(way.user, greeting))
        _prove(stream, way, answer)
    except BaseException:
        stream.close()
        raise
    stream.patience(None)
    return stream


def _dial(way: Way) -> socket.socket:
    try:
        if way.host.startswith(("/", "@")):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(10)
            sock.connect(f"{way.host}/.s.PGSQL.{way.port}")
            return sock
        sock = socket.create_connection((way.host, way.port), timeout=10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not way.is_encrypted:
            return sock
        sock.sendall((8).to_bytes(4) + TLS_ASKED.to_bytes(4))
        if sock.recv(1) != b"S":
            raise LinkBroken(cause="own server: it would not speak TLS this time")
        return _trust(way).wrap_socket(sock, server_hostname=way.host)
    except (OSError, ValueError) as error:
        raise LinkBroken(cause=f"own server: {error}") from error


def _trust(way: Way) -> ssl.SSLContext:
    """Whom we take for the server, by the same words of its address that libpq goes by."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    mode, roots = way.words.get("sslmode", "prefer"), way.words.get("sslrootcert", "")
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    default = Path("~/.postgresql/root.crt").expanduser()
    if mode in CHECKED or roots == "system":
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = mode == "verify-full" or roots == "system"
        if roots == "system":
            context.load_default_certs()
        else:
            context.load_verify_locations(roots or default)
    certificate = way.words.get("sslcert", "") or str(Path("~/.postgresql/postgresql.crt").expanduser())
    if Path(certificate).is_file():
        key = way.words.get("sslkey", "") or str(Path("~/.postgresql/postgresql.key").expanduser())
        with contextlib.suppress(OSError):  # one of an ordinary session came in without it
            context.load_cert_chain(certificate, key)
    return context


def _greeting_as(user: str, greeting: bytes) -> bytes:
    """The follower's greeting with our role's name. Raises LinkBroken when it wants anything but to replicate."""
    words = greeting[8:].split(b"\0")
    said = dict(zip(words[::2], words[1::2], strict=False))
    said.pop(b"", None)
    if said.get(b"replication") not in (b"true", b"on", b"yes", b"1"):
        raise LinkBroken(cause="own server: the partner wanted something else than to replicate")
    said[b"user"] = user.encode()
    said[b"database"] = b"replication"
    body = b"".join(name + b"\0" + value + b"\0" for name, value in said.items()) + b"\0"
    return (len(body) + 8).to_bytes(4) + greeting[4:8] + body


def _prove(stream: Stream, way: Way, answer: Callable[[bytes], None]) -> None:
    """Answer the server's questions about who we are, until it lets us in or refuses."""
    exchange: _Scram | None = None
    while True:
        head = stream.read(5)
        length = int.from_bytes(head[1:]) - 4
        if not 0 <= length <= LONGEST:
            raise LinkBroken(cause=f"own server: a message of {length} bytes")
        body = stream.read(length)
        if head[:1] != b"R":
            answer(head + body)
            if head[:1] == b"E":
                raise LinkBroken(cause=f"own server: {_complaint(body)}")
            continue
        kind, rest = int.from_bytes(body[:4]), body[4:]
        match kind:
            case 0 if exchange is None or exchange.is_proven:  # OK
                answer(head + body)
                return
            case 3:  # in clear
                _say(stream, way.password.encode() + b"\0")
            case 5:  # hashed
                inner = hashlib.md5((way.password + way.user).encode()).hexdigest()
                _say(stream, b"md5" + hashlib.md5(inner.encode() + rest).hexdigest().encode() + b"\0")
            case 10 if b"SCRAM-SHA-256" in rest.split(b"\0"):
                exchange = _Scram(way.password)
                first = exchange.first()
                _say(stream, b"SCRAM-SHA-256\0" + len(first).to_bytes(4) + first)
            case 11 if exchange is not None:  # SCRAM goes on
                _say(stream, exchange.proof(rest))
            case 12 if exchange is not None:  # and ends
                exchange.check(rest)
            case _:
                raise LinkBroken(cause=f"own server: it wants a proof of kind {kind}, which we cannot give")


def _say(stream: Stream, body: bytes) -> None:
    stream.write(b"p" + (len(body) + 4).to_bytes(4) + body)


def _complaint(body: bytes) -> str:
    fields = {field[:1]: field[1:].decode(errors="replace") for field in body.split(b"\0") if field}
    return fields.get(b"M", "it refused")


class _Scram:
    """One proof that both sides know the password, without either saying it."""

    def __init__(self, password: str) -> None:
        self._password = unicodedata.normalize("NFKC", password).encode()
        self._mine = secrets.token_urlsafe(18)
        self._signature = b""
        self.is_proven = False
        """Whether the server has shown that it knows the password."""

    def first(self) -> bytes:
        return f"n,,n=,r={self._mine}".encode()

    def proof(self, challenge: bytes) -> bytes:
        words = dict(part.split("=", 1) for part in challenge.decode("ascii", "replace").split(",") if "=" in part)
        try:
            both, salt, rounds = words["r"], base64.b64decode(words["s"], validate=True), int(words["i"])
        except (KeyError, ValueError) as error:
            raise LinkBroken(cause="own server: a challenge that is none") from error
        if not both.startswith(self._mine) or len(both) <= len(self._mine) or not 0 < rounds <= MOST_ROUNDS:
            raise LinkBroken(cause="own server: a challenge that is not for us")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        client = _mac(salted, b"Client Key")
        final = f"c=biws,r={both}"
        said = f"n=,r={self._mine},".encode() + challenge + b"," + final.encode()
        signature = _mac(hashlib.sha256(client).digest(), said)
        self._signature = _mac(_mac(salted, b"Server Key"), said)
        shown = bytes(one ^ other for one, other in zip(client, signature, strict=True))
        return f"{final},p={base64.b64encode(shown).decode()}".encode()

    def check(self, last: bytes) -> None:
        """The server proves itself, too. Raises LinkBroken when it does not know the password."""
        wanted = b"v=" + base64.b64encode(self._signature)
        if not self._signature or not hmac.compare_digest(last.split(b",")[0], wanted):
            raise LinkBroken(cause="own server: it does not know the password itself")
        self.is_proven = True


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
