"""Hash the pictures that were taken in before screening knew any by their hashes."""

from __future__ import annotations

import structlog

from folkmoot.database import Database
from folkmoot.errors import Invalid, Missing
from folkmoot.network.media import pictures, queries
from folkmoot.network.media.worker import aside
from folkmoot.settings import Settings
from folkmoot.storage import Storage

AT_A_TIME = 50
AT_ONCE = 500
"""Pictures of one round: some twenty seconds of work."""

log = structlog.get_logger(__name__)


async def hash_old(db: Database, storage: Storage, settings: Settings) -> int:
    """Hash the next of them; how many. May run twice.

    Of avatars and headers only the cut is left, so they are known by that alone. Nothing is screened here: the next
    sweep finds what is known.
    """
    done = 0
    while done < AT_ONCE and (keys := await queries.unhashed(db, AT_A_TIME)):
        hashes = [await _hash(storage, key, settings.image_pixels) for key in keys]
        async with db.transaction() as tx:
            await queries.keep_hashes(tx, keys, hashes)
        done += len(keys)
    return done


async def _hash(storage: Storage, key: str, most_pixels: int) -> str | None:
    try:
        return await aside(pictures.known_by, await storage.get(key), most_pixels=most_pixels)
    except (Invalid, Missing) as error:  # a damaged or lost picture is no reason to try for ever
        log.warning("a picture cannot be hashed", object=key, why=error.cause or error.words)
        return None
