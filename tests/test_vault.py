"""The master key and what is sealed with it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.cli.preparation import operator_words
from folkmoot.database import Database
from folkmoot.errors import Unavailable
from folkmoot.settings import Settings
from folkmoot.vault import Vault, fits, keep_secret, master_key_file, open_vault

ONE = Vault(bytes(range(32)))
OTHER = Vault(bytes(reversed(range(32))))


@given(st.binary(max_size=300))
def test_what_was_sealed_comes_back(plain: bytes) -> None:
    assert ONE.unseal("letters", ONE.seal("letters", plain)) == plain


@given(st.binary(max_size=40), st.data())
def test_a_changed_byte_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(ONE.seal("letters", plain))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unavailable):
        ONE.unseal("letters", bytes(sealed))


def test_another_key_or_purpose_opens_nothing() -> None:
    sealed = ONE.seal("letters", b"words")
    for vault, purpose in ((OTHER, "letters"), (ONE, "keys"), (ONE, "")):
        with pytest.raises(Unavailable):
            vault.unseal(purpose, sealed)
    with pytest.raises(Unavailable):
        ONE.unseal("letters", b"")


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    sealed = open_vault(tmp_path).seal("letters", b"words")
    open_vault.cache_clear()
    assert open_vault(tmp_path).unseal("letters", sealed) == b"words"
    assert stat.S_IMODE(master_key_file(tmp_path).stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["master.key"]


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    master_key_file(tmp_path).parent.mkdir()
    master_key_file(tmp_path).write_text("not a key")
    with pytest.raises(Unavailable):
        open_vault(tmp_path)


async def test_a_secret_is_made_once_and_never_remade_under_another_key(db: Database) -> None:
    async with db.transaction() as tx:
        first = await keep_secret(tx, ONE, "sign", lambda: b"first")
        second = await keep_secret(tx, ONE, "sign", lambda: b"second")
    assert (first, second) == (b"first", b"first")
    with pytest.raises(Unavailable):
        async with db.transaction() as tx:
            await keep_secret(tx, OTHER, "sign", lambda: b"third")


async def test_a_key_fits_what_it_sealed_and_none_is_made_to_find_out(db: Database, tmp_path: Path) -> None:
    old, new, empty = (tmp_path / name for name in ("old", "new", "empty"))
    assert await fits(db, empty)
    async with db.transaction() as tx:
        await keep_secret(tx, open_vault(old), "sign", lambda: b"first")
    open_vault(new)
    assert await fits(db, old)
    assert not await fits(db, new)
    assert not await fits(db, empty)
    assert not master_key_file(empty).exists()
    master_key_file(new).write_text("not a key")
    open_vault.cache_clear()
    assert not await fits(db, new)


async def test_the_operator_is_told_of_a_lost_key(open_database: Database, database_url: str, tmp_path: Path) -> None:
    try:
        async with open_database.transaction() as tx:
            await keep_secret(tx, OTHER, "a key that was lost", lambda: b"first")
        words = await operator_words(Settings(data=tmp_path, database_url=database_url))
    finally:
        async with open_database.transaction() as tx:
            await tx.execute("DELETE FROM secrets WHERE name = 'a key that was lost'")
    assert str(master_key_file(tmp_path)) in words
