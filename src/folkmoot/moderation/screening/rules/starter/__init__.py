"""The rules we ship, in English and German."""

from __future__ import annotations

from pathlib import Path

STARTER: tuple[Path, ...] = tuple(Path(__file__).parent / name for name in ("en.toml", "de.toml"))
