"""Pictures of cases through the real pages: for stewards and the juror in the seat, and for nobody else."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
from PIL import Image

from folkmoot.bus import Bus
from folkmoot.moderation.reports import report
from folkmoot.network.gate import Gate
from folkmoot.network.media import upload
from folkmoot.network.posts.desk import Desk
from folkmoot.network.posts.publish import publish
from folkmoot.network.posts.rules import Draft
from folkmoot.network.posts.shelf import Shelf
from folkmoot.network.visibility import Watch
from folkmoot.settings import Settings
from folkmoot.storage import Storage


async def test_a_steward_sees_the_pictures_of_a_case_and_others_do_not(
    db: Any, ask: Any, cast: Any, settings: Settings, storage: Storage
) -> None:
    bus = Bus()
    desk = Desk(db, Shelf(db, bus), Watch(db, bus), settings, Gate(db, settings, bus))
    out = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(out, "PNG")
    shown = await upload(db, storage, cast.ada, data=out.getvalue(), settings=settings)
    post = await publish(desk, cast.ada, Draft(text="Look", media=(shown.id,)))
    made = await report(desk, cast.bert, account_id=cast.ada.account_id, post_ids=[post.id])
    page = await ask(cast.dora, "GET", f"/admin/cases/{made.case_ids[0]}")
    found = re.search(r'src="(/admin/cases/[^"]+/pictures/[^"]+)"', page.text)
    assert found is not None
    answer: httpx.Response = await ask(cast.dora, "GET", found[1])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content == await storage.get(shown.preview_key)
    for who, status in ((cast.bert, 403), (None, 303)):
        assert (await ask(who, "GET", found[1])).status_code == status
    assert (await ask(cast.dora, "GET", found[1].replace(".jpg", ".png"))).status_code == 404
    assert (await ask(cast.bert, "GET", f"/jury/seats/1/pictures/{shown.preview_key}")).status_code == 404
