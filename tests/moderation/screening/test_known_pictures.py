"""PDQ hashes: the same for the same picture after resizing, recompressing and a small crop, another for another."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from folkmoot.errors import Invalid
from folkmoot.moderation.screening import Category, Stage
from folkmoot.moderation.screening.pictures import (
    LEAST_QUALITY,
    NEAR,
    Known,
    KnownPictures,
    hash_crops,
    hash_picture,
    read_list,
)


def scene(seed: int, size: tuple[int, int] = (900, 600)) -> Image.Image:
    """Large soft shapes and a few hard ones: something like a photograph to PDQ."""
    dice = np.random.default_rng(seed)
    small = Image.fromarray(dice.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    image = small.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, r = dice.random() * size[0], dice.random() * size[1], 20 + dice.random() * 120
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(int(c) for c in dice.integers(0, 256, 3)))
    return image


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=quality)
    return Image.open(packed)


@pytest.mark.parametrize("seed", range(6))
def test_a_resized_or_recompressed_picture_is_the_same(seed: int) -> None:
    image = scene(seed)
    hash, quality = hash_picture(image)
    assert quality >= LEAST_QUALITY
    for other in (image.resize((450, 300)), image.resize((1280, 853)), recompressed(image, 30), image.convert("L")):
        assert apart(hash, hash_picture(other)[0]) <= NEAR


@pytest.mark.parametrize("seed", range(6))
def test_a_small_crop_is_known_by_the_crops_of_the_original(seed: int) -> None:
    image = scene(seed)
    known = KnownPictures(Known(hash, "removed", Category.THREAT) for hash in hash_crops(image))
    cut = recompressed(image.crop((20, 5, 890, 590)).resize((640, 430)), 60)
    reason = known.find(hash_picture(cut)[0])
    assert reason is not None
    assert (reason.stage, reason.category, reason.name) == (Stage.PICTURE, Category.THREAT, "removed")


def test_other_pictures_are_others() -> None:
    hashes = [hash_picture(scene(seed))[0] for seed in range(12)]
    known = KnownPictures([Known(hashes[0], "first", Category.VIOLENCE)])
    assert known.find(hashes[0]) is not None
    assert [known.find(hash) for hash in hashes[1:]] == [None] * 11
    assert KnownPictures([]).find(hashes[0]) is None


def test_bits_are_where_others_have_them() -> None:
    """A ramp from dark to light, left to right: only waves along the rows, of which every second is none."""
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 256, dtype=np.uint8), (256, 1)))
    hash, quality = hash_picture(ramp)
    assert len(hash) == 64
    assert quality < 100
    assert hash_picture(ramp) == (hash, quality)
    assert apart(hash, hash_picture(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT))[0]) > 60


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["RGB", "L", "RGBA", "P", "1"]))
def test_any_picture_has_a_hash(width: int, height: int, mode: str) -> None:
    image = Image.new(mode, (width, height))
    hash, quality = hash_picture(image)
    assert len(hash) == 64
    assert quality == 0, "nothing is to be seen on it"
    assert all(len(each) == 64 for each in hash_crops(image))


HASH = "f" * 63 + "0"


def test_lists_are_read_from_csv_and_json(tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text(f"hash,reference,category\n{HASH},case 7,threat\n{HASH.upper()}\n\n# a remark\n")
    assert read_list(plain).known == [
        Known(HASH, "case 7", Category.THREAT),
        Known(HASH, "plain line 3", Category.VIOLENCE),
    ]
    exchange = tmp_path / "exchange.json"
    entries = [
        {"type": "HASH_PDQ", "indicator": HASH, "id": "42"},
        {"type": "HASH_MD5", "indicator": "abc"},
        {"id": "43", "type": "image", "fingerprints": {"md5": "abc", "pdq": HASH}, "category": "hate"},
        {"type": "HASH_PDQ", "indicator": {"id": "7", "type": "HASH_PDQ"}, "raw_indicator": HASH, "id": "44"},
    ]
    exchange.write_text(json.dumps({"data": entries}))
    given = read_list(exchange)
    assert [(each.reference, each.category) for each in given.known] == [
        ("42", "violence"),
        ("43", "hate"),
        ("44", "violence"),
    ]
    assert given.passed_over == {"other kinds of hashes": 1}


def test_hashes_of_other_kinds_are_passed_over_however_they_are_named(tmp_path: Path) -> None:
    file = tmp_path / "mixed.json"
    entries = [
        {"type": "pdq", "hash": HASH, "id": "1"},
        {"type": "video_md5", "hash": "0" * 32},
        {"type": "sha256", "hash": "0" * 64},
        {"type": "image", "pdq": HASH, "id": "2"},
    ]
    file.write_text(json.dumps(entries))
    given = read_list(file)
    assert [each.reference for each in given.known] == ["1", "2"]
    assert given.passed_over == {"other kinds of hashes": 2}


def test_what_an_exchange_withdrew_or_found_harmless_is_passed_over_and_counted(tmp_path: Path) -> None:
    exchange = tmp_path / "exchange.json"
    entries = [
        {"type": "HASH_PDQ", "indicator": HASH, "id": "1", "status": "MALICIOUS"},
        {"type": "HASH_PDQ", "indicator": HASH, "id": "2", "should_delete": True},
        {"type": "HASH_PDQ", "indicator": HASH, "id": "3", "status": "NON_MALICIOUS"},
        {"hash": HASH, "id": "4", "deleted": True},
    ]
    exchange.write_text(json.dumps(entries))
    given = read_list(exchange)
    assert [each.reference for each in given.known] == ["1"]
    assert given.passed_over == {"withdrawn": 2, "said to be harmless": 1}


def test_a_quotation_mark_left_open_does_not_swallow_the_lines_after_it(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f'{HASH},"case 7\n{HASH},case 8\n')
    with pytest.raises(Invalid, match="line 1"):
        read_list(file)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", f"{HASH}\nxyz\n", "line 2"),
        ("a.csv", f"{HASH},x,nonsense\n", "no category"),
        ("a.csv", "", "no PDQ hashes"),
        ("a.json", "[1]", "entry 1"),
        ("a.json", "{", "JSON"),
        ("a.json", '{"other": 1}', "no list"),
        ("a.json", '[{"hash": "abc"}]', "entry 1"),
    ],
)
def test_a_broken_list_is_refused_with_its_place(tmp_path: Path, name: str, content: str, says: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(Invalid, match=says) as refused:
        read_list(file)
    assert name in refused.value.words


@settings(max_examples=30)
@given(st.integers(0, 60), st.integers(0, 2**32))
def test_near_is_up_to_31_bits_wherever_they_are(bits: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    original = int.from_bytes(dice.bytes(32), "big")
    flipped = original
    for place in dice.choice(256, bits, replace=False):
        flipped ^= 1 << int(place)
    others = [Known(f"{int.from_bytes(dice.bytes(32), 'big'):064x}", "x", Category.HATE) for _ in range(50)]
    known = KnownPictures([*others, Known(f"{original:064x}", "it", Category.THREAT)])
    found = known.find(f"{flipped:064x}")
    assert (found is not None) == (bits <= NEAR)
    if found:
        assert found.name == "it"
        assert found.probability == pytest.approx(1 - bits / 256)
