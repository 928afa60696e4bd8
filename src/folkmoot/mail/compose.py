"""A mail as bytes: plain text in UTF-8, marked as written by a machine (RFC 3834), with nothing a mailing list has."""

from __future__ import annotations

from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from folkmoot.mail.rules import header_words, sender
from folkmoot.mail.views import Letter
from folkmoot.settings import Settings

_TYPE_PARTS = 2


def compose(letter: Letter, settings: Settings, now: datetime) -> bytes:
    """The whole message, ready for the wire, lines ended by CRLF."""
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    message["From"] = Address(header_words(settings.site_name, 80), addr_spec=sender(settings))
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = letter.message_id
    if letter.reply_to:
        message["Reply-To"] = Address(addr_spec=letter.reply_to)
    if letter.in_reply_to:
        message["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        message["References"] = " ".join(letter.references)
    if letter.language:
        message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-replied" if letter.in_reply_to else "auto-generated"
    if letter.urgent:
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    message.set_content(letter.text, subtype="plain", charset="utf-8")
    for attached in letter.attachments:
        kind = attached.content_type.split(";")[0].strip().split("/")
        main, sub = kind if len(kind) == _TYPE_PARTS and all(kind) else ("application", "octet-stream")
        message.add_attachment(
            attached.body, maintype=main, subtype=sub, filename=header_words(attached.name.replace("/", "-"), 150)
        )
    return message.as_bytes()
