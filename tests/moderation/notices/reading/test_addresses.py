"""Addresses in the forms people write them, and those that only look like ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.ids import id_at
from folkmoot.moderation.notices.reading import House, Item, read_text

NOW = datetime(2021, 1, 9, 18, tzinfo=UTC)
HOUSE = House(
    base_url="https://moot.example",
    domain="moot.example",
    former=("alt.example",),
    media_url="https://cdn.moot-files.example/m",
)
ID = "105345678901234567"
HASH = "ab" * 32
KEY = f"ab/ab/{HASH}.jpg"
POST = ("post", ID)


def items(text: str, house: House = HOUSE) -> list[Item]:
    return list(read_text(text, received_at=NOW, house=house).items)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://moot.example/@ada/{ID}", POST),
        (f"http://moot.example/@ada/{ID}", POST),
        (f"HTTPS://MOOT.EXAMPLE/@Ada/{ID}", POST),
        (f"https://www.moot.example/@ada/{ID}", POST),
        (f"https://moot.example:443/@ada/{ID}", POST),
        (f"https://moot.example./@ada/{ID}", POST),
        (f"https://moot.example//@ada//{ID}/", POST),
        (f"https://moot.example/@ada/{ID}?s=20#reply", POST),
        (f"https://moot.example/%40ada/{ID}", POST),
        (f"https://moot.example/@ada@moot.example/{ID}", POST),
        (f"https://moot.example/web/@ada/{ID}", POST),
        (f"https://moot.example/web/statuses/{ID}", POST),
        (f"https://moot.example/deck/@ada/{ID}", POST),
        (f"https://moot.example/users/ada/statuses/{ID}/activity", POST),
        (f"https://moot.example/api/v1/statuses/{ID}/context", POST),
        (f"https://moot.example/posts/{ID}/history", POST),
        (f"https://moot.example/local#post-{ID}", POST),
        (f"moot.example/@ada/{ID}", POST),
        (f"Siehe moot.example/posts/{ID}!", POST),
        (f"<https://moot.example/@ada/{ID}>", POST),
        (f"(https://moot.example/@ada/{ID}).", POST),
        (f"„https://moot.example/@ada/{ID}“", POST),
        (f"[1]https://moot.example/@ada/{ID}, and", POST),
        (f"*https://moot.example/@ada/{ID}*", POST),
        (f"hxxps://moot[.]example/@ada/{ID}", POST),
        (f"hXXp[:]//moot(.)example/@ada/{ID}", POST),
        (f"hxxps[://]moot[dot]example[/]@ada/{ID}", POST),
        (f"moot [.] example/@ada/{ID}", POST),
        ("https://moot.example/@ada/10534\n5678901234567", POST),
        (f"> https://moot.example/\n> @ada/{ID}", POST),
        ("https://moot.example/@ada/105345\n678901\n234567", POST),
        (f"https://moot.exam\u00adple/@ada/{ID}", POST),
        (f"https://moot.\u200bexample/@ada/{ID}", POST),
        (f"https://alt.example/@ada/{ID}", POST),
        (f"https://l.filter.example/?url=https%3A%2F%2Fmoot.example%2F%40ada%2F{ID}&amp;d=1", POST),
        (f"https://l.filter.example/?url=https%253A%252F%252Fmoot.example%252F%2540ada%252F{ID}", POST),
        (f"https://search.example/url?q=https://moot.example/@ada/{ID}&sa=U", POST),
        (f"https://shield.example/v2/url?u=https-3A__moot.example_-40ada_{ID}&d=D", POST),
        (f"https://shield.example/v3/__https://moot.example/@ada/{ID}__;!!x", POST),
        ("https://moot.example/@ada", ("account", "ada")),
        ("https://moot.example/@Ada/followers", ("account", "ada")),
        ("moot.example/@ada?x=1", ("account", "ada")),
        ("https://moot.example/users/ada", ("account", "ada")),
        ("@ada@moot.example", ("account", "ada")),
        ("das Konto @Ada@moot.example, das", ("account", "ada")),
        ("acct:ada@moot.example", ("account", "ada")),
        (f"https://moot.example/accounts/{ID}/report", ("account_id", ID)),
        (f"https://moot.example/media/{KEY}", ("media", KEY)),
        (f"https://cdn.moot-files.example/m/{KEY}", ("media", KEY)),
        (f"https://moot.example/media/ab/ab/{HASH[:40]}\n{HASH[40:]}.jpg", ("media", KEY)),
        ("https://moot.example/tags/boston", ("tag", "boston")),
        ("https://moot.example/about", ("page", "/about")),
    ],
)
def test_an_address_is_found(text: str, expected: tuple[str, str]):
    found = items(text)
    assert [(item.kind, item.value) for item in found] == [expected]
    assert found[0].sure


@pytest.mark.parametrize(
    "text",
    [
        f"https://evil.example/@ada/{ID}",
        f"https://notmoot.example/@ada/{ID}",
        f"https://moot.example.evil.example/@ada/{ID}",
        f"https://moot.example@evil.example/@ada/{ID}",
        f"https://sub.moot.example/@ada/{ID}",
        "abuse@moot.example",
        "ada@alt.example",
        "your site moot.example is",
        "https://moot.example/",
        f"order 4711-{ID}",
        "post 12",
        "Beitrag 999999999999999999",
    ],
)
def test_what_only_looks_like_ours_is_not(text: str):
    assert items(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"post {ID}",
        f"Post ID: {ID}",
        f"Beitrag Nr. {ID}",
        f"status {ID}",
        f"@ada/{ID}",
        f"https://archive.example/2021/https://moot.example/@ada/{ID}",
    ],
)
def test_what_is_only_likely_is_unsure(text: str):
    found = items(text)
    assert [(item.kind, item.value, item.sure) for item in found] == [("post", ID, False)]


def test_several_numbers_after_one_word():
    found = items(f"Beiträge {ID}, 105345678901234568 und 105345678901234569")
    assert [item.value for item in found] == [ID, "105345678901234568", "105345678901234569"]


def test_an_id_from_the_future_is_unsure():
    later = id_at(datetime(2031, 1, 1, tzinfo=UTC))
    assert [item.sure for item in items(f"https://moot.example/@ada/{later}")] == [False]


def test_a_sure_address_replaces_an_unsure_one():
    assert [item.sure for item in items(f"post {ID} https://moot.example/@ada/{ID}")] == [True]


def test_a_name_in_letters_and_in_punycode_is_one():
    house = House(base_url="https://bürger.example", domain="bürger.example")
    for text in (
        f"https://bürger.example/@ada/{ID}",
        f"https://xn--brger-kva.example/@ada/{ID}",
        f"BÜRGER.example/@ada/{ID}",
    ):
        assert [(item.kind, item.value) for item in items(text, house)] == [POST]


def test_a_network_on_a_port_has_addresses_too():
    house = House(base_url="http://localhost:8000", domain="localhost:8000")
    assert [(item.kind, item.value) for item in items(f"http://localhost:8000/@ada/{ID}", house)] == [POST]


def test_the_line_an_address_stood_in_comes_with_it():
    (item,) = items(f"One.\nThis one calls for a march: https://moot.example/@ada/{ID} (at night)\nTwo.")
    assert item.context == f"This one calls for a march: https://moot.example/@ada/{ID} (at night)"


def test_ten_thousand_addresses_are_read_and_one_more_is_told():
    text = "\n".join(f"https://moot.example/@ada/{int(ID) + n}" for n in range(10_001))
    reading = read_text(text, received_at=NOW, house=HOUSE)
    assert len(reading.items) == 10_000
    assert "more_addresses_than_read" in reading.doubts


@given(
    before=st.sampled_from(["", " ", "\n", "(", "<", "- ", "“", "*"]),
    after=st.sampled_from(["", " ", "\n", ")", ">", ".", ",", "”", "*", ")."]),
    host=st.sampled_from(
        [
            "https://moot.example",
            "http://moot.example",
            "moot.example",
            "hxxps://moot[.]example",
            "HTTPS://Moot.Example",
        ]
    ),
    id=st.integers(0, 10**6),
)
def test_an_address_is_found_whatever_stands_around_it(before: str, after: str, host: str, id: int):
    number = str(int(ID) - id)
    assert [(item.kind, item.value) for item in items(f"{before}{host}/@ada/{number}{after}")] == [("post", number)]
