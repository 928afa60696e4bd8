"""Make an empty folder a standby: be paired, copy the database, take the keys. What was done once is not done again."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from folkmoot import clock
from folkmoot.errors import Unavailable
from folkmoot.hosting import state as states
from folkmoot.hosting.link import (
    CannotPair,
    Facts,
    Link,
    LinkBroken,
    Partner,
    find_partner,
    forget_partner,
    keep_partner,
    local,
)
from folkmoot.hosting.link.code import MINUTES, Code, forget_code, keep_code
from folkmoot.hosting.link.database import PostgresDoor, connect, drop_slot
from folkmoot.hosting.link.facts import facts
from folkmoot.hosting.link.rules import check_fit
from folkmoot.hosting.link.stream import Message
from folkmoot.hosting.link.words import words_for
from folkmoot.hosting.own import queries as own_queries
from folkmoot.hosting.postgres import EmbeddedPostgres, hold
from folkmoot.hosting.postgres.following import slot_of
from folkmoot.hosting.postgres.places import make_data_folder
from folkmoot.hosting.standby import certificates, queries, replica, secrets
from folkmoot.hosting.standby.copy import Tell, check_order, check_room, copy_database, names_of
from folkmoot.hosting.standby.replica import CannotJoin
from folkmoot.settings import Settings

DROP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Way:
    """How the two hosts find each other: an address to dial, or the other one dials us."""

    address: str = ""
    code: str = ""
    wait_to_be_dialled: bool = False
    again: bool = False
    """Copy the database anew although there is a copy; the old one is kept until the new one is whole."""


def join(settings: Settings, way: Way, tell: Tell) -> str:
    """Become a standby of the network at the other end; the name of that host and the words both sides see.

    With a server of the operator's own, which follows by his means already, everything else is fetched.
    Raises CannotJoin, CannotPair, CannotCopy or LinkBroken. After each of them the same call goes on where it was.
    """
    if settings.database_url:
        replica.check_follows(settings.database_url)
    make_data_folder(settings.data)
    with hold(settings.data, "folkmoot standby join"):
        return _join(settings, way, tell)


def _join(settings: Settings, way: Way, tell: Tell) -> str:
    data = settings.data
    before = states.read(data)
    server = EmbeddedPostgres(settings)
    has_replica = bool(settings.database_url)
    is_whole = has_replica or (server.cluster / "PG_VERSION").exists()
    if before.role == "primary" and is_whole and not has_replica:
        raise CannotJoin(
            "{folder} holds a network of its own: give the standby an empty folder with --data.", folder=data
        )
    if before.role == "standby" and is_whole and find_partner(data) and not way.code and not way.again:
        raise CannotJoin("{folder} follows already: run `folkmoot serve` with it.", folder=data)
    if before.role != "standby":
        states.write(data, replace(before, role="standby", network=before.network if before.side else ""))
    link = Link(data, lambda: facts(settings))
    try:
        try:
            partner = _pair(link, settings, way, tell)
        except BaseException:
            if find_partner(data) is None and before.role != "standby":
                states.write(data, before) if before.side else states.state_file(data).unlink(missing_ok=True)
            raise
        link.start()
        state = states.read(data)
        door = PostgresDoor(data, link, state.side)
        door.start()
        try:
            if has_replica:
                replica.check_is_of(
                    settings.database_url, _patiently(link, "standby.prepare", side=state.side, own=True)
                )
            else:
                _fetch(link, settings, state.side, server, tell, way.again)
            tell("fetching keys and settings", 0, 0)
            if secrets.keep(settings.data, _patiently(link, "secrets.bundle")) & set(secrets.CERTIFICATES):
                certificates.announce(settings)
        finally:
            door.close()
    finally:
        link.close()
    return f"{partner.name} ({words_for(partner.fingerprint, link.identity.fingerprint)})"


def _pair(link: Link, settings: Settings, way: Way, tell: Tell) -> Partner:
    known = find_partner(link.data)
    if known is not None and not way.code:
        if not known.addresses:
            _listen(link, settings)
        return known
    if not way.code:
        raise CannotPair("A code is needed: `folkmoot standby code` on the host that carries the network shows one.")

    def belong(theirs: Facts) -> None:
        states.change(link.data, network=theirs.network, epoch=theirs.epoch, home=theirs.site)

    def keep(partner: Partner, theirs: Facts) -> None:
        keep_partner(link.data, partner)
        belong(theirs)

    if not way.wait_to_be_dialled:
        tell(f"calling {way.address}", 0, 0)
        return link.pair_with(way.address, way.code, keep).partner
    paired = threading.Event()

    def note(theirs: Facts) -> None:
        belong(theirs)
        paired.set()

    link.on_paired = note
    keep_code(link.data, Code(way.code, clock.now_ms() / 1000 + MINUTES * 60))
    port = _listen(link, settings)
    tell(f"waiting on port {port} to be called", 0, 0)
    try:
        if not paired.wait(MINUTES * 60):
            raise LinkBroken("Nobody called on port {port} within {minutes} minutes.", port=port, minutes=MINUTES)
    finally:
        forget_code(link.data)
    found = find_partner(link.data)
    assert found is not None
    return found


def _listen(link: Link, settings: Settings) -> int:
    try:
        return link.listen(settings.link_host, settings.link_port)
    except OSError as error:
        raise LinkBroken(
            "Port {port} of the link is not to be had: choose another with FOLKMOOT_LINK_PORT.",
            port=settings.link_port,
        ) from error


def _fetch(link: Link, settings: Settings, side: str, server: EmbeddedPostgres, tell: Tell, again: bool) -> None:
    theirs = Facts.parse(_patiently(link, "facts"))
    check_fit(theirs, facts(settings))
    sizes = _patiently(link, "standby.prepare", side=side, anew=again)
    check_order(sizes)
    if again:
        shutil.rmtree(server.copy, ignore_errors=True)  # one that never took its place
    if again or not (server.cluster / "PG_VERSION").exists():
        check_room(_disk_of(server.cluster), int(sizes["database"]))
        copy_database(settings, side, tell)
    states.change(settings.data, names=names_of(sizes))


def _patiently(link: Link, verb: str, **body: object) -> Message:
    """Ask, for up to half a minute when the link is only coming up."""
    return link.ask(verb, timeout=30, **body)


def _disk_of(cluster: Path) -> Path:
    return next(folder for folder in (cluster, *cluster.parents) if folder.exists())


def forget(settings: Settings) -> str:
    """Have no partner any more. A host that carries the network stops keeping its journal for it; words on what was done."""
    partner, state = find_partner(settings.data), states.read(settings.data)
    if state.role == "primary" and state.sync.mode != "off":
        _wait_for_nobody(settings)
    forget_code(settings.data)
    forget_partner(settings.data)
    if partner is None or state.role != "primary":
        return "Forgotten. This folder follows nobody any more; it stays as it is."
    until = time.monotonic() + DROP_SECONDS
    try:
        while not drop_slot(settings, partner.side) and time.monotonic() < until:
            time.sleep(0.2)  # the agent is about to end its stream
        with connect(settings) as connection:
            queries.forget_reports(connection)
    except Unavailable:
        if settings.database_url:
            return (
                f"{partner.name} is forgotten. Your own server, which does not answer, goes on keeping its journal for it until "
                f"you run there: SELECT pg_drop_replication_slot('{slot_of(partner.side)}');"
            )
        return f"{partner.name} is forgotten; `folkmoot serve` throws the journal kept for it away when it runs again."
    return f"{partner.name} is forgotten; no journal is kept for it any more."


def _wait_for_nobody(settings: Settings) -> None:
    """Whoever forgets its standby must not go on waiting for it."""
    try:
        local.ask(settings.data, "standby.sync", timeout=30, on=False)
    except local.NoAgent:
        if settings.database_url:
            with connect(settings) as connection:
                own_queries.wait_for(connection, "")
        states.change(settings.data, sync=states.Sync())  # the embedded server reads it at its next start
