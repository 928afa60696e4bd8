"""The agent: the process that is a host's end of the link. A child of `folkmoot serve`; here it is wired.

What others offer the partner (following, moving) is registered here, and nowhere else.
"""

from __future__ import annotations

import signal
import threading

import structlog

from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.calling import call_with_code
from folkmoot.hosting.link.database import PostgresDoor
from folkmoot.hosting.link.facts import facts
from folkmoot.hosting.link.local import LocalDoor
from folkmoot.hosting.move.verbs import Mover
from folkmoot.hosting.standby import serving
from folkmoot.settings import Settings

log = structlog.get_logger("folkmoot.agent")


class Agent:
    """Everything one host does on the link."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.link = Link(settings.data, lambda: facts(settings))
        self.door = LocalDoor(settings.data, self.link)
        self.link.verb("facts", lambda body: _as_message(settings), any_epoch=True)
        self.door.verb("facts", lambda body: _as_message(settings))
        self.postgres = PostgresDoor(settings.data, self.link, states.named(settings.data).side)
        serving.register(self.link, settings)
        self.mover = Mover(settings, self.link, self.door)
        self.over = threading.Event()

    def start(self) -> None:
        """Take calls from the partner and from this machine."""
        if self.settings.link_port:
            try:
                self.link.listen(self.settings.link_host, self.settings.link_port)
            except OSError as error:
                # The partner may still be one we dial; the status says that nobody can dial us.
                log.error("cannot_listen", port=self.settings.link_port, cause=error.strerror or str(error))
        self.link.start()
        self.door.start()
        self.postgres.start()
        self.mover.start()
        threading.Thread(target=call_with_code, args=(self.link, self.over), name="calling", daemon=True).start()

    def close(self) -> None:
        """End every stream."""
        self.over.set()
        self.door.close()
        self.postgres.close()
        self.link.close()


def run(settings: Settings) -> None:
    """Be the agent of this data folder until SIGTERM or SIGINT."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    agent = Agent(settings)
    try:
        agent.start()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    finally:
        agent.close()


def _as_message(settings: Settings) -> dict[str, object]:
    found = facts(settings)
    return {name: getattr(found, name) for name in found.__slots__}
