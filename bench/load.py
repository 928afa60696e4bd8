"""Load from the other core: a closed loop over prepared requests, by wrk where it is installed, else by a client of ours.

A closed loop asks again when it was answered, so its percentiles are those of a busy server at that many connections.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence

import msgspec

from bench.figures import Load, quantile

SERIAL = "serial##"
"""Stands in a prepared request for a number that differs each time."""

_SCRIPT = r"""
local at, serial = 0, START
function request()
  at = at % #plan + 1
  serial = serial + 1
  return (plan[at]:gsub("serial##", string.format("%08d", serial % 100000000)))
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"failures":%d,"seconds":%.6f,"bytes":%d,"p50":%.3f,"p95":%.3f,"p99":%.3f}\n',
    summary.requests, e.connect + e.read + e.write + e.timeout + e.status, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
"""


def request(path: str, token: str | None = None, post: object = None) -> bytes:
    """A prepared request; `post` is sent as JSON."""
    lines = [f"{'GET' if post is None else 'POST'} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    body = b"" if post is None else msgspec.json.encode(post)
    if post is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def drive(port: int, plan: Sequence[bytes], *, connections: int, seconds: float, core: int) -> Load:
    """Go through the plan again and again for `seconds`."""
    if shutil.which("wrk"):
        return _by_wrk(port, plan, connections, max(1, round(seconds)), core)
    return asyncio.run(_by_ourselves(port, plan, connections, seconds))


def once(port: int, plan: Sequence[bytes]) -> None:
    """Each request of the plan once, so that what follows finds what a living server has in memory."""
    asyncio.run(_by_ourselves(port, plan, 1, 20, rounds=1))


def quoted(text: bytes) -> str:
    """A Lua string."""
    escapes = {"\\": "\\\\", '"': '\\"', "\r": "\\r", "\n": "\\n"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text.decode()) + '"'


def _by_wrk(port: int, plan: Sequence[bytes], connections: int, seconds: int, core: int) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("local plan = {" + ",\n".join(map(quoted, plan)) + "}\n")
        script.write(_SCRIPT.replace("START", str(int(time.time() * 100) % 100_000_000)))
        script.flush()
        ran = subprocess.run(
            [
                *("wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"),
                *("--timeout", "20s", "--script", script.name, f"http://127.0.0.1:{port}"),
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    for line in ran.stdout.splitlines():
        if line.startswith("RESULT "):
            return msgspec.json.decode(line[7:], type=Load)
    raise RuntimeError(f"wrk failed: {ran.stdout}{ran.stderr}")


async def _by_ourselves(port: int, plan: Sequence[bytes], connections: int, seconds: float, rounds: int = 0) -> Load:
    times: list[float] = []
    failures = received = serial = 0
    begun = time.perf_counter()

    async def loop(offset: int) -> None:
        nonlocal failures, received, serial
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        at = offset
        try:
            while time.perf_counter() - begun < seconds and (not rounds or serial < rounds * len(plan)):
                serial += 1
                asked = time.perf_counter()
                writer.write(plan[at % len(plan)].replace(SERIAL.encode(), f"{serial:08d}".encode()))
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
                body = await reader.readexactly(_length(head))
                times.append((time.perf_counter() - asked) * 1_000)
                received += len(head) + len(body)
                failures += head.split(b" ", 2)[1][:1] not in b"23"
                at += connections
        finally:
            writer.close()

    await asyncio.gather(*(loop(n) for n in range(connections)))
    took = time.perf_counter() - begun
    p50, p95, p99 = (quantile(times, share) for share in (0.5, 0.95, 0.99))
    return Load(len(times), failures, took, received, p50, p95, p99)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
