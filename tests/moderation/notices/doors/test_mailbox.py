"""A mailbox at a provider: every mail is taken once, marked only afterwards, and what fails waits there."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imap_server import ImapServer, Post
from mail_drawer import MAIL, Drawer

from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.moderation.notices.doors import mailbox
from folkmoot.moderation.notices.doors.mailbox import Mailbox, MailboxTrouble, keep_looking, look
from folkmoot.settings import Secret

NOW = datetime.now(UTC)


def box(server: ImapServer, done: str = "", *, scheme: str = "imap", context: ssl.SSLContext | None = None) -> Mailbox:
    return Mailbox(f"{scheme}://abuse%40example.org@127.0.0.1:{server.port}/INBOX", Secret("pw"), done, context)


def numbered(n: int) -> bytes:
    return MAIL.replace(b"A post", b"Post %d" % n)


@pytest.mark.parametrize("may_mark", [True, False])
async def test_each_mail_is_taken_once_and_marked(may_mark: bool):
    post, drawer = Post(may_mark=may_mark), Drawer()
    for n in range(3):
        post.deliver(numbered(n))
    with ImapServer(post) as server:
        assert await look(box(server), drawer.mails()) == 3
        assert await look(box(server), drawer.mails()) == 0
    assert [raw for raw, _ in drawer.kept] == [numbered(0), numbered(1), numbered(2)]
    assert all("\\Seen" in letter.flags for letter in post.folders["INBOX"])


async def test_what_somebody_read_by_hand_is_taken_all_the_same_where_marks_may_be_made():
    post, drawer = Post(), Drawer()
    post.deliver(MAIL)
    post.folders["INBOX"][0].flags.add("\\Seen")
    with ImapServer(post) as server:
        assert await look(box(server), drawer.mails()) == 1


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 MOVE UIDPLUS", "IMAP4rev1 UIDPLUS", "IMAP4rev1"])
async def test_taken_mails_are_moved_to_a_folder_that_is_made_when_it_is_missing(capabilities: str):
    post, drawer = Post(capabilities=capabilities), Drawer()
    post.deliver(MAIL)
    with ImapServer(post) as server:
        assert await look(box(server, "Übernommen"), drawer.mails()) == 1
        assert await look(box(server, "Übernommen"), drawer.mails()) == 0
    assert [letter.raw for letter in post.folders["&ANw-bernommen"]] == [MAIL]


async def test_a_line_that_goes_dead_before_the_mark_brings_the_mail_again_and_it_is_known():
    post, drawer = Post(drop_before="UID STORE"), Drawer()
    post.deliver(MAIL)
    with ImapServer(post) as server:
        with pytest.raises(mailbox.imaplib.IMAP4.abort):
            await look(box(server), drawer.mails())
        assert await look(box(server), drawer.mails()) == 1
        assert await look(box(server), drawer.mails()) == 0
    assert [reading.digest for _, reading in drawer.kept] == [drawer.kept[0][1].digest] * 2


async def test_without_a_database_everything_stays_in_the_mailbox():
    post, drawer = Post(), Drawer(error=Unavailable())
    post.deliver(MAIL)
    with ImapServer(post) as server:
        with pytest.raises(Unavailable):
            await look(box(server), drawer.mails())
        drawer.error = None
        assert await look(box(server), drawer.mails()) == 1


async def test_one_mail_that_cannot_be_kept_does_not_hold_up_the_rest():
    post, drawer = Post(), Drawer(error=FolkmootError("No."))
    post.deliver(numbered(0))
    post.deliver(numbered(1))
    with ImapServer(post) as server:
        assert await look(box(server), drawer.mails()) == 0
        assert not any(letter.flags for letter in post.folders["INBOX"])
        drawer.error = None
        assert await look(box(server), drawer.mails()) == 2


async def test_the_clock_begins_when_the_provider_had_the_mail():
    post, drawer = Post(), Drawer()
    at = (NOW - timedelta(hours=3)).replace(microsecond=0)
    post.deliver(MAIL + b"Please answer within 24 hours.\r\n", at)
    with ImapServer(post) as server:
        await look(box(server), drawer.mails())
    deadline = drawer.kept[0][1].deadline
    assert deadline is not None
    assert deadline.moment == at + timedelta(hours=24)


async def test_a_mail_larger_than_we_take_is_taken_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mailbox, "MOST_BYTES", 200)
    post, drawer = Post(), Drawer()
    post.deliver(MAIL + b"x" * 1_000)
    with ImapServer(post) as server:
        assert await look(box(server), drawer.mails()) == 1
    assert len(drawer.kept[0][0]) == 200


async def test_a_wrong_password_is_trouble_and_nothing_else():
    post = Post(password="another")
    with ImapServer(post) as server, pytest.raises(mailbox.imaplib.IMAP4.error):
        await look(box(server), Drawer().mails())


async def test_a_folder_that_is_not_there_is_trouble():
    with ImapServer(Post(folders={})) as server, pytest.raises(MailboxTrouble):
        await look(box(server), Drawer().mails())


async def test_looking_goes_on_after_trouble(monkeypatch: pytest.MonkeyPatch):
    post, drawer = Post(drop_before="SELECT"), Drawer()
    post.deliver(MAIL)
    with ImapServer(post) as server:
        url = f"imap://abuse@127.0.0.1:{server.port}"
        looking = asyncio.create_task(keep_looking(url, Secret("pw"), "", 0.02, drawer.mails()))
        for _ in range(200):
            if drawer.kept:
                break
            await asyncio.sleep(0.02)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    assert [raw for raw, _ in drawer.kept] == [MAIL]


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows, and what a client that trusts it knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM)
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + shown)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=shown.decode())


async def test_over_tls_a_provider_we_can_check_is_believed(tmp_path: Path):
    shown, known = certificates(tmp_path)
    post, drawer = Post(), Drawer()
    post.deliver(MAIL)
    with ImapServer(post, shown) as server:
        assert await look(box(server, scheme="imaps", context=known), drawer.mails()) == 1


async def test_nobody_we_cannot_check_is_told_the_password(tmp_path: Path):
    post = Post()
    with ImapServer(post, certificates(tmp_path)[0]) as server, pytest.raises(ssl.SSLError):
        await look(box(server, scheme="imaps"), Drawer().mails())
    assert "LOGIN" not in post.log
