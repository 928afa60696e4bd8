"""Somebody else's reader of such logs (tlog-scales) makes of our files what we do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from folkmoot import clock
from folkmoot.moderation.transparency.log.notes import COSIGNATURE, VerifierKey
from folkmoot.moderation.transparency.log.queries import entry_at
from folkmoot.moderation.transparency.log.read import prove
from folkmoot.moderation.transparency.log.witnesses import accept, add_witness
from folkmoot.network.access.viewer import COMMAND_LINE

backend = pytest.importorskip("tlog_scales.backend", reason="tlog-scales is not installed")
reader = pytest.importorskip("tlog_scales.reader")
signing = pytest.importorskip("tlog_scales.signing")
theirs = pytest.importorskip("tlog_scales.tiles")


async def test_their_reader_finds_our_root_signatures_entries_and_proofs(moot: Any, tmp_path: Path) -> None:
    for count in (1, 200, 300, 157):
        await moot.enter(*range(count))
        await moot.grow()
    folder = await moot.export(tmp_path)
    log = reader.TilesReader(backend.LocalBackend(folder))
    checkpoint = log.get_checkpoint()
    checkpoint.verify(signing.Vkey.from_string((folder / "keys").read_text().strip()))
    assert (checkpoint.origin, checkpoint.size) == (moot.origin, 659)
    assert log.calculate_root_hash() == checkpoint.root_hash
    for place in (0, 1, 255, 256, 511, 658):
        body = (await entry_at(moot.db, place))["body"]
        assert log.get_entry(place) == body
        proof = log.get_inclusion_proof(place, 659)
        assert tuple(proof.node_hashes) == (await prove(moot.db, place)).path
        proof.check(theirs.leaf_hash(body), checkpoint.root_hash)
    for old in (2, 202, 502):
        row = await moot.db.fetchrow("SELECT root FROM log_checkpoints WHERE size = $1", old)
        log.get_consistency_proof(old, 659).check(row["root"], checkpoint.root_hash)


async def test_they_and_we_check_cosignatures_alike(moot: Any, tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    key = VerifierKey.of("witness.example/w", private, COSIGNATURE)
    await moot.enter(1)
    await add_witness(moot.db, COMMAND_LINE, str(key))
    await moot.grow()
    await accept(moot.db, await moot.cosigned(private, key, int(clock.now().timestamp())))
    await moot.grow()
    checkpoint = reader.TilesReader(backend.LocalBackend(await moot.export(tmp_path))).get_checkpoint()
    vkey = signing.Vkey.from_string(str(key))
    assert vkey.serialize() == str(key)
    checkpoint.verify(vkey)
