"""Whether a copy of the standby that was brought to life by itself is a whole network: sound, readable, with its pictures."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from folkmoot.barrier import Barrier, State
from folkmoot.errors import Unavailable
from folkmoot.hosting import listening, processes
from folkmoot.hosting.move import queries
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.server import run_program

PAGES = ("/api/v2/instance", "/about", "/transparency", "/api/v1/timelines/public")
OPEN = {200, 401, 403, 422}
"""Answers of a page that works: some networks show timelines to members only."""
COMES_UP_SECONDS = 90.0
MEDIA = 50


def examine(here: Here, data: Path, scratch: EmbeddedPostgres, ground: Any) -> Mapping[str, Any]:
    """That it takes a write, that every table and index is sound, that its pages can be read, and media are what they say.

    `data` is the copy's data folder, `ground` what its server stands on. Raises Unavailable with what was found.
    """
    with queries.connected(scratch.admin_url) as connection:
        connection.execute("SET statement_timeout = 0")
        queries.begin_epoch(connection, queries.newest_epoch(connection) + 1, "rehearsal", "rehearsal")
        counted = len(queries.tables(connection))
        newest = queries.newest_public_post(connection)
        media = queries.objects_since(connection, "2000-01-01T00:00:00+00:00")
    _check_tables(here, scratch, ground)
    pages = (*PAGES, *([f"/api/v1/statuses/{newest}"] if newest else []))
    return {"tables": counted, "pages": _read(here, data, scratch.url, pages), "media": _check_media(here, media)}


def _check_tables(here: Here, scratch: EmbeddedPostgres, ground: Any) -> None:
    running, names = scratch.find_postmaster(), here.state().names
    assert running is not None
    done = run_program(
        ground,
        [
            "pg_amcheck", "--install-missing", f"--host={running.sockets}", f"--username={names.superuser}",
            f"--database={names.database}",
        ],
    )  # fmt: skip
    if done.returncode != 0:
        raise Unavailable("The copy is damaged: {why}.", why=(done.stdout + done.stderr).strip()[:300])


def _read(here: Here, data: Path, url: str, pages: tuple[str, ...]) -> int:
    """Read pages of the copy as its visitors would; how many. Nobody can write there: its barrier is closed."""
    with _web(here, data, url) as port:
        for page in pages:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=COMES_UP_SECONDS)) as browser:
                browser.request("GET", page, headers={"host": urlsplit(here.settings.base_url).netloc})
                status = browser.getresponse().status
            if status not in OPEN or (page == PAGES[0] and status != 200):
                raise Unavailable("The copy does not show {page} (it answers {status}).", page=page, status=status)
    return len(pages)


@contextmanager
def _web(here: Here, data: Path, url: str) -> Iterator[int]:
    """A web process for the copy, on a port of this machine alone; no worker, so nothing is sent to anybody."""
    (data / "keys").symlink_to(here.data / "keys")
    barrier = Barrier(data)
    barrier.set(State.STANDBY)
    barrier.close()
    with listening.listen("127.0.0.1", 0) as door, (data / "web.log").open("wb") as log:
        port: int = door.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "folkmoot.cli", "web"],
            env=os.environ | {
                "FOLKMOOT_DATA": str(data), "FOLKMOOT_DATABASE_URL": url, "FOLKMOOT_PORT": str(port),
                "FOLKMOOT_PUBLIC_URL": here.settings.base_url, "FOLKMOOT_STORAGE_URL": "",
                listening.VARIABLE: str(door.fileno()),
            },
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[door.fileno()], start_new_session=True,
            preexec_fn=processes.tied_to_us(signal.SIGKILL),
        )  # fmt: skip
        try:
            yield port
        except OSError as error:
            log.flush()
            words = (data / "web.log").read_text(errors="replace").strip()[-300:]
            raise Unavailable("The copy's pages do not answer.", cause=f"{error}: {words}") from error
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _check_media(here: Here, known: Sequence[tuple[str, int]]) -> int:
    """Some pictures drawn at random are what their names say; how many. A bucket is the same for both hosts."""
    if here.settings.storage_url:
        return 0
    drawn = random.sample(known, min(MEDIA, len(known)))
    for key, _ in drawn:
        try:
            digest = hashlib.sha256((here.data / "media" / key).read_bytes()).hexdigest()
        except OSError as error:
            raise Unavailable("A picture cannot be read on the standby: {key}.", key=key, cause=str(error)) from error
        if digest not in key:
            raise Unavailable("A picture is damaged on the standby: {key}.", key=key)
    return len(drawn)
