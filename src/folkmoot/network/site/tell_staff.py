"""What happened to the hosts of the network, told to those who run it by mail."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.mail import WrongAddress, send_mail
from folkmoot.network.site import queries
from folkmoot.settings import Settings

TEXTS = {
    "standby.sync_relaxed": (
        "The standby was lost; writes no longer wait for it",
        "Since {since} nothing waits for the standby any more, because it did not answer and the rule says to go on. If the "
        "host of the network died now, what was written since then would be lost. See {base}/admin/standby.\n\n"
        "Seit {since} wartet nichts mehr auf den Zweitserver, weil er nicht antwortete und die Regel sagt, dass es weitergeht. "
        "Fiele der Server jetzt aus, ginge verloren, was seither geschrieben wurde. Siehe {base}/admin/standby.\n",
    ),
    "standby.sync_on": (
        "Writes wait for the standby",
        "Since {since} every answer waits until the standby has it on its disk.\n\n"
        "Seit {since} wartet jede Antwort, bis der Zweitserver sie auf seiner Platte hat.\n",
    ),
}


async def tell_staff(db: Database, settings: Settings, event: str, since: str) -> int:
    """Write to every steward and operator who has an address, once for each event; how many."""
    subject, text = TEXTS[event]
    told = 0
    async with db.transaction() as tx:
        for row in await queries.staff_addresses(tx):
            try:
                await send_mail(
                    tx,
                    to=row["email"],
                    subject=f"{settings.site_name}: {subject}",
                    text=text.format(since=since, base=settings.base_url),
                    key=f"site:{event}:{since}:{row['id']}",
                    urgent=True,
                )
            except WrongAddress:
                continue
            told += 1
    return told
