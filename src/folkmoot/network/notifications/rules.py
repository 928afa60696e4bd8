"""What may be asked of notifications and read positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from folkmoot.errors import Conflict, Invalid
from folkmoot.ids import LARGEST
from folkmoot.network.notifications.views import Kind, Marker

LONGEST_PAGE = 80
MOST_COUNTED = 1_000
TIMELINES = ("home", "notifications")

_KNOWN = {kind.value: kind for kind in Kind}


class UnknownTimeline(Invalid):
    sentence = "There is no timeline of this name to keep a place in"


class MarkerMoved(Conflict):
    sentence = "Conflict during update, please try again"


def known(kinds: Iterable[Kind | str] | None) -> list[Kind] | None:
    """Those kinds that exist here; None (no restriction) stays None."""
    if kinds is None:
        return None
    return [_KNOWN[kind] for kind in kinds if kind in _KNOWN]


def check_timelines(last_read: Mapping[str, int]) -> None:
    """Raise unless every position is one in a timeline that keeps positions."""
    for timeline, id in last_read.items():
        if timeline not in TIMELINES or not 0 <= id <= LARGEST:
            raise UnknownTimeline(field=timeline)


def check_versions(put: Sequence[Marker], built_on: Mapping[str, int]) -> None:
    """Raise when somebody else moved a marker in between: a new version is one above that which it builds on."""
    for marker in put:
        if marker.timeline in built_on and marker.version != built_on[marker.timeline] + 1:
            raise MarkerMoved
