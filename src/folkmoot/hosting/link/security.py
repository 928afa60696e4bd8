"""TLS 1.3 between the two hosts: each shows its own certificate and accepts exactly the other's."""

from __future__ import annotations

import hashlib
import socket
import ssl

from folkmoot.hosting.link.identity import Identity
from folkmoot.hosting.link.partner import Partner
from folkmoot.hosting.link.stream import LinkBroken, Stream

LINK, PAIRING = b"FMLINK1L", b"FMLINK1P"
"""The first eight bytes on a connection, in clear: which of the two handshakes follows."""
HANDSHAKE_SECONDS = 10.0
GIVE_UP_MS = 15_000
"""How long sent bytes may stay unacknowledged before the kernel gives a connection up."""


def secure(sock: socket.socket, identity: Identity, partner: Partner | None, *, as_server: bool) -> Stream:
    """A stream with the partner; without one, with whoever proves by the code that he is to be it.

    Raises LinkBroken when the handshake fails or somebody else's certificate is shown.
    """
    ease(sock)
    try:
        sock.settimeout(HANDSHAKE_SECONDS)
        sock.getpeername()  # of one who has gone already, Python's TLS would leave a socket open
        secured = _context(identity, partner, as_server).wrap_socket(sock, server_side=as_server)
    except (OSError, ValueError) as error:
        sock.close()
        raise LinkBroken(cause=f"link: TLS: {error}") from error
    try:
        shown = secured.getpeercert(binary_form=True) or b""
    except (OSError, ValueError) as error:
        secured.close()
        raise LinkBroken(cause=f"link: TLS: {error}") from error
    fingerprint = hashlib.sha256(shown).hexdigest() if shown else ""
    if partner is not None and fingerprint != partner.fingerprint:
        secured.close()
        raise LinkBroken(cause="link: another certificate than the pinned one")
    return Stream(secured, fingerprint)


def dial(address: str, seconds: float = HANDSHAKE_SECONDS) -> socket.socket:
    """A connection to host:port. Raises LinkBroken."""
    host, port = split(address)
    try:
        return socket.create_connection((host, port), timeout=seconds)
    except OSError as error:
        raise LinkBroken(
            "{address} cannot be reached ({reason}).", address=address, reason=error.strerror or error or "no answer"
        ) from error


def split(address: str) -> tuple[str, int]:
    """Host and port of host:port; IPv6 in brackets. Raises LinkBroken."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise LinkBroken("{address} is no address: host:port is wanted.", address=address)
    return host.strip("[]"), int(port)


def ease(sock: socket.socket) -> None:
    """Small messages at once; a host that went away without a word is noticed."""
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GIVE_UP_MS)


def _context(identity: Identity, partner: Partner | None, as_server: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if as_server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    if as_server:
        context.num_tickets = 0
    if as_server or partner is not None:
        context.load_cert_chain(identity.file)
    if partner is None:
        context.verify_mode = ssl.CERT_NONE
    else:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=partner.certificate)
    return context
