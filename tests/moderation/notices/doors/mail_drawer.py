"""Where doors put mail in tests: a drawer that keeps it, or fails as told."""

from __future__ import annotations

from dataclasses import dataclass, field

from folkmoot.moderation.notices.doors.take_in import Intake, Mails
from folkmoot.moderation.notices.reading import House, Reading

MAIL = b"From: abuse@cloud.example\r\nTo: notices@example.org\r\nSubject: A post\r\n\r\nhttps://example.org/@ada/105345678901234567\r\n"


@dataclass
class Drawer:
    """Stands where the notices stand: keeps what it is given, or fails as told."""

    kept: list[tuple[bytes, Reading]] = field(default_factory=list)
    error: Exception | None = None

    async def house(self) -> House:
        return House(base_url="https://example.org", domain="example.org")

    async def receive(self, raw: bytes, reading: Reading, door: str) -> bool:
        if self.error:
            raise self.error
        is_new = all(reading.digest != before.digest for _, before in self.kept)
        self.kept.append((raw, reading))
        return is_new

    def mails(self) -> Mails:
        return Mails(Intake(self.house, self.receive, None))
