"""Mail through a real socket: sent once, tried again, given up, and what a crash in between means."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Missing
from folkmoot.mail import Attachment, MailState, find_by_key, find_mail, send_mail
from folkmoot.mail.deliver import deliver_due
from folkmoot.mail.look import mailbag, tidy, try_again
from folkmoot.settings import Secret, Settings
from post_office import PostOffice, post_office

NOW = datetime(2021, 1, 9, 20, tzinfo=UTC)
SETTINGS = Settings(public_url="https://moot.example", smtp_host="127.0.0.1", smtp_tls="none")


def at(office: PostOffice, **changes: Any) -> Settings:
    return replace(SETTINGS, smtp_port=office.port, **changes)


async def post(db: Database, key: str = "a key", to: str = "host@example.org", **more: Any) -> int:
    async with db.transaction() as tx:
        return await send_mail(tx, to=to, subject=f"About {key}", text="Grüße\n", key=key, **more)


async def state(db: Database, id: int) -> MailState:
    found = await find_mail(db, id)
    assert found is not None
    return found.state(True)


async def test_a_mail_arrives_whole_and_only_once(db: Database) -> None:
    pdf = Attachment(name="Bericht über alles.pdf", content_type="application/pdf", body=bytes(range(256)) * 40)
    id = await post(db, attachments=[pdf], reply_to="dora@example.org")
    assert await post(db) == id  # the same key is the same mail
    async with post_office() as office:
        assert await deliver_due(db, at(office)) == 1
        assert await deliver_due(db, at(office)) == 0
    (message,) = office.messages
    assert office.recipients == ["host@example.org"]
    assert message["Reply-To"] == "dora@example.org"
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "Bericht über alles.pdf"
    assert attached.get_content() == pdf.body
    found = await find_by_key(db, "a key")
    assert found is not None
    assert found.state(True) is MailState.SENT
    assert found.message_id == message["Message-ID"]


async def test_without_a_server_mail_waits_and_leaves_once_there_is_one(db: Database) -> None:
    with clock.held_at(NOW):
        id, old = await post(db), await post(db, "short", fresh=timedelta(hours=1))
        assert await deliver_due(db, Settings()) == 0
    found = await find_mail(db, id)
    assert found is not None
    assert found.state(False) is MailState.UNSENT
    async with post_office() as office:
        with clock.held_at(NOW + timedelta(days=2)):
            assert await deliver_due(db, at(office)) == 1
    assert await state(db, id) is MailState.SENT
    assert await state(db, old) is MailState.FAILED  # not worth sending any more
    assert len(office.messages) == 1


async def test_a_temporary_no_is_tried_again_and_a_permanent_one_is_not(db: Database) -> None:
    with clock.held_at(NOW):
        later, never = await post(db, "later"), await post(db, "never", "nobody@example.org")
    async with post_office() as office:
        office.answers = ["451 the disk is full"]
        office.refuse["nobody@example.org"] = "550 there is no such person"
        with clock.held_at(NOW):
            assert await deliver_due(db, at(office)) == 0
        assert await state(db, later) is MailState.WAITING
        assert await state(db, never) is MailState.FAILED
        with clock.held_at(NOW + timedelta(seconds=30)):
            assert await deliver_due(db, at(office)) == 0  # not due yet
        with clock.held_at(NOW + timedelta(minutes=2)):
            assert await deliver_due(db, at(office)) == 1
    found = await find_mail(db, never)
    assert found is not None
    assert "550" in found.why
    assert [message["Subject"] for message in office.messages] == ["About later"]


async def test_a_server_that_is_away_costs_every_mail_one_attempt(db: Database) -> None:
    with clock.held_at(NOW):
        id = await post(db)
        assert await deliver_due(db, replace(SETTINGS, smtp_port=1)) == 0
    found = await find_mail(db, id)
    assert found is not None
    assert (found.attempts, found.due_at) == (1, NOW + timedelta(minutes=1))
    assert found.why


async def test_a_mail_handed_over_without_an_answer_is_not_sent_twice(db: Database) -> None:
    id = await post(db)
    async with post_office() as office:
        office.answers = ["hang up"]
        assert await deliver_due(db, at(office)) == 0
        assert await state(db, id) is MailState.UNSURE
        assert await deliver_due(db, at(office)) == 0
        assert await try_again(db, None) == 0  # all that failed: this one may have arrived
        assert len(office.messages) == 1
        assert await try_again(db, id) == 1
        assert await deliver_due(db, at(office)) == 1
    first, second = office.messages
    assert first["Message-ID"] == second["Message-ID"]  # so that the receiver can tell


@pytest.mark.parametrize(("handed", "becomes"), [(False, MailState.SENT), (True, MailState.UNSURE)])
async def test_the_claim_of_a_dead_worker_is_settled_by_what_it_had_done(
    db: Database, handed: bool, becomes: MailState
) -> None:
    with clock.held_at(NOW):
        id = await post(db)
    await db.fetch("UPDATE mails SET claimed_at = $1, handed_at = $2", NOW, NOW if handed else None)
    async with post_office() as office:
        with clock.held_at(NOW + timedelta(minutes=1)):
            assert await deliver_due(db, at(office)) == 0
            assert await state(db, id) is MailState.SENDING
        with clock.held_at(NOW + timedelta(minutes=11)):
            await deliver_due(db, at(office))
            assert await state(db, id) is becomes
    assert len(office.messages) == (0 if handed else 1)


async def test_urgent_mail_goes_first(db: Database) -> None:
    for number in range(3):
        await post(db, f"{number}")
    await post(db, "a life", urgent=True)
    async with post_office() as office:
        assert await deliver_due(db, at(office)) == 4
    assert office.messages[0]["Subject"] == "About a life"


def _certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of the address 127.0.0.1 shows, and what a client needs to believe it."""
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
    pem = folder / "server.pem"
    plain = serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


@pytest.mark.parametrize("way", ["starttls", "implicit"])
async def test_tls_is_checked_and_signing_in_works(db: Database, tmp_path: Path, way: str) -> None:
    shown, believed = _certificate(tmp_path)
    await post(db)
    async with post_office(tls=shown, implicit=way == "implicit", needs_name=True) as office:
        settings = at(office, smtp_tls=way, smtp_user="folkmoot", smtp_password=Secret("the gate"))
        with clock.held_at(NOW):
            assert await deliver_due(db, settings) == 0
        assert await deliver_due(db, replace(settings, smtp_password=Secret("wrong")), tls=believed) == 0
        await try_again(db, None)
        assert await deliver_due(db, settings) == 0  # nobody vouches for this certificate
        await try_again(db, None)
        assert await deliver_due(db, settings, tls=believed) == 1
    assert office.signed_in == ["folkmoot"]


async def test_the_operator_sees_what_waits_and_old_texts_are_erased(db: Database) -> None:
    with clock.held_at(NOW):
        sent, waits = await post(db, "sent"), await post(db, "waits", fresh=timedelta(days=900))
        await db.fetch("UPDATE mails SET sent_at = $1, due_at = NULL WHERE id = $2", NOW, sent)
    bag = await mailbag(db)
    assert (bag.waiting, bag.failed, bag.unsure) == (1, 0, 0)
    with clock.held_at(NOW + timedelta(days=31)):
        await tidy(db)
    rows = {row["id"]: row["body"] for row in await db.fetch("SELECT id, body FROM mails")}
    assert rows == {sent: "", waits: "Grüße\n"}
    assert await post(db, "sent") == sent  # its key is still known
    with pytest.raises(Missing):
        await try_again(db, 1)
