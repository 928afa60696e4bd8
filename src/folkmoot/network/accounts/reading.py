"""Finding accounts. Whoever may see them decides elsewhere: these are the bare facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from folkmoot.database import Database, Row, Transaction
from folkmoot.errors import Missing
from folkmoot.network.access.viewer import Role, Viewer
from folkmoot.network.accounts import queries, rules
from folkmoot.network.accounts.queries import view
from folkmoot.network.accounts.views import AccountView, StaffView

Standing = Literal["open", "waiting", "suspended", "closed"]


async def find_account(db: Database | Transaction, id: int) -> AccountView | None:
    """The account of this id, whatever its standing."""
    row = await queries.find_account(db, id)
    return view(row) if row is not None else None


async def get_account(db: Database | Transaction, id: int) -> AccountView:
    """The account of this id. Raises Missing."""
    found = await find_account(db, id)
    if found is None:
        raise Missing
    return found


async def find_by_name(db: Database, name: str) -> AccountView | None:
    """The account of this name, in whatever case it is written; without an @ or a domain."""
    row = await queries.find_by_name(db, name) if rules.is_handle(name) else None
    return view(row) if row is not None else None


async def load_accounts(db: Database | Transaction, ids: Iterable[int]) -> dict[int, AccountView]:
    """The accounts of these ids that there are, in one statement."""
    wanted = list(set(ids))
    return await queries.load_accounts(db, wanted) if wanted else {}


async def find_for_staff(db: Database, staff: Viewer, id: int) -> StaffView:
    """An account with what only staff may know. Raises Missing."""
    staff.check_role(Role.STEWARD)
    row = await queries.find_for_staff(db, id)
    if row is None:
        raise Missing
    return _staff_view(row)


async def list_accounts(
    db: Database,
    staff: Viewer,
    *,
    status: Standing | None = None,
    role: Role | None = None,
    query: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[StaffView]:
    """Accounts for those who run the network, the newest first; `query` looks into names and e-mail addresses."""
    staff.check_role(Role.STEWARD)
    words = rules.check_words(query, 200, "query")
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" if words else None
    rows = await queries.list_accounts(db, status, role.value if role else None, like, before, max(1, min(limit, 200)))
    return [_staff_view(row) for row in rows]


async def waiting(db: Database) -> int:
    """How many wait for approval."""
    return await queries.count_waiting(db)


def _staff_view(row: Row) -> StaffView:
    columns = {name: row[name] for name in StaffView.__struct_fields__ if name != "account"}
    return StaffView(account=view(row), **columns)
