"""A standby whose database is a replica the operator looks after: we see that it is one, of this network, and watch it."""

from __future__ import annotations

from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting import own
from folkmoot.hosting.link.stream import Message


class CannotJoin(FolkmootError):
    """This folder cannot become a standby; nothing in it was changed."""

    kind = Kind.CONFLICT


def check_follows(url: str) -> None:
    """Whether the operator's own server follows another one. Raises CannotJoin, Unavailable."""
    if not own.who_it_is(url).follows:
        raise CannotJoin(
            "The server of DATABASE_URL follows nobody: make it a replica of the network's server first, by its own means, "
            "or leave DATABASE_URL unset and Folkmoot follows with the PostgreSQL it brings."
        )


def check_is_of(url: str, prepared: Message) -> None:
    """Whether it follows the network's own server, by what that says of itself. Raises CannotJoin, Unavailable."""
    found = own.who_it_is(url)
    if found.system != prepared.get("system"):
        raise CannotJoin(
            "The server of DATABASE_URL is a replica of another server than the network's (system {ours}, not {theirs}).",
            ours=found.system,
            theirs=prepared.get("system") or "none of the operator's own",
        )
