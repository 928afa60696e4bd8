"""HTML mail as text and links. One pass, no tree: a broken page gives less text, never an error and never a long wait."""

from __future__ import annotations

import html
import re
import string

MOST_LINKS = 20_000
_BREAKS = {
    "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section", "article",
    "header", "footer", "dt", "dd",
}  # fmt: skip
_SILENT = {"script", "style", "head", "title", "template", "noscript"}
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_MARK = re.compile(r"[\"'>]")
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def text_of(page: str) -> tuple[str, list[str]]:
    """What one would read, quotations marked by `>` as in plain mail, and the addresses behind links and pictures."""
    out: list[str] = []
    links: list[str] = []
    small = page.translate(_SMALL)
    never_shut: set[str] = set()  # what is opened a million times and never closed is looked for once
    at, quotes = 0, 0
    while at < len(page):
        mark = page.find("<", at)
        if mark < 0:
            out.append(_words(page[at:]))
            break
        if mark > at:
            out.append(_words(page[at:mark]))
        if page.startswith("<!--", mark):
            end = page.find("-->", mark + 4)
            at = len(page) if end < 0 else end + 3
            continue
        closing = page.startswith("</", mark)
        start = mark + (2 if closing else 1)
        name = _name(page, start)
        if not name:
            if page.startswith(("<!", "<?"), mark):
                end = page.find(">", mark)
                at = len(page) if end < 0 else end + 1
            else:  # a bare angle bracket, or an address in brackets nobody escaped
                out.append("<")
                at = mark + 1
            continue
        end = _end_of_tag(page, start)
        if not closing and len(links) < MOST_LINKS:
            links += _addresses(page[start + len(name) : min(end, start + 16_000)])
        at = end + 1
        if name in _SILENT and not closing and name not in never_shut:
            shut = small.find(f"</{name}", at)
            if shut < 0:
                never_shut.add(name)
            at = max(shut, at)
        elif name == "blockquote":
            quotes = max(0, quotes - 1) if closing else min(quotes + 1, 20)
            out.append("\n" + "\x01" * quotes)
        elif name in _BREAKS:
            out.append("\n" + "\x01" * quotes)
        elif name in ("td", "th"):
            out.append(" ")
    return _lines("".join(out)), links


def _name(page: str, start: int) -> str:
    end = start
    while end < len(page) and end < start + 20 and page[end].lower() in _NAME:
        end += 1
    name = page[start:end].lower()
    if not name or name[0].isdigit() or (end < len(page) and page[end] not in " \t\n/>"):
        return ""
    return name


def _end_of_tag(page: str, start: int) -> int:
    """Where the tag ends, quoted values stepped over; a tag nobody closes ends after 16,000 characters."""
    at, most = start, min(len(page), start + 16_000)
    while found := _MARK.search(page, at, most):
        if found.group() == ">":
            return found.start()
        shut = page.find(found.group(), found.end(), most)
        if shut < 0:
            break
        at = shut + 1
    end = page.find(">", start, most)
    return end if end >= 0 else most - 1


def _addresses(attributes: str) -> list[str]:
    found = []
    for name in ("href", "src", "cite", "title"):
        at = attributes.lower().find(f"{name}=")
        if at < 0:
            continue
        value = attributes[at + len(name) + 1 :].lstrip()
        if value[:1] in ("'", '"'):
            end = value.find(value[0], 1)
            value = value[1 : end if end > 0 else len(value)]
        else:
            value = value.split(None, 1)[0] if value.split(None, 1) else ""
        value = html.unescape("".join(value.split())) if name != "title" else html.unescape(value)
        if value and not value.lower().startswith(("data:", "cid:", "mailto:")):
            found.append(value[:4_000])
    return found


def _words(piece: str) -> str:
    return " ".join(html.unescape(f".{piece}.").split())[1:-1] if piece.strip() else (" " if piece else "")


def _lines(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip("\x01"))
        words = " ".join(line.replace("\x01", " ").replace("\0", "").split())
        lines.append(("> " * depth + words).rstrip() if depth else words)
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept).strip("\n")
