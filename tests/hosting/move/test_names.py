"""Pointing the network's name to another host, against a name server that really answers."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.tsigkeyring
import dns.update
import pytest

from folkmoot.hosting.move import names
from folkmoot.settings import Secret, Settings

KEY = "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
ZONE = dns.name.from_text("moot.example")


class NameServer:
    """One zone over TCP: takes updates signed with its key, refuses others, and answers what it has."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.records: dict[tuple[str, str], set[str]] = {("moot.example.", "A"): {"192.0.2.1"}}
        self._keys = dns.tsigkeyring.from_text({"mover": KEY})
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                there, _ = self._door.accept()
            except OSError:
                return
            with there, contextlib.suppress(OSError, EOFError, struct.error):
                length = struct.unpack("!H", there.recv(2))[0]
                asked = b""
                while len(asked) < length:
                    asked += there.recv(length - len(asked))
                answer = self._answer(asked)
                there.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, wire: bytes) -> bytes:
        try:
            message = dns.message.from_wire(wire, keyring=self._keys)
        except (dns.tsig.BadSignature, dns.message.UnknownTSIGKey, dns.tsig.PeerError):
            refused = dns.message.from_wire(wire, keyring=self._keys, ignore_trailing=True, continue_on_error=True)
            answer = dns.message.Message(refused.id)
            answer.flags |= 0x8000
            answer.set_rcode(dns.rcode.NOTAUTH)
            return answer.to_wire()
        answer = dns.message.make_response(message)
        if not isinstance(message, dns.update.UpdateMessage) or not message.had_tsig:
            answer.set_rcode(dns.rcode.REFUSED)
            return answer.to_wire()
        for rrset in message.update:
            key = (rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype))
            if rrset.deleting is not None:
                self.records.pop(key, None)
            else:
                self.records.setdefault(key, set()).update(item.to_text() for item in rrset)
        return answer.to_wire()


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def host(name_server: NameServer, tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path,
        public_url="https://moot.example",
        public_addresses=("203.0.113.7", "2001:db8::7"),
        dns_server=f"127.0.0.1:{name_server.port}",
        dns_zone="moot.example",
        dns_key_name="mover",
        dns_key_secret=Secret(KEY),
    )


def test_the_old_addresses_go_and_ours_come(name_server: NameServer, host: Settings) -> None:
    said = names.change(host)
    assert name_server.records == {("moot.example.", "A"): {"203.0.113.7"}, ("moot.example.", "AAAA"): {"2001:db8::7"}}
    assert "203.0.113.7" in said


def test_without_the_right_key_nothing_changes_and_the_sentence_says_so(
    name_server: NameServer, host: Settings
) -> None:
    for wrong in ({"dns_key_name": ""}, {"dns_key_secret": Secret("d3Jvbmc=")}):
        with pytest.raises(names.NamesNotChanged) as refused:
            names.change(dataclasses.replace(host, **wrong))  # type: ignore[arg-type]  # two kinds of value
        assert "folkmoot move names" in refused.value.words
    assert name_server.records == {("moot.example.", "A"): {"192.0.2.1"}}


def test_a_key_that_is_no_base64_and_a_server_that_is_silent_are_said(host: Settings) -> None:
    with pytest.raises(names.NamesNotChanged, match="base64"):
        names.change(dataclasses.replace(host, dns_key_secret=Secret("a")))
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(names.NamesNotChanged, match="does not answer"):
        names.change(dataclasses.replace(host, dns_server=f"127.0.0.1:{port}"))


def test_a_name_outside_the_zone_is_refused_before_anybody_is_asked(host: Settings) -> None:
    with pytest.raises(names.NamesNotChanged, match="not in the zone"):
        names.change(dataclasses.replace(host, dns_zone="other.example"))


def test_by_hand_the_exact_records_are_shown(host: Settings) -> None:
    said = names.change(dataclasses.replace(host, dns_server=""))
    assert "moot.example.  60  IN  A  203.0.113.7" in said
    assert "moot.example.  60  IN  AAAA  2001:db8::7" in said


def test_a_command_of_the_operators_gets_what_it_needs_and_its_failure_is_said(host: Settings, tmp_path: Path) -> None:
    file = tmp_path / "asked"
    by_command = dataclasses.replace(host, names_command=f'echo "$NAME $ADDRESSES" > {file}; echo changed')
    assert names.change(by_command).endswith("changed")
    assert file.read_text() == "moot.example 203.0.113.7 2001:db8::7\n"
    with pytest.raises(names.NamesNotChanged, match="ended with 3"):
        names.change(dataclasses.replace(host, names_command="exit 3"))


def test_names_are_watched_until_they_have_ours_and_nothing_else(host: Settings) -> None:
    spread = {"A": {"203.0.113.7"}, "AAAA": {"2001:db8::7", "2001:db8::1"}}
    seen = names.point_here(host, lambda name, kind: spread[kind])
    assert list(seen.values()) == [True, False]


def test_a_network_without_a_name_or_addresses_has_nothing_to_change(host: Settings) -> None:
    for none in ({"public_addresses": ()}, {"public_url": "http://localhost:8000"}, {"public_url": "http://10.0.0.1"}):
        found = dataclasses.replace(host, **none)  # type: ignore[arg-type]  # two kinds of value
        assert names.wanted(found) == []
        assert names.change(found).startswith("No names to change")
