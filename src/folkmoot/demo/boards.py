"""Things seen flat from above: a chessboard, a bus map, a football pitch."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin

from PIL import Image, ImageFont

from folkmoot.demo.brush import Canvas, Colour, Point, curve, darker, ink, inks, lighter, noise, wood

PIECES: dict[str, list[list[Point]]] = {
    "pawn": [[(-0.16, 0.0), (-0.1, -0.34), (0.1, -0.34), (0.16, 0.0)]],
    "rook": [
        [(-0.19, 0.0), (-0.14, -0.44), (0.14, -0.44), (0.19, 0.0)],
        [
            (-0.21, -0.42),
            (-0.21, -0.62),
            (-0.12, -0.62),
            (-0.12, -0.55),
            (-0.045, -0.55),
            (-0.045, -0.62),
            (0.045, -0.62),
            (0.045, -0.55),
            (0.12, -0.55),
            (0.12, -0.62),
            (0.21, -0.62),
            (0.21, -0.42),
        ],
    ],
    "bishop": [[(-0.17, 0.0), (-0.07, -0.38), (0.07, -0.38), (0.17, 0.0)]],
    "knight": [
        [
            (-0.17, 0.0),
            (-0.15, -0.18),
            (-0.02, -0.36),
            (-0.16, -0.34),
            (-0.24, -0.4),
            (-0.2, -0.5),
            (-0.08, -0.63),
            (-0.05, -0.73),
            (0.02, -0.66),
            (0.13, -0.58),
            (0.2, -0.4),
            (0.17, -0.15),
            (0.2, 0.0),
        ]
    ],
    "queen": [
        [(-0.18, 0.0), (-0.09, -0.45), (0.09, -0.45), (0.18, 0.0)],
        [
            (-0.1, -0.44),
            (-0.23, -0.7),
            (-0.11, -0.6),
            (-0.075, -0.75),
            (0, -0.61),
            (0.075, -0.75),
            (0.11, -0.6),
            (0.23, -0.7),
            (0.1, -0.44),
        ],
    ],
    "king": [
        [(-0.18, 0.0), (-0.1, -0.45), (0.1, -0.45), (0.18, 0.0)],
        [(-0.11, -0.44), (-0.19, -0.64), (0.19, -0.64), (0.11, -0.44)],
        [(-0.025, -0.62), (-0.025, -0.84), (0.025, -0.84), (0.025, -0.62)],
        [(-0.085, -0.78), (-0.085, -0.73), (0.085, -0.73), (0.085, -0.78)],
    ],
}


KNOBS: dict[str, list[tuple[float, float, float]]] = {
    "pawn": [(0, -0.42, 0.13)],
    "bishop": [(0, -0.46, 0.12), (0, -0.62, 0.04)],
    "queen": [(-0.23, -0.72, 0.035), (-0.075, -0.77, 0.035), (0.075, -0.77, 0.035), (0.23, -0.72, 0.035)],
}


def chess(c: Canvas) -> None:
    """A position in the middle of things, on a wooden board."""
    w, rng = c.width, c.rng
    light, dark = rng.choice([("ead2a6", "a8713f"), ("e9e3d0", "5f7f68"), ("efe0cd", "8c5a4b")])
    wood(c, (0, 0, w, w), ink("4b2f20"))
    edge = 0.045 * w
    field = (w - 2 * edge) / 8
    cuts: dict[str, list[Image.Image]] = {light: [], dark: []}
    for row in range(8):
        for column in range(8):
            x, y = edge + column * field, edge + row * field
            tone = light if (row + column) % 2 == 0 else dark
            if len(cuts[tone]) < 6:
                wood(c, (x, y, x + field, y + field), ink(tone), 0.2)
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
            standing.append(
                (names[sign.lower()], sign.isupper(), edge + (column + 0.5) * field, edge + (row + 0.88) * field)
            )
            column += 1
    hint = rng.choice([piece for piece in standing if piece[1]])
    c.pen.rectangle(
        (hint[2] - field / 2, hint[3] - 0.88 * field, hint[2] + field / 2, hint[3] + 0.12 * field),
        fill=(255, 214, 90, 90),
    )
    feet = [(x - 0.2 * field, y - 0.24 * field, x + 0.42 * field, y + 0.06 * field) for _, _, x, y in standing]
    c.shadow("oval", feet, 14, 0.75)
    for name, white, x, y in standing:
        _piece(c, name, x, y, 1.04 * field, ink("f6ecd8") if white else ink("2c2530"))


def _piece(c: Canvas, name: str, x: float, y: float, size: float, colour: Colour) -> None:
    outline = darker(colour, 0.62) if sum(colour) > 380 else (10, 8, 12)
    bright, dim = lighter(colour, 0.35 if sum(colour) > 380 else 0.3), darker(colour, 0.16)
    shapes = PIECES[name]
    for grow, tone in ((0.022, outline), (0.0, colour)):
        for foot, wide in ((0.0, 0.25), (-0.06, 0.21)):
            c.pen.rounded_rectangle(
                (
                    x - (wide + grow) * size,
                    y + (foot - 0.06 - grow) * size,
                    x + (wide + grow) * size,
                    y + (foot + 0.015 + grow) * size,
                ),
                0.03 * size,
                fill=tone,
            )
        for shape in shapes:
            points = [(x + a * size, y + (b - 0.08) * size) for a, b in shape]
            if grow:
                c.pen.line([*points, points[0], points[1]], fill=tone, width=int(2 * grow * size), joint="curve")
            c.pen.polygon(points, fill=tone)
        for a, b, r in KNOBS.get(name, ()):
            c.dot(x + a * size, y + (b - 0.08) * size, (r + grow) * size, tone)
    c.pen.rounded_rectangle((x - 0.22 * size, y - 0.052 * size, x + 0.22 * size, y - 0.036 * size), 3, fill=dim)
    c.pen.line(
        (x - 0.075 * size, y - 0.14 * size, x - 0.045 * size, y - 0.38 * size),
        fill=(*bright, 190),
        width=int(0.03 * size),
    )
    if name == "knight":
        c.dot(x - 0.075 * size, y - 0.6 * size, 0.022 * size, outline)
        c.pen.line(
            (x + 0.02 * size, y - 0.72 * size, x + 0.12 * size, y - 0.45 * size),
            fill=(*bright, 120),
            width=int(0.02 * size),
        )
    if name == "pawn":
        c.dot(x - 0.045 * size, y - 0.54 * size, 0.035 * size, bright, 190)


STOPS = [
    "Mill", "Old Quay", "Chapel", "Bakery", "Green", "School", "Weir", "Orchard", "Ferry", "Clinic", "Kirche", "Markt",
    "Bahnhof", "Hof Ott", "Am Steg", "Allotments", "Lighthouse", "Library", "Moor", "Freibad", "Waldrand", "Sportplatz",
    "Deich",
]  # fmt: skip


def busmap(c: Canvas) -> None:
    """The village bus network, drawn as though it were a capital's."""
    w, h, rng = c.width, c.height, c.rng
    c.wash([(0, ink("fbf8ef")), (1, ink("f3eee0"))])
    for _ in range(3):
        x, y = rng.uniform(0.05, 0.75) * w, rng.uniform(0.08, 0.7) * h
        c.pen.rounded_rectangle(
            (x, y, x + rng.uniform(0.12, 0.24) * w, y + rng.uniform(0.12, 0.2) * h), 70, fill=ink("d9ead0")
        )
    river: list[Point] = [
        (-60, h * 0.72),
        (0.22 * w, h * 0.72),
        (0.36 * w, h * 0.58),
        (0.36 * w, h * 0.44),
        (0.48 * w, h * 0.3),
        (0.76 * w, h * 0.3),
        (0.88 * w, h * 0.16),
        (1.05 * w, h * 0.16),
    ]
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
    colours = inks(
        rng.choice(["e4572e 2e86ab f2b134 4a7c59", "d7263d 1b998b f46036 5c4d9a", "0f7173 ee6c4d 8a4f7d e0a458"])
    )
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
            c.pen.text(
                spot, text, font=label, fill=ink("2b2b35"), anchor=anchor, stroke_width=5, stroke_fill=ink("f8f4e8")
            )
    x, y = _along(routes[rng.choice([0, 3])], 0.7)
    _bus(c, x, y - 44, ink("e4572e"))


def _track(c: Canvas, route: list[Point], colour: Colour, width: int) -> None:
    c.pen.line(route, fill=colour, width=width, joint="curve")
    for x, y in (route[0], route[-1]):
        c.dot(x, y, width / 2 - 1, colour)


def _along(route: list[Point], share: float) -> Point:
    lengths = [((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 for a, b in pairwise(route)]
    left = share * sum(lengths)
    for (start, end), length in zip(pairwise(route), lengths, strict=True):
        if left <= length:
            return start[0] + (end[0] - start[0]) * left / length, start[1] + (end[1] - start[1]) * left / length
        left -= length
    return route[-1]


def _bus(c: Canvas, x: float, y: float, colour: Colour, s: float = 1.0) -> None:
    c.pen.rounded_rectangle((x - 84 * s, y - 46 * s, x + 84 * s, y + 38 * s), 18 * s, fill=(255, 255, 255))
    c.pen.rounded_rectangle((x - 76 * s, y - 38 * s, x + 76 * s, y + 28 * s), 13 * s, fill=colour)
    for i in range(4):
        c.pen.rounded_rectangle(
            (x + (-66 + i * 34) * s, y - 28 * s, x + (-40 + i * 34) * s, y - 2 * s), 5 * s, fill=ink("dff1f7")
        )
    for off in (-42, 42):
        c.dot(x + off * s, y + 29 * s, 15 * s, ink("2b2b35"))
        c.dot(x + off * s, y + 29 * s, 6 * s, ink("c8c8d0"))


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
    shape = [
        (0.06, 0.5),
        (0.2, 0.2),
        (0.17, 0.4),
        (0.17, 0.62),
        (0.2, 0.82),
        (0.37, 0.3),
        (0.34, 0.5),
        (0.38, 0.72),
        (0.55, 0.22),
        (0.6, 0.5),
        (0.56, 0.78),
    ]
    teams = [(home, [(x, y) for x, y in shape]), (away, [(1 - x, 1 - y) for x, y in shape])]
    spots: list[tuple[Colour, float, float, int]] = []
    for colour, places in teams:
        for number, (x, y) in enumerate(places):
            spots.append((colour, w * (x + rng.uniform(-0.03, 0.03)), h * (y + rng.uniform(-0.04, 0.04)), number + 1))
    for mover in rng.sample(spots[5:11], 3):
        _run(
            c,
            (mover[1], mover[2]),
            (mover[1] + rng.uniform(0.12, 0.2) * w, mover[2] + rng.uniform(-0.16, 0.16) * h),
            rng.uniform(-0.12, 0.12) * h,
        )
    c.shadow("oval", [(x - 38, y - 30, x + 54, y + 60) for _, x, y, _ in spots], 10, 0.5)
    font = ImageFont.load_default(size=42)
    for colour, x, y, number in spots:
        c.dot(x, y, 44, (255, 255, 255))
        c.dot(x, y, 38, colour)
        c.pen.text(
            (x, y), str(number), font=font, fill=(255, 255, 255) if sum(colour) < 480 else ink("2b2b35"), anchor="mm"
        )
    x, y = spots[9][1] + 75, spots[9][2] + 40
    c.dot(x, y, 20, (255, 255, 255))
    for i in range(5):
        a = 2 * pi * i / 5
        c.dot(x + cos(a) * 13, y + sin(a) * 13, 5, ink("2b2b35"))
    c.dot(x, y, 6, ink("2b2b35"))


def _run(c: Canvas, start: Point, end: Point, bend: float) -> None:
    (x0, y0), (x1, y1) = start, end
    mid = ((x0 + x1) / 2, (y0 + y1) / 2 + bend)
    points = [
        (
            (1 - t) ** 2 * x0 + 2 * t * (1 - t) * mid[0] + t * t * x1,
            (1 - t) ** 2 * y0 + 2 * t * (1 - t) * mid[1] + t * t * y1,
        )
        for t in (i / 24 for i in range(25))
    ]
    for i in range(0, 24, 2):
        c.pen.line((points[i], points[i + 1]), fill=(255, 240, 150), width=10)
    (ax, ay), (bx, by) = points[-3], points[-1]
    length = max(1.0, ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5)
    ux, uy = (bx - ax) / length, (by - ay) / length
    c.pen.polygon(
        [(bx + ux * 34, by + uy * 34), (bx - uy * 22, by + ux * 22), (bx + uy * 22, by - ux * 22)], fill=(255, 240, 150)
    )
