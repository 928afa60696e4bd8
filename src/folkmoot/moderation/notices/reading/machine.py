"""Reports for machines: XARF v4 and v3 (JSON), and the fields of an ARF report (RFC 5965).

Strict for the types the XARF package knows, lenient otherwise: core fields and a free type. docs/notices-formats.md maps them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import xarf

from folkmoot.moderation.notices.reading.reading import Category, Evidence, Sender

MOST_DOCUMENT = 40_000_000
MOST_EVIDENCE = 50
MOST_PIECE = 5_000_000
MOST_VALUE = 2_000
MOST_FIELDS = 200

_CATEGORIES: dict[str, Category] = {
    "content/violence": "violence",
    "content/threat": "violence",
    "content/incitement": "violence",
    "content/terrorism": "terrorism",
    "content/hate": "hate",
    "content/hate_speech": "hate",
    "content/doxxing": "doxxing",
    "content/harassment": "doxxing",
    "content/exposed_data": "doxxing",
    "content/csam": "csam",
    "content/csem": "csam",
    "content/brand_infringement": "copyright",
    "content/phishing": "spam",
    "content/fraud": "spam",
    "content/malware": "spam",
    "messaging/spam": "spam",
    "messaging/bulk_messaging": "spam",
}
_TAGS: dict[str, Category] = {
    "violence": "violence",
    "threat": "violence",
    "terrorism": "terrorism",
    "hate": "hate",
    "doxxing": "doxxing",
    "csam": "csam",
    "copyright": "copyright",
    "spam": "spam",
}
_ADDRESS_FIELDS = (
    "url",
    "urls",
    "source_url",
    "target_url",
    "infringing_url",
    "content_url",
    "reported_url",
    "link",
    "links",
)


@dataclass
class Report:
    """What a machine-readable report says."""

    category: Category = "other"
    sender: Sender = field(default_factory=Sender)
    subject: str = ""
    description: str = ""
    token: str = ""
    law: str = ""
    links: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    fields: dict[str, object] = field(default_factory=dict)
    deadline: str = ""
    is_test: bool = False
    doubts: list[str] = field(default_factory=list)


def looks_like_xarf(data: object) -> bool:
    """Whether a JSON object is meant as XARF."""
    return isinstance(data, dict) and (
        "xarf_version" in data
        or ("Version" in data and "Report" in data)
        or {"category", "type", "reporter"} <= data.keys()
    )


def json_in(data: bytes | str) -> object | None:
    """JSON, or None; nested too deep counts as none."""
    if len(data) > MOST_DOCUMENT:
        return None
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found


def read_xarf(data: dict[str, Any]) -> Report:
    """A XARF report; what its schema objects to becomes a doubt, not an error."""
    report = Report()
    data = {str(key): value for key, value in list(data.items())[:MOST_FIELDS] if key != "_internal"}
    data = _as_v4(data, report)
    category, kind = _small(data.get("category")), _small(data.get("type"))
    known = _schema_says(data, report)
    name = f"{category}/{kind}"
    report.category = _CATEGORIES.get(name, "copyright" if category == "copyright" else "other")
    if report.category == "other":
        report.category = next(
            (_TAGS[part] for tag in _tags(data) for part in tag.split(":") if part in _TAGS), "other"
        )
    if not known:
        report.doubts.append(
            "xarf_free_type" if category and kind and report.category != "other" else "xarf_unknown_type"
        )
    reporter = data.get("reporter")
    reporter = reporter if isinstance(reporter, dict) else {}
    report.sender = Sender(
        organisation=_text(reporter.get("org"))[:200],
        address=_text(reporter.get("contact")).lower()[:320],
        domain=_text(reporter.get("domain")).lower()[:253]
        or _text(reporter.get("contact")).lower().rpartition("@")[2][:253],
    )
    report.description = _text(data.get("description"), 20_000)
    report.subject = _text(data.get("subject")) or name
    report.token = _text(data.get("report_id"))[:100]
    report.law = ", ".join(tag.partition(":")[2] for tag in _tags(data) if tag.startswith("law:"))[:200]
    report.is_test = "lifecycle:test" in _tags(data)
    report.deadline = _text(data.get("deadline") or data.get("response_due"))[:200]
    report.links = [*_links(data), _text(data.get("source_identifier"))]
    _take_evidence(data, report)
    report.fields = _bounded({key: value for key, value in data.items() if key != "evidence"})
    return report


def read_arf(text: str) -> Report:
    """The machine fields of a feedback report: `Name: value` lines."""
    report = Report()
    fields: dict[str, list[str]] = {}
    last = ""
    for line in text.split("\n")[:1_000]:
        if line[:1] in (" ", "\t") and last:
            fields[last][-1] = (fields[last][-1] + " " + line.strip())[:MOST_VALUE]
            continue
        name, colon, value = line.partition(":")
        if not colon or len(name) > 60:
            continue
        last = name.strip().lower()
        fields.setdefault(last, []).append(value.strip()[:MOST_VALUE])
    kind = fields.get("feedback-type", [""])[0].lower()
    report.category = {"abuse": "spam", "fraud": "spam", "virus": "spam", "opt-out": "spam"}.get(kind, "other")  # type: ignore[assignment]  # a dict of literals
    report.links = [*fields.get("reported-uri", []), *(f"https://{name}" for name in fields.get("reported-domain", []))]
    report.subject = kind
    report.token = fields.get("original-envelope-id", [""])[0][:100]
    report.fields = _bounded({name: values[0] if len(values) == 1 else values for name, values in fields.items()})
    if not kind:
        report.doubts.append("arf_without_type")
    return report


def _as_v4(data: dict[str, Any], report: Report) -> dict[str, Any]:
    if "Version" not in data or "Report" not in data:
        return data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from_old = xarf.convert_v3_to_v4(data)
        except Exception:  # what the package makes of a broken old report is its own affair
            report.doubts.append("xarf_old_form")
            return _old_by_hand(data)
    return dict(from_old)


def _old_by_hand(data: dict[str, Any]) -> dict[str, Any]:
    """The few fields of version 3 that say what matters, for types its successor dropped."""
    who = data.get("ReporterInfo")
    what = data.get("Report")
    who, what = (who if isinstance(who, dict) else {}), (what if isinstance(what, dict) else {})
    return {
        "reporter": {
            "org": who.get("ReporterOrg"),
            "contact": who.get("ReporterContactEmail") or who.get("ReporterOrgEmail"),
            "domain": who.get("ReporterOrgDomain"),
        },
        "category": "content",
        "type": _small(what.get("ReportType")),
        "url": what.get("SourceUrl") or what.get("Url") or what.get("Source"),
        "description": what.get("AdditionalInfo") or what.get("Description"),
        "timestamp": what.get("Date"),
    }


def _schema_says(data: dict[str, Any], report: Report) -> bool:
    """Whether the package knows the type; its complaints about a type it knows become a doubt."""
    category, kind = _small(data.get("category")), _small(data.get("type"))
    try:
        if kind not in xarf.schema_registry.get_types_for_category(category):
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = xarf.parse(data)
    except Exception:  # likewise: a package for good reports met a bad one
        report.doubts.append("xarf_invalid")
        return True
    if found.errors:
        report.doubts.append("xarf_invalid")
    return True


def _tags(data: dict[str, Any]) -> list[str]:
    tags = data.get("tags")
    return [str(tag).lower()[:200] for tag in tags[:50]] if isinstance(tags, list) else []


def _links(data: dict[str, Any]) -> Iterator[str]:
    for name in _ADDRESS_FIELDS:
        value = data.get(name)
        for each in value[:10_000] if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                each = each.get("url") or each.get("link_url")
            if isinstance(each, str) and each:
                yield each[:MOST_VALUE]


def _take_evidence(data: dict[str, Any], report: Report) -> None:
    pieces = data.get("evidence")
    if not isinstance(pieces, list):
        return
    if len(pieces) > MOST_EVIDENCE:
        report.doubts.append("evidence_cut")
    for piece in pieces[:MOST_EVIDENCE]:
        if not isinstance(piece, dict) or not isinstance(piece.get("payload"), str):
            continue
        try:
            content = base64.b64decode(piece["payload"], validate=False)
        except (binascii.Error, ValueError):
            report.doubts.append("evidence_broken")
            continue
        digest = hashlib.sha256(content).hexdigest()
        claimed = _small(piece.get("hash")).removeprefix("sha256:")
        if len(claimed) == 64 and claimed != digest:
            report.doubts.append("evidence_hash_differs")
        fits = len(content) <= MOST_PIECE
        if not fits:
            report.doubts.append("evidence_cut")
        report.evidence.append(
            Evidence(
                name=_text(piece.get("description"))[:200],
                content_type=_small(piece.get("content_type"))[:100] or "application/octet-stream",
                size=len(content),
                digest=digest,
                data=content if fits else b"",
            )
        )


def _bounded(data: dict[str, Any], depth: int = 0) -> dict[str, object]:
    return {str(key)[:100]: _bound(value, depth) for key, value in list(data.items())[:MOST_FIELDS]}


def _bound(value: Any, depth: int) -> object:
    if isinstance(value, dict):
        return _bounded(value, depth + 1) if depth < 4 else "…"
    if isinstance(value, list):
        return [_bound(each, depth + 1) for each in value[:100]] if depth < 4 else "…"
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)[:MOST_VALUE] if abs(value) < 10**4000 else "…"
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return _text(value)


def _text(value: object, most: int = MOST_VALUE) -> str:
    if not isinstance(value, str):
        return ""
    return value[:most].encode("utf-8", "replace").decode().replace("\0", "").strip()


def _small(value: object) -> str:
    return _text(value).lower()
