"""Reports for machines: XARF of version 4 and 3, of known and of free types, and ARF."""

from __future__ import annotations

import json

import pytest
import xarf

from folkmoot.moderation.notices.reading import Reading, read_document
from letters import HOUSE, SATURDAY, THIRTY
from letters import xarf as a_report


def read(report: object) -> Reading:
    return read_document(json.dumps(report).encode(), received_at=SATURDAY, house=HOUSE)


@pytest.mark.parametrize(
    ("category", "type_", "tags", "expected", "doubt"),
    [
        ("content", "violence", [], "violence", "xarf_free_type"),
        ("content", "terrorism", [], "terrorism", "xarf_free_type"),
        ("content", "hate_speech", [], "hate", "xarf_free_type"),
        ("content", "doxxing", [], "doxxing", "xarf_free_type"),
        ("content", "something", ["violence:threat"], "violence", "xarf_free_type"),
        ("content", "something", ["ns:terrorism"], "terrorism", "xarf_free_type"),
        ("content", "something", [], "violence", "xarf_unknown_type"),  # by the words of its description
        ("nonsense", "", [], "violence", "xarf_unknown_type"),
        ("content", "phishing", [], "spam", None),
        ("content", "csam", [], "csam", "xarf_invalid"),  # its schema wants a classification
        ("copyright", "copyright", [], "copyright", None),
    ],
)
def test_categories_of_xarf_are_ours(category: str, type_: str, tags: list[str], expected: str, doubt: str | None):
    reading = read(a_report(category, type_, tags=tags, infringing_url="https://moot.example/@ada/1", work_title="x"))
    assert (reading.form, reading.category) == ("xarf", expected)
    assert {each for each in reading.doubts if each.startswith("xarf_")} == ({doubt} if doubt else set())


def test_a_report_is_understood():
    reading = read(a_report())
    assert [(item.kind, item.value, item.where) for item in reading.items] == [("post", str(THIRTY[12]), "field")]
    assert reading.sender.organisation == "Example Cloud"
    assert (reading.sender.address, reading.sender.domain) == ("abuse@cloud.example", "cloud.example")
    assert reading.law == "de-stgb-111"
    assert reading.token == "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    assert reading.deadline is not None
    assert [piece.data for piece in reading.evidence] == [b"be there, be armed"]
    assert "evidence_hash_differs" in reading.doubts
    assert reading.report["type"] == "violence"
    assert "evidence" not in reading.report


def test_the_package_refuses_what_we_read_leniently():
    """When this fails, the package has learnt the type: take it out of our own list."""
    for type_ in ("violence", "terrorism"):
        assert xarf.parse(a_report("content", type_)).report is None


def test_a_trial_is_marked_and_internals_are_dropped():
    reading = read(a_report(tags=["lifecycle:test"], _internal={"secret": 1}))
    assert reading.is_test
    assert "_internal" not in reading.report


def test_version_3_is_read_too():
    known = {
        "Version": "3",
        "ReporterInfo": {
            "ReporterOrg": "Cloud",
            "ReporterOrgEmail": "abuse@cloud.example",
            "ReporterOrgDomain": "cloud.example",
        },
        "Report": {
            "ReportClass": "Content",
            "ReportType": "Phishing",
            "Date": "2021-01-09T17:00:00Z",
            "SourceIp": "192.0.2.1",
            "Source": "192.0.2.1",
            "Url": f"https://moot.example/@ada/{THIRTY[0]}",
        },
    }
    assert [item.value for item in read(known).items] == [str(THIRTY[0])]
    known["Report"]["ReportType"] = "Violence"  # type: ignore[index]
    reading = read(known)
    assert (reading.category, [item.value for item in reading.items]) == ("violence", [str(THIRTY[0])])
    assert "xarf_old_form" in reading.doubts


def test_several_addresses_in_one_report():
    urls = [f"https://moot.example/@ada/{id}" for id in THIRTY[:3]]
    assert len(read(a_report(url=urls[0], urls=urls)).items) == 3


def test_json_that_is_no_report_is_still_looked_through():
    reading = read({"url": f"https://moot.example/@ada/{THIRTY[0]}", "deadline": "2021-01-10T12:00:00Z"})
    assert "not_xarf" in reading.doubts
    assert [item.value for item in reading.items] == [str(THIRTY[0])]
    assert reading.deadline is not None
    assert reading.deadline.sure
