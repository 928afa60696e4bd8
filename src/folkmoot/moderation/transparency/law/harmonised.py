"""The yearly report of Articles 15 and 24 in the parts of Implementing Regulation (EU) 2024/2835: one CSV a part.

Each part has the columns of the official template (applicability, service, reporting period, section, indicator, scope,
value, contextual information). What only people can write (the qualitative part) is given as lines to be filled in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime

from folkmoot import clock
from folkmoot.database import Database, Row
from folkmoot.moderation.transparency.figures import Figures, figures
from folkmoot.moderation.transparency.law import queries
from folkmoot.moderation.transparency.law.statements import CATEGORIES, OTHER

COLUMNS = (
    *("Applicability", "Service", "Reporting period", "Section"),
    *("Indicator", "Scope", "Value", "Contextual Information"),
)
ALL, HOSTING, PLATFORM = "All providers", "Hosting services", "Online platforms"
Line = tuple[str, str, str, object, str]
"""Applicability, indicator, scope, value, context."""
NOTICED = ("notice", "trusted")
OWN = ("own", "report")


async def parts(db: Database, *, service: str, contact: str, since: datetime, until: datetime) -> dict[str, str]:
    """File name and contents of each part."""
    found = await figures(db, since, until)
    rows = await queries.by_category(db, since, until)
    order = await queries.orders(db, since, until)
    forms = await queries.form_notices(db, since, until)
    period = f"{since:%Y-%m-%d}/{until:%Y-%m-%d}"
    sections: dict[str, Iterable[Line]] = {
        "1_report_identification": _identification(service, contact, period, clock.now().date()),
        "2_categories_names": _categories(),
        "3_member_states_orders": _orders(order),
        "4_notices": _notices(found, rows, forms),
        "5_own_initiative_illegal": _own(rows, illegal=True),
        "6_own_initiative_TC": _own(rows, illegal=False),
        "7_appeals_and_recidivism": _appeals(found),
        "8_automated_means": _automated(found),
        "9_human_resources": _people(found),
        "10_AMAR": (),
        "11_qualitative": _qualitative(),
    }
    return {f"{name}.csv": _csv(service, period, name, lines) for name, lines in sections.items()}


def _csv(service: str, period: str, section: str, lines: Iterable[Line]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for applies, indicator, scope, value, context in lines:
        writer.writerow((applies, service, period, section, indicator, scope, "" if value is None else value, context))
    return out.getvalue()


def _identification(service: str, contact: str, period: str, today: date) -> list[Line]:
    return [
        (ALL, "Name of the service", "", service, ""),
        (ALL, "Reporting period", "", period, ""),
        (ALL, "Date of publication", "", today.isoformat(), ""),
        (ALL, "Contact", "", contact, ""),
    ]


def _categories() -> list[Line]:
    return [(ALL, "Category", name, CATEGORIES.get(name, OTHER)[0], "") for name in (*CATEGORIES, "spam", "other")]


def _orders(order: Row) -> list[Line]:
    return [
        (ALL, "Orders to act against illegal content", "", order["received"], ""),
        (ALL, "Items in them", "", order["items"], ""),
        (ALL, "Median time until the authority was informed of the effect (minutes)", "", _round(order["minutes"]), ""),
    ]


def _notices(found: Figures, rows: Iterable[Row], forms: int) -> list[Line]:
    of = [each for each in found.notices if each.kind != "order"]
    trusted = sum(each.received for each in of if each.kind == "trusted_flagger")
    lines: list[Line] = [
        (HOSTING, "Notices", "total", sum(each.received for each in of) + forms, "Letters and the public form"),
        (HOSTING, "Notices", "trusted flaggers", trusted, ""),
        (HOSTING, "Items in letters", "total", sum(each.items for each in of), ""),
    ]
    for each in of:
        lines.append(
            (
                HOSTING,
                "Median time until every item was accounted for (minutes)",
                each.kind,
                _round(each.median_minutes),
                "",
            )
        )
    for row in rows:
        if row["source"] in NOTICED:
            scope = f"{row['category']}; {row['source']}; decided by {row['decided_by']}"
            lines.append((HOSTING, "Actions under the terms and conditions", scope, row["restricted"], ""))
            lines.append((HOSTING, "Median time to action (minutes)", scope, _round(row["minutes"]), ""))
    return lines


def _own(rows: Iterable[Row], *, illegal: bool) -> list[Line]:
    if illegal:
        return [
            (
                HOSTING,
                "Measures on illegal content",
                "total",
                0,
                "Measures rest on the rules of the network; see part 6.",
            ),
        ]
    lines: list[Line] = []
    for row in rows:
        if row["source"] in OWN:
            how = "automated detection" if row["source"] == "own" else "reports of members"
            scope = f"{row['category']}; {how}; decided by {row['decided_by']}"
            lines.append((HOSTING, "Decisions", scope, row["decided"], ""))
            lines.append((HOSTING, "Visibility restrictions", scope, row["restricted"], ""))
    return lines


def _appeals(found: Figures) -> list[Line]:
    return [
        (PLATFORM, "Complaints", "total", found.appeals, ""),
        (PLATFORM, "Complaints", "upheld the decision", found.appeals_upheld, ""),
        (PLATFORM, "Complaints", "reversed the decision", found.appeals_reversed, ""),
        (PLATFORM, "Complaints", "open at the end", found.appeals_open, ""),
        (PLATFORM, "Median time to decide (minutes)", "", _round(found.appeal_median_minutes), ""),
        (PLATFORM, "Suspensions", "frequently illegal or forbidden content", found.suspensions, ""),
    ]


def _automated(found: Figures) -> list[Line]:
    screening = found.screening
    decided = screening.released + screening.upheld
    return [
        (ALL, "Items screened automatically", "", screening.screened, ""),
        (ALL, "Items held until people had looked", "", screening.held, ""),
        (ALL, "Decisions taken solely by automated means", "", 0, "None is: screening holds, people decide."),
        (
            ALL,
            "Error rate: holds that people released",
            "",
            _round(screening.released / decided if decided else None, 4),
            f"of {decided}",
        ),
    ]


def _people(found: Figures) -> list[Line]:
    return [
        (ALL, "Volunteer jurors who qualified", "", found.jurors.qualified, ""),
        (ALL, "Volunteer jurors who cast a ballot", "", found.jurors.active, ""),
        (
            ALL,
            "Share of right answers on cases with a known answer",
            "",
            _round(found.jurors.controls_right, 4),
            f"of {found.jurors.controls}",
        ),
    ]


def _qualitative() -> list[Line]:
    asked = {
        "Summary of own-initiative content moderation": (
            "A program reads posts for threats and calls for violence before they are shown "
            "and may hold them; members and others report; "
            "juries of volunteers drawn by lot decide, two stewards where they differ."
        ),
        "Qualitative description of the automated means": (
            "Rules anybody may read, near copies of what was judged, a small model with a "
            "published card, known pictures. None decides."
        ),
        "Safeguards applied to the use of automated means": (
            "Nothing is deleted by a program; what it holds is shown to its author with the "
            "reason at once, and people decide; error rates are "
            "public."
        ),
        "Training and support of those who moderate": (
            "A course of practice cases with feedback, a daily bound on grave content, "
            "breaks, media blurred until wanted."
        ),
    }
    return [(ALL, name, "", text, "") for name, text in asked.items()]


def _round(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
