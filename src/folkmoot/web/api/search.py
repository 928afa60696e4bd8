"""Search for accounts, posts and hashtags in one call."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from folkmoot.network.search import search_accounts, search_posts, search_tags
from folkmoot.web.api.accounts import accounts_json
from folkmoot.web.api.call import Call, endpoint
from folkmoot.web.api.statuses import render

LONGEST_PAGE = 40
_POST_ADDRESS = re.compile(r"/(?:@[^/]+|posts)/(\d{1,19})/?$")
_ACCOUNT_ADDRESS = re.compile(r"/@([A-Za-z0-9_]{1,30})/?$")


class SearchParameters(msgspec.Struct, frozen=True):
    q: str = ""
    type: str | None = None
    resolve: bool = False
    following: bool = False
    account_id: int | None = None
    max_id: int | None = None
    min_id: int | None = None
    limit: int = 20
    offset: int = 0


@endpoint("GET", "/api/v2/search", who="anyone", scope="read:search")
async def search(call: Call, given: SearchParameters) -> bytes:
    """Everything that matches; the address of a post or an account finds exactly that."""
    server = call.server
    limit = max(1, min(given.limit, LONGEST_PAGE))
    offset = max(0, given.offset)
    accounts: list[int] = []
    posts: list[int] = []
    tags: list[tuple[str, str]] = []
    query = given.q.strip()
    if query.startswith(server.settings.base_url + "/"):
        if found := _POST_ADDRESS.search(query):
            posts = [int(found[1])]
        elif (found := _ACCOUNT_ADDRESS.search(query)) and (account := await server.shelf.account_by_name(found[1])):
            accounts = [account.view.id]
    elif query:
        if given.type in (None, "accounts"):
            accounts = await search_accounts(
                server.db,
                call.viewer,
                query,
                domain=server.settings.domain,
                following=given.following and call.viewer is not None,
                limit=limit,
                offset=offset,
            )
        if given.type in (None, "statuses"):
            posts = await search_posts(
                server.db,
                call.viewer,
                query,
                account_id=given.account_id,
                max_id=given.max_id,
                min_id=given.min_id,
                limit=limit,
                offset=offset,
            )
        if given.type in (None, "hashtags"):
            tags = await search_tags(server.db, query, limit=limit, offset=offset)
    return (
        b'{"accounts":' + await accounts_json(call, accounts)
        + b',"statuses":[' + b",".join(await render(call, posts))
        + b'],"hashtags":' + msgspec.json.encode([tag_dict(call, name, shown) for name, shown in tags]) + b"}"
    )  # fmt: skip


def tag_dict(call: Call, name: str, shown_as: str, **more: Any) -> dict[str, Any]:
    """Tag."""
    return {
        "id": name,
        "name": shown_as or name,
        "url": f"{call.server.settings.base_url}/tags/{name}",
        "history": [],
        **more,
    }
