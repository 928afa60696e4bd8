"""The pictures of a case, for the juror who holds a seat in it and for stewards: sealed ones included."""

from __future__ import annotations

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.moderation.cases import content_queries, seats
from folkmoot.moderation.evidence import looks
from folkmoot.moderation.evidence.pictures import picture
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.storage import Storage


async def seat_picture(db: Database, storage: Storage, juror: Viewer, seat_id: int, object_key: str) -> bytes:
    """A picture of what the juror has to judge. Raises Missing unless the seat is theirs, and theirs now."""
    seat = await seats.open_seat(db, juror.account_id)
    if seat is None or seat["id"] != seat_id or seat["lease_until"] <= clock.now():
        raise Missing
    return await picture(db, storage, seat["content_id"], object_key)


async def case_picture(
    db: Database, storage: Storage, steward: Viewer, case_id: int, content_id: int, object_key: str
) -> bytes:
    """A picture of a version in a case; the look is noted. Raises Forbidden, Missing."""
    steward.check_role(Role.STEWARD)
    if not await content_queries.has_content(db, case_id, content_id):
        raise Missing
    async with db.transaction() as tx:
        await looks.note_again(tx, steward, case_id, looks.Why.BOARD)
    return await picture(db, storage, content_id, object_key)
