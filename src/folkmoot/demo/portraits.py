"""Who looks how: the members' avatars, and which scene stands on top of their profile."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

from PIL import ImageFont

from folkmoot.demo.brush import Canvas, Colour, Point, darker, evenly, ink, inks, lighter, mix

SIDE = 800  # of the canvas, at twice the picture's size


def portray(c: Canvas, handle: str) -> None:
    """Paint this member's avatar; strangers get their initial."""
    paint = FACES_AND_THINGS.get(handle)
    if paint is None:
        _initial(c, handle[:1].upper())
    else:
        paint(c)


def backdrop(handle: str, rng: Random) -> str:
    return BACKDROPS.get(handle) or rng.choice(["mountains", "waves", "tulips", "birds", "night", "harbour"])


def _ground(c: Canvas, colours: str) -> None:
    c.wash(evenly(inks(colours)))
    tones = inks(colours)
    c.glow(SIDE * 0.3, SIDE * 0.2, SIDE * 0.7, lighter(tones[0], 0.5), 0.5)


def _poly(c: Canvas, points: list[Point], colour: Colour) -> None:
    c.solid.polygon([(x * SIDE, y * SIDE) for x, y in points], fill=colour)


def _oval(c: Canvas, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
    c.solid.ellipse(((x - rx) * SIDE, (y - ry) * SIDE, (x + rx) * SIDE, (y + ry) * SIDE), fill=colour)


def _box(c: Canvas, x0: float, y0: float, x1: float, y1: float, colour: Colour, round_: float = 0.0) -> None:
    c.solid.rounded_rectangle((x0 * SIDE, y0 * SIDE, x1 * SIDE, y1 * SIDE), round_ * SIDE, fill=colour)


def _arc(
    c: Canvas, x: float, y: float, rx: float, ry: float, start: float, end: float, colour: Colour, width: float = 0.014
) -> None:
    c.solid.arc(
        ((x - rx) * SIDE, (y - ry) * SIDE, (x + rx) * SIDE, (y + ry) * SIDE),
        start,
        end,
        fill=colour,
        width=int(width * SIDE),
    )


def _line(c: Canvas, points: list[Point], colour: Colour, width: float = 0.014) -> None:
    c.solid.line([(x * SIDE, y * SIDE) for x, y in points], fill=colour, width=int(width * SIDE), joint="curve")


def _face(ground: str, skin: str, hair: str, style: str, top: str, *extras: str) -> Callable[[Canvas], None]:
    """A head and shoulders; extras: glasses, beard, moustache, freckles, earrings, cap, beanie, headphones, laugh."""

    def paint(c: Canvas) -> None:
        flesh, locks, dress = ink(skin), ink(hair), ink(top)
        shade = mix(darker(flesh, 0.16), ink("b0503a"), 0.15)
        _ground(c, ground)
        if style == "long":
            _box(c, 0.235, 0.3, 0.765, 0.86, darker(locks, 0.15), 0.24)
        if style == "curls":
            for i in range(15):
                a = pi * (0.95 + 1.1 * i / 14) if i < 15 else 0
                _oval(c, 0.5 + cos(a) * 0.25, 0.43 + sin(a) * 0.25, 0.105, 0.105, mix(locks, darker(locks, 0.3), i % 2))
        if style == "bun":
            _oval(c, 0.5, 0.14, 0.11, 0.1, darker(locks, 0.12))
        if style == "scarf":
            _oval(c, 0.5, 0.46, 0.285, 0.335, darker(locks, 0.1))
        _oval(c, 0.5, 1.06, 0.42, 0.34, darker(dress, 0.18))
        _oval(c, 0.5, 1.08, 0.39, 0.34, dress)
        if style == "scarf":
            _oval(c, 0.5, 0.79, 0.2, 0.13, locks)
        else:
            _box(c, 0.425, 0.6, 0.575, 0.79, shade, 0.06)
            _poly(
                c,
                [(0.36, 0.77), (0.5, 0.88), (0.64, 0.77), (0.58, 0.73), (0.5, 0.79), (0.42, 0.73)],
                lighter(dress, 0.3),
            )
        if style != "scarf":
            for side in (0.27, 0.73):
                _oval(c, side, 0.47, 0.045, 0.06, shade)
        _oval(c, 0.5, 0.46, 0.225, 0.27, flesh)
        for side in (0.365, 0.635):
            _oval(c, side, 0.545, 0.05, 0.036, mix(flesh, ink("e0584f"), 0.24))
        _hair(c, style, locks)
        dark = ink("2a2028")
        for side in (-1, 1):
            x = 0.5 + side * 0.088
            if "laugh" in extras:
                _arc(c, x, 0.465, 0.034, 0.032, 195, 345, dark, 0.017)
            else:
                _oval(c, x, 0.46, 0.023, 0.029, dark)
                _oval(c, x + 0.008, 0.45, 0.008, 0.009, (255, 255, 255))
            _arc(
                c,
                x,
                0.42,
                0.048,
                0.028,
                200,
                340,
                darker(locks, 0.25) if style not in ("scarf", "bald") else dark,
                0.014,
            )
        _arc(c, 0.5, 0.52, 0.026, 0.022, 20, 160, shade, 0.013)
        if "beard" in extras:
            c.solid.pieslice((0.29 * SIDE, 0.28 * SIDE, 0.71 * SIDE, 0.78 * SIDE), 18, 162, fill=locks)
            _oval(c, 0.5, 0.5, 0.15, 0.085, flesh)
            _arc(c, 0.5, 0.52, 0.026, 0.022, 20, 160, shade, 0.013)
        if "laugh" in extras:
            c.solid.pieslice((0.42 * SIDE, 0.53 * SIDE, 0.58 * SIDE, 0.67 * SIDE), 0, 180, fill=ink("7a2a2e"))
            _box(c, 0.435, 0.6, 0.565, 0.617, (255, 255, 255), 0.006)
        else:
            _arc(c, 0.5, 0.575, 0.07, 0.05, 25, 155, ink("8a3a3a"), 0.017)
        if "moustache" in extras:
            _oval(c, 0.455, 0.568, 0.065, 0.024, locks)
            _oval(c, 0.545, 0.568, 0.065, 0.024, locks)
        if "freckles" in extras:
            for i in range(5):
                for side in (-1, 1):
                    _oval(c, 0.5 + side * (0.07 + 0.02 * i), 0.52 + 0.014 * (i % 2), 0.006, 0.006, shade)
        if "glasses" in extras:
            for side in (-1, 1):
                _arc(c, 0.5 + side * 0.09, 0.465, 0.068, 0.062, 0, 360, dark, 0.013)
            _arc(c, 0.5, 0.46, 0.026, 0.02, 190, 350, dark, 0.013)
        if "earrings" in extras:
            for side in (0.268, 0.732):
                _oval(c, side, 0.555, 0.018, 0.026, ink("f2c14e"))
        if "cap" in extras:
            _cap(c)
        if "beanie" in extras:
            tone = ink("d9534f")
            c.solid.pieslice((0.255 * SIDE, 0.1 * SIDE, 0.745 * SIDE, 0.62 * SIDE), 180, 360, fill=tone)
            _box(c, 0.245, 0.31, 0.755, 0.385, darker(tone, 0.2), 0.03)
            _oval(c, 0.5, 0.105, 0.055, 0.05, lighter(tone, 0.45))
        if "headphones" in extras:
            _arc(c, 0.5, 0.42, 0.28, 0.3, 180, 360, dark, 0.026)
            for side in (0.235, 0.765):
                _oval(c, side, 0.46, 0.05, 0.08, ink("e4a23a"))

    return paint


def _hair(c: Canvas, style: str, locks: Colour) -> None:
    if style in ("short", "long", "bun", "bob"):
        c.solid.pieslice((0.262 * SIDE, 0.155 * SIDE, 0.738 * SIDE, 0.66 * SIDE), 180, 360, fill=locks)
        if style == "bob":
            _box(c, 0.245, 0.38, 0.345, 0.62, locks, 0.05)
            _box(c, 0.655, 0.38, 0.755, 0.62, locks, 0.05)
        if style == "long":
            _box(c, 0.235, 0.38, 0.315, 0.78, locks, 0.035)
            _box(c, 0.685, 0.38, 0.765, 0.78, locks, 0.035)
        if style == "short":
            _oval(c, 0.43, 0.225, 0.12, 0.055, lighter(locks, 0.1))
            _oval(c, 0.58, 0.235, 0.1, 0.045, lighter(locks, 0.05))
        _arc(c, 0.5, 0.43, 0.19, 0.225, 205, 270, lighter(locks, 0.25), 0.012)
    elif style == "curls":
        for i in range(8):
            a = pi * (1.08 + 0.84 * i / 7)
            _oval(c, 0.5 + cos(a) * 0.2, 0.42 + sin(a) * 0.21, 0.08, 0.075, mix(locks, lighter(locks, 0.16), i % 2))
    elif style == "bald":
        _oval(c, 0.43, 0.27, 0.06, 0.03, (255, 244, 232))
        for side in (0.275, 0.725):
            _oval(c, side, 0.4, 0.03, 0.065, locks)
    elif style == "scarf":
        # the face looks out of it
        _arc(c, 0.5, 0.46, 0.268, 0.315, 0, 360, locks, 0.075)
        _arc(c, 0.5, 0.44, 0.225, 0.27, 190, 350, lighter(locks, 0.25), 0.012)


def _cap(c: Canvas) -> None:
    navy = ink("1d2f4e")
    _oval(c, 0.5, 0.225, 0.3, 0.115, ink("f2ede0"))
    _box(c, 0.27, 0.25, 0.73, 0.325, navy, 0.02)
    c.solid.pieslice((0.28 * SIDE, 0.24 * SIDE, 0.72 * SIDE, 0.42 * SIDE), 0, 180, fill=darker(navy, 0.3))
    _oval(c, 0.5, 0.283, 0.032, 0.03, ink("f2c14e"))


def _initial(c: Canvas, letter: str, ground: str | None = None) -> None:
    """A letter on overlapping discs."""
    palettes = [
        "335c67 e09f3e 9e2a2b",
        "264653 2a9d8f e9c46a",
        "5f0f40 9a031e fb8b24",
        "22223b 4a4e69 c9ada7",
        "0b3954 087e8b ff5a5f",
    ]
    tones = inks(ground or c.rng.choice(palettes))
    c.wash(evenly([lighter(tones[0], 0.12), tones[0]]))
    for _ in range(5):
        x, y, r = c.rng.uniform(0, SIDE), c.rng.uniform(0, SIDE), c.rng.uniform(0.2, 0.45) * SIDE
        c.dot(x, y, r, c.rng.choice(tones[1:]), 90)
    c.pen.text((SIDE / 2, SIDE * 0.5), letter, font=ImageFont.load_default(size=430), fill=(255, 250, 240), anchor="mm")


def _letter(letter: str, ground: str) -> Callable[[Canvas], None]:
    return lambda c: _initial(c, letter, ground)


def _shards(ground: str) -> Callable[[Canvas], None]:
    """Triangles, all pointing the same way."""

    def paint(c: Canvas) -> None:
        tones = inks(ground)
        c.wash(evenly(tones[:2]))
        step = SIDE / 5
        for row in range(6):
            for column in range(-1, 6):
                x, y = column * step + (row % 2) * step / 2, row * step
                tone = mix(tones[1], tones[2], c.rng.random() ** 1.6)
                c.solid.polygon([(x, y), (x + step, y), (x + step / 2, y + step)], fill=tone)

    return paint


def _tiles(ground: str) -> Callable[[Canvas], None]:
    """Quarter circles, each turned as it likes."""

    def paint(c: Canvas) -> None:
        tones = inks(ground)
        count = 4
        step = SIDE / count
        for row in range(count):
            for column in range(count):
                x, y = column * step, row * step
                back, front = c.rng.sample(tones, 2)
                c.solid.rectangle((x, y, x + step, y + step), fill=back)
                dx, dy = c.rng.choice([(0, 0), (1, 0), (0, 1), (1, 1)])
                cx, cy = x + dx * step, y + dy * step
                start = {(0, 0): 0, (1, 0): 90, (1, 1): 180, (0, 1): 270}[(dx, dy)]
                c.solid.pieslice((cx - step, cy - step, cx + step, cy + step), start, start + 90, fill=front)
                c.solid.pieslice(
                    (cx - step / 2, cy - step / 2, cx + step / 2, cy + step / 2), start, start + 90, fill=back
                )

    return paint


def _otter(c: Canvas) -> None:
    _ground(c, "bfe3e0 5aa7b5")
    fur, pale = ink("7a5238"), ink("e6d2b5")
    for side in (0.25, 0.75):
        _oval(c, side, 0.27, 0.09, 0.09, fur)
        _oval(c, side, 0.28, 0.05, 0.05, darker(fur, 0.3))
    _oval(c, 0.5, 0.5, 0.36, 0.33, fur)
    _oval(c, 0.5, 0.63, 0.25, 0.19, pale)
    for side in (-1, 1):
        _oval(c, 0.5 + side * 0.15, 0.43, 0.085, 0.085, ink("dfe6ea"))
        _arc(c, 0.5 + side * 0.15, 0.43, 0.095, 0.095, 0, 360, ink("4a5866"), 0.022)
        _oval(c, 0.5 + side * 0.15, 0.44, 0.04, 0.045, ink("1d1a20"))
        _oval(c, 0.515 + side * 0.15, 0.425, 0.014, 0.014, (255, 255, 255))
        for i in range(3):
            _line(
                c, [(0.5 + side * 0.12, 0.63 + 0.02 * i), (0.5 + side * 0.4, 0.58 + 0.06 * i)], darker(fur, 0.4), 0.007
            )
    _oval(c, 0.5, 0.55, 0.06, 0.043, ink("2a2024"))
    _arc(c, 0.46, 0.615, 0.042, 0.042, 10, 150, darker(fur, 0.4))
    _arc(c, 0.54, 0.615, 0.042, 0.042, 30, 170, darker(fur, 0.4))
    _line(c, [(0.5, 0.18), (0.53, 0.07)], ink("4a5866"), 0.016)
    _oval(c, 0.533, 0.06, 0.032, 0.032, ink("ef5b3b"))
    _box(c, 0.3, 0.86, 0.7, 1.05, ink("4a5866"), 0.05)
    for i in range(4):
        _oval(c, 0.37 + i * 0.085, 0.93, 0.022, 0.022, inks("ef5b3b f2c14e 7fc97f 5aa7e5")[i])


def _loaf(c: Canvas) -> None:
    _ground(c, "f7e2bd e0a458")
    crust = ink("b5692b")
    _oval(c, 0.5, 0.63, 0.39, 0.29, darker(crust, 0.3))
    _oval(c, 0.5, 0.6, 0.38, 0.28, crust)
    _oval(c, 0.47, 0.54, 0.28, 0.17, lighter(crust, 0.18))
    for i in range(3):
        x = 0.3 + i * 0.2
        _poly(c, [(x - 0.05, 0.7), (x - 0.03, 0.56), (x + 0.07, 0.42), (x + 0.06, 0.58)], ink("f6dfae"))
    for i in range(3):
        x = 0.32 + i * 0.18
        _line(c, [(x + 0.03 * sin(t / 2), 0.27 - t * 0.02) for t in range(9)], ink("fff7e8"), 0.022)


def _note(c: Canvas) -> None:
    _ground(c, "f0a6a0 8a2f52")
    for i in range(5):
        _line(c, [(t / 20, 0.28 + i * 0.11 + 0.03 * sin(t / 3)) for t in range(21)], ink("f8d9cf"), 0.008)
    pale = ink("fff6ea")
    for x, y in ((0.32, 0.71), (0.68, 0.63)):
        _oval(c, x, y, 0.1, 0.075, pale)
        _line(c, [(x + 0.088, y), (x + 0.088, y - 0.42)], pale, 0.026)
    _poly(c, [(0.395, 0.27), (0.781, 0.19), (0.781, 0.28), (0.395, 0.36)], pale)
    _arc(c, 0.32, 0.71, 0.05, 0.03, 20, 160, ink("8a2f52"), 0.012)
    _arc(c, 0.68, 0.63, 0.05, 0.03, 20, 160, ink("8a2f52"), 0.012)


def _bus(c: Canvas) -> None:
    _ground(c, "fce9a9 f3b73e")
    body, dark = ink("d8432f"), ink("2b2b35")
    _box(c, 0.2, 0.2, 0.8, 0.8, darker(body, 0.25), 0.1)
    _box(c, 0.2, 0.19, 0.8, 0.78, body, 0.1)
    _box(c, 0.26, 0.33, 0.74, 0.56, ink("cfeaf2"), 0.05)
    _poly(c, [(0.32, 0.56), (0.46, 0.33), (0.55, 0.33), (0.41, 0.56)], ink("e9f7fb"))
    _box(c, 0.34, 0.23, 0.66, 0.3, dark, 0.02)
    font = ImageFont.load_default(size=46)
    c.pen.text((SIDE / 2, SIDE * 0.266), "LINIE 3", font=font, fill=(255, 190, 70), anchor="mm")
    for side in (0.3, 0.7):
        _oval(c, side, 0.67, 0.05, 0.05, ink("fff2c4"))
        _box(c, side - 0.055, 0.78, side + 0.055, 0.88, dark, 0.03)
    _arc(c, 0.5, 0.64, 0.09, 0.07, 20, 160, ink("fff2c4"), 0.02)
    for side in (0.15, 0.85):
        _box(c, side - 0.03, 0.36, side + 0.03, 0.5, dark, 0.02)


def _rook(c: Canvas) -> None:
    for row in range(4):
        for column in range(4):
            _box(
                c,
                column / 4,
                row / 4,
                (column + 1) / 4,
                (row + 1) / 4,
                ink("e6d3ad") if (row + column) % 2 else ink("5f7f68"),
            )
    dark = ink("2b2733")
    _poly(c, [(0.33, 0.78), (0.38, 0.42), (0.62, 0.42), (0.67, 0.78)], dark)
    _poly(
        c,
        [
            (0.29, 0.44),
            (0.29, 0.2),
            (0.39, 0.2),
            (0.39, 0.28),
            (0.45, 0.28),
            (0.45, 0.2),
            (0.55, 0.2),
            (0.55, 0.28),
            (0.61, 0.28),
            (0.61, 0.2),
            (0.71, 0.2),
            (0.71, 0.44),
        ],
        dark,
    )
    _box(c, 0.26, 0.76, 0.74, 0.87, dark, 0.02)
    _line(c, [(0.42, 0.7), (0.445, 0.48)], ink("8a8296"), 0.022)
    for x in (0.44, 0.56):
        _oval(c, x, 0.355, 0.02, 0.024, ink("f6ecd8"))


def _clamp(c: Canvas) -> None:
    _ground(c, "9fc3cc 35606e")
    steel, orange = ink("e9edf0"), ink("ef8a32")
    _box(c, 0.24, 0.16, 0.36, 0.86, orange, 0.02)
    _box(c, 0.24, 0.16, 0.72, 0.28, orange, 0.02)
    _box(c, 0.24, 0.6, 0.66, 0.71, orange, 0.02)
    _box(c, 0.56, 0.5, 0.62, 0.92, steel, 0.01)
    for i in range(9):
        _line(c, [(0.55, 0.72 + i * 0.02), (0.63, 0.735 + i * 0.02)], ink("8b979e"), 0.007)
    _box(c, 0.48, 0.9, 0.7, 0.95, ink("7a4a2b"), 0.02)
    _box(c, 0.5, 0.47, 0.68, 0.51, steel, 0.01)
    _box(c, 0.46, 0.3, 0.74, 0.46, ink("d9b27a"), 0.01)
    _line(c, [(0.46, 0.36), (0.74, 0.34)], ink("a97f45"), 0.008)
    _line(c, [(0.46, 0.41), (0.74, 0.42)], ink("a97f45"), 0.008)


def _robin(c: Canvas) -> None:
    _ground(c, "dbe8d4 8fb08a")
    brown = ink("6b5a48")
    _line(c, [(-0.02, 0.83), (1.02, 0.76)], ink("4a3626"), 0.045)
    _poly(c, [(0.2, 0.64), (0.02, 0.86), (0.12, 0.89), (0.36, 0.72)], darker(brown, 0.2))
    _oval(c, 0.48, 0.54, 0.28, 0.25, brown)
    _oval(c, 0.56, 0.6, 0.2, 0.18, ink("efe6d8"))
    _oval(c, 0.62, 0.47, 0.2, 0.19, ink("e2703a"))
    _oval(c, 0.6, 0.33, 0.17, 0.15, brown)
    _oval(c, 0.66, 0.36, 0.125, 0.12, ink("e2703a"))
    _poly(c, [(0.76, 0.31), (0.88, 0.35), (0.76, 0.385)], ink("3a3230"))
    _oval(c, 0.66, 0.3, 0.028, 0.03, ink("1d1a20"))
    _oval(c, 0.668, 0.29, 0.009, 0.01, (255, 255, 255))
    _poly(c, [(0.24, 0.5), (0.46, 0.44), (0.5, 0.6), (0.28, 0.68)], darker(brown, 0.22))
    for x in (0.48, 0.57):
        _line(c, [(x, 0.77), (x + 0.01, 0.81)], ink("3a3230"), 0.014)


def _yarn(c: Canvas) -> None:
    _ground(c, "f4d9e0 c58aa6")
    wool = ink("3f6d7a")
    for points in ([(0.2, 0.14), (0.78, 0.82)], [(0.8, 0.14), (0.22, 0.82)]):
        _line(c, points, ink("e6c48f"), 0.03)
        _oval(c, points[0][0], points[0][1], 0.04, 0.04, ink("b5483f"))
    _oval(c, 0.5, 0.57, 0.31, 0.31, wool)
    for i in range(7):
        shift = i * 0.033
        _arc(c, 0.5 - 0.1 + shift, 0.57 + 0.12 - shift, 0.26, 0.3 - shift, 195, 320, lighter(wool, 0.32), 0.012)
        _arc(c, 0.5 + 0.1 - shift, 0.57 - 0.08 + shift, 0.27, 0.26 - shift / 2, 15, 125, darker(wool, 0.28), 0.012)
    _line(c, [(0.7 + t * 0.016, 0.82 + 0.04 * sin(t / 2.4)) for t in range(20)], wool, 0.018)


def _comet(c: Canvas) -> None:
    c.wash(evenly(inks("0b1030 2a2a66 6a4f8c")))
    for _ in range(70):
        c.dot(
            c.rng.uniform(0, SIDE),
            c.rng.uniform(0, SIDE),
            c.rng.uniform(1.5, 4.5),
            (255, 255, 255),
            c.rng.randint(90, 255),
        )
    c.dot(SIDE * 0.42, SIDE * 0.55, SIDE * 0.25, ink("f2c98a"))
    for y, rx in ((0.47, 0.235), (0.58, 0.245), (0.66, 0.215)):
        _oval(c, 0.42, y, rx * 0.96, 0.016, ink("d9975a"))
    _arc(c, 0.42, 0.55, 0.4, 0.1, -28, 205, ink("f6e6c8"), 0.028)
    c.glow(SIDE * 0.8, SIDE * 0.2, SIDE * 0.1, (255, 255, 255), 0.9)
    c.dot(SIDE * 0.8, SIDE * 0.2, 12, (255, 255, 255))


def _open_door(c: Canvas) -> None:
    c.wash(evenly(inks("2f4f73 6f7fa6 f0b48a")))
    wall, roof = ink("f4e6d2"), ink("b5483f")
    _oval(c, 0.5, 1.08, 0.75, 0.26, ink("4f7a5a"))
    _box(c, 0.64, 0.2, 0.72, 0.42, darker(roof, 0.3))
    _box(c, 0.2, 0.45, 0.8, 0.88, wall)
    _poly(c, [(0.12, 0.5), (0.5, 0.17), (0.88, 0.5)], roof)
    c.glow(SIDE * 0.42, SIDE * 0.75, SIDE * 0.3, ink("ffd27a"), 0.9)
    _box(c, 0.32, 0.58, 0.52, 0.88, ink("ffd98a"))
    _poly(c, [(0.32, 0.58), (0.22, 0.63), (0.22, 0.95), (0.32, 0.88)], ink("2f7d84"))
    _poly(c, [(0.32, 0.88), (0.52, 0.88), (0.7, 1.0), (0.2, 1.0)], ink("ffe3a6"))
    _box(c, 0.59, 0.6, 0.72, 0.73, ink("ffd98a"), 0.012)
    _line(c, [(0.655, 0.6), (0.655, 0.73)], wall, 0.012)
    _line(c, [(0.59, 0.665), (0.72, 0.665)], wall, 0.012)
    for side in (-1, 1):
        _oval(c, 0.5 + side * 0.032, 0.37, 0.037, 0.037, ink("fff2e0"))
    _poly(c, [(0.466, 0.383), (0.534, 0.383), (0.567, 0.385), (0.5, 0.455), (0.433, 0.385)], ink("fff2e0"))


def _marrow(c: Canvas) -> None:
    _ground(c, "e8f0c8 a3c26b")
    c.solid.ellipse((0.1 * SIDE, 0.36 * SIDE, 0.9 * SIDE, 0.8 * SIDE), fill=ink("2f6b35"))
    for i, tone in enumerate(inks("4f8f45 2f6b35 6fae55 3f7d3c")):
        _arc(c, 0.5, 0.58, 0.36, 0.19 - i * 0.05, 185, 355, tone, 0.02)
    _box(c, 0.46, 0.27, 0.54, 0.4, ink("7a8f3c"), 0.02)
    for side in (-1, 1):
        _oval(c, 0.5 + side * 0.12, 0.56, 0.055, 0.062, (255, 255, 255))
        _oval(c, 0.51 + side * 0.12, 0.57, 0.026, 0.03, ink("1d1a20"))
    _arc(c, 0.5, 0.64, 0.09, 0.06, 15, 165, ink("12301a"), 0.018)
    _poly(c, [(0.5, 0.28), (0.24, 0.1), (0.3, 0.26)], ink("5fa04a"))
    _poly(c, [(0.5, 0.28), (0.76, 0.12), (0.66, 0.28)], ink("6fb055"))


FACES_AND_THINGS: dict[str, Callable[[Canvas], None]] = {
    "mara": _face("f7c9a0 d9705a", "8d5b3f", "2b1c1a", "curls", "1f5d66", "glasses"),
    "odile": _face("cfe0ee 7b93b8", "f3d3bd", "c9c6c4", "bob", "6b3a5a", "glasses", "earrings"),
    "henrike": _face("d9ead3 7fa38a", "f0c8a8", "a8603a", "bun", "35506b", "freckles"),
    "captain_bram": _face("a9d0dd 3f7d94", "e3a882", "f1efe9", "bald", "1d2f4e", "beard", "cap"),
    "nightshift_nia": _face("4a3f7a 1d1b40", "6b4230", "17121a", "bun", "2fa08f", "earrings"),
    "rook_and_roll": _face("f2dca2 c98f3f", "a86b45", "1d1620", "long", "7a2a45", "laugh"),
    "ref_dougie": _face("bfe3a9 5a9a4f", "f1bd9c", "b5562a", "short", "1f1f24", "beard", "laugh"),
    "flour_hour": _face("ffe9d1 e8b184", "7a4a32", "1b1416", "short", "f4efe4", "moustache", "laugh"),
    "wingbeat": _robin,
    "robo_otters": _otter,
    "plot_17": _face("e3efc0 94b35a", "f6d2bb", "d98a3d", "long", "4f6b3a", "freckles"),
    "marrow_mike": _marrow,
    "layla_h": _face("f6d7df b5718f", "d9a27a", "2f7d84", "scarf", "28506b", "laugh"),
    "fixit_fran": _face("ffd9a6 e07b3f", "f0c3a0", "5a3a2a", "short", "33658a", "headphones"),
    "yarn_bombs": _yarn,
    "lena_bote": _face("dcd3ee 8573b0", "f3cdb0", "4a2c22", "bob", "b8433f"),
    "backstube_ott": _loaf,
    "kehlkopfkino": _note,
    "birgit_alt2": _face("ffe0e3 d98a95", "f5d0b8", "e3c27a", "curls", "8a2f52", "laugh", "earrings"),
    "parzelle_neun": _face("d5e8d4 6d9a78", "efc09a", "8b8680", "bald", "6b8a3a", "moustache"),
    "giersch_gisela": _face("eaf3d2 9dbf6b", "f2cbb0", "d9d4cd", "curls", "3f7a4a", "glasses"),
    "turm_emil": _rook,
    "schraubzwinge": _clamp,
    "buergerbus": _bus,
    "willkommen_hb": _open_door,
    "noam_b": _face("cde3ea 5f8fa8", "dba784", "3a2a22", "curls", "d9a441", "beard", "glasses"),
    "sternwarte_jo": _comet,
    "wortungetuem": _tiles("22333b eae0d5 c6613f e9b44c"),
    "plain_pete": _letter("P", "2b2b30 5a5a62 8a3a32"),
    "dales_watch": _shards("3a4046 23272b 7a7f86"),
    "klartext_kalle": _shards("5a2a2a 2a1a1c a8503f"),
    "deichwacht_r": _letter("D", "1f2a33 3f5a6b 7a8a8f"),
}

BACKDROPS = {
    "mara": "harbour",
    "odile": "waves",
    "henrike": "mountains",
    "captain_bram": "harbour",
    "nightshift_nia": "night",
    "rook_and_roll": "waves",
    "ref_dougie": "pitch",
    "flour_hour": "loaves",
    "wingbeat": "birds",
    "robo_otters": "waves",
    "plot_17": "tulips",
    "marrow_mike": "allotment",
    "layla_h": "harbour",
    "fixit_fran": "mountains",
    "yarn_bombs": "knitting",
    "lena_bote": "birds",
    "backstube_ott": "loaves",
    "kehlkopfkino": "waves",
    "birgit_alt2": "tulips",
    "parzelle_neun": "allotment",
    "giersch_gisela": "tulips",
    "turm_emil": "mountains",
    "schraubzwinge": "birds",
    "buergerbus": "mountains",
    "willkommen_hb": "harbour",
    "noam_b": "waves",
    "sternwarte_jo": "night",
    "wortungetuem": "mountains",
    "plain_pete": "mountains",
    "dales_watch": "waves",
    "klartext_kalle": "mountains",
    "deichwacht_r": "harbour",
}
