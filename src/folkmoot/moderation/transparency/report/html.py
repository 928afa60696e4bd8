"""A status report as one HTML file: readable, printable and kept anywhere, with nothing to load and nothing to run."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from folkmoot.moderation.transparency.report.document import (
    Bars,
    Document,
    Facts,
    Heading,
    Part,
    Quoted,
    Sentence,
    Table,
)

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1f2937;background:#fff;max-width:56rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid #d1d5db}"
    ".sub{color:#4b5563;margin:.2rem 0 1rem}dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem}"
    "dl div{border:1px solid #d1d5db;border-radius:.5rem;padding:.6rem}"
    "dt{font-size:1.3rem;font-weight:600}dd{margin:0;color:#4b5563;font-size:.9rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.8rem 0}"
    "caption{text-align:left;font-weight:600;padding:.3rem 0}"
    "th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e5e7eb}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f4f6;padding:.8rem;border-radius:.5rem;font-size:.8rem}"
    "figure{margin:1rem 0}figcaption{font-weight:600;font-size:.9rem}svg{width:100%;height:auto}"
    ".bar{fill:#1d5b44}.behind{fill:#cbd5d1}.tick{fill:#4b5563;font-size:11px}.line{stroke:#e5e7eb}"
    "@media(prefers-color-scheme:dark){body{color:#e5e7eb;background:#111827}dl div,h2,th,td{border-color:#374151}"
    ".sub,dd{color:#9ca3af}pre{background:#1f2937}.tick{fill:#9ca3af}.line{stroke:#374151}.bar{fill:#5fb390}.behind{fill:#374151}}"
    "@media print{body{margin:0;max-width:none}}"
)
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What a browser must allow to show it: its own style, and nothing else."""
WIDTH, HEIGHT, LEFT = 640, 150, 44


def as_html(document: Document) -> str:
    """The whole file."""
    body = "\n".join(_part(part) for part in document.parts)
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(document.title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n<main>\n<h1>{escape(document.title)}</h1>\n"
        f'<p class="sub">{escape(document.subtitle)}</p>\n{body}\n</main>\n</body>\n</html>\n'
    )


def _part(part: Part) -> str:
    match part:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Sentence(text):
            return f"<p>{escape(text)}</p>"
        case Quoted(text):
            return f"<pre>{escape(text)}</pre>"
        case Facts(of):
            return "<dl>" + "".join(f"<div><dt>{escape(a)}</dt><dd>{escape(b)}</dd></div>" for a, b in of) + "</dl>"
        case Table():
            return _table(part)
        case Bars():
            return _bars(part)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.columns)
    rows = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in row[1:])
        + "</tr>"
        for row in table.rows
    )
    name = escape(table.name)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{name}"><table><caption>{name}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _bars(chart: Bars) -> str:
    most = max([*chart.values, *chart.behind, 1.0])
    step = (WIDTH - LEFT) / max(len(chart.values), 1)
    parts = [
        f'<line class="line" x1="{LEFT}" x2="{WIDTH}" y1="{HEIGHT * (1 - at) + 4:.1f}" y2="{HEIGHT * (1 - at) + 4:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{HEIGHT * (1 - at) + 8:.1f}" text-anchor="end">{most * at:,.0f}</text>'
        for at in (0.0, 0.5, 1.0)
    ]
    for number, value in enumerate(chart.values):
        x = LEFT + number * step
        if chart.behind:
            tall = HEIGHT * chart.behind[number] / most
            parts.append(
                f'<rect class="behind" x="{x + 2:.1f}" y="{HEIGHT - tall + 4:.1f}" width="{step - 4:.1f}" height="{tall:.1f}"/>'
            )
        tall, inner = HEIGHT * value / most, step * (0.25 if chart.behind else 0.1)
        parts.append(
            f'<rect class="bar" x="{x + inner:.1f}" y="{HEIGHT - tall + 4:.1f}" width="{step - 2 * inner:.1f}" height="{tall:.1f}">'
            f"<title>{escape(chart.labels[number])}: {value:,.0f}</title></rect>"
        )
        parts.append(
            f'<text class="tick" x="{x + step / 2:.1f}" y="{HEIGHT + 20}" text-anchor="middle">{escape(chart.labels[number])}</text>'
        )
    name = escape(chart.name)
    return (
        f'<figure><figcaption>{name}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT + 26}" role="img" aria-label="{name}">'
        + "".join(parts)
        + "</svg></figure>"
    )
