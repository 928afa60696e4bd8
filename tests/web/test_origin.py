"""Whose word counts about where a request comes from."""

from __future__ import annotations

import pytest

from folkmoot.web.origin import Origin


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger's word
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.7", "198.51.100.1"),  # what the client made up stays behind
        ("127.0.0.1", "nonsense", "nonsense"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str | None, address: str) -> None:
    assert Origin(["127.0.0.1", "10.0.0.0/8"]).address(peer, forwarded) == address
