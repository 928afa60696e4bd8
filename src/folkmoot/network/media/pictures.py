"""Pictures in, pictures out, nothing else in them: decoded, turned upright, brought to sRGB, bounded, encoded anew.

What leaves here was written by us from pixels, so no place, camera, comment or profile of the sender is in it.
Everything here takes time and no await: see `worker.py`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from blurhash._functions import ffi, lib
from PIL import Image, ImageCms, ImageOps

from folkmoot.errors import Invalid
from folkmoot.network.media.formats import count_gif_frames, decoder_of, sniff

# Every door below checks the header against the operator's own bound; Pillow's fixed one would only disagree with it.
Image.MAX_IMAGE_PIXELS = None

LARGEST_AREA = 3840 * 2160
PREVIEW_AREA = 640 * 360
LONGEST_SIDE = 16_000
"""WebP ends at 16,383."""
ANIMATION_AREA = 720 * 480
MOST_FRAMES = 1_000
_ANIMATION_KEPT = 30_000_000
"""Pixels of all frames together that we keep: 120 MB."""
_ANIMATION_DECODED = 5
"""An animation may cost this many times as many pixels as a still picture."""
_LARGEST_PROFILE = 4 * 1024 * 1024
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SPACES = {"L": "GRAY", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    data: bytes
    content_type: str
    width: int
    height: int


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an upload."""

    picture: Picture
    preview: Picture
    blurhash: str
    hash: str | None = None
    """PDQ hash by which screening knows it again; None when there is too little on it to be told from others."""


class Cut(msgspec.Struct, frozen=True):
    """What is kept of an avatar or header."""

    picture: Picture
    hashes: tuple[str, ...]
    """PDQ hashes of the picture as it came, and as it is cut: both are what others may know it by."""


def prepare(data: bytes, *, most_pixels: int) -> Prepared:
    """An upload made fit to be shown. Raises Invalid for what is no picture, is damaged or too large to decode."""
    content_type = sniff(data)
    with _opened(data, content_type, most_pixels) as source:
        frames = _frames(source, data, content_type, most_pixels)
        if frames > 1:
            picture, still = _animation(source, content_type, frames)
        else:
            still = _still(source, LARGEST_AREA)
            picture = _encoded(still, sharp=content_type in ("image/png", "image/gif"))
        small = _bounded(still, PREVIEW_AREA)
        preview = picture if frames <= 1 and small is still else _encoded(small, quality=80)
        return Prepared(picture=picture, preview=preview, blurhash=_blurhash(small), hash=_hash(still))


def known_by(data: bytes, *, most_pixels: int) -> str | None:
    """The hash of a picture we keep, None when there is too little on it. Raises Invalid for what is damaged."""
    with _opened(data, sniff(data), most_pixels) as source:
        return _hash(_still(source, LARGEST_AREA))


def _hash(still: Image.Image) -> str | None:
    # It brings numpy, which takes a while to load: not before somebody uploads.
    known = importlib.import_module("folkmoot.moderation.screening.pictures")
    hash, quality = known.hash_picture(still)
    return hash if quality >= known.LEAST_QUALITY else None


def crop(data: bytes, width: int, height: int, *, most_pixels: int) -> Cut:
    """The middle of an upload in exactly this size, for avatars and headers. Raises Invalid as `prepare` does."""
    content_type = sniff(data)
    with _opened(data, content_type, most_pixels) as source:
        still = _still(source, LARGEST_AREA)
        fitted = ImageOps.fit(still, (width, height), Image.Resampling.LANCZOS)
        hashes = dict.fromkeys(hash for hash in (_hash(still), _hash(fitted)) if hash)
        return Cut(_encoded(fitted), tuple(hashes))


@contextmanager
def _opened(data: bytes, content_type: str, most_pixels: int) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(data), formats=(decoder_of(content_type),)) as image:
            if image.width * image.height > most_pixels:
                raise Invalid(
                    "Validation failed: {width}x{height} images are not supported",
                    field="file",
                    width=image.width,
                    height=image.height,
                )
            yield image
    except Invalid:
        raise
    except Exception as error:  # decoders meet hostile bytes with whatever exception happens first
        raise Invalid(
            "Validation failed: File is damaged or no picture", field="file", cause=f"{type(error).__name__}: {error}"
        ) from error


def _frames(image: Image.Image, data: bytes, content_type: str, most_pixels: int) -> int:
    """How many frames we show: those of a GIF or WebP, one of everything else."""
    if content_type == "image/gif":
        frames = count_gif_frames(data, most=MOST_FRAMES)
    elif content_type == "image/webp":
        frames = int(getattr(image, "n_frames", 1))
    else:
        return 1
    if frames > MOST_FRAMES or frames * image.width * image.height > _ANIMATION_DECODED * most_pixels:
        raise Invalid("Validation failed: File has too many or too large frames", field="file")
    return frames


def _still(image: Image.Image, area: int) -> Image.Image:
    """The picture as pixels of ours: bounded, upright, RGB or RGBA in sRGB, with nothing attached."""
    orientation = image.getexif().get(_ORIENTATION) if image.format != "GIF" else None
    profile = image.info.get("icc_profile") or b""
    pixels = _in_srgb(_bounded(_plain(image), area), profile)
    if pixels.mode == "RGBA" and _is_opaque(pixels):
        pixels = pixels.convert("RGB")
    turn = _UPRIGHT.get(orientation or 1)
    if turn is not None:  # the first of them is 0
        pixels = pixels.transpose(turn)
    pixels.info = {}  # encoders would write a comment or profile found here
    return pixels


def _plain(image: Image.Image) -> Image.Image:
    """In a mode that can be resized: L, RGB, RGBA or CMYK."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits of grey
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in _SPACES:
        image.load()
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile and len(profile) <= _LARGEST_PROFILE:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if own.profile.xcolor_space.strip() == _SPACES[image.mode]:
                converted = ImageCms.profileToProfile(image, own, _SRGB, outputMode=target)
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a broken profile costs the exact colours, not the picture
    return image.convert(target)


def _is_opaque(image: Image.Image) -> bool:
    return image.getchannel("A").getextrema() == (255, 255)


def _fitted(width: int, height: int, area: int) -> tuple[int, int]:
    """The size within `area` and our longest side that keeps the shape and never grows."""
    scale = min(1.0, (area / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _bounded(image: Image.Image, area: int) -> Image.Image:
    size = _fitted(image.width, image.height, area)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _encoded(image: Image.Image, *, quality: int = 85, sharp: bool = False) -> Picture:
    """JPEG, or WebP when something shows through; `sharp` keeps drawn edges and letters from bleeding colour."""
    out = io.BytesIO()
    if image.mode == "RGBA":
        content_type = "image/webp"
        image.save(out, "WEBP", quality=quality, method=4)
    else:
        content_type = "image/jpeg"
        options: dict[str, Any] = {"subsampling": 0} if sharp else {}
        image.save(out, "JPEG", quality=quality, progressive=True, optimize=True, **options)
    return Picture(data=out.getvalue(), content_type=content_type, width=image.width, height=image.height)


def _animation(source: Image.Image, content_type: str, frames: int) -> tuple[Picture, Image.Image]:
    """The animation in its own format, and its first frame."""
    area = min(ANIMATION_AREA, max(1, _ANIMATION_KEPT // frames))
    kept: list[Image.Image] = []
    durations: list[int] = []
    loop = source.info.get("loop")
    for number in range(frames):
        try:
            source.seek(number)
        except EOFError:
            break
        kept.append(_bounded(source.convert("RGBA"), area))
        kept[-1].info = {}
        durations.append(_milliseconds(source.info.get("duration")))
    if all(map(_is_opaque, kept)):
        kept = [frame.convert("RGB") for frame in kept]
    options: dict[str, Any] = {"loop": int(loop)} if loop is not None else {}
    out = io.BytesIO()
    first = kept[0]
    if content_type == "image/gif":
        disposal = 2 if first.mode == "RGBA" else 1
        first.save(out, "GIF", save_all=True, append_images=kept[1:], duration=durations, disposal=disposal, **options)
    else:
        first.save(
            out, "WEBP", save_all=True, append_images=kept[1:], duration=durations, quality=75, method=2, **options
        )
    return Picture(data=out.getvalue(), content_type=content_type, width=first.width, height=first.height), first


def _milliseconds(duration: object) -> int:
    """Browsers slow down what claims to change faster than 50 times a second, and so do we."""
    return min(60_000, int(duration)) if isinstance(duration, (int, float)) and duration >= 20 else 100


def _blurhash(image: Image.Image) -> str:
    """A sketch of 4x4 waves, shown until the picture has arrived."""
    small = image.copy()
    small.thumbnail((64, 64))
    if small.mode == "RGBA":
        white = Image.new("RGBA", small.size, "white")
        white.alpha_composite(small)
        small = white.convert("RGB")
    # Not blurhash.encode(): it reads pixels by a method that Pillow is taking away.
    pixels = ffi.new("uint8_t[]", small.tobytes())
    hashed = ffi.new("char[]", 256)
    if lib.create_hash_from_pixels(4, 4, small.width, small.height, pixels, small.width * 3, hashed) == ffi.NULL:
        raise ValueError("no blurhash")
    return str(ffi.string(hashed).decode("ascii"))
