"""From a client on a socket to a notice in the database: each letter once, whole, and none lost."""

from __future__ import annotations

import asyncio
import itertools
import re
import smtplib
from typing import Any

import pytest
from damage import damaged
from imap_server import ImapServer, Post
from mail_drawer import MAIL

from folkmoot.database import Database
from folkmoot.moderation.notices.doors import MailDoor, Mails, intake_of
from folkmoot.moderation.notices.doors.mailbox import Mailbox, look
from folkmoot.moderation.notices.doors.take_in import MOST_BYTES
from folkmoot.moderation.notices.write_down import LETTER
from folkmoot.network.gate import Gate
from folkmoot.settings import Secret, Settings
from letters import LETTERS

SETTINGS = Settings(public_url="https://moot.example", screening="off", notice_dkim=False)


def mails(db: Database) -> Mails:
    return Mails(intake_of(db, Gate(db, SETTINGS), SETTINGS))


def on_the_wire(letter: bytes) -> bytes:
    """As a mail server hands it on: lines end in CRLF."""
    return re.sub(rb"\r\n|\n|\r", b"\r\n", letter).rstrip(b"\r\n") + b"\r\n"


def hand_over(port: int, letters: list[bytes]) -> list[int]:
    """What a mail server does: one connection, a letter after the other, and it goes by the answers."""
    codes = []
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        for letter in letters:
            client.mail("abuse@cloud.example")
            client.rcpt("notices@moot.example")
            codes.append(client.data(letter)[0])
    return codes


async def kept(db: Any) -> list[bytes]:
    rows = await db.fetch("SELECT raw FROM notice_letters WHERE direction = 'in' ORDER BY id")
    return [db.vault.unseal(LETTER, bytes(row["raw"])) for row in rows]


async def test_every_letter_through_the_door_is_kept_as_it_came_and_once(db: Any) -> None:
    letters = [on_the_wire(make()) for make in LETTERS.values()]
    async with MailDoor("lmtp://127.0.0.1:0", mails(db)) as door:
        assert await asyncio.to_thread(hand_over, door.port, letters) == [250] * len(letters)
        assert await asyncio.to_thread(hand_over, door.port, letters[:3]) == [250] * 3
    assert await kept(db) == letters


async def test_the_same_letter_by_door_and_mailbox_is_one_notice(db: Any) -> None:
    post = Post()
    post.deliver(MAIL)
    async with MailDoor("lmtp://127.0.0.1:0", mails(db)) as door:
        assert await asyncio.to_thread(hand_over, door.port, [MAIL]) == [250]
    with ImapServer(post) as server:
        box = Mailbox(f"imap://abuse@127.0.0.1:{server.port}", Secret("pw"), "")
        assert await look(box, mails(db)) == 1
    assert len(await kept(db)) == 1


async def test_damaged_letters_are_kept_too(db: Any) -> None:
    letters = [on_the_wire(each) for each in itertools.islice(damaged(3), 60) if len(each) < 200_000]
    async with MailDoor("lmtp://127.0.0.1:0", mails(db)) as door:
        codes = await asyncio.to_thread(hand_over, door.port, letters)
    assert set(codes) == {250}
    assert await kept(db) == list(dict.fromkeys(letters))


async def test_a_letter_may_be_as_large_as_we_say(db: Any) -> None:
    letter = MAIL + (b"x" * 98 + b"\r\n") * ((MOST_BYTES - len(MAIL) - 500) // 100)
    async with MailDoor("lmtp://127.0.0.1:0", mails(db)) as door:
        assert await asyncio.to_thread(hand_over, door.port, [letter]) == [250]
    is_whole = await kept(db) == [letter]  # not in the assertion, which would compare megabytes line by line
    assert is_whole


async def test_a_letter_may_be_one_line(db: Any) -> None:
    letter = MAIL + b"x" * 3_000_000 + b"\r\n"
    async with MailDoor("lmtp://127.0.0.1:0", mails(db)) as door:
        assert await asyncio.to_thread(hand_over, door.port, [letter]) == [250]
    is_whole = await kept(db) == [letter]  # not in the assertion, which would compare megabytes line by line
    assert is_whole


@pytest.mark.slow
async def test_without_a_database_the_letter_has_to_come_again(database_url: str) -> None:
    gone = await Database.open(database_url, connections=1)
    await gone.close()
    async with MailDoor("lmtp://127.0.0.1:0", mails(gone)) as door:
        assert await asyncio.to_thread(hand_over, door.port, [MAIL]) == [451]
