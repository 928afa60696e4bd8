"""What a job works with."""

from __future__ import annotations

import msgspec

from folkmoot.database import Database
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings
from folkmoot.storage import Storage


class Tools(msgspec.Struct, frozen=True):
    db: Database
    storage: Storage
    settings: Settings
    gate: Gate
