"""Jobs about posts."""

from __future__ import annotations

from folkmoot.bus import Bus
from folkmoot.database import Database
from folkmoot.network.gate import Gate
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.queries import forget_old
from folkmoot.network.posts.scheduled import publish_due
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.posts.spread import deliver_rest
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings


async def deliver(db: Database, *, post_id: int, after_account: int) -> None:
    """Write a post into the homes of the followers its own transaction left out."""
    await deliver_rest(db, post_id, after_account)


async def publish_scheduled(db: Database, settings: Settings, gate: Gate) -> None:
    """Publish what is due; while nothing may be written, it waits."""
    bus = Bus()  # nothing outlives the job, so nothing needs to be forgotten
    await publish_due(Desk(db, Shelf(db, bus, megabytes=1), Watch(db, bus), settings, gate))


async def tidy(db: Database) -> None:
    """Forget idempotency keys after a day, outbox rows after an hour, homes beyond what is ever read."""
    await forget_old(db)
