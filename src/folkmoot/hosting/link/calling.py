"""A code that says whom to call: for a standby that cannot reach us while we can reach it, we dial until it answers."""

from __future__ import annotations

import threading
from dataclasses import replace

import structlog

from folkmoot.errors import FolkmootError
from folkmoot.hosting.link.code import find_code, forget_code
from folkmoot.hosting.link.link import Link
from folkmoot.hosting.link.partner import Partner, keep_partner
from folkmoot.hosting.link.rules import Facts
from folkmoot.hosting.link.stream import LinkBroken

log = structlog.get_logger("folkmoot.link")

EVERY = 2.0


def call_with_code(link: Link, over: threading.Event) -> None:
    """While a code says whom to call, call it; once paired, the code has done its work."""
    while not over.wait(EVERY):
        code = find_code(link.data)
        if code is None or not code.dial or not link.may_pair:
            continue

        def keep(partner: Partner, facts: Facts, address: str = code.dial) -> None:
            keep_partner(link.data, replace(partner, addresses=(address,)))

        try:
            paired = link.pair_with(code.dial, code.word, keep)
        except LinkBroken:
            continue  # not there yet
        except FolkmootError as error:
            log.warning("pairing_refused", address=code.dial, why=error.words)
            continue
        forget_code(link.data)
        log.info("paired", name=paired.partner.name, words=paired.words)
        link.on_paired(paired.facts)
