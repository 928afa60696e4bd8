"""The API's description, made from the endpoints themselves."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from folkmoot import __version__
from folkmoot.web.api.call import ENDPOINTS, Call, Endpoint, endpoint
from folkmoot.web.api.parameters import Upload

_described: dict[str, bytes] = {}


@endpoint("GET", "/api/openapi.json", who="anyone")
async def openapi(call: Call) -> bytes:
    """This description."""
    base = call.server.settings.base_url
    if base not in _described:
        _described[base] = msgspec.json.encode(describe(base))
    return _described[base]


def describe(base: str) -> dict[str, Any]:
    """OpenAPI 3.1: every endpoint with its parameters, scopes and errors."""
    kinds = [each.parameters for each in ENDPOINTS if each.parameters is not None]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}", schema_hook=_hook)
    components["Error"] = {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    }
    paths: dict[str, dict[str, Any]] = {}
    for each in ENDPOINTS:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Folkmoot", "version": __version__, "license": {"name": "AGPL-3.0-or-later"}},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _hook(kind: type) -> dict[str, Any]:
    if kind is Upload:
        return {"type": "string", "format": "binary"}
    raise NotImplementedError(kind)


def _operation(each: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{each.method.lower()}{each.path}"),
        "summary": each.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"\{(\w+)\}", each.path)
        ],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {}}},
            "4XX": {
                "description": "Refused; nothing was changed.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }
    if each.who != "anyone":
        operation["security"] = [{"token": []}]
    if each.scope:
        operation["x-scope"] = each.scope
    if each.parameters is not None:
        name = each.parameters.__name__
        if each.method in ("GET", "DELETE"):
            hook = msgspec.json.schema_components([each.parameters], ref_template="{name}", schema_hook=_hook)[1]
            operation["parameters"] += [
                {
                    "name": f"{key}[]" if "array" in str(schema.get("type", schema)) else key,
                    "in": "query",
                    "schema": schema,
                }
                for key, schema in hook[name]["properties"].items()
                if "$ref" not in str(schema)
            ]
        else:
            content = {"schema": {"$ref": f"#/components/schemas/{name}"}}
            operation["requestBody"] = {
                "content": {"application/json": content, "application/x-www-form-urlencoded": content}
            }
    return operation
