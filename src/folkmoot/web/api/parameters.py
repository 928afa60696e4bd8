"""What a client sent, in whatever encoding it chose, as one typed value.

Clients mix query strings, form bodies, multipart and JSON, and spell lists as `k`, `k[]` or `k[0]` and nested values as
`source[privacy]` or `fields_attributes[0][name]`: everything is merged into one nested dictionary, the body before the
query, and converted to the endpoint's parameter struct.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from folkmoot.errors import Invalid, Malformed
from folkmoot.ids import LARGEST

T = TypeVar("T")

FIELDS = 1_000
DEPTH = 5
_KEY = re.compile(r"[^\[\]]+|\[([^\[\]]*)\]")
_YES = {"on", "yes", "t", "y"}
_BIG = re.compile(r"-?[0-9]{19,400}")
_NO = {"off", "no", "f", "n"}


class Upload(msgspec.Struct, frozen=True):
    """A file from a multipart body."""

    name: str
    content_type: str
    data: bytes


def merge(query: bytes, content_type: str, body: bytes) -> dict[str, Any]:
    """All parameters of a request as nested dictionaries and lists. Raises Malformed."""
    merged: dict[str, Any] = {}
    if query:
        _add_pairs(merged, _pairs(query))
    if body:
        kind = content_type.split(";")[0].strip().lower()
        if kind == "multipart/form-data":
            _add_pairs(merged, _multipart(content_type, body))
        elif kind == "application/json" or (not kind and body[:1] in b"{["):
            merged.update(_json(body))
        else:
            _add_pairs(merged, _pairs(body))
    return merged


def _pairs(text: bytes) -> Iterable[tuple[str, Any]]:
    try:
        return parse_qsl(text.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as error:
        raise Malformed("The parameters could not be read", cause=str(error)) from error


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed("The request body is not valid JSON", cause=str(error)) from error
    if not isinstance(value, dict):
        raise Malformed("The request body must be a JSON object")
    return value


def _multipart(content_type: str, body: bytes) -> Iterable[tuple[str, Any]]:
    _, options = parse_options_header(content_type)
    boundary = options.get("boundary")
    if not boundary:
        raise Malformed("The multipart body has no boundary")
    pairs: list[tuple[str, Any]] = []
    segment: MultipartSegment | None = None
    data = bytearray()
    try:
        with PushMultipartParser(boundary, content_length=len(body), max_segment_count=FIELDS) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    segment, data = event, bytearray()
                elif event:
                    data += event
                elif segment is not None:
                    value: Any = bytes(data)
                    if segment.filename is not None:
                        value = Upload(segment.filename, segment.content_type or "", bytes(data))
                    else:
                        value = data.decode("utf-8")
                    pairs.append((segment.name, value))
    except (MultipartError, UnicodeDecodeError, ValueError) as error:
        raise Malformed("The multipart body could not be read", cause=str(error)) from error
    return pairs


def _add_pairs(merged: dict[str, Any], pairs: Iterable[tuple[str, Any]]) -> None:
    for key, value in pairs:
        path = [found.group(1) if found.group(0).startswith("[") else found.group(0) for found in _KEY.finditer(key)]
        if not path or len(path) > DEPTH:
            raise Malformed("A parameter has a name that cannot be read")
        _put(merged, path, value)


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    """`[]` appends; a plain key that comes twice becomes a list, of which single-valued parameters take the last."""
    key, rest = path[0], path[1:]
    if not rest:
        if key in into and not isinstance(into[key], dict):
            held = into[key]
            into[key] = [*(held if isinstance(held, list) else [held]), value]
        else:
            into[key] = value
        return
    if rest == [""]:
        held = into.get(key)
        into[key] = [*(held if isinstance(held, list) else [] if held is None else [held]), value]
        return
    if rest[0] == "":  # k[][name]=…: a new item when the name was given already
        items = into.setdefault(key, [])
        if not isinstance(items, list):
            raise Malformed("A parameter is given both as a list and as a value")
        if not items or not isinstance(items[-1], dict) or rest[1] in items[-1]:
            items.append({})
        _put(items[-1], rest[1:], value)
        return
    inner = into.get(key)
    if not isinstance(inner, dict):
        inner = into[key] = {}
    _put(inner, rest, value)


def convert(values: dict[str, Any], to: type[T]) -> T:
    """The values as the struct `to`; unknown ones are left out. Raises Invalid naming the first that does not fit."""
    shaped = _shape(values, to)
    try:
        return msgspec.convert(shaped, to, strict=False)
    except (msgspec.ValidationError, OverflowError) as error:
        raise Invalid("Validation failed: {why}", why=str(error).replace("`", "")) from error


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(to: type) -> dict[str, Any]:
    if to not in _HINTS:
        _HINTS[to] = get_type_hints(to)
    return _HINTS[to]


def _shape(value: Any, to: Any) -> Any:
    """Bring what forms can express (text, one or many, numbered keys) near to what the type expects.

    Raises Invalid for what the database could not hold: text with a NUL, numbers beyond 64 bits.
    """
    if isinstance(value, str) and "\0" in value:
        raise Invalid("Validation failed: Text must not contain the character NUL")
    if to is int and _is_beyond(value):
        raise Invalid("Validation failed: A number is too large")
    origin = get_origin(to)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(to) if option is not type(None)]
        if value is None or (value == "" and options != [str] and type(None) in get_args(to)):
            return None
        return _shape(value, options[0]) if len(options) == 1 else value
    if origin in (tuple, list):
        if isinstance(value, dict) and all(key.isascii() and key.isdigit() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if not isinstance(value, (list, tuple)):
            value = [] if value in ("", None) else [value]
        inner = get_args(to)[0]
        return [_shape(item, inner) for item in value]
    if isinstance(value, list) and to is not Any:
        return _shape(value[-1], to) if value else None
    if to is bool and isinstance(value, str):
        low = value.strip().lower()
        return True if low in _YES else False if low in _NO or low == "" else low
    if to is bool and value in (0, 1):
        return bool(value)
    if to is str and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if to is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(to, type) and issubclass(to, msgspec.Struct) and isinstance(value, dict):
        hints = _hints(to)
        shaped = {key: _shape(item, hints[key]) for key, item in value.items() if key in hints}
        return {key: item for key, item in shaped.items() if item is not None or _optional(hints[key])}
    return value


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _is_beyond(value: Any) -> bool:
    """Whether this is a number that 64 bits cannot hold."""
    if isinstance(value, str):
        return _BIG.fullmatch(value) is not None and abs(int(value)) > LARGEST
    return isinstance(value, (int, float)) and abs(value) > LARGEST


def focus_of(text: str | None) -> tuple[float, float] | None:
    """A focus point as clients write it: `x,y`, each from -1 to 1. Raises Invalid."""
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid("Validation failed: Focus must be two numbers", field="focus") from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise Invalid("Validation failed: Focus must lie between -1 and 1", field="focus")
    return x, y
