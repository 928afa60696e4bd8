"""The drill from beginning to end, in folders that are thrown away."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

from folkmoot.errors import FolkmootError
from folkmoot.hosting.drill import disturbances, full_disk, scenes, small_disk
from folkmoot.hosting.drill.stage import Outcome, Stage, aside, set_up
from folkmoot.hosting.drill.verify import is_clean

SCRIPT = (
    "planned", "killed_at_each_step", "cut_at_each_step", "frozen_at_each_step", "command_killed", "standby_disk_full",
    "host_lost_async", "host_lost_sync", "restore",
)  # fmt: skip
QUICK = ("planned", "killed_at_each_step", "host_lost_async", "host_lost_sync", "restore")
LEAST_FREE = 2 * 2**30
Say = Callable[[str], None]


def drill(say: Say, *, quick: bool = False, keep: bool = False, only: Collection[str] = ()) -> dict[str, Any]:
    """Play every scene and say what came of it, by scene; a scene that broke off has `failed` and why.

    `quick` leaves out most of the disturbances. `only` plays these scenes of SCRIPT alone. `keep` leaves the folders, for
    whoever wants to look.
    """
    played = [name for name in SCRIPT if name in only] if only else list(QUICK if quick else SCRIPT)
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-drill-"))
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise FolkmootError(
            "A drill needs {least} GB of free disk in {folder}.", least=LEAST_FREE // 2**30, folder=folder
        )
    folder.chmod(0o711)  # the database's user passes through
    has_small_disk = "standby_disk_full" in played and small_disk.may_be_mounted()
    if has_small_disk:
        small_disk.live_apart()
    begun = time.monotonic()
    try:
        outcome = asyncio.run(_Play(folder, say, quick, has_small_disk).run(played))
    finally:
        if keep:
            say(f"Everything is in {folder}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return outcome | {"took_seconds": round(time.monotonic() - begun, 1), "quick": quick}


class _Play:
    """One drill: scenes share a stage, which is made when the first of them wants it."""

    def __init__(self, folder: Path, say: Say, quick: bool, has_small_disk: bool) -> None:
        self._folder = folder
        self._say = say
        self._seconds = 1.5 if quick else 4.0
        self._deaths = disturbances.DEATHS_QUICK if quick else disturbances.DEATHS
        self._has_small_disk = has_small_disk
        self._password = secrets.token_urlsafe(12)
        """Of everybody in this drill."""
        self._stage: Stage | None = None

    async def run(self, played: Collection[str]) -> dict[str, Outcome]:
        """Play these, one after the other."""
        outcome: dict[str, Outcome] = {}
        try:
            for name in played:
                self._say(name.replace("_", " "))
                act: Callable[[], Awaitable[Outcome]] = getattr(self, f"_{name}")
                try:
                    outcome[name] = await act()
                except FolkmootError as error:
                    outcome[name] = {"failed": error.words}
                outcome[name]["clean"] = is_clean(outcome[name])
        finally:
            if self._stage is not None:
                await aside(self._stage.pair.close)
        return outcome

    async def _shared(self) -> Stage:
        if self._stage is None:
            self._stage = await set_up(self._folder, self._say, self._seconds, self._password)
        return self._stage

    async def _planned(self) -> Outcome:
        return await scenes.planned(await self._shared())

    async def _killed_at_each_step(self) -> Outcome:
        return await disturbances.deaths(await self._shared(), self._deaths)

    async def _cut_at_each_step(self) -> Outcome:
        return await disturbances.cuts(await self._shared())

    async def _frozen_at_each_step(self) -> Outcome:
        return await disturbances.freezes(await self._shared())

    async def _command_killed(self) -> Outcome:
        return await disturbances.impatience(await self._shared())

    async def _standby_disk_full(self) -> Outcome:
        if not self._has_small_disk:
            return {"not_run": full_disk.NO_SMALL_DISK}
        folder = self._folder / "small"
        folder.mkdir(mode=0o711)
        return await full_disk.standby_disk_full(folder, self._say, self._seconds, self._password)

    async def _host_lost_async(self) -> Outcome:
        return await scenes.host_lost(await self._shared(), sync=False)

    async def _host_lost_sync(self) -> Outcome:
        return await scenes.host_lost(await self._shared(), sync=True)

    async def _restore(self) -> Outcome:
        return await scenes.restored(await self._shared())
