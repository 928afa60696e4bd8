"""A removed picture is known again as an avatar or header, and by a sweep when it was there before."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from folkmoot.demo import pictures
from folkmoot.moderation import findings, rulebook
from folkmoot.moderation.screening import Outcome
from folkmoot.moderation.screening.pictures import hash_picture
from folkmoot.moderation.sweep import Options, sweep
from folkmoot.network import accounts, media
from folkmoot.network.access import COMMAND_LINE
from folkmoot.network.accounts.rules import PictureHeld
from folkmoot.settings import Settings
from folkmoot.storage import open_storage

PICTURE = pictures.draw("harbour", 7)


@pytest.fixture
def keep(db: Any, tmp_path: Path) -> Any:
    settings = dataclasses.replace(Settings(), data=tmp_path)
    storage = open_storage(settings)

    async def keep(kind: str, data: bytes) -> Any:
        store = {"avatar": media.store_avatar, "header": media.store_header}[kind]
        return await store(db, storage, data, settings)

    return keep


async def make_known(db: Any) -> None:
    hash, _ = hash_picture(Image.open(io.BytesIO(PICTURE)))
    await rulebook.add_pictures(db, COMMAND_LINE, "known", [(hash, "entry 1", "violence")])


@pytest.mark.parametrize("kind", ["avatar", "header"])
async def test_a_known_picture_is_refused_for_a_profile_and_others_are_not(
    db: Any, cast: Any, desk: Any, keep: Any, kind: str
) -> None:
    await make_known(db)
    with pytest.raises(PictureHeld):
        await accounts.update_profile(db, desk.gate, cast.ada, bio="Hello", **{kind: await keep(kind, PICTURE)})
    assert (await accounts.get_account(db, cast.ada.account_id)).bio == ""
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert (finding.post_id, finding.because[0].name) == (None, "entry 1")
    other = await keep(kind, pictures.draw("loaves", 3))
    changed = await accounts.update_profile(db, desk.gate, cast.ada, **{kind: other})
    assert getattr(changed, f"{kind}_key") == other.key


async def test_an_avatar_is_known_by_what_it_was_cut_from_and_by_what_was_cut_from_it(keep: Any) -> None:
    whole, square = hash_picture(Image.open(io.BytesIO(PICTURE)))[0], await keep("avatar", PICTURE)
    assert whole in square.hashes
    assert len(square.hashes) == 2


async def test_the_sweep_hides_an_avatar_that_became_known_until_a_steward_decides(
    db: Any, cast: Any, desk: Any, keep: Any
) -> None:
    avatar, header = await keep("avatar", PICTURE), await keep("header", pictures.draw("loaves", 3))
    await accounts.update_profile(db, desk.gate, cast.ada, avatar=avatar, header=header)
    options = Options(hands=1, rules_only=True)
    assert (await sweep(db, Settings(), options)).pictures == 0
    await make_known(db)
    assert (await sweep(db, Settings(), msgspec.structs.replace(options, dry=True))).pictures == 1
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key == avatar.key
    assert (await sweep(db, Settings(), options)).pictures == 1
    hidden = await accounts.get_account(db, cast.ada.account_id)
    assert (hidden.avatar_key, hidden.header_key) == (None, header.key)
    assert await accounts.hidden_pictures(db, cast.ada) == {"avatar"}
    (finding,) = await findings.list_open(db, cast.dora, Outcome.HOLD)
    assert finding.picture_keys == (avatar.key,)
    await findings.release(db, cast.dora, finding.id)
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key == avatar.key
    assert (await sweep(db, Settings(), options)).pictures == 0, "what was decided about this picture stands"
    await findings.uphold(db, cast.dora, finding.id, was="released")
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key is None
    assert await accounts.hidden_pictures(db, cast.ada) == {"avatar"}


async def test_a_new_picture_takes_the_place_of_a_hidden_one(db: Any, cast: Any, desk: Any, keep: Any) -> None:
    old, new = await keep("avatar", PICTURE), await keep("avatar", pictures.draw("loaves", 3))
    await accounts.update_profile(db, desk.gate, cast.ada, avatar=old)
    async with db.transaction() as tx:
        assert await accounts.hide_pictures(tx, cast.ada.account_id, old.hashes)
    await accounts.update_profile(db, desk.gate, cast.ada, avatar=new)
    async with db.transaction() as tx:
        await accounts.show_pictures(tx, cast.ada.account_id, old.hashes)
    assert (await accounts.get_account(db, cast.ada.account_id)).avatar_key == new.key
