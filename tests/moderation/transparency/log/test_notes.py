"""Notes, checkpoints, cosignatures and proofs, against published vectors; and that no byte of one changes unnoticed."""

from __future__ import annotations

import base64
import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.transparency.log.merkle import leaf_hash, node_hash
from folkmoot.moderation.transparency.log.notes import (
    COSIGNATURE,
    BadKey,
    BadNote,
    Checkpoint,
    Note,
    Signature,
    VerifierKey,
    cosign,
    sign,
)
from folkmoot.moderation.transparency.log.proofs import BadProof, Extra, Proof, read_proof

# From the tests of golang.org/x/mod/sumdb/note, where the format comes from.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SECRET = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of the C2SP specification of cosignatures.
SOFA = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
# A log others run and witnesses others run, as they signed it in 2026 (from the tests of tlog-scales 0.0.3).
ARCHE = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev \
zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev \
ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden \
2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 \
pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de \
2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu \
Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""
ARCHE_KEYS = [
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ROOT = node_hash(leaf_hash(b"one"), leaf_hash(b"two"))
CHECKPOINT = Checkpoint("example.org/log", 2, ROOT)
SIGNED = Note(
    CHECKPOINT.text,
    (sign(KEY, "example.org/log", CHECKPOINT.text), cosign(WITNESS, "w.example/1", CHECKPOINT.text, 1_700_000_000)),
)
KEYS = [VerifierKey.of("example.org/log", KEY), VerifierKey.of("w.example/1", WITNESS, COSIGNATURE)]


def test_the_note_of_the_reference_implementation_is_read_checked_and_signed_alike() -> None:
    note = Note.parse(NOTE.encode())
    key = VerifierKey.parse(NEUMANN)
    assert note.signed_by([key]) == [key]
    assert str(note) == NOTE
    assert str(key) == NEUMANN
    private = Ed25519PrivateKey.from_private_bytes(NEUMANN_SECRET)
    assert sign(private, "PeterNeumann", note.text) == note.signatures[0]
    with pytest.raises(BadNote, match="is wrong"):
        Note.parse(NOTE.replace("think", "thinK").encode()).signed_by([key])


def test_the_checkpoint_of_the_specification_is_read() -> None:
    note = Note.parse(SOFA.encode())
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.text == note.text
    assert note.signatures[1].at == 1_679_315_147
    assert str(note) == SOFA


@pytest.mark.parametrize("key", ARCHE_KEYS)
def test_a_checkpoint_that_others_signed_and_witnessed_is_checked(key: str) -> None:
    note = Note.parse(ARCHE.encode())
    known = VerifierKey.parse(key)
    assert note.signed_by([known]) == [known]
    assert str(note) == ARCHE
    with pytest.raises(BadNote):
        Note(note.text.replace("1432088532", "1432088533"), note.signatures).signed_by([known])


@pytest.mark.parametrize("at", range(len(NEUMANN)))
def test_a_key_that_was_copied_wrongly_is_refused(at: int) -> None:
    for changed in (
        NEUMANN[:at],
        NEUMANN[at + 1 :],
        NEUMANN[:at] + chr(ord(NEUMANN[at]) + 1) + NEUMANN[at + 1 :],
    ):
        with pytest.raises(BadKey):
            VerifierKey.parse(changed)


def test_a_witness_signs_with_its_time() -> None:
    assert SIGNED.signed_by(KEYS) == KEYS
    later = told_later(SIGNED.signatures[1], 1_700_000_001)
    with pytest.raises(BadNote):
        Note(SIGNED.text, (later,)).signed_by(KEYS)


def told_later(signature: Signature, at: int) -> Signature:
    return Signature(signature.name, signature.id, at.to_bytes(8) + signature.signature[8:])


@given(st.data())
def test_no_byte_of_a_checkpoint_changes_unnoticed(data: st.DataObject) -> None:
    whole = bytearray(str(SIGNED).encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        note = Note.parse(bytes(whole))
        assert note.signed_by(KEYS) != KEYS
    except BadNote:
        pass


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no signatures\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "te\x00xt\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Note.parse(text.encode())
    assert Note.parse(b"text\n\n" + "— name AAAAAAAA\n".encode() * 16).signatures  # which must be taken


@pytest.mark.parametrize(
    "text",
    [
        "origin\n",
        "origin\n02\nAAAA\n",
        "\n2\nAAAA\n",
        "origin\n-1\nAAAA\n",
        "origin\n2\nAAAA\n",
        f"origin\n9223372036854775808\n{base64.b64encode(ROOT).decode()}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@given(st.binary(max_size=300))
def test_anything_can_be_thrown_at_the_readers(data: bytes) -> None:
    for read, refusal in ((Note.parse, BadNote), (read_proof, (BadProof, BadNote))):
        with contextlib.suppress(refusal):
            read(data)


# Proofs -------------------------------------------------------------------------------------------------------------


PROOF = Proof(1, (leaf_hash(b"one"),), SIGNED, Extra("two", {"case": "00 case 1"}))


def test_a_proof_is_written_as_the_specification_has_it_and_read_back() -> None:
    lines = str(PROOF).split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2:5] == ["index 1", base64.b64encode(leaf_hash(b"one")).decode(), ""]
    assert "\n".join(lines[5:]) == str(SIGNED)
    assert read_proof(str(PROOF).encode()) == PROOF
    PROOF.check(b"two")


@given(st.data())
def test_no_byte_of_a_proof_changes_unnoticed(data: st.DataObject) -> None:
    whole = bytearray(str(PROOF).encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    try:
        proof = read_proof(bytes(whole))
        proof.check(b"two")
        assert proof.note.signed_by(KEYS) != KEYS or proof.extra != PROOF.extra
    except (BadProof, BadNote):
        pass


@pytest.mark.parametrize("index", [0, 2, 5])
def test_a_proof_for_another_place_proves_nothing(index: int) -> None:
    with pytest.raises(BadProof):
        Proof(index, PROOF.path, SIGNED).check(b"two")
