"""How the standby does, asked on either host, whether anything runs or not. One answer for command, page, doctor and move."""

from __future__ import annotations

import time
from pathlib import Path

from folkmoot.errors import Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.link import find_partner, local
from folkmoot.hosting.standby.report import Status, as_seen_later, parse
from folkmoot.hosting.standby.watching import kept


def read(data: Path, timeout: float = 5.0) -> Status:
    """The status of the data folder: the agent's, or what was last written down when none runs."""
    try:
        found = parse(local.ask(data, "standby.status", timeout=timeout))
        if found is not None:
            return found
    except Unavailable:
        pass
    state, partner = states.read(data), find_partner(data)
    before = kept(data)
    if before is None or partner is None or (before.side, before.role) != (state.side, state.role):
        return Status(
            role=state.role,
            side=state.side,
            partner=partner.name if partner else "",
            epoch=state.epoch,
            following="catching up" if partner else "unlinked",
        )
    return as_seen_later(before, None, time.time(), before.clock_offset or 0.0)
