"""The link between two hosts of one network: one port, TLS pinned by a pairing code, streams and requests both ways."""

from folkmoot.hosting.link.code import Code, CodeRefused, make_code
from folkmoot.hosting.link.link import Link, StaleEpoch
from folkmoot.hosting.link.partner import Partner, find_partner, forget_partner, keep_partner
from folkmoot.hosting.link.rules import CannotPair, Facts
from folkmoot.hosting.link.stream import LinkBroken, Stream, join

__all__ = [
    "CannotPair",
    "Code",
    "CodeRefused",
    "Facts",
    "Link",
    "LinkBroken",
    "Partner",
    "StaleEpoch",
    "Stream",
    "find_partner",
    "forget_partner",
    "join",
    "keep_partner",
    "make_code",
]
