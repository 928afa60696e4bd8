"""Hashtags: looked up, followed, featured on one's profile."""

from __future__ import annotations

from typing import Any

import msgspec

from folkmoot.markup import normal_tag
from folkmoot.network import relations
from folkmoot.network.relations import FeaturedTag
from folkmoot.web.api.accounts import ListParameters
from folkmoot.web.api.call import Answer, Call, endpoint
from folkmoot.web.api.search import tag_dict


class FeatureParameters(msgspec.Struct, frozen=True):
    name: str = ""


@endpoint("GET", "/api/v1/tags/{tag}", who="anyone", scope="read")
async def show(call: Call) -> Any:
    """A hashtag, and whether one follows it."""
    name = normal_tag(call.segments["tag"])
    if call.viewer is None:
        return tag_dict(call, name, name)
    followed = name in await relations.follows_tags(call.server.db, call.viewer, [name])
    return tag_dict(call, name, name, following=followed)


@endpoint("POST", "/api/v1/tags/{tag}/follow", scope="write:follows")
async def follow(call: Call) -> Any:
    """Have its public posts in one's home."""
    made = await relations.follow_tag(call.server.db, call.member, call.segments["tag"])
    return tag_dict(call, made.name, made.shown_as, following=True)


@endpoint("POST", "/api/v1/tags/{tag}/unfollow", scope="write:follows")
async def unfollow(call: Call) -> Any:
    """Have them no more."""
    await relations.unfollow_tag(call.server.db, call.member, call.segments["tag"])
    name = normal_tag(call.segments["tag"])
    return tag_dict(call, name, name, following=False)


@endpoint("POST", "/api/v1/tags/{tag}/feature", scope="write:accounts")
async def feature_by_name(call: Call) -> Any:
    """Put the hashtag on one's profile."""
    made = await relations.feature_tag(call.server.db, call.server.gate, call.member, call.segments["tag"])
    return tag_dict(call, made.name, made.shown_as, featuring=True)


@endpoint("POST", "/api/v1/tags/{tag}/unfeature", scope="write:accounts")
async def unfeature_by_name(call: Call) -> Any:
    """Take it off again, if it is there."""
    name = normal_tag(call.segments["tag"])
    for each in await relations.featured_tags(call.server.db, call.member.account_id):
        if each.name == name:
            await relations.unfeature_tag(call.server.db, call.member, each.id)
    return tag_dict(call, name, name, featuring=False)


@endpoint("GET", "/api/v1/followed_tags", scope="read:follows")
async def followed(call: Call, given: ListParameters) -> Answer:
    """The hashtags one follows."""
    limit = max(1, min(given.limit, 79))
    rows = await relations.followed_tags(
        call.server.db,
        call.member,
        max_id=given.max_id,
        since_id=given.since_id,
        min_id=given.min_id,
        limit=limit + 1,
    )
    page = rows[:limit]
    body = [tag_dict(call, each.name, each.shown_as, following=True) for each in page]
    older = page[-1].id if len(rows) > limit else None
    return Answer(msgspec.json.encode(body), headers=call.link(older, page[0].id if page else None))


def featured_dict(call: Call, featured: FeaturedTag, account_name: str) -> dict[str, Any]:
    """FeaturedTag."""
    return {
        "id": str(featured.id),
        "name": featured.shown_as or featured.name,
        "url": f"{call.server.entities.account_url(account_name)}/tagged/{featured.name}",
        "statuses_count": str(featured.posts_count),
        "last_status_at": f"{featured.last_post_at:%Y-%m-%d}" if featured.last_post_at else None,
    }


@endpoint("GET", "/api/v1/featured_tags", scope="read:accounts")
async def featured(call: Call) -> Any:
    """The hashtags on one's profile."""
    found = await relations.featured_tags(call.server.db, call.member.account_id)
    return [featured_dict(call, each, call.member.name) for each in found]


@endpoint("GET", "/api/v1/featured_tags/suggestions", scope="read:accounts")
async def suggestions(call: Call) -> Any:
    """Hashtags one uses most."""
    return [tag_dict(call, name, shown) for name, shown in await relations.suggested_tags(call.server.db, call.member)]


@endpoint("POST", "/api/v1/featured_tags", scope="write:accounts")
async def feature(call: Call, given: FeatureParameters) -> Any:
    """Put a hashtag on one's profile."""
    made = await relations.feature_tag(call.server.db, call.server.gate, call.member, given.name)
    return featured_dict(call, made, call.member.name)


@endpoint("DELETE", "/api/v1/featured_tags/{id}", scope="write:accounts")
async def unfeature(call: Call) -> Any:
    """Take it off again."""
    await relations.unfeature_tag(call.server.db, call.member, call.id())
    return {}


@endpoint("GET", "/api/v1/accounts/{id}/featured_tags", who="anyone", scope="read:accounts")
async def featured_of(call: Call) -> Any:
    """The hashtags on an account's profile."""
    account = await call.server.shelf.account(call.id())
    if account is None or not account.is_open:
        return []
    return [
        featured_dict(call, each, account.name) for each in await relations.featured_tags(call.server.db, account.id)
    ]
