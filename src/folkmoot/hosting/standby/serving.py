"""What the host that carries the network offers one that joins it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import msgspec

from folkmoot.errors import FolkmootError
from folkmoot.hosting import own
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.database import FRAMED, PLAIN, connect, drop_slot, keep_slot, serve_postgres
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.postgres.following import slot_of
from folkmoot.hosting.standby import queries, secrets
from folkmoot.hosting.standby.archive import CHANNEL, Archive, held_archive, serve_archive
from folkmoot.hosting.standby.report import later, lsn
from folkmoot.settings import Settings


class NotCarrying(FolkmootError):
    sentence = "This host does not carry the network: it is a {role}."


def register(link: Link, settings: Settings) -> None:
    """Offer the partner what it needs for joining and following."""
    link.channel(PLAIN, serve_postgres(settings, framed=False))
    link.channel(FRAMED, serve_postgres(settings, framed=True))
    link.verb("standby.prepare", _prepare(settings))
    link.channel(CHANNEL, serve_archive(settings))
    link.verb("standby.archive", _archive(settings))
    link.verb("standby.server", lambda body: _own_server(settings))
    link.verb("secrets.bundle", lambda body: dict(secrets.bundle(settings)))
    link.verb("secrets.digests", lambda body: dict(secrets.digests(_secrets(settings), str(body["nonce"]))))


def _secrets(settings: Settings) -> dict[str, str]:
    """What is asked about: on a standby, what came to it, whatever it would send itself."""
    if states.read(settings.data).role == "standby":
        return secrets.held(settings.data)
    return secrets.bundle(settings)


def _prepare(settings: Settings) -> Callable[[Message], Message]:
    def prepare(body: Message) -> Message:
        """Keep the journal for the one who joins from now on, and say how much there is to copy."""
        _check_carrying(settings)
        if body.get("own"):  # a replica its operator looks after: nothing is copied, and no journal kept for it here
            found = own.who_it_is(settings.database_url) if settings.database_url else None
            return {"system": found.system if found else ""}
        if body.get("anew"):
            drop_slot(settings, str(body["side"]))
        if settings.database_url:
            names, order = _ready_own(settings)
        else:
            names, order = states.read(settings.data).names, own.Order()
        keep_slot(settings, str(body["side"]))
        with connect(settings) as connection:
            sizes = queries.sizes(connection)
        return sizes | {"names": dataclasses.asdict(names), "order": dataclasses.asdict(order)}

    return prepare


def _archive(settings: Settings) -> Callable[[Message], Message]:
    def archive(body: Message) -> Message:
        """Keep the journal again for one who had lost it, and say from where on, and what the backups hold before that."""
        _check_carrying(settings)
        side = str(body["side"])
        repository, epoch = held_archive(settings)
        with connect(settings) as connection:
            if queries.slot(connection, slot_of(side))["status"] == "lost":
                drop_slot(settings, side)
        keep_slot(settings, side)
        with connect(settings) as connection:
            found = queries.slot(connection, slot_of(side))
            kept_from = later(found["kept_from"], queries.journal_begins(connection))
        said = Archive(repository, epoch, lsn(kept_from), int(found["timeline"]), int(found["segment_size"]))
        return dict(msgspec.to_builtins(said))

    return archive


def _check_carrying(settings: Settings) -> None:
    role = states.read(settings.data).role
    if role != "primary":
        raise NotCarrying(role=role)


def _own_server(settings: Settings) -> Message:
    """Whether the database is on a server of the operator's own, and what that one lacks to be followed through the link."""
    return {
        "own": bool(settings.database_url),
        "missing": own.what_it_lacks(settings.database_url) if settings.database_url else [],
    }


def _ready_own(settings: Settings) -> tuple[states.Names, own.Order]:
    """How the operator's own server calls things and sorts them. Raises CannotBeFollowed with what to run there first."""
    missing = own.what_it_lacks(settings.database_url)
    if missing:
        raise own.CannotBeFollowed(why=" ".join(missing))
    found = own.who_it_is(settings.database_url)
    return states.Names(found.database, found.role, found.superuser), found.order
