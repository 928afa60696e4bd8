"""What of a post or a profile is screened, and whose text it is. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from folkmoot.moderation.screening import Outcome, Reason, Stage, Words
from folkmoot.moderation.screening.finding import CLAIMED, SETTLED, Finding


class FoundBy(StrEnum):
    """On which occasion a text was screened."""

    PUBLISHING = "publishing"
    EDITING = "editing"
    SWEEP = "sweep"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whose text was screened and where it stands."""

    account_id: int
    post_id: int | None = None
    """None for a profile."""
    version: int | None = None
    found_by: FoundBy = FoundBy.PUBLISHING
    refused: tuple[str, ...] = ()
    """Storage keys of known pictures that a profile would have had."""


def profile_words(bio: str, more: Sequence[str], language: str | None, pictures: Sequence[str] = ()) -> Words:
    """What a profile says of itself; `more` are its display name, fields and the alt texts of its `pictures`."""
    return Words(text=bio, more=tuple(more), language=language, pictures=tuple(pictures), profile=True)


def among_few(finding: Finding) -> Finding:
    """The finding for a direct post, which the public never sees: only what was judged before stops it.

    Nobody reads people's letters because a model was in doubt; who receives a threat can report it.
    """
    if any(reason.stage in SETTLED for reason in finding.because):
        return finding
    return msgspec.structs.replace(finding, outcome=Outcome.PUBLISH)


def parts_of(text: str, lengths: Sequence[int] | None) -> tuple[str, ...]:
    """The texts that a finding's `text` was put together from; the whole where their lengths were not written down."""
    if lengths is None:
        return (text,)
    parts, at = [], 0
    for length in lengths:
        parts.append(text[at : at + length])
        at += length + 1  # a line end stands between them
    return tuple(parts)


def blamed(parts: Sequence[str], because: Sequence[Reason]) -> tuple[str, ...]:
    """Those of a finding's texts that its reasons come from; none where that cannot be told.

    Rules and copies say what they met, and that may stand in several. Else it is where the strongest passage of the
    model stands. What stands in one text alone tells more than what stands in more of them. A picture blames no words;
    another model names none, so that it blames a text only if there is one.
    """
    said = list(dict.fromkeys(part for part in parts if part.strip()))
    settled = [reason for reason in because if reason.stage in SETTLED]
    counted = [reason for reason in settled or because if reason.stage is not Stage.PICTURE]
    if because and not counted:
        return ()
    if len(said) == 1:
        return tuple(said)
    met = [
        _with(said, reason.words)
        for reason in counted
        if reason.stage is not Stage.MODEL and reason.probability >= CLAIMED.case
    ]
    places = [found for found in met if len(found) == 1] or met
    if not any(places):
        met = [_with(said, (word,)) for reason in counted for word in reason.words if word.strip()]
        places = ([found for found in met if len(found) == 1] or [found for found in met if found])[:1]
    return tuple(part for part in said if any(part in found for found in places))


def _with(parts: Sequence[str], passages: Sequence[str]) -> list[str]:
    """The parts that have all these passages."""
    return [part for part in parts if all(passage in part for passage in passages)] if passages else []


def still_stands(parts: Sequence[str], because: Sequence[Reason], profile: Sequence[str]) -> bool:
    """Whether any text that a finding is about is among these texts of a profile."""
    standing = {on_one_line(text) for text in profile}
    return any(on_one_line(part) in standing for part in blamed(parts, because) or parts if part.strip())


def on_one_line(text: str) -> str:
    """For comparing what was read with what was kept of it: a profile is stored without blanks at the ends of its texts."""
    return " ".join(text.split())
