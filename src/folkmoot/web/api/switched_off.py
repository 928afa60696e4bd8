"""What is not here yet, answered as a stock server with the feature switched off would."""

from __future__ import annotations

from typing import Any

from folkmoot.errors import Missing
from folkmoot.web.api.call import Call, endpoint

EMPTY = (
    "/api/v1/custom_emojis",
    "/api/v1/lists",
    "/api/v1/filters",
    "/api/v2/filters",
    "/api/v1/conversations",
    "/api/v1/domain_blocks",
    "/api/v1/endorsements",
    "/api/v1/suggestions",
    "/api/v2/suggestions",
    "/api/v1/directory",
    "/api/v1/trends",
    "/api/v1/trends/tags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/links",
    "/api/v1/notifications/requests",
)
ABSENT = (("POST", "/api/v1/lists"),)


async def _nothing(call: Call) -> Any:
    """Nothing of this kind here yet."""
    return []


async def _absent(call: Call) -> Any:
    """Not possible here yet."""
    raise Missing


for path in EMPTY:
    endpoint("GET", path, who="anyone")(_nothing)
for method, path in ABSENT:
    endpoint(method, path, who="anyone")(_absent)
