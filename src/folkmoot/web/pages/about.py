"""About the network itself: who runs it and by which rules, privacy, what makes it installable, being offline."""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar import Response, get

from folkmoot import clock
from folkmoot.network import accounts
from folkmoot.network.access import COMMAND_LINE, Role
from folkmoot.web.api.queries import figures
from folkmoot.web.pages.assets import static
from folkmoot.web.pages.forms import Asked
from folkmoot.web.pages.visit import Answer, Visit
from folkmoot.web.pages.words import say


@get("/about", include_in_schema=False)
async def about(request: Asked) -> Answer:
    visit = await Visit.of(request)
    db = visit.server.db
    site = await visit.memory.site()
    staff = [
        found.account
        for role in (Role.OPERATOR, Role.STEWARD)
        for found in await accounts.list_accounts(db, COMMAND_LINE, role=role, status="open", limit=20)
    ]
    return await visit.page(
        "about.html",
        here="about",
        site=site,
        about=site.in_language("about", visit.locale),
        rules=await visit.memory.rules(),
        staff=staff,
        facts=await figures(db, clock.now()),
    )


@get("/about/screening", include_in_schema=False)
async def about_screening(request: Asked) -> Answer:
    """What reads posts here, by what the operator has switched on."""
    visit = await Visit.of(request)
    settings = visit.server.settings
    other = urlsplit(settings.other_model_url).hostname
    return await visit.page(
        "screening.html", here="about", mode=settings.screening, without=settings.screening_without, other=other
    )


@get("/privacy", include_in_schema=False)
async def privacy(request: Asked) -> Answer:
    visit = await Visit.of(request)
    site = await visit.memory.site()
    return await visit.page("privacy.html", here="about", privacy=site.in_language("privacy", visit.locale))


@get("/offline", include_in_schema=False)
async def offline(request: Asked) -> Answer:
    """What the service worker shows when there is no way here."""
    return await (await Visit.of(request)).page("offline.html")


@get("/manifest.webmanifest", include_in_schema=False)
async def manifest(request: Asked) -> Response[dict[str, object]]:
    """Makes the pages installable as an app."""
    visit = await Visit.of(request)
    site = await visit.memory.site()
    icons = [
        {"src": static("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static("icon-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    return Response(
        {
            "name": site.name,
            "short_name": site.name[:24],
            "description": site.in_language("description", visit.locale),
            "lang": visit.locale,
            "id": "/",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f4efe4",
            "theme_color": "#1d5b44",
            "icons": icons,
            "shortcuts": [
                {"name": say("Write a post"), "url": "/compose"},
                {"name": say("Notifications"), "url": "/notifications"},
            ],
            "share_target": {
                "action": "/compose",
                "method": "GET",
                "params": {"text": "text", "title": "title", "url": "url"},
            },
        },
        media_type="application/manifest+json",
        headers={"cache-control": "max-age=3600"},
    )
