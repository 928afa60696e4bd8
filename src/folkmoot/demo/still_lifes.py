"""Things on a table, in a bed, on a board: scenes seen from close by."""

from __future__ import annotations

from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFont

from folkmoot.demo.brush import Canvas, Colour, Point, curve, darker, evenly, gradient, ink, inks, lighter, mix, noise


def _wood(c: Canvas, box: tuple[float, float, float, float], colour: Colour, grain: float = 0.55) -> None:
    """A plank, its grain running lengthwise."""
    left, top, right, bottom = (round(v) for v in box)
    size = (right - left, bottom - top)
    c.image.paste(gradient(size, [(0, lighter(colour, 0.1)), (0.12, colour), (1, darker(colour, 0.22))]), (left, top))
    across, down = (3, max(6, size[1] // 12)) if size[0] > size[1] else (max(6, size[0] // 12), 3)
    c.veil(darker(mix(colour, ink("7a4a20"), 0.3), 0.4), curve(noise(size, c.rng, across, down, 2), 110, 200, grain), (left, top))


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
        x, y = (lane + rng.uniform(0, 0.055) * w, rng.uniform(0, h)) if rng.random() < 0.5 else (rng.uniform(0, w), cross + rng.uniform(0, 0.06) * h)
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
    c.shadow(lambda pen, s: [pen.rectangle([v * s + 12 * s for v in plot], fill=255) for plot in plots], 18, 0.4)
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
    c.shadow(lambda pen, s: pen.ellipse([v * s for v in (x - 54, y - 44, x + 74, y + 84)], fill=255), 14, 0.5)
    c.dot(x, y, 60, ink("3d5a6c"))
    c.dot(x, y, 51, ink("7fb0c4"))
    c.dot(x - 12, y - 14, 22, ink("b8dbe6"), 170)


Bed = tuple[float, float, float, float]


def _sow(c: Canvas, bed: Bed, crop: tuple[float, object] | object) -> None:
    left, top, right, bottom = bed
    size = 0.021 * c.width * getattr(crop, "room", 1.0)
    columns, lines = max(2, int((right - left) / (2.15 * size))), max(2, int((bottom - top) / (2.15 * size)))
    for row in range(lines):
        for column in range(columns):
            x = left + (column + 0.5) * (right - left) / columns + c.rng.uniform(-0.15, 0.15) * size
            y = top + (row + 0.5) * (bottom - top) / lines + c.rng.uniform(-0.15, 0.15) * size
            c.dot(x + size * 0.18, y + size * 0.22, size * 0.95, (15, 10, 8), 90)
            crop(c, x, y, size * c.rng.uniform(0.82, 1.05))  # type: ignore[operator]


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
        c.dot(x + cos(a) * size * 0.72, y + sin(a) * size * 0.72, size * 0.42, mix(ink("3c6e33"), ink("6a9a45"), c.rng.random()))
    colour = c.rng.choice(inks("ee8322 f2a13a e06d1b"))
    for rib in range(9):
        a = 2 * pi * rib / 9
        c.dot(x + cos(a) * size * 0.27, y + sin(a) * size * 0.27, size * 0.36, mix(colour, darker(colour, 0.22), rib % 2))
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
        c.pen.line((x, y, x + cos(a) * size, y + sin(a) * size), fill=mix(ink("6fae62"), ink("a9d58a"), c.rng.random()), width=9)
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


PIECES: dict[str, list[list[Point]]] = {
    "pawn": [[(-0.16, 0.0), (-0.1, -0.34), (0.1, -0.34), (0.16, 0.0)]],
    "rook": [
        [(-0.19, 0.0), (-0.14, -0.44), (0.14, -0.44), (0.19, 0.0)],
        [(-0.21, -0.42), (-0.21, -0.62), (-0.12, -0.62), (-0.12, -0.55), (-0.045, -0.55), (-0.045, -0.62), (0.045, -0.62), (0.045, -0.55), (0.12, -0.55), (0.12, -0.62), (0.21, -0.62), (0.21, -0.42)],
    ],
    "bishop": [[(-0.17, 0.0), (-0.07, -0.38), (0.07, -0.38), (0.17, 0.0)]],
    "knight": [
        [(-0.17, 0.0), (-0.15, -0.18), (-0.02, -0.36), (-0.16, -0.34), (-0.24, -0.4), (-0.2, -0.5), (-0.08, -0.63), (-0.05, -0.73), (0.02, -0.66), (0.13, -0.58), (0.2, -0.4), (0.17, -0.15), (0.2, 0.0)]
    ],
    "queen": [
        [(-0.18, 0.0), (-0.09, -0.45), (0.09, -0.45), (0.18, 0.0)],
        [(-0.1, -0.44), (-0.23, -0.7), (-0.11, -0.6), (-0.075, -0.75), (0, -0.61), (0.075, -0.75), (0.11, -0.6), (0.23, -0.7), (0.1, -0.44)],
    ],
    "king": [
        [(-0.18, 0.0), (-0.1, -0.45), (0.1, -0.45), (0.18, 0.0)],
        [(-0.11, -0.44), (-0.19, -0.64), (0.19, -0.64), (0.11, -0.44)],
        [(-0.025, -0.62), (-0.025, -0.84), (0.025, -0.84), (0.025, -0.62)],
        [(-0.085, -0.78), (-0.085, -0.73), (0.085, -0.73), (0.085, -0.78)],
    ],
}
KNOBS = {"pawn": [(0, -0.42, 0.13)], "bishop": [(0, -0.46, 0.12), (0, -0.62, 0.04)], "queen": [(-0.23, -0.72, 0.035), (-0.075, -0.77, 0.035), (0.075, -0.77, 0.035), (0.23, -0.72, 0.035)]}


def chess(c: Canvas) -> None:
    """A position in the middle of things, on a wooden board."""
    w, rng = c.width, c.rng
    light, dark = rng.choice([("ead2a6", "a8713f"), ("e9e3d0", "5f7f68"), ("efe0cd", "8c5a4b")])
    _wood(c, (0, 0, w, w), ink("4b2f20"))
    edge = 0.045 * w
    field = (w - 2 * edge) / 8
    cuts: dict[str, list[Image.Image]] = {tone: [] for tone in (light, dark)}
    for row in range(8):
        for column in range(8):
            x, y = edge + column * field, edge + row * field
            tone = light if (row + column) % 2 == 0 else dark
            if len(cuts[tone]) < 6:
                _wood(c, (x, y, x + field, y + field), ink(tone), 0.2)
                cuts[tone].append(c.image.crop((round(x), round(y), round(x + field), round(y + field))))
            else:
                c.image.paste(rng.choice(cuts[tone]), (round(x), round(y)))
    position = rng.choice(
        [
            "r1b2rk1/pp3ppp/2n1pn2/q1p5/2PP4/P1PBPN2/5PPP/R1BQ1RK1",
            "r4rk1/1pq2ppp/p1np1n2/4p1B1/4P1b1/2NP1N2/PPPQ1PPP/R4RK1",
            "8/5pk1/1p1r2p1/p1pP3p/P1P1R2P/1P4P1/5PK1/8",
        ]
    )
    names = {"p": "pawn", "r": "rook", "n": "knight", "b": "bishop", "q": "queen", "k": "king"}
    standing: list[tuple[str, bool, float, float]] = []
    for row, line in enumerate(position.split("/")):
        column = 0
        for sign in line:
            if sign.isdigit():
                column += int(sign)
                continue
            standing.append((names[sign.lower()], sign.isupper(), edge + (column + 0.5) * field, edge + (row + 0.88) * field))
            column += 1
    hint = rng.choice([piece for piece in standing if piece[1]])
    c.pen.rectangle((hint[2] - field / 2, hint[3] - 0.88 * field, hint[2] + field / 2, hint[3] + 0.12 * field), fill=(255, 214, 90, 90))
    c.shadow(lambda pen, s: [pen.ellipse([v * s for v in (x - 0.2 * field, y - 0.24 * field, x + 0.42 * field, y + 0.06 * field)], fill=255) for _, _, x, y in standing], 14, 0.75)
    for name, white, x, y in standing:
        _piece(c, name, x, y, 1.04 * field, ink("f6ecd8") if white else ink("2c2530"))


def _piece(c: Canvas, name: str, x: float, y: float, size: float, colour: Colour) -> None:
    outline = darker(colour, 0.62) if sum(colour) > 380 else (10, 8, 12)
    bright, dim = lighter(colour, 0.35 if sum(colour) > 380 else 0.3), darker(colour, 0.16)
    shapes = PIECES[name]
    for grow, tone, shift in ((0.022, outline, 0.0), (0.0, colour, 0.0)):
        for foot, wide in ((0.0, 0.25), (-0.06, 0.21)):
            c.pen.rounded_rectangle((x - (wide + grow) * size, y + (foot - 0.06 - grow) * size, x + (wide + grow) * size, y + (foot + 0.015 + grow) * size), 0.03 * size, fill=tone)
        for shape in shapes:
            points = [(x + a * size, y + (b - 0.08) * size) for a, b in shape]
            if grow:
                c.pen.line([*points, points[0], points[1]], fill=tone, width=int(2 * grow * size), joint="curve")
            c.pen.polygon(points, fill=tone)
        for a, b, r in KNOBS.get(name, []):
            c.dot(x + a * size, y + (b - 0.08) * size, (r + grow) * size, tone)
    c.pen.rounded_rectangle((x - 0.22 * size, y - 0.052 * size, x + 0.22 * size, y - 0.036 * size), 3, fill=dim)
    c.pen.line((x - 0.075 * size, y - 0.14 * size, x - 0.045 * size, y - 0.38 * size), fill=(*bright, 190), width=int(0.03 * size))
    if name == "knight":
        c.dot(x - 0.075 * size, y - 0.6 * size, 0.022 * size, outline)
        c.pen.line((x + 0.02 * size, y - 0.72 * size, x + 0.12 * size, y - 0.45 * size), fill=(*bright, 120), width=int(0.02 * size))
    if name == "pawn":
        c.dot(x - 0.045 * size, y - 0.54 * size, 0.035 * size, bright, 190)


def loaves(c: Canvas) -> None:
    """Bread on wooden shelves, before the doors open."""
    w, h, rng = c.width, c.height, c.rng
    c.wash(evenly(inks(rng.choice(["6b4a35 8d6848 5a3b2a", "4e5a55 6c7a70 3d4743", "7a5a50 a07a66 5b4038"]))))
    c.glow(w * 0.5, 0.1 * h, 0.6 * w, ink("ffdfa3"), 0.6)
    shelves = 3
    for shelf in range(shelves):
        base = h * (0.315 + shelf * 0.305)
        c.shadow(lambda pen, s, base=base: pen.rectangle([v * s for v in (0, base + 20, w, base + 0.075 * h)], fill=255), 30, 0.55)  # type: ignore[misc]
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
        _wood(c, (0, base, w, base + 0.04 * h), ink("a8743f"))
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
    body = gradient(size, [(0, lighter(crust, 0.42)), (0.3, lighter(crust, 0.12)), (0.7, crust), (1, darker(crust, 0.55))])
    body.paste(Image.new("RGB", size, darker(crust, 0.5)), (0, 0), curve(noise(size, rng, 5, 4, 3), 120, 200, 0.5))
    side = Image.radial_gradient("L").resize(size)
    body.paste(Image.new("RGB", size, darker(crust, 0.62)), (0, 0), curve(side, 95, 215, 0.85))
    flour = curve(noise(size, rng, 7, 6, 3), 125, 195, 0.8)
    body.paste(Image.new("RGB", size, ink("fff4df")), (0, 0), Image.composite(flour, Image.new("L", size), gradient(size, [(0, (235, 235, 235)), (0.55, (60, 60, 60)), (1, (0, 0, 0))]).convert("L")))
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
                _slash(cuts, (wide * (0.26 + 0.2 * i), 0.62 * tall), (wide * (0.33 + 0.18 * i), 0.2 * tall), 0.07 * tall, slash, inside)
    else:
        _slash(cuts, (0.14 * wide, 0.26 * tall), (0.86 * wide, 0.22 * tall), 0.08 * tall, slash, inside)
    c.image.paste(body, (left, top), shape)


def _slash(pen: ImageDraw.ImageDraw, start: Point, end: Point, thick: float, edge: Colour, inside: Colour) -> None:
    (x0, y0), (x1, y1) = start, end
    length = max(1.0, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
    nx, ny = -(y1 - y0) / length * thick, (x1 - x0) / length * thick
    for grow, tone in ((1.0, (*edge, 230)), (0.62, (*inside, 240))):
        upper = [(x0 + (x1 - x0) * t + nx * grow * sin(pi * t), y0 + (y1 - y0) * t + ny * grow * sin(pi * t)) for t in (i / 12 for i in range(13))]
        lower = [(x0 + (x1 - x0) * t - nx * grow * 0.5 * sin(pi * t), y0 + (y1 - y0) * t - ny * grow * 0.5 * sin(pi * t)) for t in (i / 12 for i in range(12, -1, -1))]
        pen.polygon(upper + lower, fill=tone)


STOPS = ["Mill", "Old Quay", "Chapel", "Bakery", "Green", "School", "Weir", "Orchard", "Ferry", "Clinic", "Kirche", "Markt", "Bahnhof", "Hof Ott", "Am Steg", "Allotments", "Lighthouse", "Library", "Moor", "Freibad", "Waldrand", "Sportplatz", "Deich"]


def busmap(c: Canvas) -> None:
    """The village bus network, drawn as though it were a capital's."""
    w, h, rng = c.width, c.height, c.rng
    c.wash([(0, ink("fbf8ef")), (1, ink("f3eee0"))])
    for _ in range(3):
        x, y = rng.uniform(0.05, 0.75) * w, rng.uniform(0.08, 0.7) * h
        c.pen.rounded_rectangle((x, y, x + rng.uniform(0.12, 0.24) * w, y + rng.uniform(0.12, 0.2) * h), 70, fill=ink("d9ead0"))
    river: list[Point] = [(-60, h * 0.72), (0.22 * w, h * 0.72), (0.36 * w, h * 0.58), (0.36 * w, h * 0.44), (0.48 * w, h * 0.3), (0.76 * w, h * 0.3), (0.88 * w, h * 0.16), (1.05 * w, h * 0.16)]
    if rng.random() < 0.5:
        river = [(x, h - y) for x, y in river]
    _track(c, river, ink("b9dcea"), 92)
    _track(c, river, ink("c9e5f0"), 62)
    ways: list[list[Point]] = [
        [(0.1, 0.16), (0.28, 0.16), (0.5, 0.45), (0.5, 0.7), (0.64, 0.88), (0.9, 0.88)],
        [(0.08, 0.52), (0.28, 0.52), (0.36, 0.45), (0.62, 0.45), (0.72, 0.56), (0.93, 0.56)],
        [(0.17, 0.9), (0.17, 0.66), (0.3, 0.49), (0.3, 0.36), (0.42, 0.2), (0.7, 0.2), (0.9, 0.36)],
        [(0.78, 0.1), (0.78, 0.5), (0.72, 0.62), (0.5, 0.62), (0.36, 0.8), (0.36, 0.93)],
    ]
    colours = inks(rng.choice(["e4572e 2e86ab f2b134 4a7c59", "d7263d 1b998b f46036 5c4d9a", "0f7173 ee6c4d 8a4f7d e0a458"]))
    label = ImageFont.load_default(size=int(0.028 * h))
    small = ImageFont.load_default(size=int(0.034 * h))
    names = list(STOPS)
    rng.shuffle(names)
    routes = [[(x * w, y * h) for x, y in way] for way in ways]
    for route, colour in zip(routes, colours, strict=True):
        _track(c, route, (255, 255, 255), 34)
        _track(c, route, colour, 24)
    used: list[Point] = []
    for number, (route, colour) in enumerate(zip(routes, colours, strict=True)):
        for place in (0.0, 0.2, 0.38, 0.6, 0.8, 1.0):
            x, y = _along(route, place)
            if any(abs(x - a) < 0.075 * w and abs(y - b) < 0.055 * h for a, b in used) or not names:
                continue
            used.append((x, y))
            end = place in (0.0, 1.0)
            radius = 25 if end else 19
            c.dot(x, y, radius + 7, (255, 255, 255))
            c.dot(x, y, radius, ink("2b2b35"))
            c.dot(x, y, radius - 8, (255, 255, 255))
            if end:
                c.pen.rounded_rectangle((x - 34, y - 82, x + 34, y - 36), 14, fill=colour)
                c.pen.text((x, y - 59), str(number * 2 + 3), font=small, fill=(255, 255, 255), anchor="mm")
            text = names.pop()
            spot, anchor = ((x, y + 56), "mm") if end else ((x + 34, y + 24), "lm")
            c.pen.text(spot, text, font=label, fill=ink("2b2b35"), anchor=anchor, stroke_width=5, stroke_fill=ink("f8f4e8"))
    x, y = _along(routes[rng.choice([0, 3])], 0.7)
    _bus(c, x, y - 44, ink("e4572e"))


def _track(c: Canvas, route: list[Point], colour: Colour, width: int) -> None:
    c.pen.line(route, fill=colour, width=width, joint="curve")
    for x, y in (route[0], route[-1]):
        c.dot(x, y, width / 2 - 1, colour)


def _along(route: list[Point], share: float) -> Point:
    lengths = [((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in zip(route, route[1:], strict=False)]
    left = share * sum(lengths)
    for (start, end), length in zip(zip(route, route[1:], strict=False), lengths, strict=True):
        if left <= length:
            return start[0] + (end[0] - start[0]) * left / length, start[1] + (end[1] - start[1]) * left / length
        left -= length
    return route[-1]


def _bus(c: Canvas, x: float, y: float, colour: Colour, s: float = 1.0) -> None:
    c.pen.rounded_rectangle((x - 84 * s, y - 46 * s, x + 84 * s, y + 38 * s), 18 * s, fill=(255, 255, 255))
    c.pen.rounded_rectangle((x - 76 * s, y - 38 * s, x + 76 * s, y + 28 * s), 13 * s, fill=colour)
    for i in range(4):
        c.pen.rounded_rectangle((x + (-66 + i * 34) * s, y - 28 * s, x + (-40 + i * 34) * s, y - 2 * s), 5 * s, fill=ink("dff1f7"))
    for off in (-42, 42):
        c.dot(x + off * s, y + 29 * s, 15 * s, ink("2b2b35"))
        c.dot(x + off * s, y + 29 * s, 6 * s, ink("c8c8d0"))


CHART = {
    "star": ["....#....", "....#....", ".#..#..#.", "..#.#.#..", "...###...", "#########", "...###...", "..#.#.#..", ".#..#..#.", "....#....", "....#...."],
    "fir": ["....#....", "...###...", "..#####..", "...###...", "..#####..", ".#######.", "....#....", "....#....", "........."],
    "heart": [".........", ".##...##.", "####.####", "#########", ".#######.", "..#####..", "...###...", "....#....", "........."],
    "gull": [".........", "##.....##", ".##...##.", "..##.##..", "...###...", "....#....", "........."],
}


def knitting(c: Canvas) -> None:
    """A colourwork sleeve, near enough to count the stitches."""
    w, h, rng = c.width, c.height, c.rng
    back, front, third, fourth = inks(rng.choice(["1f3b57 f3e9dc d9534f e8b04a", "7a2e3a f5e6d3 2f5d5a e0a458", "3f5a44 f4efe2 c8553d 88a9a0", "e9e0d0 3a4a6b b5483f 6f8f72"]))
    wide, tall = 44, 36
    columns, rows = w // wide + 2, h // tall + 3
    plan = [[back] * columns for _ in range(rows)]
    row = rng.randrange(-4, 0)
    motifs = list(CHART)
    rng.shuffle(motifs)
    tones = [front, third, fourth]
    turn = 0
    while row < rows:
        chart = CHART[motifs[turn % len(motifs)]]
        tone = front if turn % 2 == 0 else rng.choice(tones)
        for line in chart:
            if 0 <= row < rows:
                for column in range(columns):
                    if line[column % 10 - 1 if column % 10 else 0] == "#" and column % 10:
                        plan[row][column] = tone
            row += 1
        edge = tones[(turn + 1) % 3]
        for kind in ("-", "full", "dots", "full", "-"):
            if 0 <= row < rows and kind != "-":
                for column in range(columns):
                    if kind == "full" or column % 2:
                        plan[row][column] = edge
            row += 1
        turn += 1
    c.wash([(0, darker(back, 0.5)), (1, darker(back, 0.5))])
    stitches = {tone: [_stitch(tone, wide, tall, side) for side in (0.0, 0.09, 0.17)] for tone in (back, front, third, fourth)}
    for line_number, line in enumerate(plan):
        for column, tone in enumerate(line):
            tile, mask = rng.choice(stitches[tone])
            lean = round(5 * sin(line_number / 9) + 4 * sin(column / 7 + line_number / 11))
            c.image.paste(tile, (column * wide - wide // 2, line_number * tall - tall + lean), mask)
    fuzz = noise(c.size, rng, 7, 5)
    c.veil((12, 8, 20), curve(fuzz, 125, 215, 0.4))
    c.glow(w * 0.28, h * 0.2, w * 0.6, (255, 246, 225), 0.2)


def _stitch(colour: Colour, wide: int, tall: int, tone: float) -> tuple[Image.Image, Image.Image]:
    size = (wide, int(tall * 1.75))
    tile, mask = Image.new("RGB", size, darker(colour, 0.45)), Image.new("L", size)
    pen, cut = ImageDraw.Draw(tile), ImageDraw.Draw(mask)
    colour = darker(colour, tone)
    for way in (-1, 1):
        for step in range(26):
            t = step / 25
            x = wide / 2 + way * (wide * 0.4 * (1 - t) + wide * 0.1)
            y = size[1] * (0.17 + 0.62 * t)
            r = wide * (0.1 + 0.135 * sin(pi * min(1, t * 0.9 + 0.12)))
            cut.ellipse((x - r, y - r, x + r, y + r), fill=255)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=colour if way < 0 else darker(colour, 0.09))
        for step in range(26):
            t = step / 25
            x = wide / 2 + way * (wide * 0.4 * (1 - t) + wide * 0.1) - wide * 0.05
            y = size[1] * (0.16 + 0.6 * t)
            r = wide * 0.07 * sin(pi * t)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=lighter(colour, 0.22))
    return tile, mask


def pitch(c: Canvas) -> None:
    """A referee's drawing of what really happened."""
    w, h, rng = c.width, c.height, c.rng
    grass = inks(rng.choice(["3f8f4f 36824a", "4b9a55 428d4e", "2f7d5b 2a7153"]))
    stripes = 14
    for i in range(stripes):
        c.pen.rectangle((w * i / stripes, 0, w * (i + 1) / stripes, h), fill=grass[i % 2])
    c.veil(darker(grass[1], 0.3), curve(noise(c.size, rng, 12, 8), 120, 205, 0.35))
    c.veil(ink("a9a35a"), curve(noise(c.size, rng, 5, 4), 150, 225, 0.35))
    chalk = (*ink("f4f8ee"), 235)
    m = 0.06 * h
    left, right, top, bottom = m, w - m, m, h - m
    width = 8
    c.pen.rectangle((left, top, right, bottom), outline=chalk, width=width)
    c.pen.line((w / 2, top, w / 2, bottom), fill=chalk, width=width)
    r = 0.13 * h
    c.pen.ellipse((w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r), outline=chalk, width=width)
    c.dot(w / 2, h / 2, 11, ink("f4f8ee"))
    for side, way in ((left, 1), (right, -1)):
        for deep, half in ((0.157, 0.29), (0.052, 0.135)):
            edges = sorted((side, side + way * deep * (right - left)))
            c.pen.rectangle((edges[0], h / 2 - half * h, edges[1], h / 2 + half * h), outline=chalk, width=width)
        spot = side + way * 0.105 * (right - left)
        c.dot(spot, h / 2, 10, ink("f4f8ee"))
        angles = (-53, 53) if way > 0 else (127, 233)
        c.pen.arc((spot - r, h / 2 - r, spot + r, h / 2 + r), *angles, fill=chalk, width=width)
        goal = sorted((side, side - way * 0.03 * w))
        c.pen.rectangle((goal[0], h / 2 - 0.07 * h, goal[1], h / 2 + 0.07 * h), outline=chalk, width=width)
        for corner in (top, bottom):
            start = {(1, top): 0, (1, bottom): 270, (-1, top): 90, (-1, bottom): 180}[(way, corner)]
            c.pen.arc((side - 38, corner - 38, side + 38, corner + 38), start, start + 90, fill=chalk, width=width)
    home, away = inks(rng.choice(["e63946 f1c40f", "1d4e89 f4f1de", "f77f00 3d2c8d"]))
    shape = [(0.06, 0.5), (0.2, 0.2), (0.17, 0.4), (0.17, 0.62), (0.2, 0.82), (0.37, 0.3), (0.34, 0.5), (0.38, 0.72), (0.55, 0.22), (0.6, 0.5), (0.56, 0.78)]
    teams = [(home, [(x, y) for x, y in shape]), (away, [(1 - x, 1 - y) for x, y in shape])]
    spots: list[tuple[Colour, float, float, int]] = []
    for colour, places in teams:
        for number, (x, y) in enumerate(places):
            spots.append((colour, w * (x + rng.uniform(-0.03, 0.03)), h * (y + rng.uniform(-0.04, 0.04)), number + 1))
    for mover in rng.sample(spots[5:11], 3):
        _run(c, (mover[1], mover[2]), (mover[1] + rng.uniform(0.12, 0.2) * w, mover[2] + rng.uniform(-0.16, 0.16) * h), rng.uniform(-0.12, 0.12) * h)
    c.shadow(lambda pen, s: [pen.ellipse([v * s for v in (x - 38, y - 30, x + 54, y + 60)], fill=255) for _, x, y, _ in spots], 10, 0.5)
    font = ImageFont.load_default(size=42)
    for colour, x, y, number in spots:
        c.dot(x, y, 44, (255, 255, 255))
        c.dot(x, y, 38, colour)
        c.pen.text((x, y), str(number), font=font, fill=(255, 255, 255) if sum(colour) < 480 else ink("2b2b35"), anchor="mm")
    x, y = spots[9][1] + 75, spots[9][2] + 40
    c.dot(x, y, 20, (255, 255, 255))
    for i in range(5):
        a = 2 * pi * i / 5
        c.dot(x + cos(a) * 13, y + sin(a) * 13, 5, ink("2b2b35"))
    c.dot(x, y, 6, ink("2b2b35"))


def _run(c: Canvas, start: Point, end: Point, bend: float) -> None:
    (x0, y0), (x1, y1) = start, end
    mid = ((x0 + x1) / 2, (y0 + y1) / 2 + bend)
    points = [((1 - t) ** 2 * x0 + 2 * t * (1 - t) * mid[0] + t * t * x1, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * mid[1] + t * t * y1) for t in (i / 24 for i in range(25))]
    for i in range(0, 24, 2):
        c.pen.line((points[i], points[i + 1]), fill=(255, 240, 150), width=10)
    (ax, ay), (bx, by) = points[-3], points[-1]
    length = max(1.0, ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5)
    ux, uy = (bx - ax) / length, (by - ay) / length
    c.pen.polygon([(bx + ux * 34, by + uy * 34), (bx - uy * 22, by + ux * 22), (bx + uy * 22, by - ux * 22)], fill=(255, 240, 150))


def robot(c: Canvas) -> None:
    """Pencil on squared paper: the otter robot, with notes."""
    w, h, rng = c.width, c.height, c.rng
    c.wash(evenly(inks("fbf7ea f4eedb")))
    for i in range(0, w, 62):
        c.pen.line((i, 0, i, h), fill=(*ink("9fc0d6"), 120), width=2)
    for i in range(0, h, 62):
        c.pen.line((0, i, w, i), fill=(*ink("9fc0d6"), 120), width=2)
    c.pen.line((186, 0, 186, h), fill=(*ink("e08a8a"), 150), width=3)
    tint = rng.choice(inks("f2b880 9fd0c4 c9b6e4"))
    pencil = ink("3a3a48")
    x, y, s = w * 0.54, h * 0.5, w * 0.155

    def sketch(points: list[Point], closed: bool = True, fill: Colour | None = None, width: int = 6) -> None:
        line = [*points, points[0]] if closed else points
        if fill:
            c.pen.polygon([(a + 9, b + 7) for a, b in points], fill=(*fill, 170))
        for _ in range(3):
            c.pen.line([(a + rng.uniform(-5, 5), b + rng.uniform(-5, 5)) for a, b in line], fill=(*pencil, 150), width=width, joint="curve")

    def round_(cx: float, cy: float, rx: float, ry: float, fill: Colour | None = None) -> None:
        sketch([(cx + rx * cos(t), cy + ry * sin(t)) for t in (i * pi / 18 for i in range(36))], fill=fill)

    sketch([(x - 1.1 * s, y - 0.25 * s), (x + 1.1 * s, y - 0.25 * s), (x + 1.25 * s, y + 1.5 * s), (x - 1.25 * s, y + 1.5 * s)], fill=tint)
    sketch([(x - 0.7 * s, y + 0.1 * s), (x + 0.7 * s, y + 0.1 * s), (x + 0.7 * s, y + 0.9 * s), (x - 0.7 * s, y + 0.9 * s)], fill=ink("ffffff"))
    sketch([(x - 0.6 * s + i * 0.1 * s, y + 0.5 * s + (0.24 * s * sin(i * 1.3) if 3 < i < 10 else 0)) for i in range(13)], closed=False)
    sketch([(x - 0.25 * s, y - 0.25 * s), (x - 0.2 * s, y - 0.55 * s), (x + 0.2 * s, y - 0.55 * s), (x + 0.25 * s, y - 0.25 * s)], fill=ink("d8d8dc"))
    round_(x - 0.95 * s, y - 1.95 * s, 0.3 * s, 0.3 * s, tint)
    round_(x + 0.95 * s, y - 1.95 * s, 0.3 * s, 0.3 * s, tint)
    round_(x, y - 1.35 * s, 1.25 * s, 0.85 * s, tint)
    for way in (-1, 1):
        round_(x + way * 0.5 * s, y - 1.5 * s, 0.24 * s, 0.24 * s, ink("ffffff"))
        c.dot(x + way * 0.5 * s + 6, y - 1.47 * s, 0.1 * s, pencil)
        for i in range(3):
            sketch([(x + way * 0.45 * s, y - (1.05 - i * 0.06) * s), (x + way * 1.5 * s, y - (1.25 - i * 0.2) * s)], closed=False, width=3)
        round_(x + way * 0.85 * s, y + 1.8 * s, 0.42 * s, 0.42 * s, ink("c8c8d0"))
        round_(x + way * 0.85 * s, y + 1.8 * s, 0.13 * s, 0.13 * s)
        elbow = (x + way * 1.85 * s, y + 0.35 * s)
        sketch([(x + way * 1.12 * s, y + 0.05 * s), elbow, (x + way * 1.7 * s, y + 1.05 * s)], closed=False, width=10)
        c.dot(*elbow, 16, pencil)
        sketch([(x + way * 1.5 * s, y + 1.3 * s), (x + way * 1.7 * s, y + 1.05 * s), (x + way * 1.92 * s, y + 1.28 * s)], closed=False, width=8)
    round_(x, y - 1.18 * s, 0.19 * s, 0.12 * s, pencil)
    sketch([(x - 0.3 * s, y - 0.92 * s), (x, y - 0.82 * s), (x + 0.3 * s, y - 0.92 * s)], closed=False)
    sketch([(x + 0.1 * s, y - 2.2 * s), (x + 0.16 * s, y - 2.75 * s)], closed=False)
    round_(x + 0.17 * s, y - 2.85 * s, 0.1 * s, 0.1 * s, ink("e4572e"))
    font = ImageFont.load_default(size=44)
    blue = ink("2f5d9a")
    notes = [("antenna (spoon)", 0.58, 0.075, x + 0.3 * s, y - 2.85 * s), ("ears = jar lids", 0.12, 0.15, x - 1.2 * s, y - 2.0 * s), ("sonar?", 0.82, 0.34, x + 0.75 * s, y - 1.4 * s), ("do NOT press", 0.11, 0.44, x - 0.75 * s, y + 0.4 * s), ("wheels: old pram", 0.12, 0.86, x - 0.9 * s, y + 2.25 * s), ("v. 7 (floats)", 0.66, 0.93, 0, 0)]
    for text, nx, ny, tx, ty in notes:
        c.pen.text((nx * w, ny * h), text, font=font, fill=blue, anchor="lm")
        if tx:
            length = font.getlength(text)
            start = (nx * w + (length + 8 if tx > nx * w + length else (length / 2 if ny < 0.2 or ny > 0.8 else -8)), ny * h + (26 if ty > ny * h + 40 else -26 if ty < ny * h - 40 else 0))
            sketch([start, ((start[0] + tx) / 2, (start[1] + ty) / 2 + 14), (tx, ty)], closed=False, width=3)
    c.veil(ink("8a6a3a"), curve(noise(c.size, rng, 3, 3), 165, 235, 0.18))
    cup = (w * rng.uniform(0.66, 0.8), h * rng.uniform(0.74, 0.8))
    for r, alpha in ((0.1 * w, 60), (0.096 * w, 40)):
        c.pen.arc((cup[0] - r, cup[1] - r, cup[0] + r, cup[1] + r), 20, 330, fill=(*ink("8a5a2b"), alpha), width=9)


def soup(c: Canvas) -> None:
    """A bowl of soup from above, the spoon already there."""
    w, h, rng = c.width, c.height, c.rng
    plank = rng.choice(inks("b98a5c 8a6a52 7b8a8c"))
    y = 0.0
    while y < h:
        tall = 0.145 * h
        _wood(c, (0, y, w, min(h, y + tall)), mix(plank, darker(plank, 0.25), rng.random()))
        c.pen.rectangle((0, y + tall - 5, w, y + tall), fill=(20, 12, 8, 150))
        y += tall
    cloth = rng.choice(inks("e9e4d6 c9d6d2 e6c9b8"))
    x, y, r = w * 0.47, h * 0.5, 0.36 * w
    napkin = [(x + 0.1 * w, y - 0.46 * h), (w * 1.02, y - 0.3 * h), (w * 1.02, y + 0.5 * h), (x + 0.22 * w, y + 0.44 * h)]
    c.shadow(lambda pen, s: pen.polygon([((a + 10) * s, (b + 16) * s) for a, b in napkin], fill=255), 20, 0.4)
    c.pen.polygon(napkin, fill=cloth)
    stripe = rng.choice(inks("b5483f 3f5a7a 4f7a5a"))
    for i in (0.06, 0.075, 0.11):
        c.pen.line([(x + (0.1 + i) * w, y - (0.46 - 0.16 * i / 0.53) * h), (x + (0.22 + i) * w, y + (0.44 + 0.02 * i) * h)], fill=(*stripe, 190), width=9)
    c.shadow(lambda pen, s: pen.ellipse([v * s for v in (x - r + 20, y - r + 40, x + r + 40, y + r + 60)], fill=255), 34, 0.65)
    glaze = rng.choice(inks("f3efe6 4f7482 d98f5c"))
    for i in range(20):
        t = i / 19
        c.dot(x, y, r * (1 - 0.16 * t), mix(lighter(glaze, 0.25), darker(glaze, 0.32), t if i > 3 else 0.35 - t))
    broth, cream, herb = (ink(v) for v in rng.choice([("dd7a26", "ffe9c4", "3f7a35"), ("7ba045", "f1f6da", "2f5d2a"), ("b8342c", "ffe3d0", "4f8a3d"), ("e0a92f", "fff3cf", "4a7a3a")]))
    inner = r * 0.82
    for i in range(20):
        t = i / 19
        c.dot(x, y, inner * (1 - 0.5 * t * t), mix(darker(broth, 0.3), lighter(broth, 0.08), t**0.6))
    round_mask = Image.new("L", (int(2 * inner), int(2 * inner)))
    ImageDraw.Draw(round_mask).ellipse((0, 0, 2 * inner, 2 * inner), fill=255)
    froth = Image.composite(curve(noise(round_mask.size, rng, 6, 6), 130, 205, 0.5), Image.new("L", round_mask.size), round_mask)
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
        leaf = [(px + cos(b + v) * s * k, py + sin(b + v) * s * k) for v, k in ((0, 1), (0.9, 0.55), (2.2, 0.6), (pi, 0.9), (4.1, 0.6), (5.4, 0.55))]
        c.pen.polygon(leaf, fill=mix(herb, lighter(herb, 0.4), rng.random()))
    for _ in range(60):
        a, far = rng.uniform(0, 2 * pi), inner * rng.uniform(0, 0.85)
        c.dot(x + cos(a) * far, y + sin(a) * far, rng.uniform(2.5, 6), ink("2a2018"), 200)
    c.pen.arc((x - r * 0.93, y - r * 0.93, x + r * 0.93, y + r * 0.93), 195, 255, fill=(255, 255, 255, 130), width=16)
    sx, steel = x + 0.435 * w, ink("b9bcc4")
    c.shadow(lambda pen, s: (pen.ellipse([v * s for v in (sx - 40, y - 0.3 * h, sx + 110, y - 0.08 * h)], fill=255), pen.rectangle([v * s for v in (sx + 20, y - 0.1 * h, sx + 50, y + 0.36 * h)], fill=255)), 16, 0.5)
    c.pen.ellipse((sx - 66, y - 0.32 * h, sx + 66, y - 0.1 * h), fill=steel)
    c.pen.ellipse((sx - 50, y - 0.305 * h, sx + 50, y - 0.12 * h), fill=darker(steel, 0.18))
    c.pen.ellipse((sx - 44, y - 0.285 * h, sx + 34, y - 0.13 * h), fill=lighter(steel, 0.3))
    c.pen.polygon([(sx - 15, y - 0.11 * h), (sx + 15, y - 0.11 * h), (sx + 24, y + 0.35 * h), (sx - 24, y + 0.35 * h)], fill=steel)
    c.dot(sx, y + 0.35 * h, 24, steel)
    c.pen.line((sx - 6, y - 0.1 * h, sx - 10, y + 0.35 * h), fill=lighter(steel, 0.55), width=8)


def _crouton(c: Canvas, x: float, y: float, s: float) -> None:
    a = c.rng.uniform(0, pi / 2)
    corners = [(x + cos(a + k * pi / 2) * s * 1.3, y + sin(a + k * pi / 2) * s * 1.3) for k in range(4)]
    c.pen.polygon([(px + 7, py + 10) for px, py in corners], fill=(40, 15, 5, 110))
    c.pen.polygon(corners, fill=ink("a8672f"))
    c.pen.polygon([(x + (px - x) * 0.74, y + (py - y) * 0.74 - 4) for px, py in corners], fill=ink("e0ab62"))
