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
from folkmoot.hosting.standby import replica
from folkmoot.hosting.standby.copy import check_order, check_room, copy_database, names_of

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
    is_compared: bool = True
    """False where no database lay that could have had more."""

    @property
    def words(self) -> str:
        """For the operator."""
        if not self.is_compared:
            return "No database of the network lay in this folder."
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
    if here.has_own_server:
        return _rejoin_with_own(here, link, side, state.epoch, tell)
    sizes = link.ask("standby.prepare", 60.0, side=side, anew=True)
    check_order(sizes)
    check_room(here.data, int(sizes["database"]))
    tell("putting aside what only this host has", 0, 0)
    aside = put_aside(here, link, state.epoch)
    copy_database(here.settings, side, tell)
    states.change(here.data, role="standby", sync=states.Sync(), names=names_of(sizes))
    supervise.nudge(here.data)
    return aside


def _rejoin_with_own(here: Here, link: Link, side: str, epoch: int, tell: Callable[[str, int, int], None]) -> Aside:
    """With a server of the operator's own, which we cannot make follow: it must follow already. Raises CannotRejoin."""
    with here.connected() as connection:
        follows, knows = queries.is_following(connection), queries.newest_epoch(connection)
    if follows:
        replica.check_is_of(here.settings.database_url, link.ask("standby.prepare", 60.0, side=side, own=True))
        if knows < epoch:
            raise CannotRejoin(
                why="your own server here follows, and knows nothing yet of the time since the network left."
            )
        states.change(here.data, role="standby", sync=states.Sync())
        supervise.nudge(here.data)
        return Aside(here.data / "quarantine", {}, is_compared=False)
    tell("putting aside what only this host has", 0, 0)
    aside = put_aside(here, link, epoch)
    raise CannotRejoin(
        why=f"its own PostgreSQL server follows nobody. {aside.words} Either make it a replica of the network's server by its "
        "own means, or take DATABASE_URL from the settings of this host and start `folkmoot serve` again; then give this "
        "command again."
    )


def put_aside(here: Here, link: Link, epoch: int) -> Aside:
    """Write out every row of ours that the network does not have, a file of JSON lines a table."""
    folder = here.data / "quarantine" / f"epoch-{epoch}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = EmbeddedPostgres(here.settings)
    rows: dict[str, int] = {}
    if not here.has_own_server and not (server.cluster / "PG_VERSION").exists():
        return Aside(folder, rows, is_compared=False)
    here.bar()
    if not here.has_own_server:
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
        if not here.has_own_server:
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
