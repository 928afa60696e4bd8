"""A host that was left behind becomes the standby: what only it has is put aside first, then it is copied anew.

What it took after the other host was last heard is on its disk and nowhere else. It is written out as readable lines for the
operator to look through; nothing of it enters the network by itself, since people have gone on meanwhile. The whole old
cluster stays beside the new one as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting import state as states
from folkmoot.hosting import supervise
from folkmoot.hosting.link import Link
from folkmoot.hosting.move import queries
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.standby.copy import check_room, copy_database

LOOK_BACK_MS = 24 * 3_600_000
"""How long before the end of our time rows are compared one by one."""
AT_A_TIME = 5_000
MOST_ROWS = 1_000_000


class CannotRejoin(FolkmootError):
    """This host cannot become the standby now."""

    kind = Kind.CONFLICT
    sentence = "This host cannot become the standby: {why}"


@dataclass(frozen=True, slots=True)
class Aside:
    """What only this host had."""

    folder: Path
    rows: Mapping[str, int]
    """Number of rows by table."""

    @property
    def words(self) -> str:
        """For the operator."""
        if not self.rows:
            return "This host had nothing that the network has not."
        many = ", ".join(f"{count} in {table}" for table, count in sorted(self.rows.items()))
        return f"What only this host had lies in {self.folder}: {many}."


def rejoin(here: Here, link: Link, tell: Callable[[str, int, int], None]) -> Aside:
    """Put aside what only we have, copy the network anew and follow. Raises CannotRejoin, CannotCopy, LinkBroken.

    After an interruption the same call goes on.
    """
    state = here.state()
    if state.role != "former":
        raise CannotRejoin(why=f"it is a {state.role}.")
    other = link.ask("move.state", 10.0)
    if other.get("role") != "primary" or int(other.get("epoch", 0)) < state.epoch:
        raise CannotRejoin(why=f"the other host is a {other.get('role')} of epoch {other.get('epoch')}.")
    side = states.named(here.data).side
    sizes = link.ask("standby.prepare", 60.0, side=side, anew=True)
    check_room(here.data, int(sizes["database"]))
    tell("putting aside what only this host has", 0, 0)
    aside = put_aside(here, link, state.epoch)
    copy_database(here.settings, side, tell)
    states.change(here.data, role="standby", sync=states.Sync())
    supervise.nudge(here.data)
    return aside


def put_aside(here: Here, link: Link, epoch: int) -> Aside:
    """Write out every row of ours that the network does not have, a file of JSON lines a table."""
    folder = here.data / "quarantine" / f"epoch-{epoch}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = EmbeddedPostgres(here.settings)
    rows: dict[str, int] = {}
    if not (server.cluster / "PG_VERSION").exists():
        return Aside(folder, rows)
    here.bar()
    server.start()  # it follows nobody and takes no writes: standby.signal lies in its folder
    try:
        since = (int(link.ask("move.epoch", 10.0, epoch=epoch)["began_ms"]) - LOOK_BACK_MS) << 16
        with here.connected() as connection:
            for table, by_id, _ in queries.tables(connection):
                if by_id:
                    missing = _missing(connection, link, table, since)
                    if missing:
                        rows[table] = len(missing)
                        _write(folder / f"{table}.jsonl", queries.rows_as_json(connection, table, missing))
    finally:
        server.stop()
    return Aside(folder, rows)


def _missing(connection: queries.Connection, link: Link, table: str, since: int) -> list[int]:
    found: list[int] = []
    ids = queries.ids_since(connection, table, since, MOST_ROWS)
    for begin in range(0, len(ids), AT_A_TIME):
        answer = link.ask("move.missing", 30.0, table=table, ids=ids[begin : begin + AT_A_TIME])
        found += [int(id) for id in answer["missing"]]
    return found


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    file.chmod(0o600)
