"""Paint for the demo's pictures: gradients, clouds of noise, glows, shadows, grain.

Everything is drawn at twice its size and halved at the end, which gives smooth edges without further libraries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import pairwise
from math import pi, sin
from random import Random
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]
Stops = Sequence[tuple[float, Colour]]
Shape = Literal["oval", "box", "polygon", "line"]

OVERSIZE = 2


def ink(code: str) -> Colour:
    """A colour from its six hexadecimal digits."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def inks(codes: str) -> list[Colour]:
    return [ink(code) for code in codes.split()]


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Between two colours; a share of 1 is all the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, (255, 255, 255), share)


def darker(colour: Colour, share: float) -> Colour:
    return mix(colour, (8, 8, 20), share)


def evenly(colours: Sequence[Colour]) -> Stops:
    """Colours as stops of a gradient, at equal distances."""
    return [(place / (len(colours) - 1), colour) for place, colour in enumerate(colours)]


def gradient(size: tuple[int, int], stops: Stops, *, sideways: bool = False) -> Image.Image:
    """Colours running into each other from top to bottom."""
    length = size[0] if sideways else size[1]
    strip = Image.new("RGB", (1, 256))
    at = 0
    for row in range(256):
        place = row / 255
        while at < len(stops) - 2 and place > stops[at + 1][0]:
            at += 1
        (start, here), (end, there) = stops[at], stops[at + 1]
        share = min(1.0, max(0.0, (place - start) / (end - start)))
        strip.putpixel((0, row), mix(here, there, share))
    strip = strip.resize((1, length), Image.Resampling.BILINEAR)
    if sideways:
        strip = strip.transpose(Image.Transpose.ROTATE_90)
    return strip.resize(size, Image.Resampling.NEAREST)


def noise(size: tuple[int, int], rng: Random, across: int, down: int, octaves: int = 4) -> Image.Image:
    """Soft clouds in grey; `across` and `down` say how many puffs fit."""
    small = (max(16, size[0] // 6), max(16, size[1] // 6))
    result: Image.Image | None = None
    for octave in range(octaves):
        grid = (across << octave, down << octave)
        puffs = Image.frombytes("L", grid, rng.randbytes(grid[0] * grid[1]))
        layer = puffs.resize(small, Image.Resampling.BICUBIC)
        result = layer if result is None else Image.blend(result, layer, 1 / (octave + 2.2))
    assert result is not None
    return result.resize(size, Image.Resampling.BILINEAR)


def curve(mask: Image.Image, low: int, high: int, strength: float = 1.0) -> Image.Image:
    """Stretch greys between low and high to the full range, smoothly."""

    def bend(value: int) -> int:
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return round(255 * strength * share * share * (3 - 2 * share))

    return mask.point([bend(value) for value in range(256)])


def ridge(rng: Random, width: float, base: float, height: float, rough: float = 0.5, levels: int = 8) -> list[Point]:
    """A mountain line by halving: each middle is moved a little less than the last."""
    heights = [rng.uniform(-1, 1), rng.uniform(-1, 1)]
    swing = 1.0
    for _ in range(levels):
        middles = [(a + b) / 2 + rng.uniform(-swing, swing) for a, b in pairwise(heights)]
        heights = [value for pair in zip(heights, middles, strict=False) for value in pair] + [heights[-1]]
        swing *= rough
    top, bottom = max(heights), min(heights)
    step = width / (len(heights) - 1)
    return [(place * step, base - height * (value - bottom) / (top - bottom)) for place, value in enumerate(heights)]


def swell(rng: Random, width: float, base: float, height: float, waves: float = 1.5, steps: int = 160) -> list[Point]:
    """A rolling line: three sines, none of them in step."""
    shares = ((1, 0.6), (2.3, 0.28), (4.1, 0.12))
    parts = [(waves * factor, height * share, rng.uniform(0, 2 * pi)) for factor, share in shares]
    return [
        (width * i / steps, base + sum(tall * sin(2 * pi * often * i / steps + shift) for often, tall, shift in parts))
        for i in range(steps + 1)
    ]


class Canvas:
    """A picture in the making, at twice its size."""

    def __init__(self, width: int, height: int, rng: Random) -> None:
        self.width, self.height, self.rng = width * OVERSIZE, height * OVERSIZE, rng
        self.image = Image.new("RGB", (self.width, self.height))
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        self.solid = ImageDraw.Draw(self.image)  # no blending, a good deal faster

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def wash(self, stops: Stops, top: float = 0, bottom: float | None = None) -> None:
        """Fill from top to bottom with a gradient."""
        low = self.height if bottom is None else round(bottom)
        self.image.paste(gradient((self.width, low - round(top)), stops), (0, round(top)))

    def veil(self, colour: Colour, mask: Image.Image, at: tuple[int, int] = (0, 0)) -> None:
        self.image.paste(Image.new("RGB", mask.size, colour), at, mask)

    def below(self, line: Sequence[Point], colour: Colour) -> None:
        """Fill everything beneath a line."""
        self.solid.polygon([*line, (self.width, self.height), (0, self.height)], fill=colour)

    def fade_below(self, line: Sequence[Point], stops: Stops, depth: float | None = None) -> None:
        """Fill beneath a line with a gradient, down to the edge or so deep."""
        top = max(0, int(min(y for _, y in line)))
        low = self.height if depth is None else min(self.height, int(max(y for _, y in line) + depth))
        if low <= top:
            return
        mask = Image.new("L", (self.width, low - top))
        shifted = [(x, y - top) for x, y in line]
        ImageDraw.Draw(mask).polygon([*shifted, (self.width, mask.height), (0, mask.height)], fill=255)
        self.image.paste(gradient(mask.size, stops), (0, top), mask)

    def glow(
        self, x: float, y: float, radius: float, colour: Colour, strength: float = 0.8, power: float = 2.0
    ) -> None:
        # Pillow's gradient reaches 255 in the corners, about 180 at the middle of an edge: end before that.
        fading = [round(255 * strength * max(0.0, 1 - v / 178) ** power) for v in range(256)]
        light = Image.radial_gradient("L").point(fading)
        across = max(2, round(2 * radius))
        light = light.resize((across, across), Image.Resampling.BILINEAR)
        self.veil(colour, light, (round(x - radius), round(y - radius)))

    def dot(self, x: float, y: float, radius: float, colour: Colour, alpha: int = 255) -> None:
        box = (x - radius, y - radius, x + radius, y + radius)
        if alpha == 255:
            self.solid.ellipse(box, fill=colour)
        else:
            self.pen.ellipse(box, fill=(*colour, alpha))

    def shadow(self, shape: Shape, outlines: Iterable[Sequence[float]], blur: float, alpha: float = 0.45) -> None:
        """Lay down soft shadows of these shapes. They are blurred on a small sheet, which is quick."""
        scale = 0.25
        sheet = Image.new("L", (round(self.width * scale), round(self.height * scale)))
        pen = ImageDraw.Draw(sheet)
        for outline in outlines:
            points = [value * scale for value in outline]
            if shape == "oval":
                pen.ellipse(points, fill=255)
            elif shape == "box":
                pen.rectangle(points, fill=255)
            elif shape == "polygon":
                pen.polygon(points, fill=255)
            else:
                pen.line(points, fill=255, width=7)
        touched = sheet.getbbox()
        if touched is None:
            return
        edge = round(3 * blur * scale)
        left, top = max(0, touched[0] - edge), max(0, touched[1] - edge)
        sheet = sheet.crop((left, top, min(sheet.width, touched[2] + edge), min(sheet.height, touched[3] + edge)))
        sheet = sheet.filter(ImageFilter.GaussianBlur(blur * scale)).point([round(v * alpha) for v in range(256)])
        full = sheet.resize((round(sheet.width / scale), round(sheet.height / scale)), Image.Resampling.BILINEAR)
        self.veil((10, 8, 16), full, (round(left / scale), round(top / scale)))

    def finish(self, grain: int = 9, vignette: float = 0.22) -> Image.Image:
        """Half the size, darker corners, a little film grain."""
        picture = self.image.reduce(OVERSIZE)
        if vignette:
            edge = Image.radial_gradient("L").resize((picture.width * 3 // 2, picture.height * 3 // 2))
            left, top = (edge.width - picture.width) // 2, (edge.height - picture.height) // 2
            edge = edge.crop((left, top, left + picture.width, top + picture.height))
            picture.paste((8, 6, 18), (0, 0), curve(edge, 110, 300, vignette))
        if grain:
            speckle = Image.frombytes("L", picture.size, self.rng.randbytes(picture.width * picture.height))
            speckle = speckle.point([128 + (v - 128) * grain // 128 for v in range(256)])
            picture = ImageChops.overlay(picture, Image.merge("RGB", (speckle, speckle, speckle)))
        return picture


def wood(c: Canvas, box: tuple[float, float, float, float], colour: Colour, grain: float = 0.55) -> None:
    """A plank, its grain running lengthwise."""
    left, top, right, bottom = (round(v) for v in box)
    size = (right - left, bottom - top)
    c.image.paste(gradient(size, [(0, lighter(colour, 0.1)), (0.12, colour), (1, darker(colour, 0.22))]), (left, top))
    across, down = (3, max(6, size[1] // 12)) if size[0] > size[1] else (max(6, size[0] // 12), 3)
    c.veil(
        darker(mix(colour, ink("7a4a20"), 0.3), 0.4),
        curve(noise(size, c.rng, across, down, 2), 110, 200, grain),
        (left, top),
    )


def jpeg(picture: Image.Image, quality: int = 86) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
