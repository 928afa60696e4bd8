"""The socket the web is reached at, opened once by the supervisor and inherited by every web process.

Nobody is turned away while a web process starts or starts again: the kernel keeps callers waiting in the queue. And a
port that is taken is noticed before anything else begins.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping

from folkmoot.errors import FolkmootError, Kind

VARIABLE = "FOLKMOOT_LISTENER"
"""Number of the inherited socket, in the environment of a supervised web process."""
BACKLOG = 1024


class CannotListen(FolkmootError):
    """The address or port is not to be had."""

    kind = Kind.CONFLICT


def listen(host: str, port: int) -> socket.socket:
    """Open the socket; raises CannotListen with one sentence when the address or port is not to be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(
            address[:2],
            family=family,
            backlog=BACKLOG,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        raise _why(host, port, error) from error


def listener(host: str, port: int, environ: Mapping[str, str] = os.environ) -> socket.socket:
    """The supervisor's socket when it handed us one, else a new one."""
    inherited = environ.get(VARIABLE)
    return socket.socket(fileno=int(inherited)) if inherited else listen(host, port)


def _why(host: str, port: int, error: OSError) -> CannotListen:
    if isinstance(error, socket.gaierror):
        return CannotListen("{host} is no address of this machine (setting host).", host=host)
    match error.errno:
        case errno.EADDRINUSE:
            return CannotListen(
                "Port {port} is in use by another program: stop that one, or choose another port "
                "(make run PORT={other}, folkmoot serve --port {other}).",
                port=port,
                other=port + 1 if port < 65535 else 8000,
            )
        case errno.EACCES:
            return CannotListen(
                "This user may not listen on port {port}: ports below 1024 are root's. Choose one above.", port=port
            )
        case errno.EADDRNOTAVAIL:
            return CannotListen("{host} is no address of this machine (setting host).", host=host)
    return CannotListen(
        "Cannot listen on {host} port {port}: {reason}.", host=host, port=port, reason=error.strerror or error
    )
