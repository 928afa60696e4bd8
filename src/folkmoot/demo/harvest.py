"""Things that grow, are baked or cooked."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from PIL import Image, ImageDraw

from folkmoot.demo.brush import (
    Canvas,
    Colour,
    Point,
    curve,
    darker,
    evenly,
    gradient,
    ink,
    inks,
    lighter,
    mix,
    noise,
    wood,
)

Bed = tuple[float, float, float, float]


Crop = Callable[[Canvas, float, float, float], None]


def allotment(c: Canvas) -> None:
    """Vegetable beds from above, as a passing gull sees them."""
    w, h, rng = c.width, c.height, c.rng
    c.wash(evenly(inks("8fae5d 7fa055")))
    c.veil(ink("5d8443"), curve(noise(c.size, rng, 14, 10), 110, 190, 0.7))
    for _ in range(500):
        c.dot(rng.uniform(0, w), rng.uniform(0, h), rng.uniform(2, 7), ink("b9c979"), 110)
    path = ink("d8c39a")
    lane = w * rng.uniform(0.46, 0.52)
    c.pen.rectangle((lane, 0, lane + 0.055 * w, h), fill=path)
    cross = h * rng.uniform(0.44, 0.52)
    c.pen.rectangle((0, cross, w, cross + 0.06 * h), fill=path)
    for _ in range(900):
        x, y = (
            (lane + rng.uniform(0, 0.055) * w, rng.uniform(0, h))
            if rng.random() < 0.5
            else (rng.uniform(0, w), cross + rng.uniform(0, 0.06) * h)
        )
        c.dot(x, y, rng.uniform(1, 4), mix(path, ink("8d7750"), rng.uniform(0, 0.6)), 170)
    gap, edge = 0.028 * w, 0.03 * w
    plots = []
    for left, right in ((edge, lane - gap), (lane + 0.055 * w + gap, w - edge)):
        for top, bottom in ((edge, cross - gap), (cross + 0.06 * h + gap, h - edge)):
            half = (right - left - gap) / 2
            plots += [(left, top, left + half, bottom), (left + half + gap, top, right, bottom)]
    shed = rng.randrange(len(plots))
    crops = [_lettuce, _cabbage, _marigolds, _carrots, _pumpkins, _strawberries, _onions]
    rng.shuffle(crops)
    c.shadow("box", [[v + 12 for v in plot] for plot in plots], 18, 0.4)
    for number, plot in enumerate(plots):
        if number == shed:
            _shed(c, plot)
            continue
        left, top, right, bottom = plot
        c.pen.rounded_rectangle(plot, 8, fill=ink("9b6f43"))
        c.pen.rounded_rectangle((left + 5, top + 5, right - 5, bottom - 5), 5, fill=ink("7c5634"))
        inner = (left + 14, top + 14, right - 14, bottom - 14)
        soil = (round(inner[2] - inner[0]), round(inner[3] - inner[1]))
        c.image.paste(gradient(soil, evenly(inks("4a3222 5b3f2a"))), (round(inner[0]), round(inner[1])))
        c.veil(ink("2f1f15"), curve(noise(soil, rng, 12, 14, 2), 110, 190, 0.7), (round(inner[0]), round(inner[1])))
        _sow(c, inner, crops[number % len(crops)])
    x, y = lane + 0.028 * w, cross + 0.03 * h
    c.shadow("oval", [(x - 54, y - 44, x + 74, y + 84)], 14, 0.5)
    c.dot(x, y, 60, ink("3d5a6c"))
    c.dot(x, y, 51, ink("7fb0c4"))
    c.dot(x - 12, y - 14, 22, ink("b8dbe6"), 170)


def _sow(c: Canvas, bed: Bed, crop: Crop) -> None:
    left, top, right, bottom = bed
    size = 0.021 * c.width
    columns, lines = max(2, int((right - left) / (2.15 * size))), max(2, int((bottom - top) / (2.15 * size)))
    for row in range(lines):
        for column in range(columns):
            x = left + (column + 0.5) * (right - left) / columns + c.rng.uniform(-0.15, 0.15) * size
            y = top + (row + 0.5) * (bottom - top) / lines + c.rng.uniform(-0.15, 0.15) * size
            c.dot(x + size * 0.18, y + size * 0.22, size * 0.95, (15, 10, 8), 90)
            crop(c, x, y, size * c.rng.uniform(0.82, 1.05))


def _rosette(c: Canvas, x: float, y: float, size: float, colours: list[Colour], petals: int) -> None:
    for ring, colour in enumerate(colours):
        reach = size * (1 - ring / len(colours))
        turn = c.rng.uniform(0, pi)
        for petal in range(petals):
            a = turn + 2 * pi * petal / petals
            px, py = x + cos(a) * reach * 0.58, y + sin(a) * reach * 0.58
            c.dot(px, py, reach * 0.43, mix(colour, darker(colour, 0.2), c.rng.random()))
        c.dot(x, y, reach * 0.5, colour)


def _lettuce(c: Canvas, x: float, y: float, size: float) -> None:
    _rosette(c, x, y, size, inks("6fa83a 8cc252 b4dd72 d6efa0"), 8)


def _cabbage(c: Canvas, x: float, y: float, size: float) -> None:
    tones = "4f8a80 6ba79a 93c4b4 bfe0cf" if c.rng.random() < 0.6 else "5a2f5e 7a4480 a066a3 c79ac6"
    _rosette(c, x, y, size, inks(tones), 7)


def _marigolds(c: Canvas, x: float, y: float, size: float) -> None:
    _rosette(c, x, y, size, inks("3f7a35 4f8f3f"), 9)
    for _ in range(4):
        a, far = c.rng.uniform(0, 2 * pi), c.rng.uniform(0.1, 0.65) * size
        fx, fy, r = x + cos(a) * far, y + sin(a) * far, size * 0.27
        flower = c.rng.choice(inks("f9a01b f7c331 ee6c2b"))
        for petal in range(8):
            b = 2 * pi * petal / 8
            c.dot(fx + cos(b) * r * 0.6, fy + sin(b) * r * 0.6, r * 0.42, flower)
        c.dot(fx, fy, r * 0.42, darker(flower, 0.35))


def _carrots(c: Canvas, x: float, y: float, size: float) -> None:
    for frond in range(13):
        a = 2 * pi * frond / 13 + c.rng.uniform(-0.2, 0.2)
        far = size * c.rng.uniform(0.7, 1.05)
        green = mix(ink("3f8a3a"), ink("86bf55"), c.rng.random())
        c.pen.line((x, y, x + cos(a) * far, y + sin(a) * far), fill=green, width=5)
        for part in (0.5, 0.75, 1.0):
            c.dot(x + cos(a) * far * part, y + sin(a) * far * part, size * 0.11, green)
    c.dot(x, y, size * 0.2, ink("ef7f2d"))


def _pumpkins(c: Canvas, x: float, y: float, size: float) -> None:
    for leaf in range(6):
        a = 2 * pi * leaf / 6 + 0.4
        c.dot(
            x + cos(a) * size * 0.72,
            y + sin(a) * size * 0.72,
            size * 0.42,
            mix(ink("3c6e33"), ink("6a9a45"), c.rng.random()),
        )
    colour = c.rng.choice(inks("ee8322 f2a13a e06d1b"))
    for rib in range(9):
        a = 2 * pi * rib / 9
        c.dot(
            x + cos(a) * size * 0.27, y + sin(a) * size * 0.27, size * 0.36, mix(colour, darker(colour, 0.22), rib % 2)
        )
    c.dot(x, y, size * 0.14, ink("5b6b2a"))


def _strawberries(c: Canvas, x: float, y: float, size: float) -> None:
    _rosette(c, x, y, size, inks("39702f 4f8f3d 67a84c"), 6)
    for _ in range(5):
        a, far = c.rng.uniform(0, 2 * pi), c.rng.uniform(0.35, 0.95) * size
        bx, by = x + cos(a) * far, y + sin(a) * far
        c.dot(bx, by, size * 0.19, ink("d42a3a"))
        c.dot(bx - size * 0.05, by - size * 0.06, size * 0.06, ink("ff8d8d"))


def _onions(c: Canvas, x: float, y: float, size: float) -> None:
    for blade in range(7):
        a = -pi / 2 + (blade - 3) * 0.42 + c.rng.uniform(-0.1, 0.1)
        c.pen.line(
            (x, y, x + cos(a) * size, y + sin(a) * size),
            fill=mix(ink("6fae62"), ink("a9d58a"), c.rng.random()),
            width=9,
        )
    c.dot(x, y + size * 0.15, size * 0.36, ink("d8a55e"))
    c.dot(x - size * 0.1, y + size * 0.05, size * 0.13, ink("f1d3a0"))


def _shed(c: Canvas, plot: Bed) -> None:
    left, top, right, bottom = plot
    low = bottom - (bottom - top) * 0.3
    middle = (top + low) / 2
    tone = c.rng.choice(inks("a4483c 3f6d7a 6b5a8a"))
    for start, end, shade in ((top, middle, lighter(tone, 0.12)), (middle, low, darker(tone, 0.18))):
        c.pen.rectangle((left, start, right, end), fill=shade)
        x = left
        while x < right:
            c.pen.line((x, start, x, end), fill=(*darker(shade, 0.3), 130), width=3)
            x += 26
    c.pen.line((left, middle, right, middle), fill=lighter(tone, 0.4), width=6)
    for i in range(4):
        x = left + (i + 0.5) * (right - left) / 4
        y = low + (bottom - low) * 0.5
        c.dot(x + 8, y + 10, 34, (20, 20, 20), 80)
        c.dot(x, y, 34, ink("c56a3e"))
        _rosette(c, x, y, 32, inks("3f7a35 6fa84a 9dcc6a"), 6)


def loaves(c: Canvas) -> None:
    """Bread on wooden shelves, before the doors open."""
    w, h, rng = c.width, c.height, c.rng
    c.wash(evenly(inks(rng.choice(["6b4a35 8d6848 5a3b2a", "4e5a55 6c7a70 3d4743", "7a5a50 a07a66 5b4038"]))))
    c.glow(w * 0.5, 0.1 * h, 0.6 * w, ink("ffdfa3"), 0.6)
    shelves = 3
    for shelf in range(shelves):
        base = h * (0.315 + shelf * 0.305)
        c.shadow("box", [(0, base + 20, w, base + 0.075 * h)], 30, 0.55)
        kind = rng.choice(["round", "long", "tin"]) if shelf else "round"
        x = rng.uniform(0.01, 0.03) * w
        while x < 0.93 * w:
            wide = {"round": 0.185, "long": 0.25, "tin": 0.15}[kind] * w * rng.uniform(0.9, 1.08)
            tall = {"round": 0.155, "long": 0.105, "tin": 0.165}[kind] * h * rng.uniform(0.9, 1.08)
            if x + wide > 0.99 * w:
                break
            _loaf(c, kind, x + wide / 2, base, wide, tall)
            x += wide * rng.uniform(0.98, 1.04)
            if rng.random() < 0.22:
                kind = rng.choice(["round", "long", "tin"])
        wood(c, (0, base, w, base + 0.04 * h), ink("a8743f"))
        c.pen.rectangle((0, base, w, base + 4), fill=(255, 226, 170, 120))


def _loaf(c: Canvas, kind: str, x: float, base: float, wide: float, tall: float) -> None:
    rng = c.rng
    crust = rng.choice(inks("b06a2c c07a35 9a5a28 a8622e 8a4d22"))
    left, top = round(x - wide / 2), round(base - tall)
    size = (round(wide), round(tall))
    shape = Image.new("L", size)
    pen = ImageDraw.Draw(shape)
    if kind == "tin":
        pen.rounded_rectangle((0.07 * wide, 0.2 * tall, 0.93 * wide, tall * 1.2), 14, fill=255)
        pen.ellipse((0, 0, 0.55 * wide, 0.62 * tall), fill=255)
        pen.ellipse((0.45 * wide, 0, wide, 0.62 * tall), fill=255)
        pen.ellipse((0.2 * wide, -0.04 * tall, 0.8 * wide, 0.6 * tall), fill=255)
    else:
        pen.ellipse((0, 0, wide, tall * 1.5), fill=255)
        pen.rounded_rectangle((0.02 * wide, 0.6 * tall, 0.98 * wide, 1.05 * tall), int(0.2 * tall), fill=255)
    body = gradient(
        size, [(0, lighter(crust, 0.42)), (0.3, lighter(crust, 0.12)), (0.7, crust), (1, darker(crust, 0.55))]
    )
    body.paste(Image.new("RGB", size, darker(crust, 0.5)), (0, 0), curve(noise(size, rng, 5, 4, 3), 120, 200, 0.5))
    side = Image.radial_gradient("L").resize(size)
    body.paste(Image.new("RGB", size, darker(crust, 0.62)), (0, 0), curve(side, 95, 215, 0.85))
    flour = curve(noise(size, rng, 7, 6, 3), 125, 195, 0.8)
    body.paste(
        Image.new("RGB", size, ink("fff4df")),
        (0, 0),
        Image.composite(
            flour,
            Image.new("L", size),
            gradient(size, [(0, (235, 235, 235)), (0.55, (60, 60, 60)), (1, (0, 0, 0))]).convert("L"),
        ),
    )
    cuts = ImageDraw.Draw(body, "RGBA")
    slash, inside = darker(crust, 0.45), ink("f0cf94")
    if kind == "long":
        for i in range(4):
            cx = wide * (0.2 + i * 0.2)
            _slash(cuts, (cx - 0.05 * wide, 0.52 * tall), (cx + 0.06 * wide, 0.16 * tall), 0.09 * tall, slash, inside)
    elif kind == "round":
        if rng.random() < 0.5:
            _slash(cuts, (0.26 * wide, 0.46 * tall), (0.74 * wide, 0.4 * tall), 0.09 * tall, slash, inside)
            _slash(cuts, (0.43 * wide, 0.66 * tall), (0.56 * wide, 0.16 * tall), 0.06 * tall, slash, inside)
        else:
            for i in range(3):
                _slash(
                    cuts,
                    (wide * (0.26 + 0.2 * i), 0.62 * tall),
                    (wide * (0.33 + 0.18 * i), 0.2 * tall),
                    0.07 * tall,
                    slash,
                    inside,
                )
    else:
        _slash(cuts, (0.14 * wide, 0.26 * tall), (0.86 * wide, 0.22 * tall), 0.08 * tall, slash, inside)
    c.image.paste(body, (left, top), shape)


def _slash(pen: ImageDraw.ImageDraw, start: Point, end: Point, thick: float, edge: Colour, inside: Colour) -> None:
    (x0, y0), (x1, y1) = start, end
    length = max(1.0, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
    nx, ny = -(y1 - y0) / length * thick, (x1 - x0) / length * thick
    for grow, tone in ((1.0, (*edge, 230)), (0.62, (*inside, 240))):
        upper = [
            (x0 + (x1 - x0) * t + nx * grow * sin(pi * t), y0 + (y1 - y0) * t + ny * grow * sin(pi * t))
            for t in (i / 12 for i in range(13))
        ]
        lower = [
            (x0 + (x1 - x0) * t - nx * grow * 0.5 * sin(pi * t), y0 + (y1 - y0) * t - ny * grow * 0.5 * sin(pi * t))
            for t in (i / 12 for i in range(12, -1, -1))
        ]
        pen.polygon(upper + lower, fill=tone)


def soup(c: Canvas) -> None:
    """A bowl of soup from above, the spoon already there."""
    w, h, rng = c.width, c.height, c.rng
    plank = rng.choice(inks("b98a5c 8a6a52 7b8a8c"))
    broth, cream, herb = (
        ink(v)
        for v in rng.choice(
            [
                ("dd7a26", "ffe9c4", "3f7a35"),
                ("7ba045", "f1f6da", "2f5d2a"),
                ("b8342c", "ffe3d0", "4f8a3d"),
                ("e0a92f", "fff3cf", "4a7a3a"),
            ]
        )
    )
    cloth = rng.choice(inks("e9e4d6 c9d6d2 e6c9b8"))
    stripe = rng.choice(inks("b5483f 3f5a7a 4f7a5a"))
    glaze = rng.choice(inks("f3efe6 4f7482 d98f5c"))
    y = 0.0
    while y < h:
        tall = 0.145 * h
        wood(c, (0, y, w, min(h, y + tall)), mix(plank, darker(plank, 0.25), rng.random()))
        c.pen.rectangle((0, y + tall - 5, w, y + tall), fill=(20, 12, 8, 150))
        y += tall
    x, y, r = w * 0.47, h * 0.5, 0.36 * w
    napkin = [
        (x + 0.1 * w, y - 0.46 * h),
        (w * 1.02, y - 0.3 * h),
        (w * 1.02, y + 0.5 * h),
        (x + 0.22 * w, y + 0.44 * h),
    ]
    c.shadow("polygon", [[v for a, b in napkin for v in (a + 10, b + 16)]], 20, 0.4)
    c.pen.polygon(napkin, fill=cloth)
    for i in (0.06, 0.075, 0.11):
        c.pen.line(
            [(x + (0.1 + i) * w, y - (0.46 - 0.16 * i / 0.53) * h), (x + (0.22 + i) * w, y + (0.44 + 0.02 * i) * h)],
            fill=(*stripe, 190),
            width=9,
        )
    c.shadow("oval", [(x - r + 20, y - r + 40, x + r + 40, y + r + 60)], 34, 0.65)
    for i in range(20):
        t = i / 19
        c.dot(x, y, r * (1 - 0.16 * t), mix(lighter(glaze, 0.25), darker(glaze, 0.32), t if i > 3 else 0.35 - t))
    inner = r * 0.82
    for i in range(20):
        t = i / 19
        c.dot(x, y, inner * (1 - 0.5 * t * t), mix(darker(broth, 0.3), lighter(broth, 0.08), t**0.6))
    round_mask = Image.new("L", (int(2 * inner), int(2 * inner)))
    ImageDraw.Draw(round_mask).ellipse((0, 0, 2 * inner, 2 * inner), fill=255)
    froth = Image.composite(
        curve(noise(round_mask.size, rng, 6, 6), 130, 205, 0.5), Image.new("L", round_mask.size), round_mask
    )
    c.veil(lighter(broth, 0.3), froth, (int(x - inner), int(y - inner)))
    turns = rng.uniform(2.0, 2.6)
    start = rng.uniform(0, 2 * pi)
    for i in range(420):
        t = i / 419
        a = start + t * turns * 2 * pi
        far = inner * (0.07 + 0.56 * t)
        c.dot(x + cos(a) * far, y + sin(a) * far, inner * 0.034 * (0.45 + 0.55 * sin(pi * t)) + 3, cream, 235)
    for _ in range(11):
        a, far = rng.uniform(0, 2 * pi), inner * rng.uniform(0.05, 0.62)
        _crouton(c, x + cos(a) * far, y + sin(a) * far, inner * rng.uniform(0.055, 0.08))
    for _ in range(34):
        a, far = rng.uniform(0, 2 * pi), inner * rng.uniform(0, 0.75)
        px, py, b, s = x + cos(a) * far, y + sin(a) * far, rng.uniform(0, 2 * pi), inner * rng.uniform(0.025, 0.05)
        leaf = [
            (px + cos(b + v) * s * k, py + sin(b + v) * s * k)
            for v, k in ((0, 1), (0.9, 0.55), (2.2, 0.6), (pi, 0.9), (4.1, 0.6), (5.4, 0.55))
        ]
        c.pen.polygon(leaf, fill=mix(herb, lighter(herb, 0.4), rng.random()))
    for _ in range(60):
        a, far = rng.uniform(0, 2 * pi), inner * rng.uniform(0, 0.85)
        c.dot(x + cos(a) * far, y + sin(a) * far, rng.uniform(2.5, 6), ink("2a2018"), 200)
    c.pen.arc((x - r * 0.93, y - r * 0.93, x + r * 0.93, y + r * 0.93), 195, 255, fill=(255, 255, 255, 130), width=16)
    sx, steel = x + 0.435 * w, ink("b9bcc4")
    c.shadow("oval", [(sx - 40, y - 0.3 * h, sx + 110, y - 0.08 * h)], 16, 0.5)
    c.shadow("box", [(sx + 20, y - 0.1 * h, sx + 50, y + 0.36 * h)], 16, 0.5)
    c.pen.ellipse((sx - 66, y - 0.32 * h, sx + 66, y - 0.1 * h), fill=steel)
    c.pen.ellipse((sx - 50, y - 0.305 * h, sx + 50, y - 0.12 * h), fill=darker(steel, 0.18))
    c.pen.ellipse((sx - 44, y - 0.285 * h, sx + 34, y - 0.13 * h), fill=lighter(steel, 0.3))
    c.pen.polygon(
        [(sx - 15, y - 0.11 * h), (sx + 15, y - 0.11 * h), (sx + 24, y + 0.35 * h), (sx - 24, y + 0.35 * h)], fill=steel
    )
    c.dot(sx, y + 0.35 * h, 24, steel)
    c.pen.line((sx - 6, y - 0.1 * h, sx - 10, y + 0.35 * h), fill=lighter(steel, 0.55), width=8)


def _crouton(c: Canvas, x: float, y: float, s: float) -> None:
    a = c.rng.uniform(0, pi / 2)
    corners = [(x + cos(a + k * pi / 2) * s * 1.3, y + sin(a + k * pi / 2) * s * 1.3) for k in range(4)]
    c.pen.polygon([(px + 7, py + 10) for px, py in corners], fill=(40, 15, 5, 110))
    c.pen.polygon(corners, fill=ink("a8672f"))
    c.pen.polygon([(x + (px - x) * 0.74, y + (py - y) * 0.74 - 4) for px, py in corners], fill=ink("e0ab62"))
