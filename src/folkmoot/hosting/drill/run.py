"""The drill from beginning to end, in folders that are thrown away."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from folkmoot.errors import FolkmootError
from folkmoot.hosting.drill import court, scenes
from folkmoot.hosting.drill.hosts import Pair

ACCOUNTS = 3
PASSWORD = secrets.token_urlsafe(12)
"""Of everybody in this drill."""
LEAST_FREE = 2 * 2**30
Say = Callable[[str], None]


def drill(say: Say, *, quick: bool = False, keep: bool = False) -> dict[str, Any]:
    """Play every scene and say what came of it, by scene; a scene that broke off has `failed` and why.

    `quick` leaves out most of the disturbances. `keep` leaves the folders, for whoever wants to look.
    """
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-drill-"))
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise FolkmootError(
            "A drill needs {least} GB of free disk in {folder}.", least=LEAST_FREE // 2**30, folder=folder
        )
    folder.chmod(0o711)  # the database's user passes through
    begun = time.monotonic()
    try:
        outcome = asyncio.run(_play(folder, say, quick))
    finally:
        if keep:
            say(f"Everything is in {folder}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return outcome | {"took_seconds": round(time.monotonic() - begun, 1), "quick": quick}


async def _play(folder: Path, say: Say, quick: bool) -> dict[str, Any]:
    pair = Pair(folder / "hosts", say)
    outcome: dict[str, Any] = {}
    try:
        tokens, key = await asyncio.to_thread(pair.come_up, ACCOUNTS, scenes.JURORS, PASSWORD)
        sessions = [await court.sign_in(pair.first.address, name, PASSWORD) for name in scenes.JURORS]
        stage = scenes.Stage(pair, tokens, folder, say, 1.5 if quick else 4.0, court.Court(sessions, key))
        deaths = scenes.DEATHS_QUICK if quick else scenes.DEATHS
        script: Mapping[str, Callable[[], Awaitable[dict[str, Any]]]] = {
            "planned": lambda: scenes.planned(stage),
            "killed_at_each_step": lambda: scenes.deaths(stage, deaths),
            **({} if quick else {
                "cut_at_each_step": lambda: scenes.cuts(stage, scenes.CUTS),
                "command_killed": lambda: scenes.impatience(stage),
            }),
            "host_lost_async": lambda: scenes.host_lost(stage, sync=False),
            "host_lost_sync": lambda: scenes.host_lost(stage, sync=True),
            "restore": lambda: scenes.restored(stage),
        }  # fmt: skip
        for name, play in script.items():
            say(name.replace("_", " "))
            try:
                outcome[name] = await play()
            except FolkmootError as error:
                outcome[name] = {"failed": error.words}
            outcome[name]["clean"] = scenes.is_clean(outcome[name])
    finally:
        await asyncio.to_thread(pair.close)
    return outcome
