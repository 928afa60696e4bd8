"""The network itself: what apps ask first."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot import __version__, clock
from folkmoot.clock import stamp
from folkmoot.errors import Missing
from folkmoot.network import site
from folkmoot.network.media import LONGEST_DESCRIPTION, READABLE
from folkmoot.network.posts import rules as post_rules
from folkmoot.web import metrics
from folkmoot.web.api import queries
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.push import vapid_key

MASTODON = "4.3.0"
"""The version whose API we offer; clients parse it (docs/decisions/api-version.md)."""
VERSION = f"{MASTODON} (compatible; Folkmoot {__version__})"
REMEMBERED_MS = 60_000
LANGUAGES = ["en", "de"]
NAMES = {"en": "English", "de": "Deutsch"}


async def _remembered(call: Call, name: str, make: Any) -> bytes:
    server = call.server
    kept = server.documents.get(name)
    now = clock.now_ms()
    if kept is not None and kept[0] > now:
        return kept[1]
    body = msgspec.json.encode(await make(call))
    server.documents[name] = (now + REMEMBERED_MS, body)
    return body


def _configuration(call: Call) -> dict[str, Any]:
    settings = call.server.settings
    return {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": post_rules.PINS},
        "statuses": {
            "max_characters": settings.post_length,
            "max_media_attachments": settings.media_per_post,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": list(READABLE),
            "description_limit": LONGEST_DESCRIPTION,
            "image_size_limit": settings.upload_mb * 1_048_576,
            "image_matrix_limit": settings.image_pixels,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": post_rules.POLL_OPTIONS,
            "max_characters_per_option": post_rules.POLL_OPTION_LENGTH,
            "min_expiration": int(post_rules.POLL_SHORTEST.total_seconds()),
            "max_expiration": int(post_rules.POLL_LONGEST.total_seconds()),
        },
    }


def _streaming(call: Call) -> str:
    return call.server.settings.base_url.replace("http", "ws", 1)


async def _contact(call: Call, account_id: int | None) -> msgspec.Raw | None:
    if account_id is None:
        return None
    found = (await call.server.shelf.accounts([account_id])).get(account_id)
    return msgspec.Raw(call.server.entities.account(found)) if found else None


async def _rules(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": str(rule.id),
            "text": rule.text,
            "hint": rule.hint,
            "translations": {
                locale: {"text": words.get("text", rule.text), "hint": words.get("hint", "")}
                for locale, words in rule.translations.items()
            },
        }
        for rule in await site.rules(call.server.db)
    ]


async def _first(call: Call) -> dict[str, Any]:
    settings = call.server.settings
    values = await site.site_values(call.server.db, settings)
    figures = await queries.figures(call.server.db, clock.now())
    return {
        "uri": settings.domain,
        "title": values.name,
        "short_description": values.description,
        "description": values.description,
        "email": values.contact_email,
        "version": VERSION,
        "urls": {"streaming_api": _streaming(call)},
        "stats": {"user_count": figures.accounts, "status_count": figures.posts, "domain_count": 1},
        "thumbnail": f"{settings.base_url}/static/thumbnail.png",
        "languages": LANGUAGES,
        "registrations": values.registration != "invitation",
        "approval_required": values.registration == "approval",
        "invites_enabled": True,
        "max_toot_chars": settings.post_length,
        "configuration": _configuration(call),
        "contact_account": await _contact(call, values.contact_account_id),
        "rules": await _rules(call),
    }


async def _second(call: Call) -> dict[str, Any]:
    settings = call.server.settings
    values = await site.site_values(call.server.db, settings)
    figures = await queries.figures(call.server.db, clock.now())
    return {
        "domain": settings.domain,
        "title": values.name,
        "version": VERSION,
        "source_url": f"{settings.base_url}/about",
        "description": values.description,
        "usage": {"users": {"active_month": figures.active_month}},
        "thumbnail": {
            "url": f"{settings.base_url}/static/thumbnail.png",
            "blurhash": None,
            "description": values.name,
            "versions": {},
        },
        "icon": [{"src": f"{settings.base_url}/static/icon-192.png", "size": "192x192"}],
        "languages": LANGUAGES,
        "configuration": {
            "urls": {
                "streaming": _streaming(call),
                "status": None,
                "about": f"{settings.base_url}/about",
                "privacy_policy": f"{settings.base_url}/privacy",
                "terms_of_service": None,
            },
            "vapid": {"public_key": await vapid_key(call.server)},
            **_configuration(call),
            "translation": {"enabled": False},
            "limited_federation": True,
        },
        "registrations": {
            "enabled": values.registration != "invitation",
            "approval_required": values.registration == "approval",
            "reason_required": values.registration == "approval",
            "message": None,
            "min_age": None,
            "url": f"{settings.base_url}/sign-up",
        },
        "api_versions": {"mastodon": 1},
        "contact": {
            "email": values.contact_email,
            "account": await _contact(call, values.contact_account_id),
        },
        "rules": await _rules(call),
    }


@endpoint("GET", "/api/v1/instance", who="anyone")
async def first(call: Call) -> bytes:
    """What this network is, in the first form."""
    return await _remembered(call, "v1", _first)


@endpoint("GET", "/api/v2/instance", who="anyone")
async def second(call: Call) -> bytes:
    """What this network is."""
    return await _remembered(call, "v2", _second)


@endpoint("GET", "/api/v1/instance/rules", who="anyone")
async def rules(call: Call) -> Any:
    """The rules one agrees to."""
    return await _rules(call)


@endpoint("GET", "/api/v1/instance/languages", who="anyone")
async def languages(call: Call) -> Any:
    """The languages this network speaks."""
    return [{"code": code, "name": NAMES[code]} for code in LANGUAGES]


@endpoint("GET", "/api/v1/instance/peers", who="anyone")
async def peers(call: Call) -> Any:
    """Other servers this one talks to: none."""
    return []


@endpoint("GET", "/api/v1/instance/activity", who="anyone")
async def activity(call: Call) -> Any:
    """Posts, sign-ins and sign-ups of the last 12 weeks."""
    return await queries.activity(call.server.db, clock.now())


@endpoint("GET", "/api/v1/instance/domain_blocks", who="anyone")
async def domain_blocks(call: Call) -> Any:
    """Servers this one does not talk to: it talks to none."""
    return []


@endpoint("GET", "/api/v1/instance/translation_languages", who="anyone")
async def translation_languages(call: Call) -> Any:
    """Languages posts can be translated between: none."""
    return {}


@endpoint("GET", "/api/v1/instance/extended_description", who="anyone")
async def extended_description(call: Call) -> Any:
    """The network about itself, at length."""
    values = await site.site_values(call.server.db, call.server.settings)
    return {"updated_at": stamp(clock.now()), "content": call.server.entities.html(values.about or values.description)}


@endpoint("GET", "/api/v1/instance/privacy_policy", who="anyone")
async def privacy_policy(call: Call) -> Any:
    """What is kept about members, and why."""
    values = await site.site_values(call.server.db, call.server.settings)
    return {"updated_at": stamp(clock.now()), "content": call.server.entities.html(values.privacy)}


# Announcements -------------------------------------------------------------------------------------------------------


class AnnouncementParameters(msgspec.Struct, frozen=True):
    with_dismissed: bool = True


@endpoint("GET", "/api/v1/announcements", who="anyone")
async def announcements(call: Call, given: AnnouncementParameters) -> Any:
    """What the operator announces, in the reader's language."""
    locale = call.viewer.locale if call.viewer else "en"
    return [
        {
            "id": str(each.id),
            "content": call.server.entities.html(each.in_language(locale)),
            "starts_at": stamp(each.starts_at) if each.starts_at else None,
            "ends_at": stamp(each.ends_at) if each.ends_at else None,
            "all_day": each.all_day,
            "published_at": stamp(each.published_at) if each.published_at else None,
            "updated_at": stamp(each.updated_at),
            "read": each.read,
            "mentions": [],
            "statuses": [],
            "tags": [],
            "emojis": [],
            "reactions": [
                {"name": reaction.name, "count": reaction.count, "me": reaction.mine} for reaction in each.reactions
            ],
        }
        for each in await site.announcements.current(call.server.db, call.viewer)
    ]


@endpoint("POST", "/api/v1/announcements/{id}/dismiss", scope="write:accounts")
async def dismiss(call: Call) -> Any:
    """Mark an announcement as read."""
    await site.announcements.dismiss(call.server.db, call.member, call.id())
    return {}


@endpoint("PUT", "/api/v1/announcements/{id}/reactions/{name}", scope="write:favourites")
async def react(call: Call) -> Any:
    """Put an emoji under an announcement."""
    await site.announcements.react(call.server.db, call.member, call.id(), call.segments["name"])
    return {}


@endpoint("DELETE", "/api/v1/announcements/{id}/reactions/{name}", scope="write:favourites")
async def unreact(call: Call) -> Any:
    """Take it away again."""
    await site.announcements.unreact(call.server.db, call.member, call.id(), call.segments["name"])
    return {}


# Machines ------------------------------------------------------------------------------------------------------------


@endpoint("GET", "/.well-known/nodeinfo", who="anyone")
async def nodeinfo_links(call: Call) -> Any:
    """Where NodeInfo is."""
    base = call.server.settings.base_url
    return {"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{base}/nodeinfo/2.0"}]}


@endpoint("GET", "/nodeinfo/2.0", who="anyone")
async def nodeinfo(call: Call) -> Any:
    """What runs here, for those who count networks."""
    figures = await queries.figures(call.server.db, clock.now())
    values = await site.site_values(call.server.db, call.server.settings)
    return {
        "version": "2.0",
        "software": {"name": "folkmoot", "version": __version__},
        "protocols": [],
        "services": {"inbound": [], "outbound": []},
        "usage": {
            "users": {
                "total": figures.accounts,
                "activeMonth": figures.active_month,
                "activeHalfyear": figures.active_half_year,
            },
            "localPosts": figures.posts,
        },
        "openRegistrations": values.registration == "open",
        "metadata": {"nodeName": values.name, "nodeDescription": values.description},
    }


@endpoint("GET", "/health", who="anyone")
async def health(call: Call) -> Answer:
    """This process answers, in the word clients expect."""
    return Answer(b"OK", content_type=b"text/plain; charset=utf-8")


@endpoint("GET", "/health/live", who="anyone")
async def live(call: Call) -> Any:
    """This process answers."""
    return {"status": "ok"}


@endpoint("GET", "/health/ready", who="anyone")
async def ready(call: Call) -> Any:
    """This process and its database answer."""
    await call.server.db.fetchval("SELECT 1")
    return {"status": "ok", "version": __version__}


@endpoint("GET", "/api/v1/streaming/health", who="anyone")
async def streaming_health(call: Call) -> Answer:
    """Streams are open."""
    return Answer(b"OK", content_type=b"text/plain; charset=utf-8")


@endpoint("GET", "/metrics", who="anyone")
async def prometheus(call: Call) -> Answer:
    """Figures for Prometheus, on loopback only."""
    if not call.server.settings.metrics or not call.address.startswith(("127.", "::1")):
        raise Missing
    body = metrics.exposition(call.server)
    return Answer(body, content_type=b"text/plain; version=0.0.4; charset=utf-8")
