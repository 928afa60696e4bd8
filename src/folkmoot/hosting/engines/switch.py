"""The place where a network's settings say which database is its own, and how that is changed in one go."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from folkmoot.hosting import state as states
from folkmoot.hosting.engines.rules import CannotChange
from folkmoot.settings import HOST_FILE

_LINE = re.compile(r"^[ \t]*database_url[ \t]*=.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """Where the address of the database is written."""

    file: Path

    def say(self, url: str) -> None:
        """From the next start on the database is there; the file is the old one or the new one, and whole."""
        line = f"database_url = {json.dumps(url)}"
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        mode = self.file.stat().st_mode & 0o777 if self.file.exists() else 0o600
        if _LINE.search(text):
            text = _LINE.sub(lambda _: line, text, count=1)
        else:
            # Before all else: a line after the file's last heading would belong to that heading.
            text = f"{line}\n{text}"
        states.write_whole(self.file, text, mode & 0o700)


def find(source: str, data: Path) -> Written:
    """The file to change, from where `database_url` comes (settings.load_with_sources). Raises CannotChange."""
    if source in ("DATABASE_URL", "FOLKMOOT_DATABASE_URL") or source.startswith("--"):
        raise CannotChange(
            why=f"{source} says where it is, and that cannot be changed from here: write database_url into the settings "
            f"file instead, take {source} away and restart."
        )
    file = data / HOST_FILE if source == "default" else Path(source)
    if not os.access(file.parent, os.W_OK):
        raise CannotChange(why=f"{file} cannot be written.")
    return Written(file)
