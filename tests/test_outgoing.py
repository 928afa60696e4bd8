"""The way out leads to the public internet and nowhere else."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from folkmoot.outgoing import NoAnswer, NotOutside, Outgoing, check_url, is_outside


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::1"],
)  # fmt: skip
def test_addresses_of_other_peoples_networks_are_not_outside(inside: str) -> None:
    assert not is_outside(inside)


@pytest.mark.parametrize("outside", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_of_the_internet_are(outside: str) -> None:
    assert is_outside(outside)


@pytest.mark.parametrize(
    "wrong",
    ["http://push.example.org/", "https://127.0.0.1/", "https://localhost/", "https://2130706433/", "https://0x7f.1/",
     "https://[::1]/", "https://user:word@push.example.org/", "https://printer.local/", "ftp://push.example.org/", "",
     "https://", "https://push.example.org:99999/", "https://push.example.org/\r\nX: y", "https://router/"],
)  # fmt: skip
def test_such_addresses_are_refused_before_anything_is_looked_up(wrong: str) -> None:
    with pytest.raises(NotOutside):
        check_url(wrong)


def test_a_plain_address_of_a_push_service_is_fine() -> None:
    assert check_url("https://push.example.org:8443/wpush/v2/abc?d=1")


async def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolved(host: str, port: int, *more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    async with Outgoing() as outgoing:
        with pytest.raises(NoAnswer, match="no address of the public internet"):
            await outgoing.post("https://push.example.org/", b"", {})
