"""For those who run the network: how the second host does."""

from __future__ import annotations

from litestar import get

from folkmoot.network import site
from folkmoot.network.site.standby import Check
from folkmoot.web.pages import words
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit


@get("/admin/standby", include_in_schema=False)
async def show_standby(request: Asked) -> Answer:
    """What the first host last wrote of its standby. A script asks for it again and again; it reads as well without."""
    visit = await Visit.of_steward(request)
    return await visit.page("admin/standby.html", found=await site.find_standby(visit.server.db), in_words=in_words)


def in_words(check: Check) -> str:
    """What a check says, in the reader's language."""
    return words.current().gettext(check.sentence).format(**check.values)
