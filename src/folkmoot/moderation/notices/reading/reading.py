"""What reading a message from outside gives: plain values, fit to be kept as JSON and shown to a steward."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Form = Literal["xarf", "arf", "mail", "form", "api"]
Intent = Literal["notice", "removal_order", "answer", "feedback", "auto_reply", "bounce"]
Kind = Literal["host", "store", "authority", "trusted_flagger", "person", "unknown"]
Category = Literal["violence", "terrorism", "hate", "doxxing", "csam", "copyright", "spam", "other"]
ItemKind = Literal["post", "account", "account_id", "media", "tag", "page"]
Where = Literal["text", "html", "attachment", "quoted", "field"]
ZoneSource = Literal["written", "date_header", "house", "not_needed"]
Level = Literal["verified", "allowed", "unverified", "failed", "not_checked"]


class KnownSender(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the operator's list of senders: an address (`abuse@host.example`) or a domain (`host.example`)."""

    address: str
    kind: Kind = "unknown"
    name: str = ""
    trusted: bool = False
    """Whether mail that provably comes from there may count as `allowed`."""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What our own addresses look like, and whom the operator knows."""

    base_url: str
    domain: str
    former: tuple[str, ...] = ()
    """Domains the network had before; addresses under them are still ours."""
    media_url: str = ""
    """Where media are served from, when that is not BASE/media."""
    zone: str = "UTC"
    """Time zone of the network (IANA), for deadlines that name none."""
    servers: tuple[str, ...] = ()
    """Names of our own mail servers, whose Authentication-Results are believed (RFC 8601)."""
    senders: tuple[KnownSender, ...] = ()


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who says they wrote: nothing of it is proven by being here."""

    name: str = ""
    address: str = ""
    domain: str = ""
    organisation: str = ""
    reply_to: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One address of ours, as it was written and what it means by its form alone; whether it exists is asked elsewhere."""

    kind: ItemKind
    value: str
    """Post or account id in digits, handle without @, key of a medium, hashtag, or path of another page."""
    written: str
    url: str
    sure: bool = True
    where: Where = "text"
    context: str = ""
    """The line it stood in, at most 200 characters."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of one place that may be a deadline."""

    moment: datetime
    words: str
    zone: str
    """IANA name or UTC offset the words were read in."""
    zone_source: ZoneSource
    sure: bool
    note: str = ""


class Deadline(Moment, frozen=True, kw_only=True):
    """Until when an answer or a deed is demanded, in UTC, and how that was understood."""

    others: tuple[Moment, ...] = ()
    """What else might be meant; the earliest was taken."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came along."""

    name: str
    content_type: str
    size: int
    digest: str
    """SHA-256 in hex."""
    data: bytes = b""
    """Empty when the file was larger than we keep; `size` and `digest` are true all the same."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How far the sender could be told to be who they say. It raises or lowers trust, and does nothing else."""

    level: Level = "not_checked"
    domain: str = ""
    """The domain that vouches for the sender."""
    how: tuple[str, ...] = ()
    """What spoke for it: dkim, spf, dmarc, key, signature."""
    why: tuple[str, ...] = ()
    """What was found, in codes: dkim_failed, dkim_other_domain, spf_failed, nobody_vouches, ..."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One message as we understood it, with everything a steward ought to look at twice."""

    form: Form
    intent: Intent = "notice"
    kind: Kind = "unknown"
    category: Category = "other"
    law: str = ""
    sender: Sender = Sender()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    quoted: str = ""
    """The history below the answer, kept apart."""
    language: str = ""
    items: tuple[Item, ...] = ()
    foreign: tuple[str, ...] = ()
    """Addresses that are not ours."""
    deadline: Deadline | None = None
    urgency: tuple[str, ...] = ()
    """Words of haste without a time: unverzüglich, immediately, ..."""
    evidence: tuple[Evidence, ...] = ()
    verification: Verification = Verification()
    doubts: tuple[str, ...] = ()
    """Codes of what a steward should confirm; `words.DOUBTS` has a sentence for each."""
    report: dict[str, object] = {}
    """Fields of a machine-readable part (XARF, ARF) as they were given, bounded."""
    received_at: datetime | None = None
    """When it came: at the provider, if it waited in a mailbox."""
    written_at: datetime | None = None
    """The Date the sender claims, when it is sane."""
    digest: str = ""
    """SHA-256 of the message as received, in hex."""
    token: str = ""
    """The sender's own number for it (XARF report_id), so that a report sent twice is one."""
    is_test: bool = False
    """The sender marked it as a trial (`lifecycle:test`)."""
