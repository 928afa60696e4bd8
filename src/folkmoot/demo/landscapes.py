"""Scenes with a horizon. They take any size, so that headers are made of them too."""

from __future__ import annotations

from math import cos, pi, sin

from folkmoot.demo.brush import (
    Canvas,
    Colour,
    Point,
    curve,
    darker,
    evenly,
    ink,
    inks,
    lighter,
    mix,
    noise,
    ridge,
    swell,
)


def harbour(c: Canvas) -> None:
    """Boats at a pier while the sun goes down."""
    w, h, rng = c.width, c.height, c.rng
    sky, sun = rng.choice(
        [
            ("27224f 5d3a78 b9506f f08a5d ffd08a", "fff0c2"),
            ("1d3557 3f6c8f 8fb3ad f3c98b ffe3b0", "fff6da"),
            ("3a1f4d 7d3560 d15b5b f79b62 ffdc9a", "fff1cf"),
        ]
    )
    colours = inks(sky)
    horizon = 0.6 * h
    c.wash(evenly(colours), 0, horizon)
    clouds = curve(noise((w, int(horizon)), rng, 3, 16), 120, 205, 0.55)
    c.veil(mix(colours[3], colours[1], 0.35), clouds)
    streaks = curve(noise((w, int(horizon)), rng, 2, 22), 135, 215, 0.5)
    c.veil(lighter(colours[4], 0.25), streaks)
    sun_x, sun_y, size = w * rng.uniform(0.38, 0.62), horizon - 0.07 * h, 0.06 * h
    c.glow(sun_x, sun_y, 0.75 * h, colours[4], 0.75)
    c.glow(sun_x, sun_y, 0.25 * h, ink(sun), 0.8)
    c.dot(sun_x, sun_y, size, ink(sun))
    for depth, share in enumerate((0.45, 0.7)):
        hills = swell(rng, w, horizon - (0.05 - depth * 0.025) * h, 0.03 * h, 1.2 + depth)
        c.below(hills, mix(colours[3], colours[0], share))
    c.wash(
        [
            (0, mix(colours[3], colours[1], 0.25)),
            (0.25, mix(colours[2], colours[0], 0.35)),
            (1, darker(colours[0], 0.35)),
        ],
        horizon,
    )
    ripples = curve(noise((w, h - int(horizon)), rng, 6, 50, 3), 118, 190, 0.28)
    c.veil(lighter(colours[3], 0.15), ripples, (0, int(horizon)))
    y = horizon + 3
    while y < h:
        far = (y - horizon) / (h - horizon)
        for _ in range(3):
            half = size * (0.35 + 1.5 * far) * rng.uniform(0.2, 1.1)
            x = sun_x + rng.uniform(-1, 1) * size * (0.25 + 1.3 * far)
            tall = 1.5 + 7 * far
            c.pen.ellipse((x - half, y, x + half, y + tall), fill=(*ink(sun), int(190 * (1 - far * 0.8))))
        y += 5 + 16 * far
    dark = darker(colours[0], 0.6)
    _lighthouse(c, w * rng.choice([0.1, 0.9]), horizon, h, dark, ink(sun))
    for place, scale in ((0.2, 0.8), (0.8, 1.0), (0.63, 0.5)):
        _boat(c, w * (place + rng.uniform(-0.04, 0.04)), horizon + h * (0.02 + 0.17 * scale), 0.17 * h * scale, dark)
    deck = h * 0.9
    c.pen.polygon(
        [(0, deck - 0.01 * h), (w * 0.42, deck - 0.045 * h), (w * 0.42, deck - 0.015 * h), (0, deck + 0.04 * h)],
        fill=dark,
    )
    for i in range(7):
        x = w * (0.015 + i * 0.065)
        c.pen.rectangle((x, deck - (0.085 - i * 0.0008) * h - 0.03 * h, x + 0.011 * h, h), fill=dark)
        if i:
            c.pen.arc(
                (x - w * 0.065, deck - 0.14 * h, x + 0.01 * h, deck - 0.075 * h),
                10,
                170,
                fill=dark,
                width=max(2, int(0.004 * h)),
            )


def _lighthouse(c: Canvas, x: float, base: float, h: float, dark: Colour, light: Colour) -> None:
    rock = [
        (x - 0.22 * h, base + 4),
        (x - 0.1 * h, base - 0.035 * h),
        (x + 0.07 * h, base - 0.045 * h),
        (x + 0.25 * h, base + 4),
    ]
    c.pen.polygon(rock, fill=dark)
    top = base - 0.26 * h
    c.pen.polygon(
        [
            (x - 0.024 * h, base - 0.03 * h),
            (x - 0.015 * h, top),
            (x + 0.015 * h, top),
            (x + 0.024 * h, base - 0.03 * h),
        ],
        fill=dark,
    )
    c.pen.rectangle((x - 0.022 * h, top - 0.004 * h, x + 0.022 * h, top + 0.004 * h), fill=dark)
    c.pen.rectangle((x - 0.011 * h, top - 0.03 * h, x + 0.011 * h, top), fill=light)
    c.pen.polygon([(x - 0.016 * h, top - 0.03 * h), (x, top - 0.055 * h), (x + 0.016 * h, top - 0.03 * h)], fill=dark)
    c.glow(x, top - 0.015 * h, 0.13 * h, light, 0.9)


def _boat(c: Canvas, x: float, y: float, size: float, dark: Colour) -> None:
    line = max(2, int(size * 0.022))
    hull = [(-0.75, -0.16), (0.8, -0.2), (0.62, 0.08), (-0.55, 0.08)]
    c.pen.polygon([(x + a * size, y + b * size) for a, b in hull], fill=dark)
    c.pen.polygon(
        [
            (x - 0.3 * size, y - 0.15 * size),
            (x - 0.24 * size, y - 0.36 * size),
            (x + 0.2 * size, y - 0.36 * size),
            (x + 0.28 * size, y - 0.15 * size),
        ],
        fill=dark,
    )
    top = y - 1.6 * size
    c.pen.line((x, y, x, top), fill=dark, width=line * 2)
    for end in (-0.74, 0.79):
        c.pen.line((x, top, x + end * size, y - 0.17 * size), fill=(*dark, 150), width=max(2, line // 2))
    c.pen.line((x, y - 0.5 * size, x - 0.66 * size, y - 0.46 * size), fill=dark, width=line * 2)
    c.pen.ellipse((x - 0.64 * size, y - 0.58 * size, x - 0.02 * size, y - 0.44 * size), fill=dark)
    for i in range(14):
        depth = i / 14
        half = size * (0.66 - 0.4 * depth) * c.rng.uniform(0.6, 1.05)
        low = y + size * (0.1 + 0.75 * depth)
        c.pen.ellipse((x - half, low, x + half, low + size * 0.045), fill=(*dark, int(170 * (1 - depth))))


def mountains(c: Canvas) -> None:
    """Range behind range, each paler than the one before it."""
    w, h, rng = c.width, c.height, c.rng
    sky, near = rng.choice(
        [
            ("5b7db1 9fb8d3 f3dcc4 ffeede", "14303f"),
            ("39405f 8a6f9e e8a39a ffd9b8", "231b3a"),
            ("6fa3b8 b6d4d4 f6ecd0 fff7e6", "0f3a33"),
        ]
    )
    colours, front = inks(sky), ink(near)
    c.wash(evenly(colours), 0, 0.75 * h)
    c.veil((255, 255, 255), curve(noise((w, int(0.5 * h)), rng, 3, 9), 130, 215, 0.5))
    sun = (w * rng.uniform(0.25, 0.75), h * 0.27)
    c.glow(*sun, 0.5 * h, lighter(colours[2], 0.5), 0.8)
    c.dot(*sun, 0.045 * h, lighter(colours[3], 0.6))
    layers = 6
    for layer in range(layers):
        near_by = layer / (layers - 1)
        line = ridge(rng, w, h * (0.5 + 0.42 * near_by), h * (0.3 - 0.14 * near_by), 0.47 + 0.04 * near_by)
        colour = mix(mix(colours[1], colours[2], 0.3), front, 0.18 + 0.82 * near_by**1.1)
        c.fade_below(
            line,
            [
                (0, colour),
                (0.4, mix(colour, colours[2], 0.28 * (1 - near_by))),
                (1, mix(colour, colours[2], 0.62 * (1 - near_by))),
            ],
            0.3 * h,
        )
        if layer in (2, 3):
            mist = curve(noise((w, int(0.22 * h)), rng, 3, 5), 110, 220, 0.5)
            c.veil(colours[2], mist, (0, int(h * (0.5 + 0.42 * near_by) - 0.05 * h)))
    ground = swell(rng, w, 0.93 * h, 0.02 * h)
    c.below(ground, darker(front, 0.35))
    for _ in range(int(w / 38)):
        x, tall = rng.uniform(0, w), h * rng.uniform(0.05, 0.17) * rng.uniform(0.5, 1)
        _fir(c, x, 0.945 * h + rng.uniform(0, 0.03) * h, tall, darker(front, rng.uniform(0.3, 0.55)))


def _fir(c: Canvas, x: float, base: float, tall: float, colour: Colour) -> None:
    c.pen.rectangle((x - tall * 0.02, base - tall * 0.2, x + tall * 0.02, base), fill=colour)
    for tier in range(5):
        top = base - tall * (1 - tier * 0.17)
        half = tall * (0.07 + tier * 0.042)
        low = top + tall * 0.27
        c.pen.polygon(
            [
                (x, top),
                (x + half, low),
                (x + half * 0.2, low - tall * 0.04),
                (x - half * 0.2, low - tall * 0.04),
                (x - half, low),
            ],
            fill=colour,
        )


def birds(c: Canvas) -> None:
    """Small silhouettes gossiping on telephone wires."""
    w, h, rng = c.width, c.height, c.rng
    colours = inks(
        rng.choice(["f7cfa5 f2a28d b97a95 6a6a9c", "dfeaf0 b9d2e0 efd5c0 f5b99a", "f9e1b4 f6b98e d9838a 7b5f8f"])
    )
    c.wash(evenly(colours[::-1]))
    c.veil(lighter(colours[0], 0.4), curve(noise((w, h), rng, 3, 9), 125, 215, 0.6))
    c.glow(w * rng.uniform(0.2, 0.8), 0.82 * h, 0.6 * h, lighter(colours[0], 0.5), 0.7)
    dark = ink("1c1a2b")
    c.below(swell(rng, w, 0.93 * h, 0.02 * h, 2), mix(dark, colours[2], 0.35))
    for _ in range(int(w / 60)):
        x, r = rng.uniform(0, w), h * rng.uniform(0.012, 0.045)
        c.dot(x, 0.94 * h, r, mix(dark, colours[2], 0.35))
    c.below(swell(rng, w, 0.965 * h, 0.012 * h, 3), dark)
    pole = w * rng.choice([0.16, 0.84])
    c.pen.rectangle((pole - 0.011 * h, 0.14 * h, pole + 0.011 * h, h), fill=dark)
    arms = (0.2, 0.3)
    for arm in arms:
        c.pen.rectangle((pole - 0.12 * h, arm * h, pole + 0.12 * h, arm * h + 0.014 * h), fill=dark)
        for off in (-0.1, 0.1):
            c.pen.rectangle(
                (pole + off * h - 0.007 * h, arm * h - 0.03 * h, pole + off * h + 0.007 * h, arm * h), fill=dark
            )
    wires = [(arm, off) for arm in arms for off in (-0.1, 0.1)]
    for number, (arm, off) in enumerate(wires):
        start, end = (
            (pole + off * h, (arm - 0.03) * h),
            (w * (1.3 if pole < w / 2 else -0.3), (arm - 0.1 + number * 0.075) * h),
        )
        other = (w * (-0.3 if pole < w / 2 else 1.3), (arm + 0.08) * h)
        sag = h * (0.12 + 0.03 * number)
        line = _wire(start, end, sag)
        c.pen.line(line, fill=dark, width=max(3, int(0.0035 * h)), joint="curve")
        c.pen.line(_wire(start, other, sag * 0.4), fill=dark, width=max(3, int(0.0035 * h)))
        place = rng.uniform(0.12, 0.2)
        while place < 0.72:
            x, y = line[int(place * (len(line) - 1))]
            if 0.02 * w < x < 0.98 * w:
                _perched(c, x, y, h * rng.uniform(0.022, 0.03), rng.choice([-1, 1]), dark)
            place += rng.choice([0.042, 0.05, 0.06, 0.13, 0.22])
    for _ in range(7):
        _flying(
            c,
            w * rng.uniform(0.2, 0.8),
            h * rng.uniform(0.03, 0.17),
            h * rng.uniform(0.014, 0.03),
            mix(dark, colours[3], 0.2),
        )


def _wire(start: Point, end: Point, sag: float, steps: int = 200) -> list[Point]:
    (x0, y0), (x1, y1) = start, end
    return [
        (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + sag * 4 * t * (1 - t)) for t in (i / steps for i in range(steps + 1))
    ]


def _perched(c: Canvas, x: float, y: float, s: float, way: int, colour: Colour) -> None:
    def at(a: float, b: float) -> Point:
        return x + a * s * way, y + b * s

    body = [
        at(0.55 * cos(t) * (1.0 if cos(t) > 0 else 1.15) - 0.45 * sin(t) * 0.35, -0.95 + 0.85 * sin(t))
        for t in (i * pi / 20 for i in range(40))
    ]
    c.pen.polygon(body, fill=colour)
    c.pen.polygon([at(-0.3, -0.7), at(-0.5, 0.75), at(-0.22, 0.72), at(0.12, -0.3)], fill=colour)
    hx, hy = at(0.28, -1.75)
    c.dot(hx, hy, 0.46 * s, colour)
    c.pen.polygon([at(0.6, -1.95), at(1.08, -1.68), at(0.6, -1.55)], fill=colour)


def _flying(c: Canvas, x: float, y: float, s: float, colour: Colour) -> None:
    lift = c.rng.uniform(0.4, 1.1)
    c.pen.polygon(
        [
            (x - 2 * s, y - lift * s),
            (x - 0.9 * s, y - lift * 1.1 * s),
            (x, y),
            (x + 0.9 * s, y - lift * 1.2 * s),
            (x + 2 * s, y - lift * s),
            (x + 0.8 * s, y - lift * 0.7 * s),
            (x, y + 0.45 * s),
            (x - 0.8 * s, y - lift * 0.65 * s),
        ],
        fill=colour,
    )


def night(c: Canvas) -> None:
    """A village asleep under far too many stars."""
    w, h, rng = c.width, c.height, c.rng
    colours = inks(
        rng.choice(["070b24 14204a 2f3f78 6d6a9c", "060d1f 0f2f47 1f5a6b 5fa08f", "0d0820 2a1a4f 57347a a8648c"])
    )
    c.wash(evenly(colours), 0, 0.85 * h)
    tilt = rng.uniform(0.25, 0.6) * w
    for i in range(26):
        t = i / 25
        c.glow(
            tilt + (t - 0.5) * 0.75 * h + rng.uniform(-0.03, 0.03) * h,
            t * 0.75 * h,
            h * rng.uniform(0.07, 0.17),
            lighter(colours[3], 0.35),
            0.15,
            1.6,
        )
    c.veil(colours[0], curve(noise((w, int(0.8 * h)), rng, 6, 6), 128, 200, 0.45))
    for _ in range(int(w * h / 3600)):
        x, y = rng.uniform(0, w), rng.uniform(0, 0.8 * h)
        near = abs(x - tilt - (y / h / 0.75 - 0.5) * 0.75 * h) < 0.13 * h
        bright = rng.random() ** (3 if near else 7)
        if bright > 0.15 or near or rng.random() < 0.4:
            tint = rng.choice([(255, 255, 255), (255, 236, 210), (208, 224, 255)])
            c.dot(x, y, 1.1 + 2.6 * bright, tint, int(90 + 165 * bright))
    for _ in range(9):
        x, y, r = rng.uniform(0, w), rng.uniform(0, 0.6 * h), rng.uniform(14, 30)
        c.glow(x, y, r, (255, 255, 255), 0.9, 3)
        c.dot(x, y, 3.6, (255, 255, 255))
    x0, y0 = w * rng.uniform(0.55, 0.85), h * rng.uniform(0.08, 0.2)
    for i in range(60):
        t = i / 60
        c.dot(x0 + t * 0.22 * h, y0 + t * 0.1 * h, 0.6 + 2.2 * t, (255, 255, 255), int(210 * t))
    c.below(ridge(rng, w, 0.8 * h, 0.13 * h, 0.45), mix(colours[1], (4, 6, 16), 0.4))
    c.fade_below(swell(rng, w, 0.81 * h, 0.025 * h, 1), [(0, mix(colours[1], (3, 5, 12), 0.62)), (1, (4, 6, 14))])
    c.glow(w * 0.5, 0.86 * h, 0.4 * h, ink("e79a4a"), 0.22)
    x = 0.06 * w
    church = rng.uniform(0.35, 0.6) * w
    done = False
    while x < 0.94 * w:
        base = 0.875 * h + 0.02 * h * sin(x / w * 7)
        if x > church and not done:
            _church(c, x, base, h)
            x += 0.2 * h
            done = True
            continue
        width = h * rng.uniform(0.07, 0.12)
        _house(c, x, base, width, h * rng.uniform(0.045, 0.07))
        x += width * rng.uniform(0.9, 1.7)
    c.below(swell(rng, w, 0.905 * h, 0.012 * h, 3), (3, 4, 11))
    for _ in range(int(w / 70)):
        c.dot(rng.uniform(0, w), 0.92 * h, h * rng.uniform(0.008, 0.035), (3, 4, 11))


WALL, ROOF, LAMP = (14, 14, 30), (7, 8, 20), (255, 205, 120)


def _house(c: Canvas, x: float, base: float, width: float, tall: float) -> None:
    c.pen.rectangle((x, base - tall, x + width, base + 60), fill=WALL)
    c.pen.polygon(
        [
            (x - width * 0.07, base - tall),
            (x + width * 0.5, base - tall - width * 0.52),
            (x + width * 1.07, base - tall),
        ],
        fill=ROOF,
    )
    c.pen.rectangle(
        (x + width * 0.7, base - tall - width * 0.48, x + width * 0.82, base - tall - width * 0.1), fill=ROOF
    )
    for spot in (0.18, 0.58):
        if c.rng.random() < 0.6:
            _window(c, x + width * spot, base - tall * 0.75, width * 0.2, tall * 0.42)


def _window(c: Canvas, x: float, y: float, wide: float, tall: float) -> None:
    c.glow(x + wide / 2, y + tall / 2, wide * 2.2, ink("f2a447"), 0.55)
    c.pen.rectangle((x, y, x + wide, y + tall), fill=LAMP)
    c.pen.line((x + wide / 2, y, x + wide / 2, y + tall), fill=WALL, width=3)
    c.pen.line((x, y + tall / 2, x + wide, y + tall / 2), fill=WALL, width=3)


def _church(c: Canvas, x: float, base: float, h: float) -> None:
    c.pen.rectangle((x, base - 0.16 * h, x + 0.055 * h, base + 60), fill=WALL)
    c.pen.polygon(
        [(x - 0.008 * h, base - 0.16 * h), (x + 0.0275 * h, base - 0.31 * h), (x + 0.063 * h, base - 0.16 * h)],
        fill=ROOF,
    )
    c.pen.rectangle((x + 0.05 * h, base - 0.08 * h, x + 0.17 * h, base + 60), fill=WALL)
    c.pen.polygon(
        [
            (x + 0.05 * h, base - 0.08 * h),
            (x + 0.06 * h, base - 0.135 * h),
            (x + 0.165 * h, base - 0.135 * h),
            (x + 0.178 * h, base - 0.08 * h),
        ],
        fill=ROOF,
    )
    for i in range(3):
        _window(c, x + (0.075 + i * 0.032) * h, base - 0.065 * h, 0.013 * h, 0.034 * h)
    c.pen.ellipse((x + 0.017 * h, base - 0.145 * h, x + 0.038 * h, base - 0.124 * h), fill=LAMP)


def waves(c: Canvas) -> None:
    """Bands of colour, rolling."""
    w, h, rng = c.width, c.height, c.rng
    colours = inks(
        rng.choice(
            [
                "fdf0d5 f6c28b ee8959 c8553d 588b8b 2f5d62 16324f",
                "f1faee c7e8df 84c5c4 4a9ba8 2d6a86 20466b 141e46",
                "fff1e0 ffcdb2 f7a6a4 d77a98 96608f 5c4b84 2f2a5c",
            ]
        )
    )
    c.wash([(0, lighter(colours[0], 0.4)), (1, colours[1])])
    c.glow(w * rng.uniform(0.2, 0.8), 0.17 * h, 0.4 * h, lighter(colours[0], 0.8), 0.9)
    c.dot(w * rng.uniform(0.25, 0.75), 0.19 * h, 0.075 * h, lighter(colours[2], 0.1))
    bands = 10
    for band in range(bands):
        t = band / (bands - 1)
        line = swell(rng, w, h * (0.27 + 0.66 * t), h * (0.09 - 0.02 * t), rng.uniform(0.7, 1.4))
        place = t * (len(colours) - 2)
        low = int(place)
        colour = mix(colours[low + 1], colours[min(low + 2, len(colours) - 1)], place - low)
        c.shadow("line", [[v for x, y in line for v in (x, y - 6)]], 26, 0.3)
        c.fade_below(line, [(0, lighter(colour, 0.22)), (0.18, colour), (1, darker(colour, 0.22))], 0.16 * h)
        c.pen.line(line, fill=(*lighter(colour, 0.6), 150), width=4)


def tulips(c: Canvas) -> None:
    """Rows of colour running to the horizon."""
    w, h, rng = c.width, c.height, c.rng
    horizon = 0.38 * h
    c.wash(evenly(inks("6ea8d8 a9cfe8 e8eef0")), 0, horizon + 2)
    c.veil((255, 255, 255), curve(noise((w, int(horizon)), rng, 4, 5), 118, 190, 0.95))
    c.below([(0, horizon), (w, horizon)], ink("5f8d4e"))
    trees = ink("4a6a55")
    for _ in range(int(w / 40)):
        c.dot(
            rng.uniform(0, w),
            horizon - 0.004 * h,
            h * rng.uniform(0.008, 0.026),
            mix(trees, ink("a9cfe8"), rng.uniform(0.2, 0.45)),
        )
    _windmill(c, w * rng.choice([0.22, 0.78]), horizon + 0.01 * h, 0.2 * h)
    vanish = w * rng.uniform(0.42, 0.58)
    palette = inks("d7263d f46036 ffc233 e56b9f f4f1ea 8e3b8a ff8fa3 c1121f")
    rng.shuffle(palette)
    rows = 17
    spread = w * 3.1
    step = spread / rows
    bands = []
    for row in range(rows):
        left = w / 2 - spread / 2 + row * step
        colour = palette[row // 2 % len(palette)]
        bands.append((left, colour))
        near = [(left + step * 0.08, h), (left + step * 0.92, h)]
        c.pen.polygon(
            [
                (vanish + (left - w / 2) * 0.012, horizon),
                (vanish + (left + step - w / 2) * 0.012, horizon),
                near[1],
                near[0],
            ],
            fill=darker(colour, 0.12),
        )
        c.pen.polygon(
            [(vanish + (left + step - w / 2) * 0.012, horizon), near[1], (left + step * 1.08, h)], fill=ink("3f5d34")
        )
    y = horizon + 0.012 * h
    while y < h * 1.06:
        t = (y - horizon) / (h - horizon)
        size = 1.5 + 0.03 * h * t**1.25
        for left, colour in bands:
            a = vanish + (left + step * 0.1 - w / 2) * 0.012 + (left + step * 0.1 - vanish - (left - w / 2) * 0.012) * t
            b = (
                vanish
                + (left + step * 0.9 - w / 2) * 0.012
                + (left + step * 0.9 - vanish - (left + step - w / 2) * 0.012) * t
            )
            count = max(2, int((b - a) / (size * 1.7)))
            if b < 0 or a > w:
                continue
            for i in range(count):
                x = a + (b - a) * (i + rng.uniform(0.1, 0.9)) / count
                _tulip(c, x, y + rng.uniform(-0.3, 0.3) * size, size, colour)
        y += max(3.0, size * 1.05)


def _tulip(c: Canvas, x: float, y: float, s: float, colour: Colour) -> None:
    tone = (
        mix(colour, (255, 255, 255), c.rng.uniform(0, 0.22))
        if c.rng.random() < 0.6
        else darker(colour, c.rng.uniform(0, 0.22))
    )
    if s < 9:
        c.pen.ellipse((x - s * 0.6, y - s * 0.7, x + s * 0.6, y + s * 0.6), fill=tone)
        return
    c.pen.line((x, y, x, y + s * 1.3), fill=ink("3d7a3a"), width=max(2, int(s * 0.16)))
    c.pen.polygon([(x, y + s * 1.2), (x + s * 0.7, y - s * 0.1), (x + s * 0.25, y + s * 1.1)], fill=ink("4f8f45"))
    c.pen.pieslice((x - 0.62 * s, y - 1.1 * s, x + 0.62 * s, y + 0.7 * s), 0, 180, fill=tone)
    c.pen.polygon([(x - 0.62 * s, y - 0.2 * s), (x - 0.5 * s, y - 1.05 * s), (x - 0.05 * s, y - 0.2 * s)], fill=tone)
    c.pen.polygon([(x + 0.62 * s, y - 0.2 * s), (x + 0.5 * s, y - 1.05 * s), (x + 0.05 * s, y - 0.2 * s)], fill=tone)
    c.pen.polygon(
        [(x - 0.34 * s, y + 0.2 * s), (x, y - 1.15 * s), (x + 0.34 * s, y + 0.2 * s), (x, y + 0.6 * s)],
        fill=lighter(tone, 0.2),
    )


def _windmill(c: Canvas, x: float, base: float, tall: float) -> None:
    body, cap = ink("5b4a45"), ink("3d3230")
    c.pen.polygon(
        [
            (x - 0.2 * tall, base),
            (x - 0.11 * tall, base - 0.72 * tall),
            (x + 0.11 * tall, base - 0.72 * tall),
            (x + 0.2 * tall, base),
        ],
        fill=body,
    )
    c.pen.polygon(
        [
            (x + 0.04 * tall, base),
            (x + 0.03 * tall, base - 0.72 * tall),
            (x + 0.11 * tall, base - 0.72 * tall),
            (x + 0.2 * tall, base),
        ],
        fill=darker(body, 0.2),
    )
    c.pen.pieslice((x - 0.13 * tall, base - 0.88 * tall, x + 0.13 * tall, base - 0.58 * tall), 180, 360, fill=cap)
    hub = (x, base - 0.76 * tall)
    start = c.rng.uniform(0, pi / 2)
    for sail in range(4):
        a = start + sail * pi / 2
        u, v = (cos(a), sin(a)), (-sin(a), cos(a))
        tip = (hub[0] + u[0] * 0.62 * tall, hub[1] + u[1] * 0.62 * tall)
        c.pen.line((*hub, *tip), fill=cap, width=max(3, int(tall * 0.02)))
        inner = (hub[0] + u[0] * 0.14 * tall, hub[1] + u[1] * 0.14 * tall)
        wide = 0.1 * tall
        c.pen.polygon(
            [
                inner,
                tip,
                (tip[0] + v[0] * wide, tip[1] + v[1] * wide),
                (inner[0] + v[0] * wide, inner[1] + v[1] * wide),
            ],
            fill=(*ink("f2e8d8"), 225),
        )
