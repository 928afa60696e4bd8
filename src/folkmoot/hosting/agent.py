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
from folkmoot.hosting.standby.beating import Beating
from folkmoot.hosting.standby.checks import Checking
from folkmoot.hosting.standby.comparing import Comparing
from folkmoot.hosting.standby.media import Fetching, Storing, serve_media
from folkmoot.hosting.standby.recopy import Recopying
from folkmoot.hosting.standby.report import Status, as_message
from folkmoot.hosting.standby.sync import Syncing
from folkmoot.hosting.standby.watching import Watching
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
        self._storing: Storing | None = None
        self._opening = threading.Lock()
        serving.register(self.link, settings)
        self.link.channel("media", serve_media(self.storing))
        self.beating = Beating(self.link, settings)
        self.watching = Watching(self.link, settings)
        self.fetching = Fetching(self.link, settings, self.watching.noted, self.storing)
        self.comparing = Comparing(self.link, settings, self.watching.noted)
        self.checking = Checking(self.link, settings, self.watching.noted, self.storing)
        self.recopying = Recopying(self.link, settings, self.watching)
        self.syncing = Syncing(self.link, settings, self.beating.status)
        self.beating.each_second.append(self.syncing.tick)
        self.door.verb("standby.status", lambda body: as_message(self.status()))
        self.door.verb("standby.sync", self.syncing.switch)
        self.mover = Mover(settings, self.link, self.door)
        self.over = threading.Event()

    def status(self) -> Status:
        """How the standby does, as this host knows."""
        if states.read(self.settings.data).role != "primary":
            return self.watching.status
        return self.beating.status()

    def storing(self) -> Storing:
        """This host's storage, opened when it is first wanted."""
        if self._storing is None:
            with self._opening:
                self._storing = self._storing or Storing(self.settings)
        return self._storing

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
        for tend in (
            self.beating.run,
            self.watching.run,
            self.fetching.run,
            self.comparing.run,
            self.checking.run,
            self.recopying.run,
            lambda over: call_with_code(self.link, over),
        ):
            threading.Thread(target=tend, args=(self.over,), daemon=True).start()
        self.mover.start()

    def close(self) -> None:
        """End every stream."""
        self.over.set()
        self.door.close()
        self.postgres.close()
        self.link.close()
        if self._storing is not None:
            self._storing.close()


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
