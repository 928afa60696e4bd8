"""What two hosts must agree on before one may follow the other. Plain decisions over what each says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from folkmoot.errors import FolkmootError, Kind

WIRE = 1
"""Version of the language on the link."""
CLOCK_SECONDS = 60.0
"""How far two clocks may differ when hosts are paired; for a move it is one second."""


class CannotPair(FolkmootError):
    """The two hosts do not fit; the sentence says what to do."""

    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Facts:
    """What a host says of itself."""

    wire: int
    version: str
    schema: str
    postgres: int
    machine: str
    now: float
    """Its clock, in seconds since 1970."""
    side: str
    network: str
    role: str
    epoch: int
    name: str
    site: str
    """Address members see."""
    own_server: bool = False
    """Whether its database is a server of the operator's own."""

    @classmethod
    def parse(cls, found: Any) -> Facts:
        """Facts as they came over the link. Raises CannotPair when they are none."""
        try:
            return cls(**{name: kind(found[name]) for name, kind in _KINDS.items()})
        except (KeyError, TypeError, ValueError) as error:
            raise CannotPair("The other host speaks another language: is it Folkmoot, and recent?") from error


_KINDS = {
    "wire": int,
    "version": str,
    "schema": str,
    "postgres": int,
    "machine": str,
    "now": float,
    "side": str,
    "network": str,
    "role": str,
    "epoch": int,
    "name": str,
    "site": str,
    "own_server": bool,
}


def check_pair(network: Facts, standby: Facts) -> None:
    """Whether the second may follow the first. Raises CannotPair with what to do."""
    if network.wire != standby.wire:
        raise CannotPair(
            "{network} runs Folkmoot {ours} and this host {theirs}, and they do not speak the same language: "
            "install the same version on both.",
            network=network.name,
            ours=network.version,
            theirs=standby.version,
        )
    if network.role != "primary":
        raise CannotPair("{name} carries no network: make the code on the host that does.", name=network.name)
    if standby.network and standby.network != network.network:
        raise CannotPair(
            "The folder on {name} belongs to another network: give the standby an empty one with --data.",
            name=standby.name,
        )
    if standby.network and standby.role == "primary":
        raise CannotPair(
            "The folder on {name} carries this network itself (epoch {epoch}): it cannot follow.",
            name=standby.name,
            epoch=standby.epoch,
        )
    if standby.epoch > network.epoch:
        raise CannotPair(
            "{standby} knows of a later home of this network than {network} (epoch {theirs}, not {ours}): "
            "make the code on the host that carries it now.",
            standby=standby.name,
            network=network.name,
            theirs=standby.epoch,
            ours=network.epoch,
        )
    if standby.own_server and not network.own_server:
        raise CannotPair(
            "The network runs on the PostgreSQL that comes with Folkmoot, which only another of its kind can follow: leave "
            "DATABASE_URL unset on {name}.",
            name=standby.name,
        )
    check_fit(network, standby)


def check_fit(network: Facts, standby: Facts) -> None:
    """Whether software, database and clock of the second can carry what the first has. Raises CannotPair."""
    if _numbers(standby.version) < _numbers(network.version) or standby.schema < network.schema:
        raise CannotPair(
            "{name} runs Folkmoot {theirs} (schema {their_schema}) and the network {ours} (schema {schema}): "
            "install {ours} or newer on {name}.",
            name=standby.name,
            theirs=standby.version,
            their_schema=standby.schema,
            ours=network.version,
            schema=network.schema,
        )
    for host in (network, standby):
        if not host.postgres:
            raise CannotPair("The PostgreSQL server of {name} does not answer: is it running?", name=host.name)
    if standby.postgres != network.postgres:
        raise CannotPair(
            "{name} has PostgreSQL {theirs} and the network {ours}; following needs the same: "
            + _way_to_the_same(network),
            name=standby.name,
            theirs=standby.postgres,
            ours=network.postgres,
        )
    if standby.machine != network.machine:
        raise CannotPair(
            "{name} is a {theirs} machine and the network runs on {ours}; a database can follow only on the same kind.",
            name=standby.name,
            theirs=standby.machine,
            ours=network.machine,
        )
    if abs(standby.now - network.now) > CLOCK_SECONDS:
        raise CannotPair(
            "The clocks of the two hosts differ by {seconds:.0f} seconds: set them right (timedatectl set-ntp true) "
            "and try again.",
            seconds=abs(standby.now - network.now),
        )


def _way_to_the_same(network: Facts) -> str:
    if network.own_server:
        return "go to a server of version {theirs} with `folkmoot database move` first."
    return "install the Folkmoot that brings {ours} there."


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])
