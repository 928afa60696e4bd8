"""What the operator's page shows of backups: which were made, and what came of restoring them for trial.

They are made by `folkmoot backup`, which knows nothing of pages; it enters what it did in a table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.site import queries

STALE = timedelta(days=3)
"""Age at which the newest backup is a reason to look, whatever the operator chose."""
UNTRIED = timedelta(days=30)


class BackupView(msgspec.Struct, frozen=True):
    """A backup as it was entered. `whole` is None until it was restored for trial."""

    name: str
    kind: str
    made_at: datetime
    sealed_size: int
    verified_at: datetime | None
    whole: bool | None
    words: str

    @property
    def megabytes(self) -> int:
        """What it takes, rounded up."""
        return -(-self.sealed_size // 10**6)


class BackupsView(msgspec.Struct, frozen=True):
    """The newest backups, newest first, and when one was last found whole."""

    newest: list[BackupView]
    whole_at: datetime | None

    @property
    def is_stale(self) -> bool:
        """Whether the newest is old, or there is none."""
        return not self.newest or clock.now() - self.newest[0].made_at > STALE

    @property
    def is_untried(self) -> bool:
        """Whether none was found whole lately."""
        return self.whole_at is None or clock.now() - self.whole_at > UNTRIED

    @property
    def damage(self) -> BackupView | None:
        """The backup the last trial found damaged, if that was the outcome."""
        tried = [each for each in self.newest if each.verified_at]
        last = max(tried, key=lambda each: each.verified_at or each.made_at, default=None)
        return last if last and not last.whole else None


async def backups(db: Database, viewer: Viewer, limit: int = 30) -> BackupsView:
    """The newest backups, for the operator."""
    viewer.check_role(Role.OPERATOR)
    found = [BackupView(*row) for row in await queries.newest_backups(db, limit)]
    return BackupsView(
        found, max((each.verified_at for each in found if each.whole and each.verified_at), default=None)
    )
