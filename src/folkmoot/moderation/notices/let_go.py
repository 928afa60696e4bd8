"""Take a notice's clock off a case: it was forged, unfounded, or did not mean this. The jury goes on."""

from __future__ import annotations

from folkmoot.database import Transaction
from folkmoot.moderation.cases.inhand import CaseInHand
from folkmoot.moderation.cases.leave import let_wait


async def let_go(tx: Transaction, case_id: int) -> None:
    """Let a case run by the earliest clock that is left. Without any, what only a deadline hid is seen again."""
    await let_wait(tx, await CaseInHand.lock(tx, case_id))
