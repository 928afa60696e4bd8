"""Call every steward, and again, until somebody answers. The first call is made at once; in the app the alarm itself did."""

from __future__ import annotations

import msgspec

from folkmoot import clock
from folkmoot.clock import stamp
from folkmoot.database import Database, Row, Transaction
from folkmoot.ids import new_id
from folkmoot.mail import WrongAddress, is_configured, send_mail
from folkmoot.moderation.paging import queries, rules
from folkmoot.network.notifications import notify
from folkmoot.settings import Settings

ALARM = "alarm"


async def begin(tx: Transaction, alarm_id: int, case_id: int, via: str) -> None:
    """Have stewards called about an alarm, a step of raising it."""
    await queries.begin(tx, ALARM, alarm_id, case_id, via, clock.now())
    tx.defer("moderation.paging.round", once="moderation.paging.round")


async def end(tx: Transaction, alarm_id: int) -> None:
    """Somebody has answered: nobody is called any more. A step of answering it."""
    await queries.end(tx, ALARM, alarm_id)


async def round_due(db: Database, settings: Settings) -> int:
    """Make every call that is due; how many. May run twice: a call is made where its next one is noted."""
    made = 0
    for row in await queries.due(db, clock.now()):
        async with db.transaction() as tx:
            paging = await queries.take(tx, row["kind"], row["about_id"], clock.now())
            if paging is None:
                continue
            if await queries.is_answered(tx, paging["about_id"]):
                await queries.end(tx, paging["kind"], paging["about_id"])
                continue
            await _call(tx, settings, paging)
            made += 1
    return made


async def _call(tx: Transaction, settings: Settings, paging: Row) -> None:
    now = clock.now()
    round = paging["round"] + 1
    stewards = await queries.stewards(tx)
    if round > 1:  # the alarm itself told them the first time
        about = paging["case_id"]
        await notify(tx, kind="alarm", to=[each["id"] for each in stewards], from_id=None, about_id=about)
    if is_configured(settings):
        for steward in stewards:
            await _mail(tx, settings, paging, round, steward)
    if settings.alarm_webhook_url:
        key = f"{paging['kind']}:{paging['about_id']}:{round}"
        body = msgspec.json.encode(
            {
                "event": "alarm",
                "network": settings.base_url,
                "alarm_id": str(paging["about_id"]),
                "case_id": str(paging["case_id"]),
                "via": paging["via"],
                "raised_at": stamp(paging["began_at"]),
                "round": round,
                "url": f"{settings.base_url}/admin/board",
            }
        ).decode()
        await queries.insert_hook(tx, new_id(), key, body, now, now + rules.FRESH)
        tx.defer("moderation.paging.hooks", once="moderation.paging.hooks")
    await queries.note_round(tx, paging["kind"], paging["about_id"], round, rules.next_call(round, now))


async def _mail(tx: Transaction, settings: Settings, paging: Row, round: int, steward: Row) -> None:
    if not steward["email"]:
        return
    locale = steward["locale"]
    try:
        await send_mail(
            tx,
            to=steward["email"],
            subject=rules.subject(locale, site=settings.site_name, case_id=paging["case_id"], round=round),
            text=rules.text(locale, when=paging["began_at"], via=paging["via"], url=settings.base_url),
            key=f"{paging['kind']}:{paging['about_id']}:{round}:{steward['id']}",
            language=locale,
            urgent=True,
            fresh=rules.FRESH,
        )
    except WrongAddress:  # one steward's slip of the pen keeps nobody else from being called
        return
