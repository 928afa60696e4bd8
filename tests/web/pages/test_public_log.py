"""The log's files as verifiers and witnesses fetch them: also while the database is away, never more than there is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.errors import Unavailable
from folkmoot.moderation.transparency.log import Deed, enter
from folkmoot.moderation.transparency.log.merkle import leaf_hash
from folkmoot.moderation.transparency.log.notes import COSIGNATURE, Checkpoint, Note, VerifierKey, cosign
from folkmoot.moderation.transparency.log.publish import publish
from folkmoot.moderation.transparency.log.sequence import sequence
from folkmoot.moderation.transparency.log.tiles import unbundle
from folkmoot.moderation.transparency.log.witnesses import add_witness
from folkmoot.network.access.viewer import COMMAND_LINE
from folkmoot.settings import Settings
from folkmoot.storage import MemoryStorage
from folkmoot.vault import Vault
from folkmoot.web.limits import Limits
from folkmoot.web.origin import Origin
from folkmoot.web.pages import create_pages

LOG = "/transparency/log"
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_KEY = VerifierKey.of("witness.example/w", WITNESS, COSIGNATURE)


@pytest.fixture
def site(db: Any, run: Any) -> Any:
    """A network that publishes its log; its pages get no database but for what witnesses bring."""

    async def viewer_of(request: object) -> None:
        raise Unavailable(cause="test: away")

    settings, storage = Settings(), MemoryStorage()

    async def fill() -> None:
        async with db.transaction() as tx:
            for case in range(298):
                await enter(tx, Deed.CASE_DECIDED, case=case, verdict="remove")
        await add_witness(db, COMMAND_LINE, str(WITNESS_KEY))
        await sequence(db, Vault(bytes(32)), f"moot.example{LOG}")
        await publish(db, storage)

    run(fill())
    server = SimpleNamespace(
        settings=settings,
        bus=Bus(),
        viewer_of=viewer_of,
        storage=storage,
        db=db,
        limits=Limits(settings),
        origin=Origin(()),
    )
    return create_pages(server)  # type: ignore[arg-type]  # as much of one as these pages ask


async def ask(site: Any, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(site, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://moot.test") as client:
        return await client.request(method, LOG + path, **options)


async def test_files_are_served_as_the_specification_wants_them_without_the_database(site: Any) -> None:
    head = await ask(site, "/checkpoint")
    assert head.headers["content-type"] == "text/plain; charset=utf-8"
    assert "max-age=2" in head.headers["cache-control"]
    checkpoint = Checkpoint.parse(Note.parse(head.content).text)
    assert checkpoint.size == 300
    bundle = await ask(site, "/tile/entries/000", headers={"accept-encoding": "gzip"})
    assert bundle.headers["content-type"] == "application/octet-stream"
    assert "immutable" in bundle.headers["cache-control"]
    assert bundle.headers["content-encoding"] == "gzip"
    assert bundle.headers["access-control-allow-origin"] == "*"
    tile = await ask(site, "/tile/0/000", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in tile.headers
    assert tile.content == b"".join(leaf_hash(entry) for entry in unbundle(bundle.content))
    assert (await ask(site, "/tile/1/000.p/1")).status_code == 200
    assert (await ask(site, "/keys")).text.split("\n")[1] == str(WITNESS_KEY)


async def test_a_partial_file_that_is_full_by_now_is_cut_from_the_full_one(site: Any) -> None:
    entries = unbundle((await ask(site, "/tile/entries/000")).content)
    assert unbundle((await ask(site, "/tile/entries/000.p/17")).content) == entries[:17]
    assert (await ask(site, "/tile/0/000.p/17")).content == b"".join(leaf_hash(entry) for entry in entries[:17])


@pytest.mark.parametrize(
    "path", ["/tile/0/001", "/tile/0/002", "/tile/entries/001.p/45", "/tile/0/x000/000", "/tile/9/000", "/tile/../keys"]
)
async def test_what_is_not_there_is_missing(site: Any, path: str) -> None:
    answer = await ask(site, path)
    assert answer.status_code == 404 or (path.endswith("keys") and answer.content.startswith(b"moot.example"))


async def test_a_witness_brings_its_signature(site: Any) -> None:
    note = Note.parse((await ask(site, "/checkpoint")).content)
    line = cosign(WITNESS, WITNESS_KEY.name, note.text, int(clock.now().timestamp()))
    brought = str(Note(note.text, (line,))).encode()
    answer = await ask(site, "/cosignatures", "POST", content=brought)
    assert (answer.status_code, answer.text) == (200, "witness.example/w\n")
    refused = await ask(site, "/cosignatures", "POST", content=brought.replace(b"\n300\n", b"\n299\n"))
    assert refused.status_code == 422
    assert (await ask(site, "/cosignatures", "POST", content=b"nonsense")).status_code == 422
    assert (await ask(site, "/cosignatures", "POST", content=b"x" * 70_000)).status_code == 413


def test_every_deed_has_its_words() -> None:
    written = (Path(create_pages.__code__.co_filename).parent / "templates/parts/deeds.html").read_text()
    assert [deed.value for deed in Deed if f'"{deed.value}": _(' not in written] == []
