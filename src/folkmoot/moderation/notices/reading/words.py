"""A sentence for every doubt, in English; pages translate them."""

from __future__ import annotations

DOUBTS = {
    "unreadable": "We could not make sense of this message; please read it as it came.",
    "message_too_large": "The message is larger than we read; its end was not looked at.",
    "no_headers": "This has no headers of a mail.",
    "no_sender": "Nobody is named as its sender.",
    "no_text": "It holds no text we can read.",
    "date_not_usable": "Its date is missing or cannot be right; deadlines count from when it came.",
    "broken_parts": "Its parts are not put together properly; something may be missing.",
    "broken_base64": "A part of it is damaged; something may be missing.",
    "nested_too_deep": "It holds letters within letters deeper than we look.",
    "too_many_parts": "It has more parts than we look at.",
    "text_cut": "Its text is longer than we keep; addresses were looked for in all of it.",
    "evidence_cut": "Some files were too many or too large to keep; the message itself has them.",
    "evidence_broken": "A file in the report is damaged.",
    "evidence_hash_differs": "A file in the report is not the one its fingerprint names.",
    "more_addresses_than_read": "It names more addresses than we read.",
    "no_address_of_ours": "We found no address of a post, an account or a picture of ours.",
    "addresses_unsure": "Some addresses are only likely to be ours; please confirm them.",
    "deadline_unsure": "Please confirm the deadline: day, time or time zone had to be guessed.",
    "deadline_past": "The deadline it names has passed already.",
    "urgent_without_deadline": "It asks for haste and names no time.",
    "sender_unproven": "Nothing proves that it comes from where it says.",
    "replies_go_elsewhere": "An answer would go to another address than the sender's.",
    "xarf_free_type": "The report has a type outside the standard; we took it by its meaning.",
    "xarf_unknown_type": "The report has a type we do not know.",
    "xarf_invalid": "The report breaks the rules of its format.",
    "xarf_old_form": "The report is in an old form of its format and could only be read in part.",
    "not_xarf": "This is not a report in the XARF format; we took what we could.",
    "arf_without_type": "The feedback report does not say what it is about.",
}
"""By code. A code with a colon adds a detail for the log: what stands before the colon counts."""
