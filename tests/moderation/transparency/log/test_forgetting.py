"""Without its salt an entry means nobody, and is as provable as before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from folkmoot import clock
from folkmoot.errors import Forbidden, Invalid
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.moderation.transparency.log.entry import Subjects
from folkmoot.moderation.transparency.log.forget import forget_erased, forget_for
from folkmoot.moderation.transparency.log.read import entries_about, prove
from folkmoot.moderation.transparency.log.sources import Folder
from folkmoot.moderation.transparency.log.verify import verify, verify_proof
from folkmoot.network.access.viewer import COMMAND_LINE


async def test_a_forgotten_account_is_nobody_and_the_proof_stays(moot: Any, tmp_path: Path) -> None:
    who = Subjects(case=7, account=1)
    async with moot.db.transaction() as tx:
        await enter(tx, Deed.CASE_DECIDED, case=7, account=1, verdict="remove")
    await moot.grow()
    shown = verify_proof(str(await prove(moot.db, 1, tells=who)).encode())
    assert shown.means == {"case": "case 7", "account": "account 1 case 7"}
    (entry,) = await entries_about(moot.db, "account", 1)
    assert entry.place == 1
    assert await forget_for(moot.db, COMMAND_LINE, "account", 1)
    assert not await forget_for(moot.db, COMMAND_LINE, "account", 1)
    after = verify_proof(str(await prove(moot.db, 1, tells=who)).encode())
    assert after.entry == shown.entry
    assert after.means == {"case": "case 7"}
    assert await entries_about(moot.db, "account", 1) == []
    assert [each.place for each in await entries_about(moot.db, "case", 7)] == [1]
    assert (await verify(Folder(await moot.export(tmp_path)))).problems == []
    whole = str(await moot.db.fetch("SELECT * FROM log_entries"))
    assert "account:1'" not in whole


async def test_whoever_waits_for_a_place_can_be_forgotten_too(moot: Any) -> None:
    await moot.enter(7)
    assert await forget_for(moot.db, COMMAND_LINE, "case", 7)
    await moot.grow()
    assert await entries_about(moot.db, "case", 7) == []


async def test_closed_accounts_are_forgotten_when_nobody_may_appeal_any_more(moot: Any, cast: Any) -> None:
    async with moot.db.transaction() as tx:
        for person in (cast.ada, cast.bert):
            await enter(tx, Deed.ACCOUNT_SUSPENDED, account=person.account_id)
    for person, days in ((cast.ada, 200), (cast.bert, 20)):
        closed = clock.now() - timedelta(days=days)
        await moot.db.fetch("UPDATE accounts SET closed_at = $1 WHERE id = $2", closed, person.account_id)
    assert await forget_erased(moot.db) == 1
    assert await forget_erased(moot.db) == 0
    assert await entries_about(moot.db, "account", cast.ada.account_id) == []
    assert len(await entries_about(moot.db, "account", cast.bert.account_id)) == 1


async def test_only_operators_forget_and_only_what_the_log_knows(moot: Any, cast: Any) -> None:
    with pytest.raises(Forbidden):
        await forget_for(moot.db, cast.ada, "account", 1)
    with pytest.raises(Invalid):
        await forget_for(moot.db, COMMAND_LINE, "planet", 1)
