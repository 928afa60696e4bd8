"""Whatever is sent, what we keep is a bounded picture made by us; what is no picture is refused in words."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from folkmoot.errors import Invalid
from folkmoot.network.media import pictures, rules
from folkmoot.network.media.formats import READABLE, count_gif_frames, sniff
from folkmoot.network.media.pictures import LARGEST_AREA, PREVIEW_AREA, Prepared, crop, prepare

PIXELS = 40_000_000
SECRET = b"Secret place"


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def landscape(mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> Image.Image:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 3, size[1] // 3), fill="red")
    return image.convert(mode)


def with_place(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0), 29: "2021:01:09"})
    return exif


def made(data: bytes) -> Prepared:
    return prepare(data, most_pixels=PIXELS)


def look(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def check_bare(data: bytes) -> None:
    image = look(data)
    assert not dict(image.getexif())
    assert not {"exif", "icc_profile", "comment", "xmp", "XML:com.adobe.xmp", "photoshop", "Title"} & set(image.info)
    for trace in (SECRET, b"Exif", b"GPS", b"ICC_PROFILE", b"http://ns.adobe.com", b"ICCP", b"XMP "):
        assert trace not in data


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_where_a_picture_was_taken_is_gone(format):
    data = encoded(landscape(), format, exif=with_place())
    assert SECRET in data or format == "PNG"
    assert look(data).getexif().get_ifd(0x8825)
    prepared = made(data)
    check_bare(prepared.picture.data)
    check_bare(prepared.preview.data)


def test_comments_profiles_and_texts_are_gone():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>Secret place</x:xmpmeta>"
    check_bare(made(encoded(landscape(), "JPEG", comment=SECRET, icc_profile=profile, xmp=xmp)).picture.data)
    check_bare(made(encoded(landscape("RGBA"), "WEBP", icc_profile=profile, xmp=xmp)).picture.data)
    check_bare(made(encoded(landscape("P"), "GIF", comment=SECRET)).picture.data)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", SECRET.decode())
    check_bare(made(encoded(landscape(), "PNG", pnginfo=texts, icc_profile=profile)).picture.data)


def test_bytes_after_the_picture_are_gone():
    assert SECRET not in made(encoded(landscape(), "JPEG") + b"PK\x03\x04" + SECRET).picture.data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation):
    upright = landscape()
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # what undoes each turn
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    prepared = made(encoded(stored, "JPEG", exif=with_place(orientation), quality=95))
    assert (prepared.picture.width, prepared.picture.height) == upright.size
    shown = look(prepared.picture.data)
    red, green, _ = shown.getpixel((20, 20))
    assert red > 200 > 100 > green
    assert shown.getpixel((280, 20))[0] < 60


@pytest.mark.parametrize(
    ("image", "format"),
    [
        (Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG"),
        (Image.new("L", (40, 30), 90), "JPEG"),
        (Image.new("I;16", (40, 30), 0x8000), "PNG"),
        (Image.new("1", (40, 30), 1), "PNG"),
        (Image.new("LA", (40, 30), (90, 128)), "PNG"),
        (Image.new("RGBA", (40, 30), (9, 9, 9, 0)), "PNG"),
        (Image.new("P", (40, 30), 3), "PNG"),
        (Image.new("P", (40, 30), 3), "GIF"),
        (Image.new("RGB", (1, 1), "red"), "PNG"),
        (Image.new("RGB", (1, 10_000), "red"), "PNG"),
        (Image.new("RGB", (10_000, 1), "red"), "JPEG"),
        (Image.new("RGB", (30_000, 2), "red"), "PNG"),
    ],
)
def test_odd_pictures_become_ordinary_ones(image, format):
    prepared = made(encoded(image, format))
    for picture in (prepared.picture, prepared.preview):
        shown = look(picture.data)
        assert shown.size == (picture.width, picture.height)
        assert shown.mode in ("RGB", "RGBA")
        assert shown.get_format_mimetype() == picture.content_type
    assert len(prepared.blurhash) == 36


def test_colours_survive_odd_modes():
    sixteen = look(made(encoded(Image.new("I;16", (40, 30), 0x8000), "PNG")).picture.data)
    assert sixteen.getpixel((5, 5)) == pytest.approx((128, 128, 128), abs=2)
    red = look(made(encoded(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG")).picture.data)
    assert red.getpixel((5, 5)) == pytest.approx((254, 0, 0), abs=4)


def test_a_broken_profile_costs_no_picture():
    made(encoded(landscape(), "JPEG", icc_profile=b"nonsense" * 50))


def test_what_shows_through_still_does():
    image = landscape("RGBA")
    image.putpixel((150, 100), (0, 0, 0, 0))
    prepared = made(encoded(image, "PNG"))
    assert prepared.picture.content_type == "image/webp"
    assert look(prepared.picture.data).getpixel((150, 100))[3] == 0
    palette = Image.new("P", (40, 30), 3)
    palette.putpalette([number for number in range(8) for _ in "rgb"])
    palette.paste(4, (0, 0, 20, 30))
    shown = look(made(encoded(palette, "PNG", transparency=4)).picture.data)
    assert (shown.getpixel((2, 2))[3], shown.getpixel((38, 2))[3]) == (0, 255)


def test_alpha_that_hides_nothing_is_dropped():
    assert made(encoded(landscape("RGBA"), "PNG")).picture.content_type == "image/jpeg"


def test_large_pictures_are_bounded_and_small_ones_stay():
    large = made(encoded(Image.new("RGB", (5000, 4000)), "PNG"))
    assert large.picture.width * large.picture.height <= LARGEST_AREA
    assert large.picture.width / large.picture.height == pytest.approx(1.25, abs=0.01)
    assert large.preview.width * large.preview.height <= PREVIEW_AREA
    small = made(encoded(landscape(), "PNG"))
    assert (small.picture.width, small.picture.height) == (300, 200)
    assert small.preview == small.picture


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"GIF",
        b"BM" + b"\0" * 60,
        b"II*\0" + b"\0" * 60,
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\0\x18ftypmp42" + b"\0" * 60,
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name(data):
    with pytest.raises(Invalid, match="Validation failed: File content type is invalid"):
        made(data)


def test_heic_is_refused_with_advice():
    with pytest.raises(Invalid, match="HEIC"):
        sniff(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(Invalid, match="HEIC"):
        sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic")
    assert "image/avif" not in READABLE or sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif") == "image/avif"


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "])
def test_a_page_behind_the_head_of_a_picture_is_damaged(head):
    with pytest.raises(Invalid, match="Validation failed: File is damaged"):
        made(head + b"<script>alert(1)</script>" * 10)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_truncated_files_are_refused(format, share):
    data = encoded(Image.effect_noise((200, 200), 80).convert("RGB"), format)
    with pytest.raises(Invalid):
        made(data[: int(len(data) * share)])


def png_claiming(width: int, height: int, rows: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (2**31 - 1, 1), (8_001, 5_000)])
def test_bombs_are_refused_by_their_header(width, height, monkeypatch):
    monkeypatch.setattr(pictures, "_still", lambda *_: pytest.fail("decoded"))
    with pytest.raises(Invalid, match=r"Validation failed: \d+x\d+ images are not supported"):
        made(png_claiming(width, height))


def animation(frames: int, size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    pages = [Image.new("RGB", size, (number * 9 % 256, number * 70 % 256, 0)) for number in range(frames)]
    return encoded(
        pages[0], str(options.pop("format", "GIF")), save_all=True, append_images=pages[1:], duration=80, **options
    )


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_animations_keep_moving(format):
    prepared = made(animation(12, loop=0, format=format))
    moving = look(prepared.picture.data)
    assert moving.n_frames == 12
    assert moving.info["loop"] == 0
    moving.seek(1)
    moving.load()
    assert moving.info["duration"] == 80
    assert prepared.preview.content_type == "image/jpeg"


def test_animations_are_bounded():
    prepared = made(animation(3, (1600, 900)))
    assert prepared.picture.width * prepared.picture.height <= pictures.ANIMATION_AREA
    with pytest.raises(Invalid, match="frames"):
        made(animation(pictures.MOST_FRAMES + 1, (2, 2)))
    with pytest.raises(Invalid, match="frames"):
        prepare(animation(40, (100, 100)), most_pixels=20_000)


def test_what_shows_through_an_animation_still_does():
    pages = []
    for number in range(3):
        page = Image.new("RGBA", (40, 40))
        ImageDraw.Draw(page).rectangle((number * 10, 0, number * 10 + 9, 39), fill="red")
        pages.append(page)
    data = encoded(pages[0], "GIF", save_all=True, append_images=pages[1:], disposal=2, duration=100)
    moving = look(made(data).picture.data)
    moving.seek(2)
    last = moving.convert("RGBA")
    assert (last.getpixel((25, 5))[3], last.getpixel((5, 5))[3]) == (255, 0)


@given(st.binary(max_size=200))
def test_counting_frames_ends(data):
    assert 0 <= count_gif_frames(b"GIF89a" + data, most=10) <= 11


@given(st.data())
def test_no_damage_brings_more_than_a_refusal(data):
    format = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]))
    whole = bytearray(encoded(landscape(size=(24, 16)), format, **({} if format == "GIF" else {"exif": with_place(6)})))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        prepared = prepare(bytes(whole), most_pixels=10_000)
    except Invalid:
        return
    check_bare(prepared.picture.data)


@pytest.mark.parametrize("size", [(400, 400), (1500, 500)])
@pytest.mark.parametrize("given_size", [(1, 1), (3, 900), (1600, 200), (2000, 2000)])
def test_avatars_and_headers_have_one_size(size, given_size):
    picture = crop(encoded(landscape(size=given_size), "PNG"), *size, most_pixels=PIXELS).picture
    assert look(picture.data).size == size == (picture.width, picture.height)


def test_size_description_and_focus_have_bounds():
    with pytest.raises(Invalid, match="can't be blank"):
        rules.check_size(b"", 1)
    with pytest.raises(Invalid, match="less than 1 MB"):
        rules.check_size(b"x" * (1024 * 1024 + 1), 1)
    assert rules.described(" a\x00b\r\n") == "ab"
    with pytest.raises(Invalid, match="too long"):
        rules.described("x" * 1501)
    rules.check_focus((-1, 1))
    for focus in ((1.01, 0), (float("nan"), 0), (0, float("-inf"))):
        with pytest.raises(Invalid):
            rules.check_focus(focus)
