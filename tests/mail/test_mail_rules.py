"""Addresses, headers, waits: plain values."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.errors import Invalid
from folkmoot.mail import Attachment, WrongAddress, check_address, new_message_id
from folkmoot.mail.compose import compose
from folkmoot.mail.rules import check_message_id, header_words, next_attempt, thread_of
from folkmoot.mail.views import Letter
from folkmoot.settings import Settings

NOW = datetime(2021, 1, 10, 23, 59, tzinfo=UTC)
SETTINGS = Settings(public_url="https://moot.example", site_name="Grüner Anger")


@pytest.mark.parametrize(
    ("given_", "wired"),
    [
        ("ada@example.org", "ada@example.org"),
        (" ada+post@example.org ", "ada+post@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_becomes_what_the_wire_wants(given_: str, wired: str) -> None:
    assert check_address(given_) == wired


@pytest.mark.parametrize(
    "wrong",
    ["", "ada", "ada@", "@example.org", "ada@example.org, bert@example.org", "Ada <ada@example.org>", "a da@example.org",
     "ada@example.org\r\nBcc: bert@example.org", "ada@-example.org", "a..b@example.org", "ada@exa mple.org", "ä@example.org"],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(wrong: str) -> None:
    with pytest.raises(WrongAddress):
        check_address(wrong)


@given(st.text(max_size=400))
def test_no_words_break_out_of_their_header(words: str) -> None:
    line = header_words(words)
    assert line.splitlines() in ([], [line])
    assert len(line) <= 300


@given(subject=st.text(min_size=1, max_size=300), text=st.text(max_size=2000), name=st.text(max_size=100))
def test_whatever_is_written_a_mail_has_the_headers_we_gave_it_and_no_other(subject: str, text: str, name: str) -> None:
    letter = Letter(
        id=1,
        message_id=new_message_id("moot.example"),
        to="host@example.org",
        subject=header_words(subject) or "-",
        text=text.encode("utf-8", "replace").decode(),
        fresh_until=NOW,
        attachments=(
            Attachment(name=name.encode("utf-8", "replace").decode(), content_type="application/pdf", body=b"%PDF"),
        ),
    )
    message = email.message_from_bytes(compose(letter, SETTINGS, NOW), policy=policy.default)
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert " ".join(str(message["Subject"]).split()) == " ".join(letter.subject.split())


def test_a_mail_says_that_a_machine_wrote_it_and_what_it_answers() -> None:
    letter = Letter(
        id=1,
        message_id="<a@moot.example>",
        to="host@example.org",
        subject="Ihre Meldung — Antwort",
        text="Straße\n",
        language="de",
        in_reply_to="<b@example.org>",
        references=("<c@example.org>", "<b@example.org>"),
        urgent=True,
        fresh_until=NOW,
    )
    message = email.message_from_bytes(compose(letter, SETTINGS, NOW), policy=policy.default)
    assert message["From"] == "Grüner Anger <folkmoot@moot.example>"
    assert message["Subject"] == "Ihre Meldung — Antwort"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<b@example.org>"
    assert message["References"] == "<c@example.org> <b@example.org>"
    assert message["Date"].datetime == NOW
    assert message["Importance"] == "high"
    assert not [name for name in message if name.lower().startswith("list-")]
    assert message.get_content().strip() == "Straße"


def test_identifiers_are_checked_and_threads_stay_short() -> None:
    assert check_message_id(" <a@b> ") == "<a@b>"
    for wrong in ("a@b", "<a@b>\r\nBcc: x", "<a b@c>"):
        with pytest.raises(Invalid):
            check_message_id(wrong)
    long = [f"<{number}@b>" for number in range(60)]
    assert thread_of([*long, "broken\nBcc: x"], "<last@b>") == ["<0@b>", *long[41:], "<last@b>"]
    assert new_message_id("moot.example:8000").endswith("@moot.example>")


def test_waits_grow_and_urgent_mail_waits_minutes() -> None:
    waits = [next_attempt(attempts, NOW, urgent=False) - NOW for attempts in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)
    assert next_attempt(50, NOW, urgent=True) - NOW == timedelta(minutes=5)
