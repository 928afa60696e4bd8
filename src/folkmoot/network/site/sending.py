"""Bring an announcement to everybody's device and mail: once, in steps, each in its own transaction, where the last one ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from folkmoot import clock
from folkmoot.database import Database, Row, Transaction
from folkmoot.mail import WrongAddress, send_mail
from folkmoot.network.site import queries
from folkmoot.network.site.views import Sending, Translations
from folkmoot.settings import Settings

STEP = 200
STEPS = 50
"""Of one pass: ten thousand accounts, then other work has its turn."""
FRESH = timedelta(days=2)
_SUBJECT = {"en": "{name}: an announcement", "de": "{name}: eine Ankündigung"}
_URGENT = {"en": "{name}: urgent", "de": "{name}: dringend"}
_FOOT = {
    "en": "This went to all members of {name}, {url}.",
    "de": "Das ging an alle Mitglieder von {name}, {url}.",
}
_CHOICE = {
    "en": "You can choose not to get announcements by mail: {url}/settings/notifications",
    "de": "Du kannst Ankündigungen per Mail abwählen: {url}/settings/notifications",
}


async def send_due(db: Database, settings: Settings) -> int:
    """Send on whatever is due; how many accounts were reached. May run twice: where it stands is a row."""
    reached = 0
    for id in await queries.due_sendings(db, clock.now()):
        for _ in range(STEPS):
            step = await _step(db, settings, id)
            reached += step
            if step < STEP:
                break
    return reached


async def progress(db: Database, ids: Sequence[int]) -> dict[int, Sending]:
    """How far these announcements have come, by their id; those that are not sent are missing."""
    return {row["id"]: Sending(**dict(row)) for row in await queries.sendings(db, ids)}


async def _step(db: Database, settings: Settings, id: int) -> int:
    now = clock.now()
    async with db.transaction() as tx:
        sending = await queries.take_sending(tx, id)
        if sending is None:
            return 0
        if sending["withdrawn_at"] is not None:
            await queries.note_sending(tx, id, sending["reached"], 0, 0, 0, now)
            return 0
        readers = await queries.readers_after(tx, sending["reached"], STEP)
        mails = 0
        for reader in readers:
            if reader["email"] and (sending["urgent"] or reader["by_mail"]):
                mails += await _mail(tx, settings, id, sending, reader)
        devices = [reader["id"] for reader in readers if sending["urgent"] or reader["by_push"]]
        pushes = await queries.push_to(tx, id, devices, now, now + FRESH)
        reached = readers[-1]["id"] if readers else sending["reached"]
        finished = now if len(readers) < STEP else None
        await queries.note_sending(tx, id, reached, len(readers), mails, pushes, finished)
        return len(readers)


async def _mail(tx: Transaction, settings: Settings, id: int, sending: Row, reader: Row) -> int:
    locale = reader["locale"] if reader["locale"] in _SUBJECT else "en"
    translations = msgspec.json.decode(sending["translations"], type=Translations)
    text = translations.get(locale, {}).get("text") or sending["text"]
    values = {"name": settings.site_name, "url": settings.base_url}
    foot = [_FOOT[locale].format(**values)]
    if not sending["urgent"]:
        foot.append(_CHOICE[locale].format(**values))
    try:
        await send_mail(
            tx,
            to=reader["email"],
            subject=(_URGENT if sending["urgent"] else _SUBJECT)[locale].format(**values),
            text=f"{text}\n\n--\n" + "\n".join(foot) + "\n",
            key=f"announcement:{id}:{reader['id']}",
            language=locale,
            urgent=sending["urgent"],
            fresh=FRESH,
        )
    except WrongAddress:  # written down at sign-up, before anybody asked whether mail goes there
        return 0
    return 1
