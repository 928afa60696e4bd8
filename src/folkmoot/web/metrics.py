"""What Prometheus reads: requests by endpoint and status, their durations, database round trips, caches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from folkmoot.web.server import Server

REGISTRY = CollectorRegistry()
_requests = Counter("folkmoot_requests", "Requests answered", ["method", "endpoint", "status"], registry=REGISTRY)
_seconds = Histogram(
    "folkmoot_request_seconds",
    "Time from request to answer",
    ["method", "endpoint"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
_round_trips = Gauge("folkmoot_database_round_trips", "Exchanges with the database since start", registry=REGISTRY)
_cached = Gauge("folkmoot_cache_size", "Bytes or pieces held in memory", ["cache"], registry=REGISTRY)
_streams = Gauge("folkmoot_streams", "Open streams", registry=REGISTRY)
_known: dict[tuple[str, str, int], tuple[Any, Any]] = {}


def observe(method: str, endpoint: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    key = (method, endpoint, status)
    children = _known.get(key)
    if children is None:
        children = _known[key] = (_requests.labels(method, endpoint, str(status)), _seconds.labels(method, endpoint))
    children[0].inc()
    children[1].observe(seconds)


def streams(change: int) -> None:
    """Count streams opened (+1) and closed (-1)."""
    _streams.inc(change)


def exposition(server: Server) -> bytes:
    """All of it in Prometheus's text format."""
    _round_trips.set(server.db.round_trips)
    for name, size in server.shelf.sizes().items():
        _cached.labels(name).set(size)
    return generate_latest(REGISTRY)
