"""Where the new words of a mail end and the history below them begins."""

from __future__ import annotations

import re

_INTRODUCTION = re.compile(
    r"^\s*(?:on\b.{4,200}\bwrote:|am\b.{4,200}\bschrieb\b.{0,200}:|.{2,200}\bschrieb am\b.{4,100}:|.{2,120}\bwrote:)\s*$",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"^\s*(?:-{2,}|_{5,})\s*(?:original message|ursprüngliche nachricht|original-nachricht|ursprungsnachricht)\s*-*\s*$|^_{20,}\s*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|i)\s*:", re.IGNORECASE)
_HEADER_BLOCK = re.compile(r"^\s*\*?(?:from|von)\s*:\*?\s.+", re.IGNORECASE)
_HEADER_FOLLOWS = re.compile(r"^\s*\*?(?:sent|gesendet|date|datum|to|an|subject|betreff)\s*:", re.IGNORECASE)
_REPLY = re.compile(r"^\s*(?:re|aw|antwort|sv)\s*(?:\[\d+\])?:", re.IGNORECASE)
LONGEST_LINE = 400


def cut_history(text: str, subject: str) -> tuple[str, str]:
    """The sender's own words, and the history quoted with them. What a steward forwards is not history, it is the matter."""
    if _FORWARD.match(subject):
        return text, ""
    lines = text.split("\n")
    is_reply = bool(_REPLY.match(subject))
    own: list[str] = []
    history: list[str] = []
    for at, line in enumerate(lines):
        short = line if len(line) <= LONGEST_LINE else ""
        if is_reply and _begins_history(lines, at, short):
            history += lines[at:]
            break
        if (short and _INTRODUCTION.match(short) and _quotes_follow(lines, at)) or line.lstrip().startswith(">"):
            history.append(line)
        else:
            own.append(line)
    kept, below = "\n".join(own).strip("\n"), "\n".join(history).strip("\n")
    if not kept.strip() and below:  # nothing but a quotation: then it is what they sent
        return below, ""
    return kept, below


def _begins_history(lines: list[str], at: int, line: str) -> bool:
    if _DIVIDER.match(line):
        return True
    return bool(_HEADER_BLOCK.match(line)) and any(
        _HEADER_FOLLOWS.match(each[:LONGEST_LINE]) for each in lines[at + 1 : at + 4]
    )


def _quotes_follow(lines: list[str], at: int) -> bool:
    return any(each.lstrip().startswith(">") for each in lines[at + 1 : at + 4])
