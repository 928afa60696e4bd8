"""Jobs of the public log."""

from __future__ import annotations

from datetime import datetime

import structlog

from folkmoot.errors import Unavailable
from folkmoot.jobs.tools import Tools
from folkmoot.moderation.transparency.log import Deed, enter, origin_of, queries, witnesses
from folkmoot.moderation.transparency.log import publish as publishing
from folkmoot.moderation.transparency.log.forget import forget_erased
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.vault import open_vault

log = structlog.get_logger(__name__)


async def grow(tools: Tools) -> None:
    """Give what waits its places, sign, and publish; every few seconds."""
    try:
        grown = await sequence(tools.db, open_vault(tools.settings.data), origin_of(tools.settings))
    except Unavailable as error:
        log.warning("the public log does not grow", cause=error.cause)
        raise
    if grown:
        await publish(tools)


async def tell(
    tools: Tools, *, id: int, deed: str, done_at: str, account: int, steward: int | None = None, post: int | None = None
) -> None:
    """Enter what staff did to an account or a post; the deed itself knows no moderation. May run twice."""
    async with tools.db.transaction() as tx:
        moment = datetime.fromisoformat(done_at)
        await enter(tx, Deed(deed), id=id, at=moment, account=account, steward=steward, post=post)


async def tell_moves(tools: Tools) -> None:
    """Enter each time the network changed hosts; whoever moves it knows of no log. May run twice."""
    untold = await queries.epochs_untold(tools.db)
    if not untold:
        return
    async with tools.db.transaction() as tx:
        for row in untold:
            number = row["epoch"]
            await enter(tx, Deed.NETWORK_MOVED, id=number, at=row["began_at"], epoch=number, how=row["how"].split()[0])


async def publish(tools: Tools) -> None:
    """Bring the static files up to date, whatever kept them from it."""
    try:
        await publishing.publish(tools.db, tools.storage)
    except Unavailable as error:
        log.warning("the public log is not published", cause=error.cause)
        raise


async def ask_witnesses(tools: Tools) -> None:
    """Have witnesses sign what they have not signed yet, and publish what they signed."""
    if await witnesses.ask_witnesses(tools.db):
        await publish(tools)


async def forget(tools: Tools) -> None:
    """Forget what nobody may ask about any more."""
    await forget_erased(tools.db)
