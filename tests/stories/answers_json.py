"""A check for schemathesis: whatever is asked below /api/, the answer is JSON and no traceback."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.check
def answers_json(ctx: Any, response: Any, case: Any) -> None:
    """Also refusals: a client that gets HTML shows nonsense."""
    kind = (response.headers.get("content-type") or [""])[0]
    if response.status_code in (204, 304) or not case.path.startswith("/api/") or case.method == "HEAD":
        return
    if case.path == "/api/v1/streaming/health":  # plain text, as everywhere
        return
    assert kind.startswith("application/json"), f"{response.status_code} {kind}"
    assert b"Traceback" not in (response.content or b"")
