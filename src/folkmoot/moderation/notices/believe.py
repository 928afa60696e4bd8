"""Who wrote: how far a letter is believed, and what sort of demand that makes it. Plain values."""

from __future__ import annotations

from folkmoot.database import Row
from folkmoot.moderation.notices.reading import Reading
from folkmoot.moderation.notices.rules import Kind, Trust


def trust_in(reading: Reading, sender: Row | None, *, by_key: bool) -> Trust:
    """How far we believe that it comes from whom it names."""
    if by_key:
        return Trust.KEY
    match reading.verification.level:
        case "allowed":
            return Trust.KNOWN
        case "verified":
            return Trust.KNOWN if sender is not None and sender["trusted_at"] is not None else Trust.SIGNED
        case "failed":
            return Trust.FAILED
        case _:
            return Trust.NONE


def kind_of(reading: Reading, sender: Row | None, trust: Trust) -> Kind:
    """What sort of demand it is: the list's word for a sender we believe, else what the letter looks like.

    Who may flag with priority is never a matter of how a letter looks.
    """
    if reading.intent == "removal_order":
        return Kind.ORDER
    if sender is not None and trust.is_confirmed:
        return Kind(sender["kind"])
    return Kind.UNKNOWN if reading.kind == "trusted_flagger" else Kind(reading.kind)
