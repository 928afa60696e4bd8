"""The backlog over time as a picture: SVG written by hand, readable in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from folkmoot.moderation.simulation.engine import Run

WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 48, 52
COLOURS = ("#2a6fdb", "#c2571a", "#6b7280", "#7a3fa0")


def _nice(most: float) -> float:
    """A round number for the top of an axis."""
    size = 10.0 ** max(len(str(int(most))) - 1, 0)
    return next(step * size for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * size >= most) if most > 0 else 1.0


def draw_backlog(runs: Sequence[Run]) -> str:
    """Open cases of each run, and dashed those of them that anybody can still see."""
    last = max(run.backlog[-1][0] for run in runs)
    most = _nice(max(open_cases for run in runs for _, open_cases, _ in run.backlog))

    def x(hours: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * hours / last

    def y(cases: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * cases / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        "<title>Open cases over time</title>",
        "<style>text{fill:#1f2937}.g{stroke:#d1d5db}"
        "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.g{stroke:#4b5563}}</style>",
    ]
    for part in range(5):
        cases = most * part / 4
        parts.append(f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(cases):.1f}" y2="{y(cases):.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(cases) + 4:.1f}" text-anchor="end">{cases:,.0f}</text>')
    step = next(hours for hours in (1, 2, 3, 6, 12, 24, 48, 96, 1e9) if last / hours <= 9)
    hour = 0.0
    while hour <= last + 1e-6:
        parts.append(f'<text x="{x(hour):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{hour:g}</text>')
        hour += step
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">hours</text>')
    for number, run in enumerate(runs):
        colour = COLOURS[number % len(COLOURS)]
        for index, dashes in ((1, ""), (2, ' stroke-dasharray="5 4"')):
            points = " ".join(f"{x(look[0]):.1f},{y(look[index]):.1f}" for look in run.backlog)
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2"{dashes} points="{points}"/>')
        at = LEFT + number * 240
        parts.append(f'<line x1="{at}" x2="{at + 24}" y1="22" y2="22" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{at + 32}" y="26">{escape(run.name)} (dashed: visible)</text>')
    return "\n".join([*parts, "</svg>", ""])
