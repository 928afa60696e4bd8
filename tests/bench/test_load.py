"""Prepared requests, and our own client against a server of three lines."""

from __future__ import annotations

import asyncio

from bench import load


def test_a_prepared_request_announces_its_length() -> None:
    asked = load.request("/api/v1/statuses", "secret", {"status": f"Hello {load.SERIAL}"})
    head, _, body = asked.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/statuses HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(load.SERIAL) == len(f"{1:08d}")


def test_lua_strings_keep_line_ends() -> None:
    assert load.quoted(b'GET / HTTP/1.1\r\n"\\"') == '"GET / HTTP/1.1\\r\\n\\"\\\\\\""'


async def test_our_own_client_counts_answers_and_failures() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readuntil(b"\r\n\r\n"):
            status = b"404 Not Found" if b"/missing" in line else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nOK")

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(quiet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    plan = [load.request("/"), load.request("/missing")]
    found = await load._by_ourselves(port, plan, 1, 5, rounds=3)
    server.close()
    assert (found.requests, found.failures) == (6, 3)
    assert found.bytes == 3 * (40 + 47)
