"""`folkmoot serve`: the database, the web processes and the worker, started side by side, kept alive, stopped in order.

Light on purpose (no web framework, no database driver in this process): it lives as long as the network does, and the
first page waits for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from folkmoot import address
from folkmoot.barrier import Barrier, State
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.hosting import listening, processes
from folkmoot.hosting import state as states
from folkmoot.hosting.move.journal import Journal
from folkmoot.hosting.move.rules import LEFT_BEHIND_WORDS, progress_of, was_left_behind
from folkmoot.hosting.postgres import EmbeddedPostgres, hold
from folkmoot.settings import Settings

GATE = "FOLKMOOT_GATE"
"""Number of an inherited pipe; a web process that has loaded waits there until the database is migrated."""
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
LOOK_AGAIN = signal.SIGUSR1
"""Somebody changed what this folder is (see `nudge`)."""
WATCHED = {signal.SIGCHLD, LOOK_AGAIN} | ENDING
DRAIN = 10.0
"""Seconds a web process or worker gets to finish what it does."""
STEADY = 10.0
"""A child that lived this many seconds is started again at once; one that did not waits, longer each time."""
LONGEST_WAIT = 15.0


@dataclass
class Child:
    """One process we keep alive."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0
    """When to start it again, while it is down."""


def serve(
    settings: Settings,
    environment: Mapping[str, str],
    load: Callable[[], Callable[[str], str]],
    say: Callable[[str], None],
) -> None:
    """Run the whole network until a signal ends it.

    `environment` holds what the children must know beside ours. `load()` gives a function that migrates the database
    at an address and returns words for the operator. Both run in a process of their own: it loads while the database
    starts, and what it loaded is gone afterwards.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(hold(settings.data, "folkmoot serve", patience=15))
        _end_leftovers(settings.data)
        door = stack.enter_context(listening.listen(settings.host, settings.port))
        settings = dataclasses.replace(settings, port=door.getsockname()[1])
        _Supervisor(settings, environment, door, say).run(load)


class _Supervisor:
    def __init__(
        self, settings: Settings, environment: Mapping[str, str], door: socket.socket, say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._door = door
        self._say = say
        self._postgres = None if settings.database_url else EmbeddedPostgres(settings)
        if self._postgres:
            self._postgres.prepare()
        self._url = self._postgres.url if self._postgres else settings.database_url
        self._environment = {
            **os.environ,
            **environment,
            "FOLKMOOT_DATA": str(settings.data),
            "FOLKMOOT_PORT": str(settings.port),
            "FOLKMOOT_DATABASE_URL": self._url,
            processes.MARK: str(settings.data),
        }
        self._gate: tuple[int, int] | None = None
        self._database = Child("postmaster", self._start_postgres)
        self._webs = [Child(f"web-{n}", self._starter("web")) for n in range(settings.web_processes)]
        self._worker = Child("worker", self._starter("worker"))
        self._agent = Child("agent", self._starter("agent"))
        self._backup = Child("backup", self._starter("backup", "follow"))
        self._ended_on_purpose = False
        self._has_left = False
        """Whether the network has gone from the embedded server to another one since we started."""
        self._is_left = was_left_behind(states.read(settings.data).role, Journal(settings.data).of_last_move("giver"))
        """Whether we have said that the network went on without this host."""
        address.forget(settings.data)

    def run(self, load: Callable[[], Callable[[str], str]]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {LOOK_AGAIN})
        _note(self._settings.data, "supervisor", os.getpid())
        try:
            with _signals_as_interrupts():
                words = self._come_up(load)
            self._say(f"{self._settings.site_name} is at {self._settings.base_url}  (Ctrl-C stops it)")
            if words:
                self._say(words)
            signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
            self._watch()
        except KeyboardInterrupt:
            self._ended_on_purpose = True
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
            self._stop()
            _forget(self._settings.data, "supervisor")

    def _come_up(self, load: Callable[[], Callable[[str], str]]) -> str:
        """Everything at once: web processes load while the database starts, and pass the gate once it is migrated.

        A folder that follows is not prepared: its schema comes from the first one, like everything else.
        """
        self._set_barrier(states.read(self._settings.data).role)
        self._gate = os.pipe()
        for web in self._webs:
            self._begin(web)
        with _prepared_aside(load) as prepare:
            if self._postgres and self._wants(self._database):
                self._begin(self._database)
            if self._wants(self._agent):  # early: it may hear that the network has gone on without us
                self._begin(self._agent)
            words = self._prepare(prepare)
        os.write(self._gate[1], b"1" * len(self._webs))
        os.close(self._gate[1])
        os.close(self._gate[0])
        self._gate = None
        for child in (self._worker, self._agent, self._backup):
            if self._wants(child) and child.process is None:
                self._begin(child)
        return words

    def _prepare(self, prepare: Callable[[str], str]) -> str:
        """Words for the operator. A host that was left behind may be unable to write, and learns of it meanwhile."""
        try:
            return prepare(self._url)
        except FolkmootError:
            if states.read(self._settings.data).role == "primary":
                raise
            return ""  # said in a moment, when we are told what the folder is now

    def _watch(self) -> None:
        """Until a signal says stop: whoever died is started again."""
        while True:
            now = time.monotonic()
            waits = [child.due - now for child in self._children() if child.process is None]
            caught = signal.sigtimedwait(WATCHED, max(0.0, min(waits))) if waits else signal.sigwaitinfo(WATCHED)
            if caught is not None and caught.si_signo in ENDING:
                self._ended_on_purpose = True
                return
            if caught is not None and caught.si_signo == LOOK_AGAIN:
                self._take_address()
                self._end_unwanted()
                self._say_when_left_behind()
            for child in self._children():
                self._look_after(child)

    def _wants(self, child: Child) -> bool:
        """Whether this process belongs to what the folder is at present: carrying the network, or following it."""
        if child is self._worker:
            resting = resting_file(self._settings.data).exists()
            return states.read(self._settings.data).role == "primary" and not resting
        if child is self._database:
            return states.read(self._settings.data).role != "former" and not self._has_left
        if child is self._agent:
            return (self._settings.data / "link").is_dir()
        if child is self._backup:
            return bool(self._settings.backup_url) and states.read(self._settings.data).role == "primary"
        return True

    def _take_address(self) -> None:
        """The database may have moved to another server: whoever is started from now on looks for it there."""
        url = address.changed_to(self._settings.data) or self._url
        if url != self._url:
            self._url = self._environment["FOLKMOOT_DATABASE_URL"] = url
            embedded = self._postgres or EmbeddedPostgres(self._settings)
            self._has_left = url != embedded.url
            if not self._has_left:
                self._postgres = embedded
            self._end([self._agent, self._backup])

    def _end_unwanted(self) -> None:
        """Whoever does not belong to what the folder is now goes; the database in order, its last word shipped."""
        unwanted = [child for child in self._every_child() if child.process and not self._wants(child)]
        self._end([child for child in unwanted if child is not self._database])
        if self._database in unwanted and self._postgres:
            self._postgres.stop(seconds=30)
            self._database.process = None
            self._database.due = 0.0
            _forget(self._settings.data, "postmaster")

    def _say_when_left_behind(self) -> None:
        """Once: what the operator must know when an old host wakes up."""
        data = self._settings.data
        if not self._is_left and was_left_behind(states.read(data).role, Journal(data).of_last_move("giver")):
            self._is_left = True
            self._say(LEFT_BEHIND_WORDS)

    def _set_barrier(self, role: states.Role) -> None:
        """What requests meet at first. A first host with a partner lets nobody post until its agent has asked that one."""
        data = self._settings.data
        last = progress_of(Journal(data).of_last_move("giver"))
        hands_over = last.ended == "moved" and not last.finished
        barrier = Barrier(data)
        if role == "primary":
            barrier.set(State.HELD if (data / "link" / "partner.json").exists() or last.is_under_way else State.OPEN)
        elif hands_over or last.is_under_way:
            barrier.set(State.RELAY if hands_over else State.HELD)
        else:
            barrier.set(State.STANDBY if role == "standby" else State.FENCED)
        barrier.close()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            code = child.process.returncode
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            child.failures = 0 if now - child.started > STEADY else child.failures + 1
            delay = 0.0 if child.failures <= 1 else min(LONGEST_WAIT, 0.25 * 2 ** (child.failures - 1))
            child.due = now + delay
            processes.end_leftovers(child.process.pid, self._settings.data)
            child.process = None
            self._say(f"{child.name} ended ({how}); starting it again" + (f" in {delay:.1f} s" if delay else ""))
        if child.process is None and now >= child.due:
            try:
                self._begin(child)
            except FolkmootError as error:
                child.failures += 1
                child.due = time.monotonic() + min(LONGEST_WAIT, 0.25 * 2**child.failures)
                self._say(f"{child.name}: {error.words}")

    def _every_child(self) -> list[Child]:
        return ([self._database] if self._postgres else []) + self._webs + [self._worker, self._agent, self._backup]

    def _children(self) -> list[Child]:
        return [child for child in self._every_child() if self._wants(child)]

    def _begin(self, child: Child) -> None:
        child.process = child.start()
        child.started = time.monotonic()
        _note(self._settings.data, child.name, child.process.pid)

    def _start_postgres(self) -> subprocess.Popen[bytes]:
        assert self._postgres is not None
        is_first = states.read(self._settings.data).role == "primary"
        if is_first and not (self._postgres.cluster / "PG_VERSION").exists():
            self._say("Making the database; this happens once.")
        self._postgres.start()
        assert self._postgres.process is not None
        return self._postgres.process

    def _starter(self, command: str, *verb: str) -> Callable[[], subprocess.Popen[bytes]]:
        def start() -> subprocess.Popen[bytes]:
            handed = []
            environment = self._environment
            if (
                command in ("agent", "backup") and self._postgres and not self._has_left
            ):  # which tells our own server from the operator's by this
                environment = {name: value for name, value in environment.items() if "DATABASE_URL" not in name}
            if command == "web":
                handed = [self._door.fileno(), *([self._gate[0]] if self._gate else [])]
                environment = {**environment, listening.VARIABLE: str(self._door.fileno())}
                if self._gate:
                    environment[GATE] = str(self._gate[0])
            return subprocess.Popen(
                [sys.executable, "-m", "folkmoot.cli", command, *verb],
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=handed,
                start_new_session=True,  # a Ctrl-C on the terminal is ours to pass on, in order
                preexec_fn=processes.tied_to_us(signal.SIGKILL),
            )

        return start

    def _stop(self) -> None:
        """Web first, so that nothing new comes in; then worker and agent; then the database."""
        if self._gate:
            os.close(self._gate[1])
        hurried = self._end(self._webs, hurried=False)
        self._end([self._worker, self._agent, self._backup], hurried)
        if self._postgres:
            self._postgres.stop(seconds=30)
            _forget(self._settings.data, "postmaster")
        if self._ended_on_purpose:
            self._say("Stopped.")

    def _end(self, children: list[Child], hurried: bool = False) -> bool:
        """Ask the children to end and wait; a second signal from the operator ends them at once."""
        running = [child.process for child in children if child.process and child.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGKILL if hurried else signal.SIGTERM)
        until = time.monotonic() + DRAIN
        while any(process.poll() is None for process in running):
            caught = signal.sigtimedwait(WATCHED, max(0.0, min(0.2, until - time.monotonic())))
            asked_again = caught is not None and caught.si_signo in ENDING
            if asked_again or time.monotonic() > until:
                hurried = hurried or asked_again
                for process in running:
                    process.kill()
                    process.wait()
        for child in children:
            if child.process:
                processes.end_leftovers(child.process.pid, self._settings.data)
                child.process = None
            _forget(self._settings.data, child.name)
        return hurried


def resting_file(data: Path) -> Path:
    """While this file exists the folder's worker rests."""
    return data / "run" / "no-worker"


def nudge(data: Path) -> bool:
    """Have the supervisor of a data folder look again at what the folder is; False when none runs."""
    try:
        pid = int((data / "run" / "supervisor.pid").read_text())
        os.kill(pid, LOOK_AGAIN)
    except (OSError, ValueError):
        return False
    return True


def wait_at_gate(environ: Mapping[str, str]) -> None:
    """Called by a web process that has loaded: return once the supervisor's database is ready for it."""
    number = environ.get(GATE)
    if not number:
        return
    passed = os.read(int(number), 1)
    os.close(int(number))
    if not passed:  # the supervisor gave up
        sys.exit(1)


@contextlib.contextmanager
def _prepared_aside(load: Callable[[], Callable[[str], str]]) -> Iterator[Callable[[str], str]]:
    """Fork a process that loads, waits to be told an address, prepares the database there and answers with words."""
    order, giver = os.pipe()
    answer, teller = os.pipe()
    tie = processes.tied_to_us(signal.SIGKILL)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        tie()
        os.close(giver)
        os.close(answer)
        with contextlib.suppress(BaseException):
            _tell(teller, _outcome(load, order))
        os._exit(0)
    os.close(order)
    os.close(teller)

    def run(url: str) -> str:
        os.write(giver, url.encode())
        with os.fdopen(answer, "rb") as source:
            told = json.loads(source.read() or b"{}")
        if "words" not in told:
            raise Unavailable(told.get("error") or "The database could not be prepared.", cause=told.get("trace", ""))
        return str(told["words"])

    try:
        yield run
    finally:
        os.close(giver)
        os.waitpid(child, 0)


def _outcome(load: Callable[[], Callable[[str], str]], order: int) -> dict[str, str]:
    try:
        prepare = load()
        url = os.read(order, 65536).decode()
        return {"words": prepare(url)} if url else {}
    except FolkmootError as error:
        return {"error": error.words}
    except Exception as error:
        import traceback  # only in the one case that needs it

        first_line = str(error).partition("\n")[0]
        return {
            "error": f"The database could not be prepared: {type(error).__name__}: {first_line}",
            "trace": traceback.format_exc(),
        }


def _tell(pipe: int, told: Mapping[str, str]) -> None:
    with os.fdopen(pipe, "wb") as sink:
        sink.write(json.dumps(told).encode())


@contextlib.contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """While we come up, every signal that asks us to stop is a KeyboardInterrupt."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in ENDING}
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_leftovers(data: Path) -> None:
    """What a killed supervisor may have left; we hold the folder, so nobody works for it rightfully."""
    for note in (data / "run").glob("*.pid"):
        if note.stem not in ("supervisor", "postmaster"):  # the latter is stopped gently by the start that follows
            with contextlib.suppress(ValueError, OSError):
                processes.end_leftovers(int(note.read_text()), data)
        note.unlink(missing_ok=True)


def _note(data: Path, name: str, pid: int) -> None:
    with contextlib.suppress(OSError):  # a full disk must not end what runs
        (data / "run" / f"{name}.pid").write_text(f"{pid}\n")


def _forget(data: Path, name: str) -> None:
    with contextlib.suppress(OSError):
        (data / "run" / f"{name}.pid").unlink(missing_ok=True)
