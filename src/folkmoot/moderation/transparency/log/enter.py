"""Enter a deed into the public log: a step of that deed, in its transaction, so that there is never one without the other."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from folkmoot import clock
from folkmoot.database import Transaction
from folkmoot.ids import new_id
from folkmoot.moderation.transparency.log import entry, queries
from folkmoot.moderation.transparency.log.deeds import Deed
from folkmoot.moderation.transparency.log.entry import Fact, Subjects

SALT_BYTES = 16


async def enter(
    tx: Transaction,
    deed: Deed,
    *,
    case: int | None = None,
    account: int | None = None,
    post: int | None = None,
    notice: int | None = None,
    steward: int | None = None,
    hashed: Mapping[str, str] | None = None,
    at: datetime | None = None,
    id: int | None = None,
    **facts: Fact,
) -> int:
    """Write what was done into the log; it has its place, and is signed, seconds after the commit. Answers its id.

    The numbers become pseudonyms: `account` is whom it happened to, `steward` who did it by office (the same pseudonym
    wherever this steward acts). `hashed` are values that may one day be shown (a text's hash, a sender): the log holds
    their salted hash. Facts are published as they are: words of ours, numbers, times; None is left out. Raises
    ValueError for anything that could be a text. Takes no lock that others wait for. What may be entered twice (by a job)
    brings its `id`.
    """
    subjects = Subjects(case=case, account=account, post=post, notice=notice, steward=steward)
    now = at or clock.now()
    pieces = entry.draft(deed, now, subjects, facts, hashed or {})
    id = id or new_id()
    while not await queries.queue(tx, id, deed.value, subjects.salted, _fresh(subjects), pieces, now):
        pass  # another deed made one of the salts in this moment
    return id


def _fresh(subjects: Subjects) -> list[bytes]:
    """A salt for each subject, should it have none yet."""
    return [secrets.token_bytes(SALT_BYTES) for _ in subjects.salted]
