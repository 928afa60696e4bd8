"""Witnesses are asked, and bring their signatures themselves; what is not theirs is not taken."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot import clock
from folkmoot.errors import Forbidden, Invalid, Missing
from folkmoot.moderation.transparency.log.merkle import EMPTY_ROOT, is_consistent
from folkmoot.moderation.transparency.log.notes import (
    COSIGNATURE,
    BadKey,
    BadNote,
    Checkpoint,
    Note,
    VerifierKey,
    cosign,
)
from folkmoot.moderation.transparency.log.read import newest_checkpoint, prove
from folkmoot.moderation.transparency.log.sources import Folder
from folkmoot.moderation.transparency.log.verify import verify
from folkmoot.moderation.transparency.log.witnesses import (
    NotOurs,
    accept,
    add_witness,
    ask_witnesses,
    list_witnesses,
    remove_witness,
)
from folkmoot.network.access.viewer import COMMAND_LINE


class Witness:
    """A witness as the specification wants it; `mood` makes it misbehave."""

    def __init__(self, name: str = "witness.example/w1") -> None:
        self.private = Ed25519PrivateKey.generate()
        self.key = VerifierKey.of(name, self.private, COSIGNATURE)
        self.size, self.root = 0, EMPTY_ROOT
        self.asked = 0
        self.mood = ""

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.mood == "down":
            return web.Response(status=503)
        head, _, note_bytes = (await request.read()).partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        note = Note.parse(note_bytes)
        checkpoint = Checkpoint.parse(note.text)
        if first != f"old {self.size}":
            return web.Response(status=409, text=f"{self.size}\n", content_type="text/x.tlog.size")
        hashes = [base64.b64decode(line) for line in proof]
        if not is_consistent(self.size, checkpoint.size, hashes, self.root, checkpoint.root):
            return web.Response(status=422)
        self.size, self.root = checkpoint.size, checkpoint.root
        private = Ed25519PrivateKey.generate() if self.mood == "forging" else self.private
        line = cosign(private, self.key.name, note.text, int(clock.now().timestamp())).line
        if self.mood == "forging":
            line = line.replace(line.split()[-1][:5], base64.b64encode(self.key.id).decode()[:5])
        return web.Response(text=f"— other.example AAAAAAAAAAAA\n{line}\n")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/w/add-checkpoint", self.add_checkpoint)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/w"
        finally:
            await runner.cleanup()


async def test_a_witness_is_asked_and_its_signature_served(moot: Any, tmp_path: Any) -> None:
    witness = Witness()
    await moot.enter(1, 2)
    await moot.grow()
    async with witness.open() as url:
        await add_witness(moot.db, COMMAND_LINE, str(witness.key), url)
        for count in (1, 300, 2):
            await moot.enter(*range(count))
            await moot.grow()
            assert await ask_witnesses(moot.db) == 1
            assert await ask_witnesses(moot.db) == 0  # it has signed
        witness.size = 3  # of another life, say; its answer 409 tells
        row = await moot.db.fetchrow("SELECT root FROM log_checkpoints WHERE size = 3")
        witness.root = row["root"]
        await moot.enter(9)
        await moot.grow()
        assert await ask_witnesses(moot.db) == 1
    await moot.grow()
    found = await verify(Folder(await moot.export(tmp_path)))
    assert found.problems == []
    assert [name for name, _ in found.witnessed_by] == ["witness.example/w1"]
    head = await newest_checkpoint(moot.db)
    assert head is not None
    assert head.witnesses == ("witness.example/w1",)
    await moot.enter(10)
    await moot.grow()
    assert (await prove(moot.db, 3)).checkpoint.size == head.checkpoint.size  # a witnessed one proves more


@pytest.mark.parametrize("mood", ["down", "forging"])
async def test_a_witness_that_does_not_sign_holds_nothing_up(moot: Any, mood: str) -> None:
    good, bad = Witness("good.example"), Witness("bad.example")
    bad.mood = mood
    async with good.open() as here, bad.open() as there:
        await add_witness(moot.db, COMMAND_LINE, str(good.key), here)
        await add_witness(moot.db, COMMAND_LINE, str(bad.key), there)
        await moot.grow()
        assert await ask_witnesses(moot.db) == 1
    rows = {row["verifier"]: row for row in await list_witnesses(moot.db)}
    assert rows[str(bad.key)]["answer"] not in ("", "signed")
    assert rows[str(good.key)]["seen"] == 3
    gone = await ask_witnesses(moot.db)  # nobody is there any more
    assert gone == 0


async def test_who_brings_a_signature_is_asked_for_nothing_but_the_signature(moot: Any) -> None:
    witness = Witness()
    await add_witness(moot.db, COMMAND_LINE, str(witness.key))
    await moot.enter(1)
    await moot.grow()
    now = int(clock.now().timestamp())
    assert await accept(moot.db, await moot.cosigned(witness.private, witness.key, now)) == ["witness.example/w1"]
    assert await accept(moot.db, await moot.cosigned(witness.private, witness.key, now)) == []
    assert await accept(moot.db, await moot.cosigned(witness.private, witness.key, now - 5)) == []
    assert await accept(moot.db, await moot.cosigned(witness.private, witness.key, now + 5)) == ["witness.example/w1"]
    await moot.grow()
    assert len(Note.parse((await moot.files())["checkpoint"]).signatures) == 2


async def test_what_is_not_a_witness_s_is_not_taken(moot: Any) -> None:
    witness, stranger = Witness(), Witness("stranger.example")
    await moot.enter(1)
    await moot.grow()
    await add_witness(moot.db, COMMAND_LINE, str(witness.key))
    now = int(clock.now().timestamp())
    with pytest.raises(NotOurs):  # the log has not said yet whose it is
        await accept(moot.db, await moot.cosigned(witness.private, witness.key, now))
    await moot.grow()
    with pytest.raises(NotOurs):
        await accept(moot.db, await moot.cosigned(stranger.private, stranger.key, now))
    with pytest.raises(BadNote):
        await accept(moot.db, await moot.cosigned(stranger.private, witness.key, now) + b"x")
    forged = await moot.cosigned(witness.private, witness.key, now)
    with pytest.raises(NotOurs):
        await accept(moot.db, forged.replace(b"folkmoot.example/", b"folkmeet.example/", 1))
    with pytest.raises(Invalid, match="future"):
        await accept(moot.db, await moot.cosigned(witness.private, witness.key, now + 3_600))
    await remove_witness(moot.db, COMMAND_LINE, str(witness.key))
    with pytest.raises(NotOurs):
        await accept(moot.db, forged)
    with pytest.raises(Missing):
        await remove_witness(moot.db, COMMAND_LINE, str(witness.key))


async def test_only_operators_choose_witnesses(moot: Any, cast: Any) -> None:
    key = str(Witness().key)
    with pytest.raises(Forbidden):
        await add_witness(moot.db, cast.ada, key)
    with pytest.raises(Invalid, match="https"):
        await add_witness(moot.db, cast.dora, key, "ftp://x")
    plain = str(VerifierKey.of("x", Ed25519PrivateKey.generate()))
    with pytest.raises(BadKey, match="04"):
        await add_witness(moot.db, cast.dora, plain)


async def test_a_log_that_was_rewritten_gets_no_signature(moot: Any) -> None:
    witness = Witness()
    async with witness.open() as url:
        await add_witness(moot.db, COMMAND_LINE, str(witness.key), url)
        await moot.enter(1)
        await moot.grow()
        assert await ask_witnesses(moot.db) == 1
        witness.root = bytes(32)  # it saw another past
        with clock.held_at(clock.now() + timedelta(minutes=1)):
            await moot.enter(2)
            await moot.grow()
            assert await ask_witnesses(moot.db) == 0
    (row,) = await list_witnesses(moot.db)
    assert row["answer"] == "422"
