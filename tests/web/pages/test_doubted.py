"""What stewards do about jurors who act as one, by the pages."""

from __future__ import annotations

from typing import Any

from folkmoot import clock


async def test_stewards_find_verdicts_in_doubt(db: Any, ask: Any, cast: Any) -> None:
    page = await ask(cast.dora, "GET", "/admin/cases?show=doubted")
    assert "No verdict is in doubt" in page.text
    assert "jurors act as one" not in (await ask(cast.dora, "GET", "/admin/board")).text
    await db.fetch(
        "INSERT INTO jurors (account_id, since, qualified_at, ring, record_at) VALUES ($1, $2, $2, $1, $2)",
        cast.ada.account_id,
        clock.now(),
    )
    assert "jurors act as one" in (await ask(cast.dora, "GET", "/admin/board")).text
    assert (await ask(cast.bert, "GET", "/admin/cases?show=doubted")).status_code == 403
    assert (await ask(cast.dora, "POST", "/admin/cases/1/void", juror="1", why="a friend")).status_code == 404
