"""What this host says of itself to the other."""

from __future__ import annotations

import platform
import socket

from folkmoot import __version__, clock
from folkmoot.database.migrate import HEAD
from folkmoot.hosting import state as states
from folkmoot.hosting.link.rules import WIRE, Facts
from folkmoot.hosting.own import major
from folkmoot.hosting.postgres.binaries import MAJOR
from folkmoot.settings import Settings


def facts(settings: Settings) -> Facts:
    """The facts of a data folder, which has a name from now on."""
    state = states.named(settings.data)
    return Facts(
        wire=WIRE,
        version=__version__,
        schema=HEAD,
        postgres=major(settings.database_url) if settings.database_url else MAJOR,
        machine=platform.machine(),
        now=clock.now_ms() / 1000,
        side=state.side,
        network=state.network,
        role=state.role,
        epoch=state.epoch,
        name=socket.gethostname(),
        site=settings.base_url,
        own_server=bool(settings.database_url),
    )
