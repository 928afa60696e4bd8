"""What stewards do from apps: look at accounts and reports, let in, shut out. Reports are answered by verdicts on cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from folkmoot.errors import Conflict, Invalid, Missing
from folkmoot.moderation import reports, sanctions
from folkmoot.moderation.reports import ReportView
from folkmoot.moderation.sanctions import Limit
from folkmoot.network import accounts, site
from folkmoot.network.access import Role
from folkmoot.network.accounts import StaffView
from folkmoot.network.accounts.reading import Standing
from folkmoot.network.site import RuleView
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.entities import ROLES, moment
from folkmoot.web.api.reports import report_dict

MOST = 100


class AnsweredByVerdict(Conflict):
    sentence = "Reports are answered by deciding their case"


class NoSuchLimit(Invalid):
    sentence = "There is no such deed here: accounts are limited by verdicts on cases"


class AccountsParameters(msgspec.Struct, frozen=True):
    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    sensitized: bool = False
    staff: bool = False
    origin: str = ""
    status: str = ""
    permissions: str = ""
    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""
    max_id: int | None = None
    limit: int = 40


class ActionParameters(msgspec.Struct, frozen=True):
    type: str = "none"
    report_id: int | None = None
    warning_preset_id: str | None = None
    text: str = ""
    send_email_notification: bool = True


class ReportsParameters(msgspec.Struct, frozen=True):
    resolved: bool = False
    account_id: int | None = None
    target_account_id: int | None = None
    max_id: int | None = None
    limit: int = 40


def _steward(call: Call) -> None:
    """Raise Forbidden unless a steward asks. A token's scopes say what the app may, not who its owner is."""
    call.member.check_role(Role.STEWARD)


# Accounts -----------------------------------------------------------------------------------------------------------


async def _account_dict(call: Call, found: StaffView) -> dict[str, Any]:
    """Admin::Account. Addresses of connections are kept by nobody, so `ip` is null."""
    view = found.account
    shelved = (await call.server.shelf.accounts([view.id]))[view.id]
    limit = (await sanctions.get_standing(call.server.db, call.member, view.id)).limit
    role = ROLES[view.role]
    return {
        "id": str(view.id),
        "username": view.name,
        "domain": None,
        "created_at": moment(view.created_at),
        "email": found.email or "",
        "ip": None,
        "ips": [],
        "locale": found.locale,
        "invite_request": found.reason or None,
        "role": role,
        "confirmed": True,
        "approved": view.approved_at is not None,
        "disabled": view.closed_at is not None,
        "sensitized": False,
        "silenced": limit is Limit.SLOW,
        "suspended": view.suspended_at is not None,
        "account": msgspec.Raw(call.server.entities.account(shelved)),
    }


@endpoint("GET", "/api/v1/admin/accounts", scope="admin:read:accounts")
async def list_accounts(call: Call, given: AccountsParameters) -> Answer:
    """Accounts, as those who run the network see them."""
    return await _accounts(call, given)


@endpoint("GET", "/api/v2/admin/accounts", scope="admin:read:accounts")
async def list_accounts_2(call: Call, given: AccountsParameters) -> Answer:
    """The same, asked for in the newer words."""
    return await _accounts(call, given)


def _standing(given: AccountsParameters) -> Standing | None:
    if given.pending or given.status == "pending":
        return "waiting"
    if given.suspended or given.status == "suspended":
        return "suspended"
    if given.disabled or given.status == "disabled":
        return "closed"
    return "open" if given.active or given.status == "active" else None


async def _accounts(call: Call, given: AccountsParameters) -> Answer:
    _steward(call)
    if given.remote or given.origin == "remote" or given.by_domain or given.ip or given.sensitized:
        return Answer(b"[]")  # every account is of here, and none is known by its connection
    limit = max(1, min(given.limit, MOST))
    query = given.username or given.email or given.display_name
    roles = (Role.OPERATOR, Role.STEWARD) if given.staff or given.permissions == "staff" else (None,)
    found: list[StaffView] = []
    for role in roles:
        found += await accounts.list_accounts(
            call.server.db,
            call.member,
            status=_standing(given),
            role=role,
            query=query.removeprefix("@"),
            before=given.max_id,
            limit=limit,
        )
    found = sorted(found, key=lambda each: -each.account.id)[:limit]
    rendered = [await _account_dict(call, each) for each in found]
    if given.silenced or given.status == "silenced":
        rendered = [each for each in rendered if each["silenced"]]
    next_id = found[-1].account.id if len(found) == limit else None
    return Answer(msgspec.json.encode(rendered), headers=call.link(next_id, None))


async def _account(call: Call) -> StaffView:
    _steward(call)
    return await accounts.find_for_staff(call.server.db, call.member, call.id())


@endpoint("GET", "/api/v1/admin/accounts/{id}", scope="admin:read:accounts")
async def show_account(call: Call) -> Any:
    """One account."""
    return await _account_dict(call, await _account(call))


@endpoint("POST", "/api/v1/admin/accounts/{id}/approve", scope="admin:write:accounts")
async def approve(call: Call) -> Any:
    """Let somebody in who asked to join."""
    await _account(call)
    await accounts.approve(call.server.db, call.member, call.id())
    return await _account_dict(call, await _account(call))


@endpoint("POST", "/api/v1/admin/accounts/{id}/reject", scope="admin:write:accounts")
async def reject(call: Call) -> Any:
    """Do not let somebody in."""
    before = await _account_dict(call, await _account(call))
    await accounts.reject(call.server.db, call.member, call.id())
    return before


@endpoint("POST", "/api/v1/admin/accounts/{id}/action", scope="admin:write:accounts")
async def act(call: Call, given: ActionParameters) -> Any:
    """Suspend an account at once. What is milder follows from verdicts."""
    await _account(call)
    if given.type != "suspend":
        raise NoSuchLimit(field="type")
    await accounts.suspend(call.server.db, call.member, call.id(), given.text)
    return {}


@endpoint("POST", "/api/v1/admin/accounts/{id}/unsuspend", scope="admin:write:accounts")
async def unsuspend(call: Call) -> Any:
    """Restore an account."""
    await _account(call)
    await accounts.restore(call.server.db, call.member, call.id())
    return await _account_dict(call, await _account(call))


# Reports ------------------------------------------------------------------------------------------------------------


async def _report_dicts(call: Call, found: Sequence[ReportView]) -> list[dict[str, Any]]:
    """Admin::Report. Apps want an account of the reporter: for who used the public form, it is the asker's own."""
    rules = {rule.id: rule for rule in await site.rules(call.server.db)}
    people: dict[int, dict[str, Any]] = {}
    for id in {each.account_id for each in found} | {each.reporter_id or call.member.account_id for each in found}:
        people[id] = await _account_dict(call, await accounts.find_for_staff(call.server.db, call.member, id))
    post_ids = list(dict.fromkeys(id for each in found for id in each.post_ids))
    cards = {card.entry.view.id: card for card in await call.server.timelines.cards(call.viewer, post_ids)}
    return [
        report_dict(each)
        | {
            "updated_at": moment(each.outcome_at or each.created_at),
            "account": people[each.reporter_id or call.member.account_id],
            "target_account": people[each.account_id],
            "assigned_account": None,
            "action_taken_by_account": None,
            "statuses": [
                msgspec.Raw(call.server.entities.card(cards[id], signed_in=True)) for id in each.post_ids if id in cards
            ],
            "rules": _rules(rules, each.rule_ids),
        }
        for each in found
    ]


def _rules(rules: Mapping[int, RuleView], ids: Sequence[int]) -> list[dict[str, Any]]:
    return [{"id": str(id), "text": rules[id].text, "hint": rules[id].hint} for id in ids if id in rules]


@endpoint("GET", "/api/v1/admin/reports", scope="admin:read:reports")
async def list_reports(call: Call, given: ReportsParameters) -> Answer:
    """Reports: those being judged, or with `resolved` those that are answered."""
    _steward(call)
    limit = max(1, min(given.limit, MOST))
    found = await reports.find_reports(
        call.server.db,
        call.member,
        is_open=not given.resolved,
        account_id=given.target_account_id,
        reporter_id=given.account_id,
        before=given.max_id,
        limit=limit,
    )
    next_id = found[-1].id if len(found) == limit else None
    return Answer(msgspec.json.encode(await _report_dicts(call, found)), headers=call.link(next_id, None))


async def _report(call: Call) -> ReportView:
    _steward(call)
    found = await reports.find_reports(call.server.db, call.member, ids=[call.id()], limit=1)
    if not found:
        raise Missing
    return found[0]


@endpoint("GET", "/api/v1/admin/reports/{id}", scope="admin:read:reports")
async def show_report(call: Call) -> Any:
    """One report."""
    return (await _report_dicts(call, [await _report(call)]))[0]


@endpoint("POST", "/api/v1/admin/reports/{id}/assign_to_self", scope="admin:write:reports")
async def assign(call: Call) -> Any:
    """Answers with the report: juries are drawn, and nobody takes a report for themselves."""
    return (await _report_dicts(call, [await _report(call)]))[0]


@endpoint("POST", "/api/v1/admin/reports/{id}/unassign", scope="admin:write:reports")
async def unassign(call: Call) -> Any:
    """Answers with the report, which is nobody's."""
    return (await _report_dicts(call, [await _report(call)]))[0]


@endpoint("POST", "/api/v1/admin/reports/{id}/resolve", scope="admin:write:reports")
async def resolve(call: Call) -> Any:
    """Answers with a report that is answered; refuses what a jury has still to judge."""
    found = await _report(call)
    if found.outcome is None:
        raise AnsweredByVerdict
    return (await _report_dicts(call, [found]))[0]


@endpoint("POST", "/api/v1/admin/reports/{id}/reopen", scope="admin:write:reports")
async def reopen(call: Call) -> Any:
    """Answers with a report that is being judged; a verdict is reopened by an appeal alone."""
    found = await _report(call)
    if found.outcome is not None:
        raise AnsweredByVerdict
    return (await _report_dicts(call, [found]))[0]
