"""Statements of reasons as the transparency database of the European Commission takes them (Article 24(5)).

Fields and lengths: its API's documentation, version 2 of July 2025. Nothing of what was written goes in, no name and no
number of ours that leads to a person: the unique name of a statement is a keyed hash of its number.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec

from folkmoot.database import Database, Row
from folkmoot.moderation.sanctions.rules import Judges, Limit, Measure, Source, StatementOfReasons
from folkmoot.moderation.screening import Category
from folkmoot.moderation.transparency.law import queries

BATCH = 100
"""The most one call of its API takes."""
EUROPEAN_UNION = [
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
]
VISIBILITY = {
    Measure.REMOVE: "DECISION_VISIBILITY_CONTENT_DISABLED",
    Measure.WARN: "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
    Measure.LABEL: "DECISION_VISIBILITY_CONTENT_LABELLED",
}
SOURCE = {
    Source.REPORT: "SOURCE_TYPE_OTHER_NOTIFICATION",
    Source.NOTICE: "SOURCE_ARTICLE_16",
    Source.TRUSTED: "SOURCE_TRUSTED_FLAGGER",
    Source.OWN: "SOURCE_VOLUNTARY",
}
VIOLENCE = "STATEMENT_CATEGORY_VIOLENCE"
CATEGORIES: dict[str, tuple[str, str | None]] = {
    Category.INCITEMENT: (VIOLENCE, "KEYWORD_INCITEMENT_VIOLENCE_HATRED"),
    Category.THREAT: (VIOLENCE, None),
    Category.VEILED_THREAT: (VIOLENCE, None),
    Category.MOBILISATION: (VIOLENCE, "KEYWORD_COORDINATED_HARM"),
    Category.GLORIFICATION: (VIOLENCE, "KEYWORD_INCITEMENT_VIOLENCE_HATRED"),
    Category.VIOLENCE: (VIOLENCE, None),
    Category.DOXXING: ("STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", None),
    Category.HATE: ("STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "KEYWORD_HATE_SPEECH"),
}
OTHER = ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", None)
"""Spam, and whatever else the rules of a network forbid."""


async def statements(
    db: Database, since: datetime, until: datetime, *, rules_url: str, key: bytes
) -> AsyncIterator[dict[str, Any]]:
    """Every statement of the span that the database must get, oldest first, each ready for its API.

    `key` keeps the unique names from being guessed. Orders of authorities are left out: Article 17 does not ask for them.
    """
    after = 0
    while rows := await queries.statements(db, since, until, after, BATCH):
        for row in rows:
            yield statement(row, rules_url=rules_url, key=key)
        after = rows[-1]["id"]


def statement(row: Row | dict[str, Any], *, rules_url: str, key: bytes) -> dict[str, Any]:
    """One statement, from its row."""
    reasons = msgspec.json.decode(row["reasons"], type=StatementOfReasons)
    category, keyword = CATEGORIES.get(row["category"], OTHER)
    rule = reasons.rule_text or "The rules of the network"
    found: dict[str, Any] = {
        "decision_visibility": [VISIBILITY[reasons.measure]],
        "decision_facts": _facts(reasons, row["category"]),
        "decision_ground_reference_url": rules_url,
        "content_type": ["CONTENT_TYPE_TEXT", *(["CONTENT_TYPE_IMAGE"] if row["pictures"] else [])],
        "category": category,
        "territorial_scope": EUROPEAN_UNION,
        "content_date": f"{row['written_at'] or row['created_at']:%Y-%m-%d}",
        "application_date": f"{reasons.applies_from:%Y-%m-%d}",
        "source_type": SOURCE.get(reasons.source, "SOURCE_TYPE_OTHER_NOTIFICATION"),
        "automated_detection": "Yes" if reasons.found_by_machine else "No",
        "automated_decision": "AUTOMATED_DECISION_FULLY"
        if reasons.decided_by_machine
        else "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": hmac.new(key, str(row["id"]).encode(), hashlib.sha256).hexdigest()[:32],
    }
    if reasons.illegal:
        found |= {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": reasons.law[:500] or "National law",
            "illegal_content_explanation": rule[:2000],
        }
    else:
        found |= {
            "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            "incompatible_content_ground": rule[:500],
            "incompatible_content_explanation": "The content breaks the rule named, as judged by people.",
        }
    if keyword:
        found["category_specification"] = [keyword]
    if row["language"] and len(row["language"]) == 2:
        found["content_language"] = row["language"].upper()
    if reasons.strike and reasons.limit in (Limit.SUSPENDED, Limit.BANNED):
        found["decision_account"] = (
            "DECISION_ACCOUNT_SUSPENDED" if reasons.limit is Limit.SUSPENDED else "DECISION_ACCOUNT_TERMINATED"
        )
        if reasons.limit_until is not None:
            found["end_date_account_restriction"] = f"{reasons.limit_until:%Y-%m-%d}"
    return found


_JUDGED = {
    Judges.STEWARDS: "by two stewards of the network",
    Judges.STEWARD: "by a steward of the network",
    Judges.APPEAL: "on appeal, by fresh volunteers and stewards",
    Judges.CLOCK: "by the rule for cases that nobody decided in time",
    Judges.ORDER: "by an authority, whose order the network carried out",
}


def _facts(reasons: StatementOfReasons, category: str) -> str:
    """What was relied on, without what was written."""
    found = "a program that reads what is published" if reasons.found_by_machine else "people who reported it"
    jury = f"by {reasons.ballots} volunteers drawn by lot, who did not know the author"
    judged = jury if reasons.judges is Judges.JURY else _JUDGED[reasons.judges]
    appeal = "to the authority" if reasons.judges is Judges.ORDER else "for six months"
    return (
        f"Found by {found} as {category.replace('_', ' ')}. Decided {judged}. The author "
        f"was told the reasons and may appeal {appeal}."
    )
