"""A message in, a Reading out. Whatever comes, something comes out of it: what we could not make sense of is a doubt."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from folkmoot.moderation.notices.reading import guesses
from folkmoot.moderation.notices.reading.addresses import Found, find_in_links, find_in_text
from folkmoot.moderation.notices.reading.deadlines import Standpoint, find_deadline
from folkmoot.moderation.notices.reading.html import text_of
from folkmoot.moderation.notices.reading.machine import Report, json_in, looks_like_xarf, read_arf, read_xarf
from folkmoot.moderation.notices.reading.message import Opened, Part, date_of, files_of, open_mail, people
from folkmoot.moderation.notices.reading.places import hosts_of
from folkmoot.moderation.notices.reading.quoted import cut_history
from folkmoot.moderation.notices.reading.reading import (
    Deadline,
    Form,
    House,
    Intent,
    Kind,
    Reading,
    Sender,
)
from folkmoot.moderation.notices.reading.trust import Lookup, known_sender, verify
from folkmoot.moderation.notices.reading.zones import Zone, fixed, place

MOST_TEXT = 200_000
"""Characters of text that are kept; addresses are looked for in all of it."""
MOST_SEARCHED = 40_000_000
MOST_PAGE = 3_000_000
"""Characters of HTML that are taken apart; addresses are looked for in all of it."""
_IDS = re.compile(r"<([^<>\s]{1,250})>")
_TEXT_FILES = ("text/plain", "text/csv", "text/html", "application/json", "message/rfc822")


@dataclass
class _Texts:
    """What there is to read, from the sender's own words to what came along."""

    own: str = ""
    quoted: str = ""
    pages: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    """The ends of pages too long to be taken apart."""
    files: list[str] = field(default_factory=list)


def read_mail(
    raw: bytes,
    *,
    received_at: datetime,
    house: House,
    lookup: Lookup | None = None,
    envelope_from: str | None = None,
) -> Reading:
    """A mail as it was received. `lookup` answers for DNS and may wait, so call this in a thread when it is given;
    `envelope_from` is what the mail server said, empty for a bounce.

    Never raises: a message nobody can read is a Reading with the doubt `unreadable`, its bytes still in its digest.
    """
    received_at = received_at.astimezone(UTC)
    return _surely(lambda: _read_mail(raw, received_at, house, lookup, envelope_from), raw, "mail")


def read_document(
    data: bytes | dict[str, Any],
    *,
    received_at: datetime,
    house: House,
    form: Form = "xarf",
    sender: Sender | None = None,
) -> Reading:
    """A XARF report by itself, from the API or a file. Never raises; `unreadable` when it is none."""
    raw = data if isinstance(data, bytes) else repr(data).encode("utf-8", "replace")
    return _surely(lambda: _read_document(data, raw, received_at.astimezone(UTC), house, form, sender), raw, form)


def read_text(
    text: str,
    *,
    received_at: datetime,
    house: House,
    form: Form = "form",
    subject: str = "",
    sender: Sender | None = None,
    links: tuple[str, ...] = (),
) -> Reading:
    """Words typed into a page or sent to the API, with the addresses given in fields of their own. Never raises."""
    raw = "\n".join((subject, text, *links)).encode("utf-8", "replace")

    def read() -> Reading:
        texts = _Texts(own=_clean(text), links=[_clean(link) for link in links])
        stand = _standpoint(None, None, received_at.astimezone(UTC), house)
        return _gather(raw, form, _clean(subject), sender or Sender(), texts, None, stand, received_at, house, [])

    return _surely(read, raw, form)


def _surely(read: Callable[[], Reading], raw: bytes, form: Form) -> Reading:
    try:
        return read()
    except Exception as error:  # a letter we choke on must still reach a steward
        return Reading(
            form=form,
            subject="",
            text=raw[:MOST_TEXT].decode("utf-8", "replace").replace("\0", ""),
            doubts=("unreadable", f"unreadable:{type(error).__name__}"),
            digest=hashlib.sha256(raw).hexdigest(),
        )


def _read_mail(
    raw: bytes, received_at: datetime, house: House, lookup: Lookup | None, envelope_from: str | None
) -> Reading:
    opened = open_mail(raw)
    subject = opened.header("Subject")[:500]
    report, form = _report_in(opened)
    texts = _texts_of(opened, subject)
    written_at, offset = date_of(opened, received_at)
    if written_at is None:
        opened.doubt("date_not_usable")
    senders = people(opened, "From")
    if not senders:
        opened.doubt("no_sender")
    stand = _standpoint(written_at, offset, received_at, house)
    reply_to = people(opened, "Reply-To")
    sender = _sender(senders, reply_to, opened.header("Organization")[:200], report)
    reading = _gather(raw, form, subject, sender, texts, report, stand, received_at, house, opened.doubts)
    evidence, is_cut = files_of(opened.parts)
    doubts = [*reading.doubts, *(["evidence_cut"] if is_cut else [])]
    verification = verify(raw, opened, house, lookup)
    if verification.level in ("failed", "unverified"):
        doubts.append("sender_unproven")
    if reply_to and sender.domain and reply_to[0][1].rpartition("@")[2] != sender.domain:
        doubts.append("replies_go_elsewhere")
    return msgspec.structs.replace(
        reading,
        intent=_intent(opened, reading, house, envelope_from),
        message_id=_first_id(opened.header("Message-ID")),
        in_reply_to=_first_id(opened.header("In-Reply-To")),
        references=tuple(_IDS.findall(opened.header("References")))[-50:],
        evidence=(*reading.evidence, *evidence),
        verification=verification,
        written_at=written_at,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _read_document(
    data: bytes | dict[str, Any], raw: bytes, received_at: datetime, house: House, form: Form, sender: Sender | None
) -> Reading:
    found = json_in(data) if isinstance(data, bytes) else data
    stand = _standpoint(None, None, received_at, house)
    if not isinstance(found, dict):
        text = _clean(raw[:MOST_SEARCHED].decode("utf-8", "replace"))
        return _gather(
            raw, form, "", sender or Sender(), _Texts(own=text), None, stand, received_at, house, ["unreadable"]
        )
    doubts = [] if looks_like_xarf(found) else ["not_xarf"]
    report = read_xarf(found)
    texts = _Texts(own=report.description)
    return _gather(raw, form, report.subject, sender or report.sender, texts, report, stand, received_at, house, doubts)


def _gather(
    raw: bytes,
    form: Form,
    subject: str,
    sender: Sender,
    texts: _Texts,
    report: Report | None,
    stand: Standpoint,
    received_at: datetime,
    house: House,
    doubts: list[str],
) -> Reading:
    found = Found()
    if report:
        find_in_links(found, report.links, house, received_at, "field")
    find_in_text(found, subject, house, received_at)
    find_in_text(found, texts.own, house, received_at)
    find_in_links(found, texts.links, house, received_at, "html")
    for page in (*texts.pages, *texts.rest):
        find_in_text(found, page, house, received_at, "html")
    for text in texts.files:
        find_in_text(found, text, house, received_at, "attachment")
    find_in_text(found, texts.quoted, house, received_at, "quoted")
    items = tuple(found.items.values())
    words = f"{subject}\n{texts.own[:MOST_TEXT]}"
    deadline, urgency = _deadline(subject, texts.own, report, stand)
    category = report.category if report and report.category != "other" else guesses.category_of(words)
    is_order = guesses.is_order(words)
    known = known_sender(sender.address, house) if sender.address else None
    kind: Kind = known.kind if known and known.kind != "unknown" else guesses.kind_of(words, sender.address)
    if kind == "person" and is_order:
        kind = "authority"
    doubts = [*doubts, *(report.doubts if report else []), *_doubts(items, found, deadline, urgency, texts)]
    return Reading(
        form=form,
        intent="removal_order" if is_order and kind == "authority" else "feedback" if form == "arf" else "notice",
        kind=kind,
        category=category,
        law=(report.law if report else "") or guesses.law_of(words),
        sender=sender,
        subject=subject,
        text=texts.own[:MOST_TEXT],
        quoted=texts.quoted[:MOST_TEXT],
        language=guesses.language_of(words),
        items=items,
        foreign=tuple(found.foreign),
        deadline=deadline,
        urgency=urgency,
        evidence=tuple(report.evidence) if report else (),
        doubts=tuple(dict.fromkeys(doubts)),
        report=report.fields if report else {},
        digest=hashlib.sha256(raw).hexdigest(),
        token=report.token if report else "",
        is_test=report.is_test if report else False,
        received_at=received_at.astimezone(UTC),
    )


def _doubts(
    items: tuple[Any, ...], found: Found, deadline: Deadline | None, urgency: tuple[str, ...], texts: _Texts
) -> list[str]:
    doubts = []
    if found.is_cut:
        doubts.append("more_addresses_than_read")
    if len(texts.own) > MOST_TEXT:
        doubts.append("text_cut")
    if not any(item.kind != "page" for item in items):
        doubts.append("no_address_of_ours")
    if any(not item.sure for item in items):
        doubts.append("addresses_unsure")
    if deadline and not deadline.sure:
        doubts.append("deadline_past" if deadline.note == "past" else "deadline_unsure")
    if deadline is None and urgency:
        doubts.append("urgent_without_deadline")
    return doubts


def _deadline(
    subject: str, text: str, report: Report | None, stand: Standpoint
) -> tuple[Deadline | None, tuple[str, ...]]:
    words = f"{subject}\n\n{text[:MOST_TEXT]}"
    if report and report.deadline:
        words = f"Deadline: {report.deadline}\n\n{words}"
    return find_deadline(words, stand)


def _standpoint(written_at: datetime | None, offset: int | None, received_at: datetime, house: House) -> Standpoint:
    """Deadlines count from when it was written or received, whichever is earlier; where no zone is named, the sender's."""
    base = min(written_at, received_at) if written_at else received_at
    zone: Zone = fixed(offset) if offset is not None else place(house.zone)
    return Standpoint(base, zone, "date_header" if offset is not None else "house")


def _report_in(opened: Opened) -> tuple[Report | None, Form]:
    """The part for machines, if there is one: XARF anywhere, or the fields of an ARF report."""
    for part in opened.parts:
        if part.content_type in (
            "application/json",
            "application/xarf+json",
            "text/json",
        ) or part.name.lower().endswith(".json"):
            found = json_in(part.text())
            if isinstance(found, dict) and looks_like_xarf(found):
                return read_xarf(found), "xarf"
    for part in opened.parts:
        if part.content_type == "text/plain" and part.data.lstrip()[:1] == b"{" and b"xarf_version" in part.data:
            found = json_in(part.text().strip())
            if isinstance(found, dict) and looks_like_xarf(found):
                return read_xarf(found), "xarf"
    for part in opened.parts:
        if part.content_type == "message/feedback-report":
            return read_arf(part.text()), "arf"
    return None, "mail"


def _texts_of(opened: Opened, subject: str) -> _Texts:
    texts = _Texts()
    room = MOST_SEARCHED
    plain: list[str] = []
    pages: list[str] = []
    for part in opened.parts:
        if room <= 0:
            opened.doubt("text_cut")
            break
        if not _is_readable(part):
            continue
        text = part.text()[:room]
        room -= len(text)
        if part.content_type == "text/html":
            page, links = text_of(text[:MOST_PAGE])
            texts.links += links
            texts.rest += [text[MOST_PAGE:]] if len(text) > MOST_PAGE else []
            (texts.files if part.is_file else pages).append(page)
        elif part.content_type in ("text/plain", "text/rfc822-headers") and not part.is_file:
            plain.append(text)
        else:
            texts.files.append(text)
    if not any(text.strip() for text in plain):
        plain, pages = pages, []
    if not any(text.strip() for text in plain):
        opened.doubt("no_text")
    texts.own, texts.quoted = cut_history(_clean("\n\n".join(plain)), subject)
    texts.pages = pages
    return texts


def _is_readable(part: Part) -> bool:
    if part.content_type in ("message/feedback-report", "message/delivery-status"):
        return False
    return part.content_type.startswith("text/") or (part.is_file and part.content_type in _TEXT_FILES)


def _clean(text: str) -> str:
    """Without invisible letters that split words, and with line ends of one kind."""
    return text.translate(_INVISIBLE).encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")


_INVISIBLE = dict.fromkeys(
    [0, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F, *range(0x202A, 0x202F)]
) | {
    0xA0: " ",
    0x2028: "\n",
    0x2029: "\n",
    0x0B: "\n",
    0x0C: "\n",
}


def _sender(
    senders: list[tuple[str, str]], reply_to: list[tuple[str, str]], organisation: str, report: Report | None
) -> Sender:
    name, address = senders[0] if senders else ("", "")
    reported = report.sender if report else Sender()
    address = address or reported.address
    return Sender(
        name=name,
        address=address,
        domain=address.rpartition("@")[2] or reported.domain,
        organisation=reported.organisation or organisation,
        reply_to=reply_to[0][1] if reply_to else "",
    )


def _first_id(header: str) -> str:
    found = _IDS.search(header[:2_000])
    return found[1] if found else header.strip().strip("<>").split(" ")[0][:250]


def _intent(opened: Opened, reading: Reading, house: House, envelope_from: str | None) -> Intent:
    """Notice, order, answer to us, or a machine talking to itself."""
    returned = str(opened.headers.get("Return-Path") or "").strip() == "<>" or envelope_from == ""
    submitted = opened.header("Auto-Submitted").lower()
    content_type = str(opened.headers.get("Content-Type") or "")[:500].lower()
    by_subject = guesses.intent_by_subject(reading.subject)
    if "delivery-status" in content_type or (by_subject == "bounce" and returned):
        return "bounce"
    senders = reading.sender.address.partition("@")[0]
    if by_subject == "bounce" and senders in ("mailer-daemon", "postmaster"):
        return "bounce"
    if submitted.startswith("auto-replied") or opened.header("X-Autoreply") or opened.header("X-Autorespond"):
        return "auto_reply"
    if opened.header("Precedence").lower() in ("auto_reply", "auto-reply"):
        return "auto_reply"
    if by_subject == "auto_reply" and not any(item.where != "quoted" for item in reading.items if item.kind != "page"):
        return "auto_reply"
    if reading.form in ("arf", "xarf") or reading.intent == "removal_order":
        return reading.intent
    ours = {f"@{host}>" for host in hosts_of(house)}
    threaded = f"{opened.header('In-Reply-To')} {opened.header('References')}".lower()
    return "answer" if any(mark in threaded for mark in ours) else "notice"
