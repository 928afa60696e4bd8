"""Notices that come as a document or a form instead of a letter: XARF, our own JSON, the fields of a page."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec

from folkmoot import clock
from folkmoot.database import Database
from folkmoot.errors import Invalid, Malformed
from folkmoot.moderation.notices.reading import Deadline, House, Reading, Sender, read_document, read_mail, read_text
from folkmoot.moderation.notices.reading.machine import looks_like_xarf
from folkmoot.moderation.notices.receive import Door, Received, house, receive
from folkmoot.moderation.notices.rules import MOST_ITEMS, Kind
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings

TEXT_MOST = 50_000
CATEGORIES = ("violence", "terrorism", "hate", "doxxing", "csam", "copyright", "spam", "other")
TOKEN_MOST = 200


class WhoWrites(msgspec.Struct, frozen=True):
    """The `sender` of our own JSON."""

    name: str = ""
    email: str = ""
    organisation: str = ""


class Document(msgspec.Struct, frozen=True):
    """A notice in our own JSON (docs/api.md)."""

    addresses: list[str] = []
    text: str = ""
    subject: str = ""
    sender: WhoWrites = WhoWrites()
    kind: str = ""
    category: str = "other"
    law: str = ""
    deadline: datetime | None = None
    language: str = ""
    client_token: str = ""


async def submit_document(
    db: Database,
    gate: Gate,
    settings: Settings,
    data: bytes,
    *,
    door: Door,
    sender_id: int | None = None,
    client_token: str = "",
) -> Received:
    """Take in XARF or our own JSON. Raises Malformed, Invalid with the field that is wrong, and what `receive` raises.

    The same document with the same key, or the same client token, is the same notice.
    """
    try:
        fields = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("This is not JSON", cause=str(error)) from error
    if not isinstance(fields, dict):
        raise Malformed("A notice is a JSON object")
    ours = await house(db, settings)
    if looks_like_xarf(fields):
        reading = read_document(data, received_at=clock.now(), house=ours)
        token = client_token or reading.token
    else:
        document = _own(data)
        reading = read_own(document, received_at=clock.now(), house=ours)
        token = client_token or document.client_token
    digest = hashlib.sha256(f"{sender_id or door}\n{token}\n".encode() + data).hexdigest()
    reading = msgspec.structs.replace(reading, digest=digest, message_id="")
    return await receive(
        db, gate, settings, data, reading, door=door, sender_id=sender_id, client_token=token[:TOKEN_MOST] or None
    )


def _own(data: bytes) -> Document:
    try:
        return msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        raise Invalid("{why}", why=str(error)) from error


def read_own(document: Document, *, received_at: datetime, house: House) -> Reading:
    """Our own JSON as a reading. What it says in fields of its own is taken at its word. Raises Invalid."""
    if len(document.addresses) > MOST_ITEMS:
        raise Invalid("A notice names at most {most} addresses.", field="addresses", most=MOST_ITEMS)
    if len(document.text) > TEXT_MOST:
        raise Invalid("A notice has at most {most} characters.", field="text", most=TEXT_MOST)
    if document.kind and document.kind not in list(Kind):
        raise Invalid("There is no such kind of notice", field="kind")
    if document.category not in CATEGORIES:
        raise Invalid("There is no such category", field="category")
    if document.deadline is not None and document.deadline.tzinfo is None:
        raise Invalid("A deadline names its time zone (2021-01-11T08:00:00Z)", field="deadline")
    sender = Sender(
        name=document.sender.name,
        address=document.sender.email,
        domain=document.sender.email.rpartition("@")[2].lower(),
        organisation=document.sender.organisation,
    )
    reading = read_text(
        document.text,
        received_at=received_at,
        house=house,
        form="api",
        subject=document.subject,
        sender=sender,
        links=tuple(address[:2_000] for address in document.addresses),
    )
    changes: dict[str, object] = {"law": document.law[:500]}
    if document.kind:
        changes["kind"] = "authority" if document.kind == Kind.ORDER else document.kind
        changes["intent"] = "removal_order" if document.kind == Kind.ORDER else "notice"
    if document.category != "other":
        changes["category"] = document.category
    if document.language:
        changes["language"] = document.language[:2].lower()
    if document.deadline is not None:
        moment = document.deadline.astimezone(UTC)
        changes["deadline"] = Deadline(
            moment=moment, words=document.deadline.isoformat(), zone="UTC", zone_source="written", sure=True
        )
    return msgspec.structs.replace(reading, **changes)


async def submit_form(
    db: Database,
    gate: Gate,
    settings: Settings,
    *,
    addresses: str,
    text: str,
    name: str,
    email: str,
    organisation: str,
    kind: str,
    deadline: datetime | None,
    language: str,
    form_key: str,
) -> Received:
    """Take in what was written on the page. `form_key` was given with the empty form: sent twice, it is one notice.

    Raises Invalid with the field that is wrong, and what `receive` raises.
    """
    lines = [line.strip() for line in addresses.splitlines() if line.strip()]
    if not lines:
        raise Invalid("Name at least one address (URL) of this network.", field="addresses")
    if not text.strip():
        raise Invalid("Say what is wrong with it, and what you ask for.", field="text")
    if "@" not in email or len(email) > 320:
        raise Invalid("Give an e-mail address, so that we can answer.", field="email")
    if not name.strip() and not organisation.strip():
        raise Invalid("Give your name or your organisation.", field="name")
    document = Document(
        addresses=lines,
        text=text,
        sender=WhoWrites(name=name.strip()[:200], email=email.strip(), organisation=organisation.strip()[:200]),
        kind=kind,
        deadline=deadline,
    )
    raw = msgspec.json.encode(document)
    reading = read_own(document, received_at=clock.now(), house=await house(db, settings))
    digest = hashlib.sha256(f"page\n{form_key}\n".encode() + raw).hexdigest()
    reading = msgspec.structs.replace(reading, form="form", digest=digest, language=reading.language or language)
    return await receive(db, gate, settings, raw, reading, door="page", client_token=f"page:{form_key}"[:TOKEN_MOST])


async def submit_mail(db: Database, gate: Gate, settings: Settings, raw: bytes) -> Received:
    """Take in a mail from a file, by command. Nobody vouches for its sender: a steward confirms it.

    Raises Invalid for a file in which nothing is written.
    """
    if not raw.strip():
        raise Invalid("There is nothing in this file.", field="file")
    reading = read_mail(raw, received_at=clock.now(), house=await house(db, settings))
    return await receive(db, gate, settings, raw, reading, door="cli")
