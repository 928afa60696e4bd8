"""What a juror has looked at, as their row keeps it, and whom they know, as the draw needs it. Plain values."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from folkmoot.moderation.cases.juries import CARE, Docket, Exposure, Juror, rested
from folkmoot.moderation.cases.rules import Severity
from folkmoot.moderation.cases.weights import Learning, Record, fade

Columns = Mapping[str, Any]


def exposure_of(juror: Columns, now: datetime) -> Exposure:
    """What they have looked at today; a new day begins at nought, and a pause of their own counts as one."""
    kept = msgspec.json.decode(juror["exposure"], type=Exposure)
    if juror["exposed_on"] != now.date():
        kept = msgspec.structs.replace(kept, severe_today=0.0)
    if kept.break_until is not None and now >= kept.break_until:
        return rested(kept)
    return kept


def record_of(juror: Columns, now: datetime, learning: Learning) -> Record:
    """What is known of them now: their record as it was last recomputed, faded since."""
    kept = Record(juror["hit"], juror["missed"], juror["cleared"], juror["accused"])
    return fade(kept, (now - juror["record_at"]).total_seconds() / 86_400, learning)


def may_see_severe(exposure: Exposure, now: datetime) -> bool:
    """Whether anything severe may be put before them now."""
    return exposure.severe_today < CARE.severe_minutes_a_day and not (
        exposure.milder_until is not None and now < exposure.milder_until
    )


def is_severe(severity: str) -> bool:
    """Whether looking at it counts against the day's budget."""
    return severity == Severity.THREAT


def networks(addresses: Iterable[str]) -> frozenset[str]:
    """The networks these addresses belong to (/24, or /48), of those that say anything about where somebody is."""
    found = set()
    for address in addresses:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            continue
        if ip.is_global:
            found.add(str(ipaddress.ip_network(f"{address}/{24 if ip.version == 4 else 48}", strict=False)))
    return frozenset(found)


def juror_for(juror: Columns, rows: Iterable[Columns]) -> Juror:
    """The juror with those relations that matter to the cases at hand."""
    rows = list(rows)

    def those(how: str) -> frozenset[int]:
        return frozenset(row["account_id"] for row in rows if row[how] and row["case_id"] is not None)

    own = next((row["addresses"] for row in rows if row["part"] == "juror"), ())
    return Juror(
        id=juror["account_id"],
        qualified=juror["qualified_at"] is not None and juror["sent_back_at"] is None,
        opted_out=frozenset(Severity(each) for each in juror["opted_out"]),
        follows=those("follows"),
        followed_by=those("followed_by"),
        blocks=those("blocks"),
        spoke_with=those("spoke_with"),
        cluster=juror["ring"],
        addresses=networks(own),
    )


def docket_for(case: Columns, rows: Iterable[Columns]) -> Docket:
    """A case with those of its parties that matter."""
    theirs = [row for row in rows if row["case_id"] == case["id"]]

    def part(name: str) -> frozenset[int]:
        return frozenset(row["account_id"] for row in theirs if row["part"] == name)

    near = [row for row in theirs if row["part"] != "mentioned"]
    return Docket(
        authors=part("author"),
        reporters=part("reporter"),
        mentioned=part("mentioned"),
        severity=Severity(case["severity"]),
        severe=is_severe(case["severity"]),
        clusters=frozenset(row["ring"] for row in near if row["ring"] is not None),
        addresses=networks(address for row in near for address in row["addresses"]),
        panel=tuple(case["panel"]),
    )


def minutes(seconds: timedelta) -> float:
    return max(seconds.total_seconds(), 0.0) / 60
