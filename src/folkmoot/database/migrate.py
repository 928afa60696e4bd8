"""Bring a database to the schema this version needs; a matter of milliseconds when it already is."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import asyncpg

from folkmoot.errors import Unavailable

HEAD = "0017"
"""The newest migration; a test compares it with the folder."""


async def current(url: str) -> str | None:
    """The migration the database at `url` stands at, None when it is empty."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        found: str | None = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        return await connection.fetchval("SELECT version_num FROM alembic_version") if found else None
    finally:
        await connection.close()


def upgrade(url: str, to: str = HEAD) -> str | None:
    """Migrate the database at `url` to HEAD, or to an older state, and say what it was migrated to; None when nothing was due.

    Raises Unavailable when the database stands at a migration this version does not know (newer software was here).
    """
    standing = asyncio.run(current(url))
    if standing == to:
        return None
    if standing is not None and standing.startswith("left"):
        raise Unavailable(
            "The network left this database on {when}: it lives in the one `folkmoot database move` was told, and "
            "database_url must name that.",
            when=standing.removeprefix("left "),
        )
    folder = Path(__file__).parent / "migrations"
    known = {path.name.split("_")[0] for path in (folder / "versions").glob("[0-9]*.py")}
    if standing is not None and standing not in known:
        raise Unavailable(
            "The database stands at migration {standing}, which this version of Folkmoot does not know: "
            "a newer version was here. Start that one.",
            standing=standing,
        )
    if standing is not None and standing > to:
        return None
    # Alembic and SQLAlchemy take half a second to load and are needed once a release: hence not at the top.
    command = importlib.import_module("alembic.command")
    config = importlib.import_module("alembic.config").Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, to)
    return to
