"""The way in: whatever the operator's server asks of our role is answered here, and the follower only sees itself let in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.hosting.conftest import OwnServer, make_cluster, start_own

from folkmoot.errors import FolkmootError
from folkmoot.hosting.own import what_it_lacks
from folkmoot.hosting.own.entering import enter
from folkmoot.hosting.postgres import places

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def guarded(own_17: OwnServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A PostgreSQL 17 with TLS, where each role has to prove itself in another way."""
    folder = own_17.cluster.with_name("guarded")
    make_cluster(own_17.programs, folder, "initdb", "-U", "postgres", "--auth=trust", "--locale=C.UTF-8", "--no-sync")
    _make_certificate(folder)
    lines = ["host all postgres 127.0.0.1/32 trust"]
    for role, way in (
        ("scram", "scram-sha-256"),
        ("hashed", "md5"),
        ("clear", "password"),
        ("sealed", "scram-sha-256"),
    ):
        kind = "hostssl" if role == "sealed" else "host"
        lines += [f"{kind} {what} {role} 127.0.0.1/32 {way}" for what in ("replication", "postgres")]
    (folder / "pg_hba.conf").write_text("\n".join(lines) + "\n")
    server = start_own(own_17.programs, folder)
    with psycopg.connect(server.admin, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
        for role in ("scram", "hashed", "clear", "sealed"):
            connection.execute(f"SET password_encryption = '{'md5' if role == 'hashed' else 'scram-sha-256'}'")
            connection.execute(f"CREATE ROLE {role} LOGIN REPLICATION PASSWORD 'pässword & co'")
    yield server
    server.stop()


def _make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")]
    subprocess.run(command, check=True, capture_output=True)
    owner = places.get_owner()
    for name in ("server.key", "server.crt"):
        (folder / name).chmod(0o600)
        if owner.uid:
            subprocess.run(["chown", f"{owner.uid}:{owner.gid}", folder / name], check=True)


def greeting(**words: str) -> bytes:
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in words.items()) + b"\0"
    return (len(body) + 8).to_bytes(4) + (3 << 16).to_bytes(4) + body


def ask(server: OwnServer, role: str, words: str = "", password: str = "p%C3%A4ssword%20%26%20co") -> bytes:
    """Come in as a follower would, ask the server who it is, and say everything it said."""
    said: list[bytes] = []
    url = f"postgresql://{role}:{password}@127.0.0.1:{server.port}/postgres?{words}"
    stream = enter(url, greeting(user="folkmoot_repl", replication="true", database="replication"), said.append)
    try:
        question = b"IDENTIFY_SYSTEM\0"
        stream.write(b"Q" + (len(question) + 4).to_bytes(4) + question)
        answer = b"".join(said)
        stream.patience(10)
        while b"SELECT\0" not in answer and b"IDENTIFY_SYSTEM\0" not in answer:
            head = stream.read(5)
            answer += head + stream.read(int.from_bytes(head[1:]) - 4)
        return answer
    finally:
        stream.close()


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("scram", "sslmode=disable"),
        ("hashed", "sslmode=disable"),
        ("clear", "sslmode=disable"),
        ("sealed", "sslmode=require"),
        ("sealed", ""),
        ("sealed", "sslmode=verify-full&sslrootcert={folder}/server.crt"),
    ],
)
def test_every_proof_a_server_asks_for_is_given(guarded: OwnServer, role: str, words: str) -> None:
    answer = ask(guarded, role, words.format(folder=guarded.cluster))
    assert answer.startswith(b"R\0\0\0\x08\0\0\0\0")
    assert b"systemid" in answer


def test_a_wrong_password_is_one_sentence(guarded: OwnServer) -> None:
    with pytest.raises(FolkmootError, match=r"DATABASE_URL cannot be reached: password authentication failed"):
        ask(guarded, "scram", "sslmode=disable", "wrong")


def test_nothing_but_replication_goes_that_way(guarded: OwnServer) -> None:
    url = f"postgresql://scram:p%C3%A4ssword%20%26%20co@127.0.0.1:{guarded.port}/postgres?sslmode=disable"
    with pytest.raises(FolkmootError) as refused:
        enter(url, greeting(user="folkmoot_rewind", database="postgres"), lambda said: None)
    assert "something else than to replicate" in refused.value.cause


def test_a_door_that_is_closed_to_replication_is_found_by_knocking(guarded: OwnServer) -> None:
    with psycopg.connect(guarded.admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE shut LOGIN REPLICATION")
        connection.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'")
        connection.execute("SELECT pg_reload_conf()")
        file = guarded.cluster / "pg_hba.conf"
        file.write_text(f"host postgres shut 127.0.0.1/32 trust\n{file.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    url = f"postgresql://shut@127.0.0.1:{guarded.port}/postgres"
    assert "hostssl replication shut 127.0.0.1/32 scram-sha-256" in what_it_lacks(url)[0]
