"""The agent's own door: how other processes on this machine reach it, and through it the partner."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from folkmoot.errors import FolkmootError
from folkmoot.hosting.doors import AGENT, caller, doors, listen
from folkmoot.hosting.link.link import Link, Verb, raise_refusal
from folkmoot.hosting.link.stream import LinkBroken, Message, Stream, join


class NoAgent(LinkBroken):
    """No agent runs for this folder."""

    sentence = "Nothing runs for this folder: start `folkmoot serve` there."


def ask(data: Path, verb: str, to: Literal["here", "partner"] = "here", timeout: float = 10.0, **body: Any) -> Message:
    """Have this folder's agent, or the partner through it, do `verb`. Raises NoAgent, LinkBroken, or the refusal."""
    stream = _connect(data)
    try:
        stream.patience(timeout + 2)
        stream.send({"verb": verb, "to": to, "timeout": timeout, "body": body})
        return raise_refusal(stream.receive())
    finally:
        stream.close()


def open_stream(data: Path, channel: str, timeout: float = 10.0, **hello: Any) -> socket.socket:
    """Raw bytes to a channel of the partner's. Raises NoAgent, LinkBroken, or the refusal."""
    stream = _connect(data)
    try:
        stream.patience(timeout + 2)
        stream.send({"open": channel, "timeout": timeout, "hello": hello})
        raise_refusal(stream.receive())
    except FolkmootError:
        stream.close()
        raise
    stream.patience(None)
    return stream.socket


class LocalDoor:
    """The agent's side: answers questions put to it, hands those for the partner on."""

    def __init__(self, data: Path, link: Link) -> None:
        self._link = link
        self._verbs: dict[str, Verb] = {}
        self._door = listen(doors(data) / AGENT)

    def verb(self, name: str, act: Verb) -> None:
        """Answer questions of this name that other processes of this machine ask."""
        self._verbs[name] = act

    def start(self) -> None:
        """Take calls from now on."""
        serve_door(self._door, {os.geteuid(), 0}, self._serve)

    def close(self) -> None:
        """Take none any more."""
        close_door(self._door)

    def _serve(self, stream: Stream) -> None:
        stream.patience(10)
        message = stream.receive()
        timeout = float(message.get("timeout", 10))
        stream.patience(timeout + 5)
        try:
            if "open" in message:
                far = self._link.open(str(message["open"]), timeout, **(message.get("hello") or {}))
                stream.send({"ok": True})
                join(stream, far)
                return
            verb, body = str(message.get("verb", "")), message.get("body") or {}
            if message.get("to") == "partner":
                answer = self._link.ask(verb, timeout, **body)
            elif verb in self._verbs:
                answer = self._verbs[verb](body)
            else:
                raise FolkmootError("The agent knows no {verb}.", verb=verb)
            stream.send({"ok": answer})
        except FolkmootError as error:
            stream.send({"error": error.words, "kind": error.kind.value})


def serve_door(door: socket.socket, welcome: set[int], serve: Callable[[Stream], None]) -> None:
    """Give every caller at a Unix socket whose user is welcome to `serve`, each in a thread, from now on."""

    def take(sock: socket.socket) -> None:
        stream = Stream(sock)
        try:
            if caller(sock) in welcome:
                serve(stream)
        except FolkmootError:
            pass  # he is told, or gone
        finally:
            stream.close()

    def take_calls() -> None:
        while True:
            try:
                sock, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=take, args=(sock,), name="local", daemon=True).start()

    threading.Thread(target=take_calls, name="door", daemon=True).start()


def close_door(door: socket.socket) -> None:
    """Take no more callers; whoever waits for one is woken."""
    with contextlib.suppress(OSError):
        Path(door.getsockname()).unlink(missing_ok=True)
        door.shutdown(socket.SHUT_RDWR)
    door.close()


def _connect(data: Path) -> Stream:
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(5)
        sock.connect(str(doors(data) / AGENT))
    except OSError as error:
        sock.close()
        raise NoAgent(cause=f"agent: {error}") from error
    return Stream(sock)
