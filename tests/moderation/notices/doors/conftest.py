"""The letters of the reading's tests come through the doors, too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "reading"))
