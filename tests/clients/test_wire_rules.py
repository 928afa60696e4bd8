"""What breaks clients before any endpoint does: the rules of the wire, each frozen as a test."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from mastodon.internals import Mastodon as Internals

from folkmoot import clock
from folkmoot.bus import Bus
from folkmoot.ids import new_id
from folkmoot.network import access
from folkmoot.network.access.viewer import Viewer
from folkmoot.network.posts.views import Visibility
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.web.app import Application
from folkmoot.web.limits import Limits
from folkmoot.web.server import Server

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


ACCOUNT_KEYS = set(
    words("""id username acct url display_name note avatar avatar_static header header_static locked fields emojis bot group
    created_at statuses_count followers_count following_count discoverable last_status_at""")
)
STATUS_KEYS = set(
    words("""id uri url created_at edited_at account content visibility sensitive spoiler_text media_attachments mentions tags
    emojis reblogs_count favourites_count replies_count in_reply_to_id in_reply_to_account_id reblog poll card language
    application""")
)
MARKS = set(words("favourited reblogged muted bookmarked pinned filtered"))
RELATIONSHIP_KEYS = set(
    words("""id following showing_reblogs notifying languages followed_by blocking blocked_by muting muting_notifications
    requested requested_by domain_blocking endorsed note""")
)
POLL_KEYS = set(words("id expires_at expired multiple votes_count options emojis"))
FIRST_INSTANCE_KEYS = set(
    words("""uri title short_description description email version urls stats languages registrations approval_required
    invites_enabled configuration rules thumbnail contact_account""")
)


SCOPES = ("read", "write", "follow", "push", "profile")


@dataclass
class Network:
    """An application under test; `client` asks it without a socket."""

    app: Application
    server: Server
    client: httpx.AsyncClient

    async def token(self, viewer: Viewer, *scopes: str) -> str:
        """A token of the viewer's for every member's scope, or for those given."""
        return await access.issue_token(self.server.db, viewer.account_id, scopes or SCOPES, "A test's app")

    async def headers(self, viewer: Viewer, *scopes: str) -> dict[str, str]:
        """What a request of the viewer's begins with."""
        return {"Authorization": f"Bearer {await self.token(viewer, *scopes)}"}


@pytest.fixture
def network_server(db: Any, run: Callable[[Any], Any], tmp_path: Path) -> Iterator[Network]:
    """Folkmoot at https://moot.example."""
    settings = Settings(data=tmp_path, public_url="https://moot.example", rate_limits=False)

    async def open_it() -> Network:
        app = Application(settings)
        server = Server(settings, db, Bus(), open_storage(settings))
        await app.startup(server)
        transport = httpx.ASGITransport(app=app)
        return Network(app, server, httpx.AsyncClient(transport=transport, base_url="https://moot.example"))

    async def close_it(network: Network) -> None:
        await network.client.aclose()
        await network.app.shutdown()

    network = run(open_it())
    yield network
    run(close_it(network))


async def post(network: Network, headers: dict[str, str], **parameters: Any) -> dict[str, Any]:
    """Publish, as a client does."""
    answer = await network.client.post(
        "/api/v1/statuses", headers=headers, json={"status": "Good morning", **parameters}
    )
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def everything(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every leaf of a JSON value with the path to it."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in everything(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in everything(inner, path + "[]")]
    return [(path, value)]


# 1: every encoding, everywhere -----------------------------------------------------------------------------------------

POLL_PAIRS = [
    ("status", "Tea or coffee?"),
    ("poll[options][]", "tea"),
    ("poll[options][]", "coffee"),
    ("poll[expires_in]", "3600"),
    ("poll[multiple]", "true"),
]
NUMBERED = [
    (f"poll[options][{n}]" if "options" in key else key, value) for n, (key, value) in enumerate(POLL_PAIRS, -1)
]
AS_JSON = {"status": "Tea or coffee?", "poll": {"options": ["tea", "coffee"], "expires_in": 3600, "multiple": True}}


def multipart(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The pairs as multipart fields that are no files."""
    return {"files": [(key, (None, value)) for key, value in pairs]}


def urlencoded(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The pairs as a form's body."""
    return {
        "content": urlencode(pairs).encode(),
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }


@pytest.mark.parametrize(
    "request_parts",
    [
        {"params": POLL_PAIRS},
        {"params": NUMBERED},
        urlencoded(POLL_PAIRS),
        urlencoded(NUMBERED),
        multipart(POLL_PAIRS),
        multipart(NUMBERED),
        {"json": AS_JSON},
        {"json": {"poll": AS_JSON["poll"]}, "params": {"status": "Tea or coffee?"}},
    ],
    ids=[
        "query",
        "query, numbered",
        "form",
        "form, numbered",
        "multipart",
        "multipart, numbered",
        "json",
        "json and query",
    ],
)
async def test_every_encoding_means_the_same(network_server: Network, cast: Any, request_parts: dict[str, Any]) -> None:
    headers = await network_server.headers(cast.ada) | request_parts.get("headers", {})
    answer = await network_server.client.post("/api/v1/statuses", **{**request_parts, "headers": headers})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert "Tea or coffee?" in made["content"]
    assert [option["title"] for option in made["poll"]["options"]] == ["tea", "coffee"]
    assert made["poll"]["multiple"] is True


@pytest.mark.parametrize("spelling", ["id", "id[]", "id[0]"])
async def test_a_list_may_be_spelt_in_three_ways(network_server: Network, cast: Any, spelling: str) -> None:
    headers = await network_server.headers(cast.ada)
    answer = await network_server.client.get(
        "/api/v1/accounts/relationships", params={spelling: cast.bert.account_id}, headers=headers
    )
    assert [each["id"] for each in answer.json()] == [str(cast.bert.account_id)]


async def test_a_body_counts_even_with_get(network_server: Network, cast: Any) -> None:
    headers, given = await network_server.headers(cast.ada), {"id": [str(cast.bert.account_id)]}
    answer = await network_server.client.request("GET", "/api/v1/accounts/relationships", json=given, headers=headers)
    assert [each["id"] for each in answer.json()] == given["id"]
    made = await post(network_server, headers)
    await network_server.client.request("GET", "/api/v1/timelines/public", json={"only_media": True})
    remembered = (await network_server.client.get("/api/v1/timelines/public")).json()
    assert [each["id"] for each in remembered] == [made["id"]]


@pytest.mark.parametrize(
    ("written", "meant"), [("true", True), ("1", True), ("on", True), ("false", False), ("0", False)]
)
async def test_truth_may_be_spelt_in_many_ways(network_server: Network, cast: Any, written: str, meant: bool) -> None:
    headers = await network_server.headers(cast.ada)
    answer = await network_server.client.patch(
        "/api/v1/accounts/update_credentials", data={"locked": written}, headers=headers
    )
    assert answer.json()["locked"] is meant


@pytest.mark.parametrize("encode", [urlencoded, multipart])
async def test_nested_parameters(network_server: Network, cast: Any, encode: Any) -> None:
    parts = encode(
        [
            ("source[privacy]", "unlisted"),
            ("fields_attributes[0][name]", "Garden"),
            ("fields_attributes[0][value]", "roses"),
            ("fields_attributes[1][name]", "Kitchen"),
            ("fields_attributes[1][value]", "soup"),
        ]
    )
    headers = await network_server.headers(cast.ada) | parts.pop("headers", {})
    answer = await network_server.client.patch("/api/v1/accounts/update_credentials", headers=headers, **parts)
    assert answer.status_code == 200, answer.text
    assert answer.json()["source"]["privacy"] == "unlisted"
    assert [field["name"] for field in answer.json()["source"]["fields"]] == ["Garden", "Kitchen"]


# 2: a trailing slash makes no difference ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/instance", "/api/v2/instance", "/api/v1/timelines/public"])
async def test_a_trailing_slash_makes_no_difference(network_server: Network, path: str) -> None:
    plain, slashed = await network_server.client.get(path), await network_server.client.get(path + "/")
    assert (plain.status_code, slashed.status_code) == (200, 200)
    assert plain.json() == slashed.json()


# 3: ids are strings, by time; notifications' stay below 2^53 -----------------------------------------------------------------


async def test_ids_are_strings_in_the_order_of_time(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    first, second = await post(network_server, headers), await post(network_server, headers)
    for path, value in everything(first):
        if path.endswith((".id", "_id")) and value is not None:
            assert isinstance(value, str), path
            assert value.isdigit(), path
    assert (len(first["id"]), first["id"]) < (len(second["id"]), second["id"])


def test_an_id_tells_its_milliseconds() -> None:
    before, after = new_id(), new_id()
    assert 0 <= (after >> 16) - (before >> 16) < 60_000


async def test_notification_ids_are_small(network_server: Network, cast: Any) -> None:
    ada, bert = await network_server.headers(cast.ada), await network_server.headers(cast.bert)
    await network_server.client.post(f"/api/v1/accounts/{cast.bert.account_id}/follow", headers=ada)
    found = (await network_server.client.get("/api/v1/notifications", headers=bert)).json()
    assert [each["type"] for each in found] == ["follow"]
    assert isinstance(found[0]["id"], str)
    assert int(found[0]["id"]) < 2**53


# 4: times have exactly three digits after the second ----------------------------------------------------------------------


async def test_times_have_milliseconds(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    made = await post(network_server, headers, poll=poll)
    edited = await network_server.client.put(
        f"/api/v1/statuses/{made['id']}", headers=headers, json={"status": "Good evening"}
    )
    found = [
        (path, value) for path, value in everything([made, edited.json()]) if path.endswith("_at") and value is not None
    ]
    assert {path.rpartition(".")[2] for path, _ in found} >= {"created_at", "expires_at", "edited_at", "last_status_at"}
    for path, value in found:
        assert (DAY if path.endswith("last_status_at") else TIME).fullmatch(value), (path, value)


# 5 and 6: no null where an address belongs, and every key always ------------------------------------------------------------


async def test_pictures_always_have_an_address(network_server: Network, cast: Any) -> None:
    account = (await network_server.client.get(f"/api/v1/accounts/{cast.ada.account_id}")).json()
    for key in ("avatar", "avatar_static", "header", "header_static", "url", "uri"):
        assert account[key].startswith("https://moot.example/"), key
    assert (await network_server.client.get("/api/v1/instance")).json()["thumbnail"].startswith("https://")
    assert (await network_server.client.get("/api/v2/instance")).json()["thumbnail"]["url"].startswith("https://")


async def test_every_key_is_there(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    made = await post(network_server, headers, poll={"options": ["tea", "coffee"], "expires_in": 3600})
    assert made.keys() >= STATUS_KEYS | MARKS
    assert made["account"].keys() >= ACCOUNT_KEYS
    assert made["poll"].keys() >= POLL_KEYS | {"voted", "own_votes"}
    anonymous = (await network_server.client.get(f"/api/v1/statuses/{made['id']}")).json()
    assert anonymous.keys() >= STATUS_KEYS
    boost = (await network_server.client.post(f"/api/v1/statuses/{made['id']}/reblog", headers=headers)).json()
    assert boost.keys() >= STATUS_KEYS | MARKS
    assert boost["reblog"]["id"] == made["id"]
    path = f"/api/v1/accounts/relationships?id={cast.bert.account_id}"
    assert (await network_server.client.get(path, headers=headers)).json()[0].keys() >= RELATIONSHIP_KEYS
    assert (await network_server.client.get("/api/v1/instance")).json().keys() >= FIRST_INSTANCE_KEYS


# 7: closed lists stay closed ------------------------------------------------------------------------------------------------


async def test_visibility_is_one_of_four(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    for visibility in ("public", "unlisted", "private", "direct"):
        assert (await post(network_server, headers, visibility=visibility))["visibility"] == visibility
    assert len(Visibility) == 4
    refused = await network_server.client.post(
        "/api/v1/statuses", headers=headers, json={"status": "x", "visibility": "jury"}
    )
    assert refused.status_code == 422


async def test_the_preferred_visibility_holds_for_posts_that_name_none(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    asked = {"source[privacy]": "private"}
    answer = await network_server.client.patch("/api/v1/accounts/update_credentials", headers=headers, data=asked)
    assert answer.status_code == 200, answer.text
    assert (await post(network_server, headers))["visibility"] == "private"


async def test_a_held_post_is_told_by_a_key_of_its_own(network_server: Network, cast: Any, write: Any) -> None:
    headers = await network_server.headers(cast.ada)
    id = await write(cast.ada, hidden_at=clock.now())
    answer = await network_server.client.get(f"/api/v1/statuses/{id}", headers=headers)
    if answer.status_code == 200:  # its author may see it
        assert answer.json()["visibility"] == "public"
        assert answer.json()["held"]


# 8: pages ---------------------------------------------------------------------------------------------------------------------


def links(answer: Any) -> dict[str, str]:
    """The addresses in a Link header, by what they lead to."""
    return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers.get("link", ""))}


@pytest.mark.parametrize(
    "path", ["/api/v1/accounts/{ada}/statuses", "/api/v1/timelines/public", "/api/v1/timelines/home"]
)
async def test_the_last_page_has_no_next(network_server: Network, cast: Any, path: str) -> None:
    headers = await network_server.headers(cast.ada)
    made = [(await post(network_server, headers, status=f"Number {n}"))["id"] for n in range(5)]
    url: str | None = f"{path.format(ada=cast.ada.account_id)}?limit=2"
    seen: list[str] = []
    for _ in range(4):
        assert url is not None
        answer = await network_server.client.get(url, headers=headers)
        seen += [each["id"] for each in answer.json()]
        assert "min_id=" in links(answer).get("prev", "min_id=")
        url = links(answer).get("next")
        if url is None:
            break
        assert "max_id=" in url
        assert "limit=2" in url
    assert url is None
    assert seen == made[::-1]


async def test_three_ways_to_say_where_a_page_is(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    made = [(await post(network_server, headers, status=f"Number {n}"))["id"] for n in range(5)]

    async def page(**parameters: Any) -> list[str]:
        path = "/api/v1/timelines/home"
        answer = await network_server.client.get(path, headers=headers, params={"limit": 2, **parameters})
        return [each["id"] for each in answer.json()]

    assert await page(max_id=made[2]) == [made[1], made[0]]
    assert await page(since_id=made[0]) == [made[4], made[3]]
    assert await page(min_id=made[0]) == [made[2], made[1]]


# 9: other origins may ask -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/api/v1/instance", "/oauth/token", "/oauth/revoke", "/.well-known/nodeinfo", "/nodeinfo/2.0", "/api/v9/none"],
)
async def test_browsers_of_other_origins_may_ask(network_server: Network, path: str) -> None:
    asked = {"Origin": "https://phanpy.example", "Access-Control-Request-Method": "POST"}
    before = await network_server.client.options(path, headers=asked)
    assert before.status_code in (200, 204)
    assert before.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in before.headers["access-control-allow-headers"]
    assert "PATCH" in before.headers["access-control-allow-methods"]
    answer = await network_server.client.get(path, headers={"Origin": "https://phanpy.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"].lower()
    for name in ("link", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "idempotency-key"):
        assert name in exposed


# 10: apps with schemes of their own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["icecubesapp://", "com.tapbots.Ivory.10217:/request_token", "urn:ietf:wg:oauth:2.0:oob", "https://elk.example/cb"],
)
async def test_apps_come_back_by_any_scheme(network_server: Network, address: str) -> None:
    answer = await network_server.client.post("/api/v1/apps", json={"client_name": "App", "redirect_uris": address})
    assert answer.status_code == 200, answer.text
    assert answer.json()["redirect_uris"] == [address]
    assert answer.json()["client_secret_expires_at"] == 0


async def test_nothing_harmful_is_a_way_back(network_server: Network) -> None:
    answer = await network_server.client.post(
        "/api/v1/apps", json={"client_name": "App", "redirect_uris": "javascript:x"}
    )
    assert answer.status_code == 422


# 11 to 14: what clients conclude from names and numbers ---------------------------------------------------------------------------


async def test_the_version_is_understood(network_server: Network) -> None:
    for path in ("/api/v1/instance", "/api/v2/instance"):
        version = (await network_server.client.get(path)).json()["version"]
        parsed = Internals._Mastodon__normalize_version_string(None, version)
        assert re.fullmatch(r"4\.\d+\.\d+", parsed), parsed
        assert version.startswith(parsed)


async def test_no_more_is_claimed_than_there_is(network_server: Network, cast: Any) -> None:
    claimed = (await network_server.client.get("/api/v2/instance")).json()["api_versions"]["mastodon"]
    headers = await network_server.headers(cast.ada)
    gates = {
        2: "/api/v2/notifications",
        9: "/api/v1/profile",
        10: f"/api/v1/accounts/{cast.ada.account_id}/collections",
    }
    for least, path in gates.items():
        if claimed >= least:
            assert (await network_server.client.get(path, headers=headers)).status_code == 200, path


async def test_nodeinfo_says_who_we_are(network_server: Network) -> None:
    first = (await network_server.client.get("/.well-known/nodeinfo")).json()["links"][0]["href"]
    assert (await network_server.client.get(first)).json()["software"]["name"] == "folkmoot"


async def test_addresses_have_no_port_that_nobody_typed(network_server: Network, cast: Any) -> None:
    instance = (await network_server.client.get("/api/v1/instance")).json()
    assert instance["uri"] == "moot.example"
    assert instance["urls"]["streaming_api"] == "wss://moot.example"
    second = (await network_server.client.get("/api/v2/instance")).json()
    assert second["domain"] == "moot.example"
    assert second["configuration"]["urls"]["streaming"] == "wss://moot.example"
    made = await post(network_server, await network_server.headers(cast.ada))
    assert made["url"] == f"https://moot.example/@ada/{made['id']}"


# 15: errors are JSON ----------------------------------------------------------------------------------------------------------------


async def test_errors_are_json(network_server: Network, cast: Any) -> None:
    ask, headers = network_server.client.request, await network_server.headers(cast.ada)
    reading = await network_server.headers(cast.ada, "read")
    wrong = {"Authorization": "Bearer nobody's"}
    for method, path, given, status in (
        ("GET", "/api/v1/no/such/thing", {}, 404),
        ("GET", "/api/v7/statuses", {}, 404),
        ("GET", "/api/v1/statuses/1", {}, 404),
        ("GET", "/api/v1/statuses/abc", {}, 404),
        ("GET", "/api/v1/timelines/home", {}, 401),
        ("GET", "/api/v1/timelines/home", {"headers": wrong}, 401),
        ("GET", "/api/v1/timelines/public", {"headers": wrong}, 401),
        ("POST", "/api/v1/statuses", {"headers": reading, "json": {"status": "x"}}, 403),
        ("POST", "/api/v1/statuses", {"headers": headers, "json": {"status": ""}}, 422),
        ("POST", "/api/v1/statuses", {"headers": headers, "json": {"status": "x" * 5001}}, 422),
        ("GET", "/api/v1/timelines/home", {"headers": headers, "params": {"limit": "many"}}, 422),
        ("POST", "/api/v1/statuses", {"headers": headers | {"Content-Type": "application/json"}, "content": b"{"}, 400),
        ("POST", "/oauth/token", {"json": {"grant_type": "authorization_code"}}, 401),
        ("POST", "/oauth/token", {"json": {"grant_type": "magic"}}, 400),
    ):
        answer = await ask(method, path, **given)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        assert answer.headers["content-type"].startswith("application/json"), path
        assert isinstance(answer.json()["error"], str), path


async def test_limits_are_told_and_kept(network_server: Network) -> None:
    network_server.server.limits = Limits(Settings(rate_limits=True, rate_limit_requests=2))
    answers = [await network_server.client.get("/api/v1/instance") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:2]] == ["1", "0"]
    assert TIME.fullmatch(answers[0].headers["x-ratelimit-reset"])
    assert int(answers[2].headers["retry-after"]) > 0
    assert answers[2].json()["error"]


# 16: the HTML in posts --------------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """The tags of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


async def test_posts_have_only_the_tags_clients_know(network_server: Network, cast: Any) -> None:
    text = (
        "Dear @bert,\n\n<script>alert(1)</script> <b>look</b> at #roses & "
        "https://very-long-name.example/with/a/path/that/goes/on/and/on?and=on\nand on"
    )
    made = await post(network_server, await network_server.headers(cast.ada), status=text)
    tags = Tags(made["content"]).found
    assert {tag for tag, _ in tags} == {"p", "br", "span", "a"}
    assert all(set(attributes) <= {"href", "class", "rel", "target", "translate", "lang"} for _, attributes in tags)
    assert all(attributes["href"].startswith("https://") for tag, attributes in tags if tag == "a")  # type: ignore[union-attr]
    classes = {attributes.get("class") for tag, attributes in tags if tag == "span"}
    assert {"invisible", "ellipsis"} <= classes


async def test_an_address_counts_23_characters(network_server: Network, cast: Any) -> None:
    headers = await network_server.headers(cast.ada)
    address = "https://example.org/" + "long/" * 60
    await post(network_server, headers, status="x" * (1000 - 24) + " " + address)
    refused = await network_server.client.post(
        "/api/v1/statuses", headers=headers, json={"status": "x" * (1000 - 23) + " " + address}
    )
    assert refused.status_code == 422


# 17: sockets ------------------------------------------------------------------------------------------------------------------------


class Socket:
    """A WebSocket as the application sees it."""

    def __init__(self, network: Network, query: str = "", protocols: tuple[str, ...] = ()) -> None:
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[Any] = asyncio.Queue()
        scope = {
            "type": "websocket",
            "path": "/api/v1/streaming",
            "query_string": query.encode(),
            "headers": [(b"sec-websocket-protocol", ", ".join(protocols).encode())] if protocols else [],
            "subprotocols": list(protocols),
        }
        self._inbox.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(network.app(scope, self._inbox.get, self._outbox.put))

    async def next(self) -> dict[str, Any]:
        """What the application sends."""
        message: dict[str, Any] = await asyncio.wait_for(self._outbox.get(), 5)
        return message

    async def frame(self) -> dict[str, Any]:
        """The next frame, read as clients read it."""
        told: dict[str, Any] = json.loads((await self.next())["text"])
        return told

    def say(self, **wish: str) -> None:
        """Send a frame."""
        self._inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(wish)})

    async def leave(self) -> None:
        """Close the socket."""
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, 5)


async def test_the_token_in_the_subprotocol_is_echoed(network_server: Network, cast: Any) -> None:
    token = await network_server.token(cast.ada)
    socket = Socket(network_server, "stream=user", (token,))
    assert await socket.next() == {"type": "websocket.accept", "subprotocol": token}
    made = await post(network_server, {"Authorization": f"Bearer {token}"})
    frame = await socket.frame()
    assert frame["stream"] == ["user"]
    assert frame["event"] == "update"
    assert isinstance(frame["payload"], str)
    assert json.loads(frame["payload"])["id"] == made["id"]
    await socket.leave()


async def test_one_may_subscribe_later(network_server: Network, cast: Any) -> None:
    token = await network_server.token(cast.ada)
    socket = Socket(network_server, f"access_token={token}")
    assert (await socket.next())["type"] == "websocket.accept"
    socket.say(type="subscribe", stream="hashtag", tag="roses")
    await asyncio.sleep(0.05)
    made = await post(network_server, {"Authorization": f"Bearer {token}"}, status="My #roses")
    frame = await socket.frame()
    assert frame["stream"] == ["hashtag", "roses"]
    assert json.loads(frame["payload"])["id"] == made["id"]
    await socket.leave()


async def test_a_wrong_token_opens_nothing(network_server: Network) -> None:
    socket = Socket(network_server, "stream=user", ("nobody",))
    assert (await socket.next())["type"] == "websocket.close"
