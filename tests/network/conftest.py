"""What tests of posts and timelines work with: a desk whose memory follows the news, as in a web process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.ids import new_id
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.timelines import Timelines
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings


class Process:
    """What one web process keeps in memory of a database."""

    def __init__(self, db: Any) -> None:
        self.bus = Bus()
        self.desk = Desk(db, Shelf(db, self.bus), Watch(db, self.bus), Settings(), Gate(db, Settings(), self.bus))
        self.timelines = Timelines(self.desk, self.bus)


@pytest.fixture
def process(db: Any) -> Process:
    """A process that hears of everything the test commits."""
    made = Process(db)
    db.deliver = made.bus.deliver
    return made


@pytest.fixture
def new_process(db: Any) -> Callable[[], Process]:
    """Makes processes that remember nothing."""
    return lambda: Process(db)


@pytest.fixture
def desk(process: Process) -> Desk:
    return process.desk


@pytest.fixture
def timelines(process: Process) -> Timelines:
    return process.timelines


@pytest.fixture
def upload(db: Any) -> Any:
    """Puts a picture that is in no post yet into the database; says its id."""

    async def upload(owner: Viewer) -> int:
        id = new_id()
        key = f"{id:064x}"
        now = clock.now()
        await db.fetch(
            "INSERT INTO objects (key, size, content_type, created_at) VALUES ($1, 1, 'image/png', $2)", key, now
        )
        await db.fetch(
            """INSERT INTO media (id, account_id, kind, object_key, preview_key, content_type, width, height,
               preview_width, preview_height, created_at) VALUES ($1, $2, 'image', $3, $3, 'image/png', 4, 3, 4, 3, $4)""",
            id,
            owner.account_id,
            key,
            now,
        )
        return id

    return upload
