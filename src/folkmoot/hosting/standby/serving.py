"""What the host that carries the network offers one that joins it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from folkmoot.errors import FolkmootError
from folkmoot.hosting import state as states
from folkmoot.hosting.link import Link
from folkmoot.hosting.link.database import connect, drop_slot, keep_slot, serve_postgres
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.postgres.following import slot_of
from folkmoot.hosting.standby import queries, secrets
from folkmoot.hosting.standby.archive import CHANNEL, Archive, held_archive, serve_archive
from folkmoot.hosting.standby.report import lsn
from folkmoot.settings import Settings


class NotCarrying(FolkmootError):
    sentence = "This host does not carry the network: it is a {role}."


def register(link: Link, settings: Settings) -> None:
    """Offer the partner what it needs for joining and following."""
    link.channel("pg", serve_postgres(settings))
    link.verb("standby.prepare", _prepare(settings))
    link.channel(CHANNEL, serve_archive(settings))
    link.verb("standby.archive", _archive(settings))
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
        if settings.database_url:
            raise FolkmootError(
                "This network runs on a PostgreSQL server of the operator's own: have that server followed by its own "
                "means; the link carries media and keys."
            )
        if body.get("anew"):
            drop_slot(settings, str(body["side"]))
        keep_slot(settings, str(body["side"]))
        with connect(settings) as connection:
            return queries.sizes(connection)

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
        said = Archive(repository, epoch, lsn(found["kept_from"]), int(found["timeline"]), int(found["segment_size"]))
        return dict(msgspec.to_builtins(said))

    return archive


def _check_carrying(settings: Settings) -> None:
    role = states.read(settings.data).role
    if role != "primary":
        raise NotCarrying(role=role)
