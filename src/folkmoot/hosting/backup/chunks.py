"""Chunks on their way into the repository: packed and sealed side by side, in order, with a bound on what is in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from folkmoot.hosting.backup.cutting import PIECE, Piece
from folkmoot.hosting.backup.manifest import Chunk
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.backup.repository import Repository
from folkmoot.hosting.backup.sealing import OVERHEAD, squeeze
from folkmoot.hosting.backup.throttle import Throttle

THREADS = 4
IN_MEMORY = 12
"""Pieces of at most 4 MB that may wait for a thread or for the storage."""


class Sender:
    """Sends pieces and says what chunks they became. What lies in the repository already is not sent again."""

    def __init__(
        self, repository: Repository, there: dict[str, int], throttle: Throttle, progress: Progress, level: int
    ) -> None:
        self._repository = repository
        self._there = there
        self._throttle = throttle
        self._progress = progress
        self._level = level
        self.sent = 0

    def send(self, pieces: Iterable[Piece]) -> list[Chunk]:
        """Take the pieces as fast as they go out; the first trouble stops it."""
        made: list[Chunk] = []
        with ThreadPoolExecutor(THREADS, thread_name_prefix="backup") as pool:
            waiting: deque[Future[Chunk]] = deque()
            try:
                for piece in pieces:
                    waiting.append(pool.submit(self._one, piece))
                    while len(waiting) >= IN_MEMORY:
                        made.append(waiting.popleft().result())
                while waiting:
                    made.append(waiting.popleft().result())
            finally:
                for each in waiting:
                    each.cancel()
        return made

    def send_bytes(self, data: bytes) -> list[Chunk]:
        """The same for bytes at hand."""
        return self.send(Piece(bytearray(data[at : at + PIECE]), False) for at in range(0, len(data), PIECE))

    def _one(self, piece: Piece) -> Chunk:
        packed = squeeze(piece.data, self._level) if self._level else piece.data
        name = self._repository.seal.name_of("chunk", packed)
        sealed = len(packed) + OVERHEAD
        if self._there.get(name) != sealed:
            self._throttle.wait(sealed)
            self._repository.put(self._repository.chunk_place(name), packed, hurry=True)
            self._there[name] = sealed
            self.sent += sealed
        self._progress.advance(len(piece.data))
        return Chunk(name, len(piece.data), sealed, piece.at_header, bool(self._level))


def fetch(repository: Repository, chunks: list[Chunk]) -> Iterator[bytes]:
    """The plain bytes of chunks in order, read a few ahead. Raises Lost and Damaged."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="restore") as pool:
        waiting: deque[Future[bytes]] = deque()
        coming = iter(chunks)
        try:
            for chunk in coming:
                waiting.append(pool.submit(repository.get_chunk, chunk))
                if len(waiting) >= IN_MEMORY:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()
