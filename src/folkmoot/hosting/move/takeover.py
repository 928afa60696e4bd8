"""The old host is gone: this one, which followed it, becomes the first, and says exactly what may be missing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting import own
from folkmoot.hosting.link import LinkBroken
from folkmoot.hosting.move import queries
from folkmoot.hosting.move.giver import There
from folkmoot.hosting.move.here import Here
from folkmoot.hosting.move.journal import Entry, Journal
from folkmoot.hosting.move.taker import become_first

ANSWER_SECONDS = 2.0

ORDER = "takeover-"
"""How the move is called in which nobody gave the network away."""


class OldHostAnswers(FolkmootError):
    """Two hosts would take posts, and one half of them would be lost."""

    kind = Kind.CONFLICT
    sentence = (
        "The other host still answers ({how}). Use `folkmoot move`, which loses nothing; "
        "or, if it must be left behind as it is, type the domain: --domain {domain}"
    )


class NotAStandby(FolkmootError):
    """There is nothing here that could take over."""

    kind = Kind.CONFLICT
    sentence = "This host is no standby (it says: {role}), so it cannot take over."


class PromoteIt(FolkmootError):
    """The server here is the operator's own, and only he may make it the first."""

    kind = Kind.CONFLICT
    sentence = (
        "Make your own server here the first now (SELECT pg_promote(); as its administrator, or your provider's button), then "
        "give this command again. Nothing has changed yet."
    )


class UnderMove(FolkmootError):
    """A move is under way that ends by itself as soon as the hosts reach each other."""

    kind = Kind.CONFLICT
    sentence = (
        "A move to this host was begun and its order has not arrived. If the other host is really gone, "
        "type the domain: --domain {domain}"
    )


@dataclass(frozen=True, slots=True)
class View:
    """What is known before taking over."""

    role: str
    epoch: int
    other_answers: str
    """How the other side shows that it lives; empty when it does not."""
    may_be_missing: str
    """What may be lost, in a sentence for the operator."""
    domain: str
    waits_for: str = ""
    """What the operator must do himself before this can go on."""


def look(here: Here, there: There, what_may_be_missing: Callable[[], str]) -> View:
    """Everything an operator should read before deciding. Changes nothing."""
    state = here.state()
    try:
        answer = there.ask("facts", ANSWER_SECONDS)
        answers = f"as {answer.get('role', 'a host')} of epoch {answer.get('epoch', '?')}"
    except LinkBroken:
        answers = ""
    except FolkmootError as error:
        answers = error.words
    waits_for = PromoteIt().words if state.role == "standby" and _is_not_ours_to_promote(here) else ""
    return View(state.role, state.epoch, answers, what_may_be_missing(), domain_of(here), waits_for)


def take_over(here: Here, view: View, typed_domain: str) -> int:
    """Become the first without asking the old host; the new epoch.

    Raises NotAStandby, OldHostAnswers, PromoteIt, Stopped. What the old host wrote and we do not have stays on its disk.
    """
    state = here.state()
    if state.role != "standby":
        raise NotAStandby(role=state.role)
    if view.other_answers and typed_domain.strip().lower() != view.domain.lower():
        raise OldHostAnswers(how=view.other_answers, domain=view.domain)
    if _is_not_ours_to_promote(here):
        raise PromoteIt
    epoch = max(state.epoch, _epoch_known(here)) + 1
    journal = Journal(here.data)
    order = f"{ORDER}{secrets.token_hex(6)}"
    journal.add(Entry(order, "taker", "promote", "begun", "", {"epoch": epoch, "missing": view.may_be_missing}))
    become_first(here, epoch, "takeover")
    journal.add(Entry(order, "taker", "promote", "done", "", {"epoch": epoch}))
    return epoch


def _is_not_ours_to_promote(here: Here) -> bool:
    """Whether the database still follows and lies on a server whose administrator has kept this to himself."""
    if not here.has_own_server:
        return False
    with here.connected() as connection:
        return queries.is_following(connection) and bool(own.why_not_promoted(connection))


def domain_of(here: Here) -> str:
    """What the operator types to show that this is meant."""
    return urlsplit(here.settings.base_url).netloc


def _epoch_known(here: Here) -> int:
    with here.connected() as connection:
        return queries.newest_epoch(connection)
