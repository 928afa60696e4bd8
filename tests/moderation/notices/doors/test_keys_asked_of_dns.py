"""Keys of signatures are asked of a DNS server that answers, denies, or says nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.message
import dns.rcode
import dns.rrset
import pytest

from folkmoot.moderation.notices.doors import names
from folkmoot.moderation.notices.doors.names import resolver

RECORDS = {
    "s1._domainkey.cloud.example.": '"v=DKIM1; k=rsa; " "p=AAAA"',
    "two._domainkey.cloud.example.": ('"unrelated"', '"v=DKIM1; p=BBBB"'),
}


@pytest.fixture
def server() -> Iterator[int]:
    """A DNS server on loopback: it knows RECORDS, is silent about `silent.example`, and denies the rest."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(0.05)
        stop = threading.Event()

        def answer() -> None:
            while not stop.is_set():
                try:
                    asked, peer = door.recvfrom(4_096)
                except TimeoutError:
                    continue
                question = dns.message.from_wire(asked)
                name = question.question[0].name.to_text()
                if name.startswith("silent."):
                    continue
                made = dns.message.make_response(question)
                if texts := RECORDS.get(name):
                    found = (texts,) if isinstance(texts, str) else texts
                    made.answer.append(dns.rrset.from_text(name, 300, "IN", "TXT", *found))
                else:
                    made.set_rcode(dns.rcode.NXDOMAIN)
                door.sendto(made.to_wire(), peer)

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        yield int(door.getsockname()[1])
        stop.set()
        answering.join(2)


def test_a_record_in_pieces_is_put_together(server: int):
    assert resolver("127.0.0.1", server)("s1._domainkey.cloud.example.") == b"v=DKIM1; k=rsa; p=AAAA"


def test_of_several_records_the_one_with_a_key_is_taken(server: int):
    assert resolver("127.0.0.1", server)("two._domainkey.cloud.example") == b"v=DKIM1; p=BBBB"


def test_what_is_not_there_is_none(server: int):
    assert resolver("127.0.0.1", server)("s1._domainkey.nobody.example") is None


def test_silence_is_told_apart_and_bounded(server: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(names, "SECONDS", 0.2)
    with pytest.raises(TimeoutError):
        resolver("127.0.0.1", server)("silent.example")
