"""Letters, most of them broken: each becomes a reading, in bounded time, and none is beyond us."""

from __future__ import annotations

import itertools
import json
import time

import msgspec
import pytest
from damage import damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.moderation.notices.reading import DOUBTS, Reading, read_document, read_mail, read_text
from letters import HOUSE, LETTERS, SATURDAY, xarf

MOST_SECONDS = 10.0
"""Of CPU for the largest letter there may be, here by a wide margin: what this catches takes minutes."""


def check(reading: Reading) -> None:
    assert not any(doubt.startswith("unreadable:") for doubt in reading.doubts), reading.doubts
    assert set(reading.doubts) <= set(DOUBTS)
    assert len(msgspec.json.encode(reading)) < 60_000_000
    if reading.deadline:
        assert reading.deadline.moment.utcoffset() is not None
    assert "\0" not in msgspec.json.encode(reading).decode()


def read_all(count: int, seed: int) -> None:
    for number, raw in enumerate(itertools.islice(damaged(seed), count)):
        began = time.process_time()
        reading = read_mail(raw, received_at=SATURDAY, house=HOUSE)
        assert time.process_time() - began < MOST_SECONDS, f"letter {number} of seed {seed}, {len(raw)} bytes"
        check(reading)


def test_hundreds_of_damaged_letters_are_read():
    read_all(150, seed=1)


@pytest.mark.slow
def test_many_more_damaged_letters_are_read():
    read_all(800, seed=7)  # ten thousand: python -m bench.letters


@settings(max_examples=40)
@given(raw=st.binary(max_size=3_000))
def test_any_bytes_are_read(raw: bytes):
    check(read_mail(raw, received_at=SATURDAY, house=HOUSE))


@settings(max_examples=40)
@given(name=st.sampled_from(sorted(LETTERS)), at=st.floats(0, 1), what=st.binary(max_size=40))
def test_any_bytes_may_stand_anywhere_in_a_letter(name: str, at: float, what: bytes):
    raw = LETTERS[name]()
    place = int(len(raw) * at)
    check(read_mail(raw[:place] + what + raw[place:], received_at=SATURDAY, house=HOUSE))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=40)
@given(field=st.sampled_from(sorted(xarf())), value=_json)
def test_any_value_may_stand_in_a_report(field: str, value: object):
    check(read_document({**xarf(), field: value}, received_at=SATURDAY, house=HOUSE))
    check(read_document(json.dumps({**xarf(), field: value}).encode(), received_at=SATURDAY, house=HOUSE))


@settings(max_examples=40)
@given(text=st.text(max_size=500))
def test_any_text_may_stand_in_the_form(text: str):
    check(read_text(text, received_at=SATURDAY, house=HOUSE))


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"{}",
        b"null",
        b"\xff",
        b'{"xarf_version": 1e999}',
        b'{"xarf_version":"\\ud800"}',
    ],
)
def test_json_that_is_none_of_ours(raw: bytes):
    reading = read_document(raw, received_at=SATURDAY, house=HOUSE)
    assert not any(doubt.startswith("unreadable:") for doubt in reading.doubts)
