"""The link as its agent runs it: one port, one partner, streams opened from whichever side is asked, verbs answered.

Blocking threads: with large buffers faster than an event loop here, and nothing in them is worth the name of load.
When only one side can be dialled, the other keeps a few spare connections parked there, and a stream wanted from the
far side is started on one of them with a word.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from folkmoot import clock
from folkmoot.errors import FolkmootError, Kind
from folkmoot.hosting import state as states
from folkmoot.hosting.link import pairing
from folkmoot.hosting.link.code import find_code
from folkmoot.hosting.link.identity import open_identity
from folkmoot.hosting.link.partner import Partner, find_partner, partner_file
from folkmoot.hosting.link.rules import Facts
from folkmoot.hosting.link.security import LINK, PAIRING, dial, ease, secure
from folkmoot.hosting.link.stream import LinkBroken, Message, Stream

log = structlog.get_logger("folkmoot.link")

SPARES = 4
PARKED_SECONDS = 10.0
"""How often a parked connection is asked whether it still lives."""
STRANGERS = 16
"""Connections that have not shown who they are, at most, at once."""
IDLE_CONTROLS = 4

Verb = Callable[[Message], Message]
Channel = Callable[[Stream, Message], None]


class StaleEpoch(FolkmootError):
    """The one who asks lives in an epoch that is over."""

    kind = Kind.CONFLICT
    sentence = "The network has moved on: epoch {epoch}, it lives at {home}."


@dataclass(frozen=True, slots=True)
class _Known:
    act: Verb
    any_epoch: bool


class Link:
    """One host's end. Everything may be called from any thread."""

    def __init__(self, data: Path, facts: Callable[[], Facts]) -> None:
        self.data = data
        self.facts = facts
        self.identity = open_identity(data)
        self.last_heard = 0.0
        """When the partner last said anything, by this process's steady clock; 0 for never."""
        self.on_newer_epoch: Callable[[int, str], None] = lambda epoch, home: log.warning(
            "partner_is_ahead", epoch=epoch, home=home
        )
        self.on_paired: Callable[[Facts], None] = lambda theirs: None
        self._verbs: dict[str, _Known] = {}
        self._channels: dict[str, Channel] = {"control": self._answer_control, "spare": self._park}
        self._controls: list[Stream] = []
        self._parked: queue.LifoQueue[Stream] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._strangers = threading.BoundedSemaphore(STRANGERS)
        self._doors: list[socket.socket] = []
        self._streams: set[Stream] = set()
        self._partner: tuple[float, Partner | None] = (-1.0, None)

    # What is offered to the partner ---------------------------------------------------------------------------------

    def verb(self, name: str, act: Verb, *, any_epoch: bool = False) -> None:
        """Answer requests of this name with `act`; those from a past epoch only when `any_epoch`."""
        self._verbs[name] = _Known(act, any_epoch)

    def channel(self, name: str, serve: Channel) -> None:
        """Give streams opened under this name to `serve`, which owns them until it returns."""
        self._channels[name] = serve

    # What is asked of the partner -----------------------------------------------------------------------------------

    @property
    def partner(self) -> Partner | None:
        """The partner, read again whenever its file changes."""
        try:
            changed = partner_file(self.data).stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed != self._partner[0]:
            self._partner = (changed, find_partner(self.data))
            self._hang_up()
        return self._partner[1]

    @property
    def heard_ago(self) -> float | None:
        """Seconds since the partner last said anything; None for never."""
        return time.monotonic() - self.last_heard if self.last_heard else None

    def ask(self, verb: str, timeout: float = 10.0, **body: Any) -> Message:
        """Have the partner do `verb`; its answer. Verbs may run twice when the line breaks in between.

        Raises LinkBroken when it does not answer in time, and what it refused with otherwise.
        """
        until = time.monotonic() + timeout
        while True:
            with self._lock:
                kept = self._controls.pop() if self._controls else None
            stream = kept or self.open("control", timeout)
            try:
                answer = self._exchange(stream, verb, body, max(0.1, until - time.monotonic()))
            except LinkBroken:
                self._end(stream)
                if kept is not None and time.monotonic() < until:
                    continue  # it had died while nobody used it
                raise
            with self._lock:
                is_kept = len(self._controls) < IDLE_CONTROLS and not self._over.is_set()
                if is_kept:
                    self._controls.append(stream)
            if not is_kept:
                self._end(stream)
            self._learn(answer)
            return raise_refusal(answer)

    def _exchange(self, stream: Stream, verb: str, body: Message, seconds: float) -> Message:
        mine = states.read(self.data)
        stream.patience(seconds)
        number = secrets.token_hex(8)
        stream.send(
            {"verb": verb, "id": number, "network": mine.network, "epoch": mine.epoch, "home": mine.home, "body": body}
        )
        answer = stream.receive()
        if answer.get("id") != number:
            raise LinkBroken(cause="link: an answer to another question")
        self.last_heard = time.monotonic()
        return answer

    def open(self, channel: str, timeout: float = 10.0, **hello: Any) -> Stream:
        """A stream to the partner's `channel`. Raises LinkBroken, or what it refused with."""
        partner = self.partner
        if partner is None:
            raise LinkBroken("This host is linked with no other: pair the two with `folkmoot standby code`.")
        message = {"channel": channel, "hello": hello}
        if not partner.addresses:
            return self._from_spares(message, timeout)
        broken = LinkBroken()
        for address in partner.addresses:
            try:
                return self._begin(self._connect(partner, address, timeout), message, timeout)
            except LinkBroken as error:
                broken = error
        raise broken

    def _connect(self, partner: Partner, address: str, timeout: float) -> Stream:
        sock = dial(address, timeout)
        try:
            ease(sock)
            sock.sendall(LINK)
        except OSError as error:
            sock.close()
            raise LinkBroken(cause=f"link: {error}") from error
        return self._keep(secure(sock, self.identity, partner, as_server=False))

    def _begin(self, stream: Stream, message: Message, timeout: float) -> Stream:
        try:
            stream.patience(timeout)
            stream.send(message)
            raise_refusal(stream.receive())
        except FolkmootError:
            self._end(stream)
            raise
        self.last_heard = time.monotonic()
        stream.patience(None)
        return stream

    def _from_spares(self, message: Message, timeout: float) -> Stream:
        until = time.monotonic() + timeout
        while True:
            try:
                stream = self._parked.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise LinkBroken("The other host is not connected at the moment.") from None
            with contextlib.suppress(LinkBroken):
                return self._begin(stream, message, min(3.0, timeout))
            if time.monotonic() > until:
                raise LinkBroken("The other host is not connected at the moment.")

    # Listening -------------------------------------------------------------------------------------------------------

    def listen(self, host: str, port: int) -> int:
        """Take calls at this address from now on; the port, which a 0 left to the kernel."""
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        door = socket.create_server(address[:2], family=family, backlog=64)
        self._doors.append(door)
        self._thread("door", self._take_calls, door)
        found: int = door.getsockname()[1]
        return found

    def keep_spares(self) -> None:
        """From now on, whenever the partner is one we dial, leave spare connections with it, for what it wants of us."""
        for number in range(SPARES):
            self._thread(f"spare-{number}", self._spare)

    def _take_calls(self, door: socket.socket) -> None:
        while not self._over.is_set():
            try:
                sock, _ = door.accept()
            except OSError:
                if self._over.is_set():
                    return
                time.sleep(0.1)  # no file handles left, say
                continue
            if self._strangers.acquire(blocking=False):
                self._thread("call", self._take_call, sock)
            else:
                sock.close()

    def _take_call(self, sock: socket.socket) -> None:
        called: tuple[Stream, Message] | None = None
        try:
            called = self._let_in(sock)
        except (FolkmootError, OSError) as error:
            log.info("call_refused", cause=getattr(error, "cause", "") or str(error))
        finally:
            sock.close()  # TLS has a socket of its own by now
            self._strangers.release()
        if called is not None:
            self._serve(*called)

    def _let_in(self, sock: socket.socket) -> tuple[Stream, Message] | None:
        sock.settimeout(10)
        preface = _exactly(sock, 8)
        partner = self.partner
        if preface == PAIRING:
            self._pair(secure(sock, self.identity, None, as_server=True))
        elif preface == LINK and partner is not None:
            stream = self._keep(secure(sock, self.identity, partner, as_server=True))
            try:
                stream.patience(10)
                return stream, stream.receive()
            except FolkmootError:
                self._end(stream)
                raise
        return None

    def _pair(self, stream: Stream) -> None:
        try:
            stream.patience(15)
            paired = pairing.answer(
                stream, self.data, self.identity, self.facts(), clock.now_ms() / 1000, clock.stamp(clock.now())
            )
        finally:
            stream.close()
        if paired is not None:
            log.info("paired", name=paired.partner.name, words=paired.words)
            self.on_paired(paired.facts)

    def pair_with(
        self, address: str, word: str, keep: Callable[[Partner, Facts], None], timeout: float = 15.0
    ) -> pairing.Paired:
        """Dial `address` and be paired with whoever knows the code. Raises CodeRefused, CannotPair, LinkBroken."""
        sock = dial(address, timeout)
        try:
            sock.sendall(PAIRING)
        except OSError as error:
            sock.close()
            raise LinkBroken(cause=f"link: {error}") from error
        stream = secure(sock, self.identity, None, as_server=False)
        try:
            stream.patience(timeout)
            return pairing.call(
                stream, self.identity, word, self.facts(), address, keep=keep, now=clock.stamp(clock.now())
            )
        finally:
            stream.close()

    @property
    def may_pair(self) -> bool:
        """Whether a code is out that was not used."""
        code = find_code(self.data)
        return code is not None and not code.used_by and code.expires_at > clock.now_ms() / 1000

    # Serving ---------------------------------------------------------------------------------------------------------

    def _serve(self, stream: Stream, message: Message) -> None:
        """Give a stream that has said what it is for to its channel."""
        self.last_heard = time.monotonic()
        name = str(message.get("channel", ""))
        serve = self._channels.get(name)
        hello = message.get("hello")
        try:
            if serve is None or not isinstance(hello, dict):
                stream.send({"error": f"This host has no channel {name[:40]}.", "kind": Kind.MISSING.value})
                return
            stream.send({"ok": True})
            stream.patience(None)
            serve(stream, hello)
        except FolkmootError as error:
            log.info("stream_ended", channel=name, cause=error.cause or error.words)
        except Exception:
            log.exception("stream_failed", channel=name)
        finally:
            if name != "spare":
                self._end(stream)

    def _answer_control(self, stream: Stream, hello: Message) -> None:
        while not self._over.is_set():
            request = stream.receive()
            self.last_heard = time.monotonic()
            stream.send(self._answer(request) | {"id": request.get("id")})

    def _answer(self, request: Message) -> Message:
        mine = states.read(self.data)
        base = {"epoch": mine.epoch, "home": mine.home}
        try:
            known = self._verbs.get(str(request.get("verb", "")))
            if known is None:
                raise FolkmootError("The other host knows no such request: is its Folkmoot older?")
            if request.get("network") != mine.network:
                raise FolkmootError("This host belongs to another network.")
            epoch = int(request.get("epoch", 0))
            if epoch < mine.epoch and not known.any_epoch:
                raise StaleEpoch(epoch=mine.epoch, home=mine.home or "this host")
            self._learn(request)
            return base | {"ok": known.act(request.get("body") or {})}
        except FolkmootError as error:
            return base | {"error": error.words, "kind": error.kind.value, "name": type(error).__name__}
        except Exception as error:
            log.exception("verb_failed", verb=request.get("verb"))
            return base | {
                "error": f"The other host failed at this: {type(error).__name__}.",
                "kind": Kind.UNAVAILABLE.value,
            }

    def _learn(self, message: Message) -> None:
        with contextlib.suppress(TypeError, ValueError):
            if int(message.get("epoch", 0)) > states.read(self.data).epoch:
                self.on_newer_epoch(int(message["epoch"]), str(message.get("home", "")))

    # Spares ----------------------------------------------------------------------------------------------------------

    def _park(self, stream: Stream, hello: Message) -> None:
        """A connection the partner left with us, for when we want something of it."""
        if self._over.is_set():
            self._end(stream)
            return
        self._parked.put(stream)

    def sift_spares(self) -> None:
        """Ask every parked connection whether it still lives; the dead go."""
        kept = []
        with contextlib.suppress(queue.Empty):
            while True:
                kept.append(self._parked.get_nowait())
        for stream in kept:
            try:
                stream.patience(3)
                stream.send({"ping": True})
                stream.receive()
            except LinkBroken:
                self._end(stream)
            else:
                self.last_heard = time.monotonic()
                stream.patience(None)
                self._park(stream, {})

    def _spare(self) -> None:
        """One connection left with the partner: lives until it is used, then a thread serves it and another is left."""
        pause = 0.2
        while not self._over.is_set():
            partner = self.partner
            if partner is None or not partner.addresses:
                self._over.wait(1)
                continue
            try:
                stream = self._begin(
                    self._connect(partner, partner.addresses[0], 10), {"channel": "spare", "hello": {}}, 10
                )
            except FolkmootError:
                self._over.wait(pause)
                pause = min(5.0, pause * 2)
                continue
            pause = 0.2
            try:
                stream.patience(3 * PARKED_SECONDS)
                message = stream.receive()
                while "ping" in message:
                    stream.send({"pong": True})
                    self.last_heard = time.monotonic()
                    message = stream.receive()
            except LinkBroken:
                self._end(stream)
                continue
            self._thread("served", self._serve, stream, message)

    # Ending ----------------------------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Until the link is closed: notice another partner, look after parked connections. A thread of its own."""
        looked = time.monotonic()
        while not self._over.wait(1.0):
            with contextlib.suppress(FolkmootError):
                _ = self.partner
            if time.monotonic() - looked > PARKED_SECONDS:
                self.sift_spares()
                looked = time.monotonic()

    def start(self) -> None:
        """Begin to look after spares, ours and the partner's."""
        self.keep_spares()
        self._thread("tend", self.tend)

    def close(self) -> None:
        """End every stream and stop listening."""
        self._over.set()
        for door in self._doors:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
        self._hang_up()

    def _hang_up(self) -> None:
        with self._lock:
            idle, self._controls = self._controls, []
        with contextlib.suppress(queue.Empty):
            while True:
                idle.append(self._parked.get_nowait())
        for stream in idle:
            self._end(stream)
        with self._lock:
            for stream in self._streams:
                stream.hang_up()

    def _keep(self, stream: Stream) -> Stream:
        with self._lock:
            if self._over.is_set():
                stream.close()
                raise LinkBroken(cause="link: closed on this side")
            self._streams.add(stream)
        return stream

    def _end(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)
        stream.close()

    def _thread(self, name: str, act: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=act, args=arguments, name=f"link-{name}", daemon=True).start()


def raise_refusal(answer: Message) -> Message:
    """The answer's content, or the refusal it carries, raised with its words and kind."""
    if "error" in answer:
        kinds = {kind.value: kind for kind in Kind}
        refused = FolkmootError("{words}", words=str(answer["error"])[:500])
        refused.kind = kinds.get(str(answer.get("kind")), Kind.CONFLICT)
        raise refused
    found = answer.get("ok")
    return found if isinstance(found, dict) else {}


def _exactly(sock: socket.socket, length: int) -> bytes:
    have = b""
    while len(have) < length:
        got = sock.recv(length - len(have))
        if not got:
            raise LinkBroken(cause="link: closed before it said anything")
        have += got
    return have
