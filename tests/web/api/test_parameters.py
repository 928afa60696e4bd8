"""Whatever encoding a client chose, the parameters are read the same; what cannot be read is refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.errors import FolkmootError, Invalid, Malformed
from folkmoot.web.api.parameters import convert, merge


class Inner(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class Given(msgspec.Struct, frozen=True):
    text: str = ""
    flag: bool | None = None
    number: int | None = None
    items: list[str] = []
    inner: Inner | None = None
    fields: list[Inner] = []


def read(query: bytes = b"", body: bytes = b"", kind: str = "") -> Given:
    found: Given = convert(merge(query, kind, body), Given)
    return found


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"query": b"text=a&flag=true&number=7"}, Given("a", True, 7)),
        ({"body": b"text=a&flag=0", "kind": FORM}, Given("a", False)),
        ({"body": b'{"text":"a","flag":"on","number":"7"}', "kind": JSON}, Given("a", True, 7)),
        ({"query": b"items[]=a&items[]=b"}, Given(items=["a", "b"])),
        ({"query": b"items=a"}, Given(items=["a"])),
        ({"query": b"items[1]=b&items[0]=a"}, Given(items=["a", "b"])),
        ({"query": b"inner[name]=n"}, Given(inner=Inner("n"))),
        (
            {"query": b"fields[0][name]=n&fields[0][value]=v&fields[1][name]=m"},
            Given(fields=[Inner("n", "v"), Inner("m")]),
        ),
        (
            {"query": b"fields[][name]=n&fields[][value]=v&fields[][name]=m"},
            Given(fields=[Inner("n", "v"), Inner("m")]),
        ),
        ({"query": b"text=query", "body": b'{"text":"body"}', "kind": JSON}, Given("body")),
        ({"query": b"nobody=knows&text=a"}, Given("a")),
        ({"body": b'{"flag":null,"number":null}', "kind": JSON}, Given()),
    ],
)
def test_every_way_of_writing_it_is_understood(sent: dict[str, Any], expected: Given) -> None:
    assert read(**sent) == expected


@pytest.mark.parametrize(
    "sent",
    [
        {"query": b"number=seven"},
        {"query": b"number=" + b"9" * 30},
        {"query": b"number=" + b"9" * 5_000},
        {"query": b"text=a%00b"},
        {"query": b"text=%ff"},
        {"query": b"&".join(b"a=1" for _ in range(1_001))},
        {"query": b"inner[name][x][y][z][q]=1"},
        {"query": b"flag=perhaps"},
        {"body": b"{", "kind": JSON},
        {"body": b"[1]", "kind": JSON},
        {"body": b"[" * 100_000, "kind": JSON},
        {"body": b'{"number":1e300}', "kind": JSON},
        {"body": b'{"number":%d}' % 2**70, "kind": JSON},
        {"body": b'{"text":{"a":1}}', "kind": JSON},
        {"body": b'{"items":[{}]}', "kind": JSON},
        {"body": b"x", "kind": "multipart/form-data"},
        {"body": b"x", "kind": "multipart/form-data; boundary=b"},
    ],
)
def test_what_cannot_be_read_is_refused_in_words(sent: dict[str, Any]) -> None:
    with pytest.raises((Invalid, Malformed)):
        read(**sent)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["text", "flag", "number", "items", "inner", "fields"]), VALUES))
def test_any_json_is_read_or_refused(sent: dict[str, Any]) -> None:
    try:
        found = read(body=json.dumps(sent).encode(), kind=JSON)
    except FolkmootError:
        return
    assert found.number is None or abs(found.number) < 2**63
    assert "\0" not in found.text


@given(st.text(alphabet="abtexflgnumiwds[]0123456789=&%", max_size=40))
def test_any_query_is_read_or_refused(query: str) -> None:
    try:
        read(query=query.encode())
    except FolkmootError:
        return
