"""One request to the API, and how an endpoint is declared.

The API is dispatched straight from ASGI: a timeline out of memory costs less than a framework's routing
(docs/decisions/api-dispatch.md). Pages go through Litestar.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_type_hints
from urllib.parse import parse_qsl, urlencode

import msgspec

from folkmoot.errors import FolkmootError, Forbidden, Kind, Malformed, TooLarge, Unknown
from folkmoot.ids import parse
from folkmoot.network.access.viewer import Viewer, is_covered
from folkmoot.web.api.parameters import convert, merge

if TYPE_CHECKING:
    from folkmoot.web.server import Server

BODY_BYTES = 1_048_576
"""Bound of a request body where no upload is expected."""
SHORT_QUERY = 200
"""Query strings up to this many bytes may be remembered with what they mean."""

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class WrongScope(Forbidden):
    sentence = "This action is outside the authorized scopes"


class TokenInvalid(Unknown):
    sentence = "The access token is invalid"


class NeedsMember(FolkmootError):
    """An app's own token was used where an account is needed."""

    kind = Kind.INVALID
    sentence = "This method requires an authenticated user"


class Answer(msgspec.Struct):
    """A finished answer: bytes, status and extra headers."""

    body: bytes
    status: int = 200
    headers: list[tuple[bytes, bytes]] = []
    content_type: bytes = b"application/json; charset=utf-8"


class Call:
    """A request as endpoints see it."""

    __slots__ = (
        "_body", "address", "app_id", "headers", "method", "path", "query", "receive", "scope", "scopes", "segments",
        "server", "viewer",
    )  # fmt: skip

    def __init__(self, server: Server, scope: Mapping[str, Any], receive: Receive, segments: dict[str, str]) -> None:
        self.server = server
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.receive = receive
        self.segments = segments
        self.viewer: Viewer | None = None
        self.app_id: int | None = None
        self.scopes: frozenset[str] = frozenset()
        self.address = ""
        self._body: bytes | None = None

    @property
    def member(self) -> Viewer:
        """The signed-in account; endpoints declared for members have one."""
        if self.viewer is None:
            raise Unknown
        return self.viewer

    @property
    def reader_id(self) -> int | None:
        return self.viewer.account_id if self.viewer else None

    def id(self, name: str = "id") -> int:
        """An id from the path. Raises Missing for what cannot be one."""
        from_path = parse(self.segments[name])
        if from_path is None:
            raise NoSuchRecord
        return from_path

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def has_body(self) -> bool:
        """Whether parameters may stand in the body; some clients send one with GET."""
        length = self.headers.get(b"content-length")
        return length != b"0" and (length is not None or self.method != "GET")

    async def body(self, most: int) -> bytes:
        """The whole body. Raises TooLarge before reading what is announced as larger, and while reading."""
        if self._body is not None:
            return self._body
        announced = self.header(b"content-length")
        if announced.isascii() and announced.isdigit() and int(announced) > most:
            raise TooLarge
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                raise Malformed("The request was cut off")
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                raise TooLarge
            parts.append(part)
            if not message.get("more_body"):
                break
        self._body = b"".join(parts)
        return self._body

    async def parameters(self, to: type[Any], most: int = BODY_BYTES) -> Any:
        """All parameters as the struct `to`."""
        body = await self.body(most) if self.has_body else b""
        if not body and len(self.query) <= SHORT_QUERY:
            return _from_query(self.query, to)  # type: ignore[arg-type]  # classes are hashable
        return convert(merge(self.query, self.header(b"content-type"), body), to)

    def link(self, next_id: int | None, prev_id: int | None) -> list[tuple[bytes, bytes]]:
        """The Link header to older and newer pages; no next on the last page, or clients go in circles."""
        kept = [
            (key, value)
            for key, value in parse_qsl(self.query.decode("latin-1"), keep_blank_values=True)
            if key not in ("max_id", "min_id", "since_id", "offset")
        ]
        address = self.server.settings.base_url + self.path
        links = []
        if next_id is not None:
            links.append(f'<{address}?{urlencode([*kept, ("max_id", next_id)])}>; rel="next"')
        if prev_id is not None:
            links.append(f'<{address}?{urlencode([*kept, ("min_id", prev_id)])}>; rel="prev"')
        return [(b"link", ", ".join(links).encode("latin-1"))] if links else []


@lru_cache(1_000)
def _from_query(query: bytes, to: type[Any]) -> Any:
    """The parameters of a request without a body. Clients ask the same few questions, and the structs are not changed."""
    return convert(merge(query, "", b"") if query else {}, to)


class NoSuchRecord(FolkmootError):
    kind = Kind.MISSING
    sentence = "Record not found"


class Nothing(msgspec.Struct, frozen=True):
    """For endpoints without parameters."""


class Endpoint(msgspec.Struct, frozen=True):
    """One route: who may call it, what it takes, what answers."""

    method: str
    path: str
    act: Callable[..., Awaitable[Any]]
    who: Literal["anyone", "app", "member"]
    scope: str | None
    parameters: type[Any] | None
    most_body: int
    answers: Any
    summary: str

    async def answer(self, call: Call) -> Answer:
        """Check who asks, read the parameters, act. Raises FolkmootError."""
        if self.who == "member" and call.viewer is None:
            if call.app_id is not None:
                raise NeedsMember
            raise Unknown
        if self.who == "app" and call.app_id is None:
            raise TokenInvalid
        if self.scope is not None and (call.viewer is not None or call.app_id is not None):
            sufficient = call.scopes
            if (
                self.scope not in sufficient
                and self.scope.partition(":")[0] not in sufficient
                and not is_covered(self.scope, sufficient)
                and not (
                    self.scope == "read:accounts"
                    and "profile" in sufficient
                    and self.path.endswith("verify_credentials")
                )
            ):
                raise WrongScope
        if self.parameters is None:
            result = await self.act(call)
        else:
            most = self.most_body or BODY_BYTES
            result = await self.act(call, await call.parameters(self.parameters, most))
        if isinstance(result, Answer):
            return result
        return Answer(result if isinstance(result, bytes) else msgspec.json.encode(result))


ENDPOINTS: list[Endpoint] = []

Act = Callable[..., Awaitable[Any]]


def endpoint(
    method: str,
    path: str,
    *,
    who: Literal["anyone", "app", "member"] = "member",
    scope: str | None = None,
    most_body: int = 0,
    answers: Any = Any,
) -> Callable[[Act], Act]:
    """Declare an endpoint. A second argument's type names its parameter struct; the docstring is its description."""

    def declare(act: Act) -> Act:
        hints = {name: hint for name, hint in get_type_hints(act).items() if name not in ("call", "return")}
        parameters = next(iter(hints.values()), None)
        summary = (act.__doc__ or act.__name__).strip().splitlines()[0]
        ENDPOINTS.append(Endpoint(method, path, act, who, scope, parameters, most_body, answers, summary))
        return act

    return declare


class Router:
    """Finds the endpoint for a method and path; a trailing slash makes no difference."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self._exact: dict[str, dict[str, Endpoint]] = {}
        patterns: dict[str, dict[str, Endpoint]] = {}
        for each in endpoints:
            into = patterns if "{" in each.path else self._exact
            methods = into.setdefault(each.path, {})
            if each.method in methods:
                raise ValueError(f"{each.method} {each.path} is declared twice")
            methods[each.method] = each
        self._patterns = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), methods) for path, methods in patterns.items()
        ]
        self._by_count: dict[int, list[tuple[re.Pattern[str], dict[str, Endpoint]]]] = {}
        for pattern, methods in self._patterns:
            count = pattern.pattern.count("/") - pattern.pattern.count("[^/]")
            self._by_count.setdefault(count, []).append((pattern, methods))

    def find(self, path: str) -> tuple[dict[str, Endpoint], dict[str, str]] | None:
        """The endpoints at this path by method, and what its segments name; None when there is nothing."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, {}
        if path.endswith("/") and len(path) > 1:
            return self.find(path.rstrip("/"))
        for pattern, methods in self._by_count.get(path.count("/"), ()):
            found = pattern.fullmatch(path)
            if found:
                return methods, found.groupdict()
        return None
