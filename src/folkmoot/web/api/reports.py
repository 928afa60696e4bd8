"""Reports from apps. The rules an app offers are those of `/api/v1/instance`, under the same numbers."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.errors import Invalid, Missing
from folkmoot.moderation import reports
from folkmoot.moderation.reports import Category, ReportView
from folkmoot.web.api.call import Call, endpoint
from folkmoot.web.api.entities import moment


class ReportParameters(msgspec.Struct, frozen=True):
    account_id: int = 0
    status_ids: list[int] = []
    category: str | None = None
    rule_ids: list[int] = []
    comment: str = ""
    forward: bool = False
    life_at_risk: bool = False
    """Ours: calls the stewards at once."""


def report_dict(view: ReportView) -> dict[str, Any]:
    """What Mastodon's Report and Admin::Report have in common."""
    return {
        "id": str(view.id),
        "action_taken": view.outcome is not None,
        "action_taken_at": moment(view.outcome_at),
        "category": view.category.value,
        "comment": view.comment,
        "forwarded": False,
        "created_at": moment(view.created_at),
    }


@endpoint("POST", "/api/v1/reports", scope="write:reports")
async def report(call: Call, given: ReportParameters) -> Any:
    """Report posts of an account, or without any its profile."""
    target = await call.server.shelf.account(given.account_id)
    if target is None:
        raise Missing
    category = given.category or ("violation" if given.rule_ids else "other")
    if category not in [each.value for each in Category]:
        raise Invalid("Validation failed: Category is not included in the list", field="category")
    made = await reports.report(
        call.server.desk,
        call.member,
        account_id=target.id,
        post_ids=given.status_ids,
        category=Category(category),
        rule_ids=given.rule_ids,
        comment=given.comment,
        life_at_risk=given.life_at_risk,
    )
    account = (await call.server.shelf.accounts([target.id]))[target.id]
    return report_dict(made) | {
        "status_ids": [str(id) for id in made.post_ids],
        "rule_ids": [str(id) for id in made.rule_ids],
        "target_account": msgspec.Raw(call.server.entities.account(account)),
    }
