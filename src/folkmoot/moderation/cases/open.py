"""Open a case, or join the one there is: by report, by finding, by a steward."""

from __future__ import annotations

from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.desk import Desk


async def open_as_steward(desk: Desk, steward: Viewer, post_id: int, why: str) -> int:
    """Bring a post before a jury; the case's id, also when it was before one already. Raises Forbidden, Missing."""
    raise NotImplementedError
