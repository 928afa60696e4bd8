"""The statement of reasons by mail, where the network has a mail server and the author gave an address."""

from __future__ import annotations

from folkmoot.database import Database
from folkmoot.mail import WrongAddress, is_configured, send_mail
from folkmoot.moderation.sanctions import queries
from folkmoot.moderation.sanctions.views import Kind
from folkmoot.settings import Settings

_SUBJECTS = {
    "en": {Kind.RESTORED: "{site}: your post is visible again", Kind.REVERSED: "{site}: your appeal was upheld"},
    "de": {
        Kind.RESTORED: "{site}: Dein Beitrag ist wieder zu sehen",
        Kind.REVERSED: "{site}: Dein Einspruch hatte Erfolg",
    },
}
_SUBJECT = {"en": "{site}: a decision about you", "de": "{site}: eine Entscheidung über dich"}
_LINK = {
    "en": "The decision, and how to appeal, without signing in:",
    "de": "Die Entscheidung, und wie du Einspruch erhebst, ohne Anmeldung:",
}
_PLAIN_LINK = {"en": "The decision:", "de": "Die Entscheidung:"}


async def mail_statement(db: Database, settings: Settings, statement_id: int) -> None:
    """Send one statement to whom it concerns; once, however often this runs. Its link needs no account."""
    if not is_configured(settings):
        return
    async with db.transaction() as tx:
        found = await queries.statement_to_mail(tx, statement_id)
        if found is None or not found["email"]:
            return
        locale = found["locale"] if found["locale"] in _SUBJECT else "en"
        subject = _SUBJECTS[locale].get(Kind(found["kind"]), _SUBJECT[locale])
        link = _LINK[locale] if found["appeal_until"] is not None else _PLAIN_LINK[locale]
        try:
            await send_mail(
                tx,
                to=found["email"],
                subject=subject.format(site=settings.site_name),
                text=f"{found['text']}\n\n{link}\n{settings.base_url}/decisions/{found['token']}\n",
                key=f"statement:{statement_id}",
                language=locale,
            )
        except WrongAddress:
            return
