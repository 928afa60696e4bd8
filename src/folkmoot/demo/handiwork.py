"""Made by hand: knitting, and a robot in pencil."""

from __future__ import annotations

from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFont

from folkmoot.demo.brush import Canvas, Colour, Point, curve, darker, evenly, ink, inks, lighter, noise

CHART = {
    "star": [
        "....#....",
        "....#....",
        ".#..#..#.",
        "..#.#.#..",
        "...###...",
        "#########",
        "...###...",
        "..#.#.#..",
        ".#..#..#.",
        "....#....",
        "....#....",
    ],
    "fir": [
        "....#....",
        "...###...",
        "..#####..",
        "...###...",
        "..#####..",
        ".#######.",
        "....#....",
        "....#....",
        ".........",
    ],
    "heart": [
        ".........",
        ".##...##.",
        "####.####",
        "#########",
        ".#######.",
        "..#####..",
        "...###...",
        "....#....",
        ".........",
    ],
    "gull": [".........", "##.....##", ".##...##.", "..##.##..", "...###...", "....#....", "........."],
}


def knitting(c: Canvas) -> None:
    """A colourwork sleeve, near enough to count the stitches."""
    w, h, rng = c.width, c.height, c.rng
    back, front, third, fourth = inks(
        rng.choice(
            [
                "1f3b57 f3e9dc d9534f e8b04a",
                "7a2e3a f5e6d3 2f5d5a e0a458",
                "3f5a44 f4efe2 c8553d 88a9a0",
                "e9e0d0 3a4a6b b5483f 6f8f72",
            ]
        )
    )
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
                    if column % 10 and line[column % 10 - 1] == "#":
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
    stitches = {
        tone: [_stitch(tone, wide, tall, side) for side in (0.0, 0.09, 0.17)] for tone in (back, front, third, fourth)
    }
    for line_number, wools in enumerate(plan):
        for column, wool in enumerate(wools):
            tile, mask = rng.choice(stitches[wool])
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
            c.pen.line(
                [(a + rng.uniform(-5, 5), b + rng.uniform(-5, 5)) for a, b in line],
                fill=(*pencil, 150),
                width=width,
                joint="curve",
            )

    def round_(cx: float, cy: float, rx: float, ry: float, fill: Colour | None = None) -> None:
        sketch([(cx + rx * cos(t), cy + ry * sin(t)) for t in (i * pi / 18 for i in range(36))], fill=fill)

    sketch(
        [
            (x - 1.1 * s, y - 0.25 * s),
            (x + 1.1 * s, y - 0.25 * s),
            (x + 1.25 * s, y + 1.5 * s),
            (x - 1.25 * s, y + 1.5 * s),
        ],
        fill=tint,
    )
    sketch(
        [
            (x - 0.7 * s, y + 0.1 * s),
            (x + 0.7 * s, y + 0.1 * s),
            (x + 0.7 * s, y + 0.9 * s),
            (x - 0.7 * s, y + 0.9 * s),
        ],
        fill=ink("ffffff"),
    )
    sketch(
        [(x - 0.6 * s + i * 0.1 * s, y + 0.5 * s + (0.24 * s * sin(i * 1.3) if 3 < i < 10 else 0)) for i in range(13)],
        closed=False,
    )
    sketch(
        [
            (x - 0.25 * s, y - 0.25 * s),
            (x - 0.2 * s, y - 0.55 * s),
            (x + 0.2 * s, y - 0.55 * s),
            (x + 0.25 * s, y - 0.25 * s),
        ],
        fill=ink("d8d8dc"),
    )
    round_(x - 0.95 * s, y - 1.95 * s, 0.3 * s, 0.3 * s, tint)
    round_(x + 0.95 * s, y - 1.95 * s, 0.3 * s, 0.3 * s, tint)
    round_(x, y - 1.35 * s, 1.25 * s, 0.85 * s, tint)
    for way in (-1, 1):
        round_(x + way * 0.5 * s, y - 1.5 * s, 0.24 * s, 0.24 * s, ink("ffffff"))
        c.dot(x + way * 0.5 * s + 6, y - 1.47 * s, 0.1 * s, pencil)
        for i in range(3):
            sketch(
                [(x + way * 0.45 * s, y - (1.05 - i * 0.06) * s), (x + way * 1.5 * s, y - (1.25 - i * 0.2) * s)],
                closed=False,
                width=3,
            )
        round_(x + way * 0.85 * s, y + 1.8 * s, 0.42 * s, 0.42 * s, ink("c8c8d0"))
        round_(x + way * 0.85 * s, y + 1.8 * s, 0.13 * s, 0.13 * s)
        elbow = (x + way * 1.85 * s, y + 0.35 * s)
        sketch([(x + way * 1.12 * s, y + 0.05 * s), elbow, (x + way * 1.7 * s, y + 1.05 * s)], closed=False, width=10)
        c.dot(*elbow, 16, pencil)
        sketch(
            [(x + way * 1.5 * s, y + 1.3 * s), (x + way * 1.7 * s, y + 1.05 * s), (x + way * 1.92 * s, y + 1.28 * s)],
            closed=False,
            width=8,
        )
    round_(x, y - 1.18 * s, 0.19 * s, 0.12 * s, pencil)
    sketch([(x - 0.3 * s, y - 0.92 * s), (x, y - 0.82 * s), (x + 0.3 * s, y - 0.92 * s)], closed=False)
    sketch([(x + 0.1 * s, y - 2.2 * s), (x + 0.16 * s, y - 2.75 * s)], closed=False)
    round_(x + 0.17 * s, y - 2.85 * s, 0.1 * s, 0.1 * s, ink("e4572e"))
    font = ImageFont.load_default(size=44)
    blue = ink("2f5d9a")
    notes = [
        ("antenna (spoon)", 0.58, 0.075, x + 0.3 * s, y - 2.85 * s),
        ("ears = jar lids", 0.12, 0.15, x - 1.2 * s, y - 2.0 * s),
        ("sonar?", 0.82, 0.34, x + 0.75 * s, y - 1.4 * s),
        ("do NOT press", 0.11, 0.44, x - 0.75 * s, y + 0.4 * s),
        ("wheels: old pram", 0.12, 0.86, x - 0.9 * s, y + 2.25 * s),
        ("v. 7 (floats)", 0.66, 0.93, 0, 0),
    ]
    for text, nx, ny, tx, ty in notes:
        c.pen.text((nx * w, ny * h), text, font=font, fill=blue, anchor="lm")
        if tx:
            length = font.getlength(text)
            start = (
                nx * w + (length + 8 if tx > nx * w + length else (length / 2 if ny < 0.2 or ny > 0.8 else -8)),
                ny * h + (26 if ty > ny * h + 40 else -26 if ty < ny * h - 40 else 0),
            )
            sketch([start, ((start[0] + tx) / 2, (start[1] + ty) / 2 + 14), (tx, ty)], closed=False, width=3)
    c.veil(ink("8a6a3a"), curve(noise(c.size, rng, 3, 3), 165, 235, 0.18))
    cup = (w * rng.uniform(0.66, 0.8), h * rng.uniform(0.74, 0.8))
    for r, alpha in ((0.1 * w, 60), (0.096 * w, 40)):
        c.pen.arc((cup[0] - r, cup[1] - r, cup[0] + r, cup[1] + r), 20, 330, fill=(*ink("8a5a2b"), alpha), width=9)
