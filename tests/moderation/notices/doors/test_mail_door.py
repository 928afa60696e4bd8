"""The door a mail server hands mail to: real clients over real sockets; 250 only for what was kept."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Callable
from typing import Any

import aiosmtplib
import pytest
from mail_drawer import MAIL, Drawer

from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.moderation.notices.doors import listen
from folkmoot.moderation.notices.doors.listen import MailDoor
from folkmoot.moderation.notices.doors.take_in import MOST_BYTES


async def test_lmtp_takes_a_mail_and_says_so_after_keeping_it():
    drawer = Drawer()
    async with MailDoor("lmtp://127.0.0.1:0", drawer.mails()) as door:
        code, words = await _in_a_thread(_by_lmtp, door.port, MAIL, ["notices@example.org"])
    assert (code, words) == (250, b"2.0.0 Kept")
    raw, reading = drawer.kept[0]
    assert raw == MAIL
    assert [item.value for item in reading.items] == ["105345678901234567"]


async def test_smtp_takes_the_bytes_as_they_are():
    drawer = Drawer()
    odd = MAIL + b"..a line of dots\r\n" + b"x" * 5_000 + b"\r\n\xff\x00\xfe\r\n"
    async with MailDoor("smtp://127.0.0.1:0", drawer.mails()) as door:
        await aiosmtplib.send(
            odd,
            sender="a@cloud.example",
            recipients=["n@example.org"],
            hostname="127.0.0.1",
            port=door.port,
            start_tls=False,
        )
    assert drawer.kept[0][0] == odd


@pytest.mark.parametrize("error", [Unavailable(), FolkmootError("No."), RuntimeError("a mistake of ours")])
async def test_what_cannot_be_kept_has_to_come_again(error: Exception):
    drawer = Drawer(error=error)
    async with MailDoor("lmtp://127.0.0.1:0", drawer.mails()) as door:
        code, _ = await _in_a_thread(_by_lmtp, door.port, MAIL, ["notices@example.org"])
        assert code == 451
        drawer.error = None
        code, _ = await _in_a_thread(_by_lmtp, door.port, MAIL, ["notices@example.org"])
    assert code == 250
    assert len(drawer.kept) == 1


async def test_a_mail_too_large_is_refused_for_good():
    drawer = Drawer()
    async with MailDoor("smtp://127.0.0.1:0", drawer.mails()) as door:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await aiosmtplib.send(
                MAIL + b"x" * MOST_BYTES,
                sender="a@cloud.example",
                recipients=["n@example.org"],
                hostname="127.0.0.1",
                port=door.port,
                start_tls=False,
            )
    assert refused.value.code == 552
    assert drawer.kept == []


async def test_only_the_addresses_asked_for_are_served():
    drawer = Drawer()
    async with MailDoor("smtp://127.0.0.1:0", drawer.mails(), ("notices@example.org",)) as door:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await aiosmtplib.send(
                MAIL,
                sender="a@b.example",
                recipients=["x@example.org"],
                hostname="127.0.0.1",
                port=door.port,
                start_tls=False,
            )
        await aiosmtplib.send(
            MAIL,
            sender="a@b.example",
            recipients=["Notices@example.org"],
            hostname="127.0.0.1",
            port=door.port,
            start_tls=False,
        )
    assert len(drawer.kept) == 1


async def test_lmtp_takes_one_recipient_at_a_time_since_it_owes_an_answer_for_each():
    drawer = Drawer()
    async with MailDoor("lmtp://127.0.0.1:0", drawer.mails()) as door:
        refused = await _in_a_thread(_by_lmtp, door.port, MAIL, ["a@example.org", "b@example.org"])
    assert refused == (250, b"2.0.0 Kept")
    assert len(drawer.kept) == 1


async def test_connections_beyond_the_bound_are_sent_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listen, "MOST_CONNECTIONS", 2)
    async with MailDoor("smtp://127.0.0.1:0", Drawer().mails()) as door:
        greetings = []
        writers = []
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writers.append(writer)
            greetings.append((await reader.readline())[:3])
        for writer in writers:
            writer.close()
            await writer.wait_closed()
    assert greetings == [b"220", b"220", b"421"]


async def test_a_client_that_leaves_in_the_middle_leaves_nothing():
    drawer = Drawer()
    async with MailDoor("smtp://127.0.0.1:0", drawer.mails()) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        await reader.readline()
        for line in (b"HELO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<n@example.org>\r\n", b"DATA\r\n"):
            writer.write(line)
            await reader.readline()
        writer.write(b"From: a@b.example\r\n\r\nhalf a")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.05)
    assert drawer.kept == []


async def test_noise_is_answered_and_survived():
    drawer = Drawer()
    async with MailDoor("lmtp://127.0.0.1:0", drawer.mails()) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        await reader.readline()
        writer.write(b"\x00\xff\xfe" * 1_000 + b"\r\nEHLO x\r\n")
        assert (await reader.readline()).startswith(b"500")
        writer.close()
        await writer.wait_closed()
        assert (await _in_a_thread(_by_lmtp, door.port, MAIL, ["n@example.org"]))[0] == 250


async def test_a_door_waits_for_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listen, "AGAIN_AFTER", 0.05)
    drawer = Drawer()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        door = MailDoor(f"smtp://127.0.0.1:{port}", drawer.mails())
        keeping = asyncio.create_task(door.keep_open())
        await asyncio.sleep(0.1)
    for _ in range(100):
        try:
            await aiosmtplib.send(
                MAIL,
                sender="a@b.example",
                recipients=["n@example.org"],
                hostname="127.0.0.1",
                port=port,
                start_tls=False,
            )
            break
        except OSError:
            await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert len(drawer.kept) == 1


def _by_lmtp(port: int, mail: bytes, recipients: list[str]) -> tuple[int, bytes]:
    with smtplib.LMTP("127.0.0.1", port, timeout=10) as client:
        client.ehlo()
        client.mail("abuse@cloud.example")
        for recipient in recipients:
            client.rcpt(recipient)
        return client.data(mail)


async def _in_a_thread(act: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.to_thread(act, *arguments)
