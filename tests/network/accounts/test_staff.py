from __future__ import annotations

from typing import Any

import pytest

from folkmoot.database import Database
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.network import accounts
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.network.accounts.rules import AlreadyDecided, LastOperator, NotYourself, StaffOutranks


async def test_suspending_and_restoring(db: Database, cast: Any) -> None:
    suspended = await accounts.suspend(db, cast.dora, cast.ada.account_id, "spam")
    assert suspended.suspended_at is not None
    assert (await accounts.find_for_staff(db, cast.dora, cast.ada.account_id)).suspended_why == "spam"
    with pytest.raises(AlreadyDecided):
        await accounts.suspend(db, cast.dora, cast.ada.account_id, "spam")
    assert (await accounts.restore(db, cast.dora, cast.ada.account_id)).is_open
    with pytest.raises(AlreadyDecided):
        await accounts.restore(db, cast.dora, cast.ada.account_id)
    rows = await db.fetch(
        "SELECT name, actor_id FROM events WHERE subject_id = $1 ORDER BY id OFFSET 1", cast.ada.account_id
    )
    assert [tuple(row) for row in rows] == [
        ("account.suspended", cast.dora.account_id),
        ("account.restored", cast.dora.account_id),
    ]


async def test_who_may_suspend_whom(db: Database, cast: Any, enrol: Any) -> None:
    steward, other = await enrol("stella", Role.STEWARD), await enrol("steffen", Role.STEWARD)
    with pytest.raises(Forbidden):
        await accounts.suspend(db, cast.bert, cast.ada.account_id, "envy")
    with pytest.raises(StaffOutranks):
        await accounts.suspend(db, steward, other.account_id, "envy")
    with pytest.raises(NotYourself):
        await accounts.suspend(db, steward, steward.account_id, "modesty")
    with pytest.raises(Invalid):
        await accounts.suspend(db, steward, cast.ada.account_id, " \n")
    with pytest.raises(Missing):
        await accounts.suspend(db, steward, 1, "spam")
    await accounts.suspend(db, steward, cast.ada.account_id, "spam")
    await accounts.suspend(db, cast.dora, other.account_id, "spam")


async def test_the_last_operator_cannot_go(db: Database, cast: Any) -> None:
    with pytest.raises(LastOperator):
        await accounts.change_role(db, cast.dora, cast.dora.account_id, Role.MEMBER)
    with pytest.raises(LastOperator):
        await accounts.suspend(db, COMMAND_LINE, cast.dora.account_id, "spam")
    with pytest.raises(LastOperator):
        await accounts.close_for(db, COMMAND_LINE, cast.dora.account_id)
    await accounts.change_role(db, cast.dora, cast.ada.account_id, Role.OPERATOR)
    assert (await accounts.change_role(db, cast.dora, cast.dora.account_id, Role.STEWARD)).role == "steward"


async def test_only_an_operator_gives_roles(db: Database, cast: Any, enrol: Any) -> None:
    steward = await enrol("stella", Role.STEWARD)
    with pytest.raises(Forbidden):
        await accounts.change_role(db, steward, steward.account_id, Role.OPERATOR)
    await accounts.suspend(db, cast.dora, cast.ada.account_id, "spam")
    with pytest.raises(Invalid):
        await accounts.change_role(db, cast.dora, cast.ada.account_id, Role.OPERATOR)


async def test_the_list_finds_by_standing_role_and_words(db: Database, cast: Any) -> None:
    await accounts.suspend(db, cast.dora, cast.ada.account_id, "spam")

    async def names(**wanted: Any) -> list[str]:
        return [each.account.name for each in await accounts.list_accounts(db, cast.dora, **wanted)]

    assert await names() == ["dora", "cleo", "bert", "ada"]
    assert await names(status="suspended") == ["ada"]
    assert await names(status="open", role=Role.MEMBER) == ["cleo", "bert"]
    assert await names(query="BERT@example") == ["bert"]
    assert await names(query="100%_\\") == []
    assert await names(query="\0") == ["dora", "cleo", "bert", "ada"]
    assert await names(before=cast.cleo.account_id, limit=1) == ["bert"]
    with pytest.raises(Forbidden):
        await accounts.list_accounts(db, cast.bert)
