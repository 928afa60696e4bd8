"""What a letter says: form, sender, addresses of ours, deadline, and what of it is unsure. Knows no table, no clock, no network."""

from folkmoot.moderation.notices.reading.read import read_document, read_mail, read_text
from folkmoot.moderation.notices.reading.reading import (
    Category,
    Deadline,
    Evidence,
    Form,
    House,
    Intent,
    Item,
    ItemKind,
    Kind,
    KnownSender,
    Moment,
    Reading,
    Sender,
    Verification,
)
from folkmoot.moderation.notices.reading.trust import Lookup
from folkmoot.moderation.notices.reading.words import DOUBTS

__all__ = [
    "DOUBTS",
    "Category",
    "Deadline",
    "Evidence",
    "Form",
    "House",
    "Intent",
    "Item",
    "ItemKind",
    "Kind",
    "KnownSender",
    "Lookup",
    "Moment",
    "Reading",
    "Sender",
    "Verification",
    "read_document",
    "read_mail",
    "read_text",
]
