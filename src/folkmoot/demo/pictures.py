"""Pictures for the demo, drawn on the spot: the same name and seed give the same bytes.

`draw` makes what members post, `avatar` and `header` what stands on their profiles.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from folkmoot.demo import boards, handiwork, harvest, landscapes, portraits
from folkmoot.demo.brush import Canvas, jpeg


class Scene(NamedTuple):
    paint: Callable[[Canvas], None]
    size: tuple[int, int]
    grain: int = 9
    vignette: float = 0.22


SCENES = {
    "harbour": Scene(landscapes.harbour, (1200, 800)),
    "mountains": Scene(landscapes.mountains, (1200, 800)),
    "birds": Scene(landscapes.birds, (1200, 900)),
    "night": Scene(landscapes.night, (900, 1010)),
    "waves": Scene(landscapes.waves, (1080, 720)),
    "tulips": Scene(landscapes.tulips, (1200, 800)),
    "allotment": Scene(harvest.allotment, (1024, 768)),
    "chess": Scene(boards.chess, (1040, 1040)),
    "loaves": Scene(harvest.loaves, (1024, 768)),
    "busmap": Scene(boards.busmap, (1200, 900), 4, 0.0),
    "knitting": Scene(handiwork.knitting, (1100, 825)),
    "pitch": Scene(boards.pitch, (1200, 800)),
    "robot": Scene(handiwork.robot, (1000, 1200), 6, 0.12),
    "soup": Scene(harvest.soup, (1000, 1000)),
}


def draw(name: str, seed: int) -> bytes:
    """A scene as JPEG; the seed moves its boats, birds and loaves about."""
    scene = SCENES[name]
    canvas = Canvas(*scene.size, Random(f"{name}/{seed}"))
    scene.paint(canvas)
    return jpeg(canvas.finish(scene.grain, scene.vignette))


def avatar(handle: str) -> bytes:
    """A square portrait as JPEG, 400 by 400."""
    canvas = Canvas(400, 400, Random(f"avatar/{handle}"))
    portraits.portray(canvas, handle)
    return jpeg(canvas.finish(4, 0.0), 90)


def header(handle: str) -> bytes:
    """The wide picture on top of a profile as JPEG, 1500 by 500."""
    scene = SCENES[portraits.backdrop(handle, Random(f"backdrop/{handle}"))]
    canvas = Canvas(1500, 500, Random(f"header/{handle}"))
    scene.paint(canvas)
    return jpeg(canvas.finish(scene.grain, scene.vignette), 84)
