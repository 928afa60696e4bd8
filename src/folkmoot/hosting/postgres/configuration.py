"""How the embedded server is set up: ready for a later move from its first start, small, and open to nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from folkmoot.hosting.postgres.errors import NoDatabase
from folkmoot.hosting.postgres.places import Owner, as_owner
from folkmoot.settings import Settings

INITDB = (
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--encoding=UTF8",
    "--auth-local=peer",
    "--auth-host=scram-sha-256",
    "--username=postgres",
)

INCLUDE = "\ninclude_if_exists 'folkmoot.conf'\n"
"""What a cluster's own postgresql.conf ends with."""

ROLES = (
    "CREATE ROLE folkmoot_repl LOGIN REPLICATION",
    "CREATE ROLE folkmoot_rewind LOGIN",
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean) TO folkmoot_rewind",
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO folkmoot_rewind",
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO folkmoot_rewind",
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO folkmoot_rewind",
)
"""By which others copy and follow."""

FIRST_STATEMENTS = ("CREATE ROLE folkmoot LOGIN", *ROLES, "CREATE DATABASE folkmoot OWNER folkmoot")
"""Run once, in a new cluster. The application owns its database and is no superuser."""


def server_settings(
    settings: Settings, sockets: Path, free_bytes: int, role: Mapping[str, str], least: Mapping[str, int]
) -> str:
    """The text of folkmoot.conf: written anew at every start, so that it always says what this version wants."""
    connections = max(40, (settings.web_processes + 2) * settings.database_pool + 16)
    slot_mb = max(1024, free_bytes // 5 // 2**20)  # a vanished second host must not fill this disk
    values = {
        # One door: a socket in a folder of our own. Hosts talk through our link (the server has no TLS).
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "port": 5432,
        "cluster_name": "folkmoot",
        # Ready to be copied, followed and left without a restart.
        "wal_level": "logical",
        "max_wal_senders": 10,
        "max_replication_slots": 10,
        "hot_standby": "on",
        "hot_standby_feedback": "on",
        "summarize_wal": "on",
        "archive_mode": "on",
        "archive_command": "true",
        "wal_receiver_status_interval": "1s",
        "wal_sender_timeout": "15s",
        "wal_receiver_timeout": "15s",
        "wal_retrieve_retry_interval": "500ms",
        "max_slot_wal_keep_size": f"{slot_mb}MB",
        "wal_keep_size": "64MB",
        "wal_compression": "on",
        # Nothing acknowledged is lost.
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        # Small: one machine shared with the web.
        "max_connections": connections,
        "shared_buffers": f"{settings.shared_buffers_mb}MB",
        "io_method": "sync",
        "jit": "off",
        "max_worker_processes": 8,
        "max_parallel_workers": 2,
        "max_parallel_workers_per_gather": 0,
        "max_parallel_maintenance_workers": 1,
        "autovacuum_max_workers": 2,
        "autovacuum_worker_slots": 4,
        "random_page_cost": "1.1",
        # Quiet, and the same on every machine.
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "datestyle": "iso, ymd",
    }
    values |= role
    for name, number in least.items():
        values[name] = max(number, int(str(values.get(name, 0))))
    lines = [f"{name} = {_quoted(value)}" for name, value in values.items()]
    return (
        "# Written by Folkmoot at every start; your own lines belong in DATA/postgres.conf.\n" + "\n".join(lines) + "\n"
    )


def host_rules() -> str:
    """pg_hba.conf: the kernel says who is calling (peer), and only those in the map come in; no password anywhere."""
    return "local all all peer map=folkmoot\nlocal replication all peer map=folkmoot\n"


def identity_map(caller: str, owner: Owner) -> str:
    """pg_ident.conf: whoever runs Folkmoot, and the user the server itself runs as."""
    return "".join(f'folkmoot "{name}" all\n' for name in sorted({caller, owner.name}))


def write_configuration(
    cluster: Path,
    settings: Settings,
    sockets: Path,
    caller: str,
    owner: Owner,
    *,
    role: Mapping[str, str],
    least: Mapping[str, int],
) -> None:
    """Put the three files into the cluster, and the operator's own lines after ours.

    `role` are settings of a standby, or of one that has a standby; `least` are numbers it must not fall below.
    """
    text = server_settings(settings, sockets, shutil.disk_usage(cluster).free, role, least)
    own = settings.data / "postgres.conf"
    if own.is_file():
        text += f"\n# From {own.name} in the data folder.\n{own.read_text(encoding='utf-8')}\n"
    files = {"folkmoot.conf": text, "pg_hba.conf": host_rules(), "pg_ident.conf": identity_map(caller, owner)}

    def write() -> None:
        for name, content in files.items():
            (cluster / name).write_text(content, encoding="utf-8")

    # As its owner: root following a link somebody put into another user's folder would be a hole.
    if not as_owner(owner, write):
        raise NoDatabase("The database's settings in {folder} cannot be written: is the disk full?", folder=cluster)


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
