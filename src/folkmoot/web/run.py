"""One web process: the application on Granian, in this process's own event loop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from typing import Any

import uvloop
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server as Granian

from folkmoot.hosting.listening import BACKLOG
from folkmoot.log import configure
from folkmoot.settings import Settings
from folkmoot.web.app import Application


class _OnSocket(Granian):
    """Granian on a socket that is already open, so that nobody is refused while a process starts."""

    door: socket.socket

    def _init_shared_socket(self) -> None:
        # Granian's stub leaves the holder's constructor out: file descriptor, whether it is a Unix socket, backlog.
        holder: Any = SocketHolder
        holder = holder(self.door.fileno(), False, BACKLOG)
        self._shd, self._sfd = holder, holder.get_fd()


def run(settings: Settings, door: socket.socket) -> None:
    """Serve on `door` until SIGTERM or SIGINT; requests under way are answered first."""
    configure(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, door))


async def _serve(settings: Settings, door: socket.socket) -> None:
    application = Application(settings)
    server = _OnSocket(
        application,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.port,
        log_enabled=False,
        backpressure=4_096,
    )
    server.door = door
    server.workers_kill_timeout = 10
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    gc.collect()
    gc.freeze()  # what is loaded stays; collections look only at what requests made
    await server.serve()
