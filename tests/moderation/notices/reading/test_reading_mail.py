"""Whole letters, as hosts, stores, authorities and people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from folkmoot.moderation.notices.reading import DOUBTS, Reading, read_mail, read_text
from letters import (
    HOUSE,
    KEY,
    LETTERS,
    SATURDAY,
    THIRTY,
    answer,
    away,
    bounce,
    english_order,
    feedback,
    flagger,
    mail,
    page,
    person,
    removal_order,
    store,
    ultimatum,
    xarf_mail,
)


def read(raw: bytes) -> Reading:
    return read_mail(raw, received_at=SATURDAY, house=HOUSE)


def moments(reading: Reading) -> datetime:
    assert reading.deadline is not None
    return reading.deadline.moment


def posts(reading: Reading, *, sure: bool | None = None) -> list[str]:
    return [item.value for item in reading.items if item.kind == "post" and sure in (None, item.sure)]


def test_the_ultimatum_of_a_host():
    reading = read(ultimatum())
    assert (reading.form, reading.intent, reading.kind, reading.category) == ("mail", "notice", "host", "violence")
    assert posts(reading, sure=True) == [str(id) for id in THIRTY]
    assert {item.url.partition("/@")[0] for item in reading.items if "/@" in item.url} == {"https://moot.example"}
    assert moments(reading) == datetime(2021, 1, 11, 8, tzinfo=UTC)
    assert reading.deadline is not None
    assert (reading.deadline.zone, reading.deadline.zone_source, reading.deadline.sure) == (
        "America/Los_Angeles",
        "written",
        True,
    )
    assert reading.doubts == ()


def test_a_store_that_wants_a_plan():
    reading = read(store())
    assert (reading.kind, reading.intent) == ("store", "notice")
    assert posts(reading) == [str(THIRTY[0]), str(THIRTY[1])]
    assert moments(reading) == datetime(2021, 1, 10, 18, tzinfo=UTC)


def test_a_removal_order_in_german():
    reading = read(removal_order())
    assert (reading.kind, reading.intent, reading.category, reading.language) == (
        "authority",
        "removal_order",
        "terrorism",
        "de",
    )
    assert [(item.kind, item.value) for item in reading.items] == [("post", str(THIRTY[2])), ("media", KEY)]
    assert moments(reading) == datetime(2021, 1, 9, 19, tzinfo=UTC)
    assert reading.law == "Regulation (EU) 2021/784, § 111 StGB, § 130 StGB"
    assert reading.urgency == ("eilt", "unverzüglich")


def test_a_removal_order_in_english():
    reading = read(english_order())
    assert (reading.kind, reading.intent, reading.category, reading.language) == (
        "authority",
        "removal_order",
        "terrorism",
        "en",
    )
    assert moments(reading) == datetime(2021, 1, 9, 19, tzinfo=UTC)


def test_a_trusted_flagger():
    reading = read(flagger())
    assert (reading.kind, reading.intent, reading.language) == ("trusted_flagger", "notice", "de")
    assert posts(reading, sure=True) == [str(THIRTY[4]), str(THIRTY[5])]
    assert moments(reading) == datetime(2021, 1, 11, 11, tzinfo=UTC)
    assert reading.deadline is not None
    assert reading.deadline.sure


def test_somebody_angry():
    reading = read(person())
    assert (reading.kind, reading.category, reading.language) == ("person", "doxxing", "de")
    assert [(item.kind, item.value, item.sure) for item in reading.items] == [
        ("account", "ada", True),
        ("post", str(THIRTY[6]), False),
    ]
    assert moments(reading) == datetime(2021, 1, 10, 9, tzinfo=UTC)
    assert {"addresses_unsure", "deadline_unsure"} <= set(reading.doubts)


def test_a_page_with_links_behind_trackers():
    reading = read(page())
    assert posts(reading, sure=True) == [str(THIRTY[7]), str(THIRTY[8])]
    assert reading.kind == "host"
    assert moments(reading) == datetime(2021, 1, 11, 18, tzinfo=UTC)
    assert "color:red" not in reading.text
    assert "Dear customer," in reading.text


def test_an_answer_keeps_its_history_apart():
    reading = read(answer())
    assert reading.intent == "answer"
    assert reading.in_reply_to == "n1@moot.example"
    assert reading.references == ("a@cloud.example", "n1@moot.example")
    assert [(item.value, item.where, item.sure) for item in reading.items] == [
        (str(THIRTY[9]), "text", True),
        (str(THIRTY[10]), "quoted", False),
    ]
    assert "we removed" in reading.quoted
    assert "we removed" not in reading.text
    assert reading.deadline is None


def test_machines_that_talk_to_themselves():
    assert read(away()).intent == "auto_reply"
    assert read(bounce()).intent == "bounce"
    assert (
        read_mail(
            mail("Undeliverable", subject="failure notice"), received_at=SATURDAY, house=HOUSE, envelope_from=""
        ).intent
        == "bounce"
    )
    ticket = mail("Ihr Ticket wurde eröffnet. Wir melden uns innerhalb von 2 Tagen.", subject="Eingangsbestätigung")
    assert read(ticket).intent == "auto_reply"
    assert read(ticket).deadline is None


def test_a_hosts_machine_may_still_send_a_notice():
    raw = mail(f"Remove https://moot.example/@ada/{THIRTY[0]}", headers={"Auto-Submitted": "auto-generated"})
    assert read(raw).intent == "notice"


def test_a_feedback_report():
    reading = read(feedback())
    assert (reading.form, reading.intent, reading.category) == ("arf", "feedback", "spam")
    assert posts(reading) == [str(THIRTY[11])]
    assert reading.report["feedback-type"] == "abuse"


def test_xarf_inside_a_mail():
    reading = read(xarf_mail())
    assert (reading.form, reading.intent, reading.category) == ("xarf", "notice", "violence")
    assert posts(reading) == [str(THIRTY[12])]
    assert reading.token == "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    assert reading.sender.organisation == "Example Cloud"
    assert [piece.data for piece in reading.evidence if piece.name == "what it said"] == [b"be there, be armed"]


def test_what_a_steward_forwards_is_the_matter_and_no_history():
    raw = mail(
        "see below\n\n---------- Forwarded message ---------\nFrom: host <abuse@cloud.example>\n\n"
        f"> https://moot.example/@ada/{THIRTY[0]}\n",
        subject="Fwd: Notice",
    )
    assert posts(read(raw), sure=True) == [str(THIRTY[0])]


def test_a_date_that_cannot_be_right_does_not_set_the_clock():
    raw = mail("Please act within 24 hours.", date="Fri, 01 Jan 2100 00:00:00 +0000")
    assert moments(read(raw)) == SATURDAY + timedelta(hours=24)
    assert "date_not_usable" in read(raw).doubts
    late = mail("Please act within 24 hours.", date="Sat, 09 Jan 2021 12:01:00 +0000")
    assert moments(read(late)) == datetime(2021, 1, 10, 12, 1, tzinfo=UTC)


def test_an_answer_that_would_go_elsewhere_is_told():
    raw = mail("x", headers={"Reply-To": "someone@elsewhere.example"})
    assert "replies_go_elsewhere" in read(raw).doubts


def test_a_form_with_fields():
    reading = read_text(
        "Das ist eine Drohung, bitte binnen 24 Stunden prüfen",
        received_at=SATURDAY,
        house=HOUSE,
        links=(f"https://moot.example/@ada/{THIRTY[0]}", "https://elsewhere.example/x"),
    )
    assert (reading.form, reading.category, reading.language) == ("form", "violence", "de")
    assert posts(reading) == [str(THIRTY[0])]
    assert reading.foreign == ("https://elsewhere.example/x",)
    assert moments(reading) == SATURDAY + timedelta(hours=24)


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\0" * 100, b"From: x", b"\xff\xfe" * 50, b"Content-Type: multipart/mixed\n\n", b"<<<<"]
)
def test_nothing_at_all_is_still_a_reading(raw: bytes):
    reading = read(raw)
    assert "unreadable" not in reading.doubts
    assert {"no_sender", "no_address_of_ours"} <= set(reading.doubts)


@pytest.mark.parametrize("name", LETTERS)
def test_a_reading_is_json_and_back_and_every_doubt_has_its_sentence(name: str):
    reading = read(LETTERS[name]())
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading
    assert set(reading.doubts) <= set(DOUBTS)


def test_letters_nobody_declared_are_read_in_subject_and_sender() -> None:
    raw = "From: Jürgen Groß <abuse@host.example>\nSubject: Löschung – Frist\n\nBitte löschen\n".encode()
    read = read_mail(raw, received_at=SATURDAY, house=HOUSE)
    assert (read.subject, read.sender.name) == ("Löschung – Frist", "Jürgen Groß")
