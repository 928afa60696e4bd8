"""A small IMAP server on a real socket: as much of RFC 3501 and 6851 as a mailbox that is emptied by program needs."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

_LITERAL = re.compile(rb"\{(\d+)\}$")


@dataclass
class Letter:
    """A mail in a folder."""

    uid: int
    raw: bytes
    at: datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Post:
    """A provider: folders of letters, and what it can do."""

    folders: dict[str, list[Letter]] = field(default_factory=lambda: {"INBOX": []})
    capabilities: str = "IMAP4rev1 MOVE UIDPLUS"
    may_mark: bool = True
    password: str = "pw"
    drop_before: str = ""
    """A command before which the line goes dead, once."""
    log: list[str] = field(default_factory=list)

    def deliver(self, raw: bytes, at: datetime | None = None) -> None:
        """Put a letter into the inbox."""
        taken = [letter.uid for folder in self.folders.values() for letter in folder]
        self.folders["INBOX"].append(Letter(max(taken, default=0) + 1, raw, at or datetime.now(UTC)))


class _Talk(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self.post: Post = self.server.post
        self.folder = ""
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            line = line.rstrip(b"\r\n")
            while literal := _LITERAL.search(line):
                self._say(b"+ go on")
                line = (
                    line[: literal.start()] + self.rfile.read(int(literal[1])) + self.rfile.readline().rstrip(b"\r\n")
                )
            tag, _, rest = line.decode().partition(" ")
            word = rest.split(" ")[0].upper()
            if word == "UID":
                word = "UID " + rest.split(" ")[1].upper()
            self.post.log.append(word)
            if self.post.drop_before == word:
                self.post.drop_before = ""
                return
            answer = self._answer(word, rest)
            self._say(f"{tag} {answer}".encode())
            if word == "LOGOUT":
                return

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def _answer(self, word: str, rest: str) -> str:
        if word == "CAPABILITY":
            self._say(f"* CAPABILITY {self.post.capabilities}".encode())
            return "OK done"
        if word == "LOGIN":
            return "OK in" if rest.rsplit(" ", 1)[1].strip('"') == self.post.password else "NO wrong"
        if word == "SELECT":
            self.folder = rest.split(" ", 1)[1].strip('"')
            if self.folder not in self.post.folders:
                return "NO no such folder"
            self._say(f"* {len(self.post.folders[self.folder])} EXISTS".encode())
            self._say(
                b"* OK [PERMANENTFLAGS (\\Seen \\Deleted" + (b" \\*" if self.post.may_mark else b"") + b")] those"
            )
            return "OK [READ-WRITE] open"
        if word == "CREATE":
            self.post.folders.setdefault(rest.split(" ", 1)[1].strip('"'), [])
            return "OK made"
        if word.startswith("UID "):
            return self._by_uid(word[4:], rest.split(" ", 2)[2])
        if word == "LOGOUT":
            self._say(b"* BYE")
            return "OK bye"
        return "BAD what"

    def _by_uid(self, word: str, rest: str) -> str:
        letters = self.post.folders[self.folder]
        if word == "SEARCH":
            flag = re.search(r"UNKEYWORD (\S+)", rest)
            hidden = {"\\Deleted"} | ({flag[1]} if flag else set()) | ({"\\Seen"} if "UNSEEN" in rest else set())
            found = [str(letter.uid) for letter in letters if not letter.flags & hidden]
            self._say(("* SEARCH " + " ".join(found)).strip().encode())
            return "OK found"
        uid, _, rest = rest.partition(" ")
        letter = next((each for each in letters if each.uid == int(uid)), None)
        if letter is None:
            return "OK nothing"
        if word == "FETCH":
            most = re.search(r"<0\.(\d+)>", rest)
            body = letter.raw[: int(most[1])] if most else letter.raw
            at = letter.at.strftime("%d-%b-%Y %H:%M:%S +0000")
            self._say(
                f'* 1 FETCH (UID {uid} INTERNALDATE "{at}" RFC822.SIZE {len(letter.raw)} BODY[]<0> {{{len(body)}}}'.encode()
            )
            self.wfile.write(body + b")\r\n")
        elif word == "STORE":
            letter.flags |= set(rest[rest.index("(") + 1 : rest.index(")")].split())
        elif word in ("MOVE", "COPY"):
            target = rest.strip('"')
            if target not in self.post.folders:
                return "NO [TRYCREATE] no such folder"
            self.post.folders[target].append(Letter(letter.uid + 1_000, letter.raw, letter.at))
            if word == "MOVE":
                letters.remove(letter)
        elif word == "EXPUNGE":
            letters.remove(letter)
        return "OK done"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, post: Post, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.post = post
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.post.log.append("gone")


class ImapServer:
    """`with ImapServer(post) as server:` and it answers at `server.port`."""

    def __init__(self, post: Post, context: ssl.SSLContext | None = None) -> None:
        self._server = _Server(post, context)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> ImapServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
