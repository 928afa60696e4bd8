"""What an operator's own server must be and allow before an embedded one may follow it. Plain decisions; sentences that say what to run."""

from __future__ import annotations

from dataclasses import dataclass

from folkmoot.errors import FolkmootError, Kind

SENDERS = 2
"""Sessions for copying and following: a first copy takes two at once."""
ANYWHERE = ("C", "POSIX", "C.UTF-8", "C.utf8")
"""Orders of text that are the same on every machine."""
UNDERSTOOD = ("off", "on", "pglz")
"""Ways to compress that the server which comes with Folkmoot can read: it was built without LZ4 and Zstandard."""


class CannotBeFollowed(FolkmootError):
    """The operator's own server is not ready for a standby; nothing was changed anywhere."""

    kind = Kind.CONFLICT
    sentence = "The network's own PostgreSQL server cannot be followed yet. {why}"


@dataclass(frozen=True, slots=True)
class Order:
    """How a database sorts text: a follower must sort alike, or it finds nothing in its indexes."""

    provider: str = "b"
    """c: the operating system's, i: ICU's, b: built in."""
    collate: str = "C"
    ctype: str = "C"
    version: str = ""
    """Of the provider when the database was made; empty where it does not matter."""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself and of what our role may do there."""

    number: int
    system: str
    """The same on all servers that are copies of each other."""
    follows: bool
    database: str
    role: str
    superuser: str
    may_replicate: bool
    wal_level: str
    senders_free: int
    slots_free: int
    slot_limit: bool
    """Whether the journal kept for a lost follower is bounded."""
    tablespaces: bool
    compression: str
    """Of its journal."""
    has_lz4: bool
    """Whether values are compressed in a way that the embedded server cannot read."""
    order: Order
    others: tuple[str, ...] = ()
    """Databases of others on it: they would be copied, too."""


def lacking(server: Server) -> list[str]:
    """What keeps a host with the embedded PostgreSQL from following this server; each sentence says what to run there."""
    found = []
    if not server.may_replicate:
        found.append(f"Its role may not replicate: ALTER ROLE {_quoted(server.role)} REPLICATION;")
    if server.wal_level not in ("replica", "logical"):
        found.append(
            f"Its journal says too little (wal_level={server.wal_level}): ALTER SYSTEM SET wal_level = 'replica'; "
            "then restart it."
        )
    if server.senders_free < SENDERS:
        found.append(
            f"It has {server.senders_free} free places for followers and {SENDERS} are needed: raise max_wal_senders, "
            "then restart it."
        )
    if server.slots_free < 1:
        found.append("It has no free replication slot: raise max_replication_slots, then restart it.")
    if not server.slot_limit:
        found.append(
            "A standby that is lost would fill its disk with journal: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; "
            "SELECT pg_reload_conf();"
        )
    if server.compression not in UNDERSTOOD:
        found.append(
            f"Its journal is compressed with {server.compression}, which the server that comes with Folkmoot cannot read: "
            "ALTER SYSTEM SET wal_compression = 'pglz'; SELECT pg_reload_conf();"
        )
    if server.has_lz4:
        found.append(
            "It compresses values with lz4, which the server that comes with Folkmoot cannot read: "
            "`folkmoot database move` to a database with default_toast_compression = 'pglz'."
        )
    if server.tablespaces:
        found.append("It keeps tablespaces outside its folder, which are not copied: move everything to pg_default.")
    if server.order.provider == "i":
        found.append(
            "Its database sorts by ICU, which the server that comes with Folkmoot does not have: `folkmoot database move` "
            "to one made with LOCALE 'C.UTF-8'."
        )
    return found


def misfit(order: Order, knows_locale: bool, version: str) -> str:
    """Why a machine cannot sort like the database it would follow; empty when it can. `version` is its C library's."""
    if order.provider != "c" or (order.collate in ANYWHERE and order.ctype in ANYWHERE and knows_locale):
        return ""
    if not knows_locale:
        return (
            f"This machine lacks the locale {order.collate}, by which the network's database sorts: generate it "
            "(locale-gen) and try again."
        )
    if order.version and order.version != version:
        return (
            f"The network's database sorts by {order.collate} of the C library {order.version}, and this machine has "
            f"{version}: indexes would be wrong here. Use the same release of the operating system, or go to a database "
            "made with LOCALE 'C.UTF-8' first (`folkmoot database move`)."
        )
    return ""


def admission(role: str, address: str, is_encrypted: bool) -> str:
    """The line in pg_hba.conf that lets a role come in from an address to replicate."""
    if not address:
        return f"local replication {_plain(role)} peer"
    where = f"{address}/{128 if ':' in address else 32}"
    return f"{'hostssl' if is_encrypted else 'host'} replication {_plain(role)} {where} scram-sha-256"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(name: str) -> str:
    """A name as it is: quoted only where it must be."""
    return name if name.isidentifier() and name == name.lower() else _quoted(name)
