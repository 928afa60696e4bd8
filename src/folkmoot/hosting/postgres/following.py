"""How a standby's server is told to follow, and a first one to wait for it. Lines for PostgreSQL's settings, from the state."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from folkmoot.hosting.doors import doors
from folkmoot.hosting.postgres.places import find_cluster
from folkmoot.hosting.state import State

SIGNAL = "standby.signal"
"""The file whose presence makes a server follow and refuse every write."""
AT_LEAST = {
    "max_connections": "max_connections setting",
    "max_worker_processes": "max_worker_processes setting",
    "max_wal_senders": "max_wal_senders setting",
    "max_prepared_transactions": "max_prepared_xacts setting",
    "max_locks_per_transaction": "max_locks_per_xact setting",
}
"""Settings a standby must have at least as large as the server it follows, and what pg_controldata calls them."""


def slot_of(side: str) -> str:
    """Name of the slot that keeps for a follower what it has not had yet; also how it calls itself when it follows."""
    return f"standby_{re.sub(r'[^a-z0-9_]', '', side.lower())}"


def archived(data: Path) -> Path:
    """The folder a standby's server looks for its journal in before it asks the first host (standby/catching_up.py)."""
    cluster = find_cluster(data)
    return cluster.with_name(f"{cluster.name}.archive")


def role_settings(data: Path, state: State) -> dict[str, str]:
    """What the folder's role asks of its server."""
    if state.role == "standby":
        return {
            "primary_conninfo": f"host={doors(data)} port=5432 user=folkmoot_repl dbname=folkmoot "
            f"application_name={slot_of(state.side)} connect_timeout=10",
            "primary_slot_name": slot_of(state.side),
            "recovery_target_timeline": "latest",
            "restore_command": _restore_command(archived(data)),
        }
    if state.role == "primary" and state.sync.mode == "on" and state.sync.follower:
        return {"synchronous_standby_names": f'FIRST 1 ("{slot_of(state.sync.follower)}")'}
    return {}


def _restore_command(folder: Path) -> str:
    """Silent when there is nothing, as there mostly is: the server asks each time it begins to follow."""
    place = shlex.quote(str(folder)).replace("%", "%%")
    return f'test -f {place}/%f && cp {place}/%f "%p"'


def least_settings(control: str) -> dict[str, int]:
    """What pg_controldata says the followed server had of each."""
    found = {}
    for name, words in AT_LEAST.items():
        match = re.search(rf"^{re.escape(words)}:\s+(\d+)$", control, re.MULTILINE)
        if match:
            found[name] = int(match[1])
    return found
