"""Kinds of error and their HTTP status: one table."""

from __future__ import annotations

from folkmoot.errors import Kind

STATUS = {
    Kind.MISSING: 404,
    Kind.UNKNOWN: 401,
    Kind.FORBIDDEN: 403,
    Kind.INVALID: 422,
    Kind.MALFORMED: 400,
    Kind.TOO_LARGE: 413,
    Kind.CONFLICT: 409,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
