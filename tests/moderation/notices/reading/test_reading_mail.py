"""Whole letters, as hosts, stores, authorities and people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from folkmoot.moderation.notices.reading import House, read_mail

SATURDAY = datetime(2021, 1, 9, 18, 1, tzinfo=UTC)
HOUSE = House(base_url="https://example.org", domain="example.org", former=("old.example.net",), zone="Europe/Berlin")

ULTIMATUM = b"""From: Trust & Safety <abuse@cloud.example>
To: abuse@example.org
Date: Sat, 09 Jan 2021 10:00:00 -0800
Subject: Action required: violent content
Message-ID: <abc@cloud.example>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Dear operator,

you have not taken down much of the content we sent you. Unless this changes
we will suspend your server. You have until Sunday midnight PST.

https://example.org/@ada/1053456789=
01234567
hxxps://example[.]org/@bert/105345678901234568.
(see EXAMPLE.org/posts/105345678901234569), https://safe.filter.example/?url=3Dhttps=
%3A%2F%2Fexample.org%2F%40cleo%2F105345678901234570&data=3D1
@ada@example.org and mail ops@example.org, post 105345678901234571
https://example.org/@wrap/10534
5678901234572
https://elsewhere.example/@ada/1
"""


def test_a_hosts_ultimatum_is_understood():
    reading = read_mail(ULTIMATUM, received_at=SATURDAY, house=HOUSE)
    assert (reading.form, reading.intent, reading.kind, reading.category) == ("mail", "notice", "host", "violence")
    assert reading.sender.address == "abuse@cloud.example"
    assert reading.message_id == "abc@cloud.example"
    assert reading.language == "en"
    assert [(item.kind, item.value, item.sure) for item in reading.items] == [
        ("post", "105345678901234567", True),
        ("post", "105345678901234568", True),
        ("post", "105345678901234569", True),
        ("post", "105345678901234570", True),
        ("account", "ada", True),
        ("post", "105345678901234572", True),
        ("post", "105345678901234571", False),
    ]
    assert reading.foreign == ("https://elsewhere.example/@ada/1",)
    assert reading.deadline is not None
    assert reading.deadline.moment == datetime(2021, 1, 11, 8, tzinfo=UTC)
    assert (reading.deadline.zone, reading.deadline.zone_source) == ("America/Los_Angeles", "written")
    assert reading.deadline.sure
    assert reading.doubts == ("addresses_unsure",)


def test_nothing_at_all_is_still_a_reading():
    reading = read_mail(b"", received_at=SATURDAY, house=HOUSE)
    assert "unreadable" not in reading.doubts
    assert {"no_headers", "no_sender", "no_text", "no_address_of_ours"} <= set(reading.doubts)
