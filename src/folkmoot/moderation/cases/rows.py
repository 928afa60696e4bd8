"""Rows of cases as the views of `views`: one place where columns become words."""

from __future__ import annotations

import re

import msgspec

from folkmoot.database import Row
from folkmoot.moderation.cases.rules import Severity, Verdict, chance
from folkmoot.moderation.cases.states import State
from folkmoot.moderation.cases.views import Alarm, CaseLine, ContentView, DecidedBy, MediaEvidence
from folkmoot.moderation.evidence.keep import Content
from folkmoot.moderation.sanctions.rules import Measure

_NAMES = re.compile(r"(?<![\w/.])@\w+(?:@[\w.-]+\w)?")
SOMEBODY = "@somebody"


def nameless(text: str) -> str:
    """The text with everybody it mentions called somebody."""
    return _NAMES.sub(SOMEBODY, text)


def content(row: Content, *, without_names: bool = False) -> ContentView:
    """A version of a post; without names as jurors see it."""

    def said(text: str) -> str:
        return nameless(text) if without_names else text

    return ContentView(
        id=row["id"],
        post_id=None if without_names else row["post_id"],
        version=row["version"],
        text=said(row["text"]),
        warning=said(row["warning"]),
        sensitive=row["sensitive"],
        media=msgspec.json.decode(row["media"], type=tuple[MediaEvidence, ...]),
        poll_options=tuple(said(option) for option in msgspec.json.decode(row["poll_options"] or "[]")),
        reply_to=said(row["reply_to"]) if row["reply_to"] is not None else None,
        language=row["language"],
        written_at=row["written_at"],
        captured_at=row["captured_at"],
    )


def line(row: Content) -> CaseLine:
    """A case in a list."""
    return CaseLine(
        id=row["id"],
        state=State(row["state"]),
        version=row["version"],
        severity=Severity(row["severity"]),
        category=row["category"],
        account_id=row["account_id"],
        account_name=row["account_name"],
        excerpt=row["excerpt"],
        probability=chance(row["belief"]),
        ballots=row["ballots"],
        reports=row["reports"],
        copies=row["copies"],
        place=row["place"],
        hidden_at=row["hidden_at"],
        life_at_risk=row["life_at_risk"],
        frozen=row["frozen"],
        opened_at=row["opened_at"],
        deadline_at=row["deadline_at"],
        decided_at=row["decided_at"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        measure=Measure(row["measure"]) if row["measure"] else None,
        decided_by=DecidedBy(row["decided_by"]) if row["decided_by"] else None,
        rule_id=row["rule_id"],
    )


def alarm(row: Row) -> Alarm:
    return Alarm(
        id=row["id"],
        case_id=row["case_id"],
        via=row["via"],
        why=row["why"],
        note=row["note"],
        raised_at=row["raised_at"],
        answered_at=row["answered_at"],
        answer=row["answer"],
    )
