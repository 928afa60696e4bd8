"""The operator sees which backups there are and whether they were restored for trial."""

from __future__ import annotations

from litestar import get

from folkmoot.network import site
from folkmoot.network.access import Role
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit


@get("/admin/backups", include_in_schema=False)
async def show(request: Asked) -> Answer:
    visit = await Visit.of(request)
    visit.member.check_role(Role.OPERATOR)
    return await visit.page("admin/backups.html", known=await site.backups(visit.server.db, visit.member))
