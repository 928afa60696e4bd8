"""What a server of the operator's own lacks, said so that it can be run as it is written."""

from __future__ import annotations

import dataclasses

import pytest

from folkmoot.hosting.own.rules import Order, Server, admission, lacking, misfit

READY = Server(
    number=180003, system="7", follows=False, database="moot", role="moot", superuser="postgres", may_replicate=True,
    wal_level="replica", senders_free=10, slots_free=10, slot_limit=True, tablespaces=False, compression="off",
    has_lz4=False, order=Order("c", "C.UTF-8", "C.UTF-8"),
)  # fmt: skip


def test_a_ready_server_lacks_nothing() -> None:
    assert lacking(READY) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"may_replicate": False, "role": 'odd"name'}, 'ALTER ROLE "odd""name" REPLICATION;'),
        ({"wal_level": "minimal"}, "ALTER SYSTEM SET wal_level = 'replica';"),
        ({"senders_free": 1}, "raise max_wal_senders"),
        ({"slots_free": 0}, "raise max_replication_slots"),
        ({"slot_limit": False}, "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';"),
        ({"compression": "zstd"}, "ALTER SYSTEM SET wal_compression = 'pglz';"),
        ({"has_lz4": True}, "default_toast_compression = 'pglz'"),
        ({"tablespaces": True}, "pg_default"),
        ({"order": Order("i", "en-US", "en-US", "153.14")}, "sorts by ICU"),
    ],
)
def test_each_thing_it_lacks_is_one_sentence_with_what_to_run(change: dict[str, object], says: str) -> None:
    found = lacking(dataclasses.replace(READY, **change))  # type: ignore[arg-type]  # the fields of a table
    assert len(found) == 1
    assert says in found[0]


@pytest.mark.parametrize(
    ("order", "knows", "here", "says"),
    [
        (Order("b", "C.UTF-8", "C.UTF-8"), False, "2.36", ""),
        (Order("c", "C.UTF-8", "C.UTF-8"), True, "2.31", ""),
        (Order("c", "C.UTF-8", "C.UTF-8"), False, "2.31", "locale-gen"),
        (Order("c", "en_US.UTF-8", "en_US.UTF-8", "2.36"), True, "2.36", ""),
        (Order("c", "en_US.UTF-8", "en_US.UTF-8", "2.36"), True, "2.39", "of the C library 2.36, and this machine has 2.39"),
        (Order("c", "de_DE.UTF-8", "de_DE.UTF-8", "2.36"), False, "2.36", "lacks the locale de_DE.UTF-8"),
    ],
)  # fmt: skip
def test_a_machine_that_would_sort_otherwise_is_refused(order: Order, knows: bool, here: str, says: str) -> None:
    found = misfit(order, knows, here)
    assert says in found if says else not found


@pytest.mark.parametrize(
    ("role", "address", "encrypted", "line"),
    [
        ("moot", "10.0.0.5", False, "host replication moot 10.0.0.5/32 scram-sha-256"),
        ("Moot", "10.0.0.5", True, 'hostssl replication "Moot" 10.0.0.5/32 scram-sha-256'),
        ("moot", "2001:db8::5", True, "hostssl replication moot 2001:db8::5/128 scram-sha-256"),
        ("moot", "", False, "local replication moot peer"),
    ],
)
def test_the_line_that_opens_the_door_names_who_comes_from_where(
    role: str, address: str, encrypted: bool, line: str
) -> None:
    assert admission(role, address, encrypted) == line
