"""Live events for apps: WebSocket and server-sent events under /api/v1/streaming."""

from folkmoot.web.stream.streams import STREAMING, Streams

__all__ = ["STREAMING", "Streams"]
