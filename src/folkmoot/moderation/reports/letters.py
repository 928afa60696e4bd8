"""What somebody without an account is told about their report by mail: that it came, and what came of it (DSA, Art. 16)."""

from __future__ import annotations

from folkmoot.database import Database, Transaction
from folkmoot.mail import WrongAddress, find_by_key, is_configured, new_message_id, send_mail
from folkmoot.moderation.reports import queries
from folkmoot.settings import Settings

_RECEIVED = {
    "en": (
        "{site}: your report has come",
        "We have your report about\n{about}\n\nVolunteers drawn by lot will judge it. How it stands, and what you can do "
        "when you disagree:\n{link}\n\nThe link is yours alone: whoever has it can read this.\n",
    ),
    "de": (
        "{site}: Deine Meldung ist da",
        "Wir haben deine Meldung über\n{about}\n\nAusgeloste Freiwillige entscheiden darüber. Wie es steht, und was du tun "
        "kannst, wenn du anderer Meinung bist:\n{link}\n\nDer Link gehört nur dir: Wer ihn hat, kann das lesen.\n",
    ),
}
_DECIDED = {
    "en": {
        "upheld": (
            "{site}: your report was upheld",
            "What you reported breaks a rule or the law, and we have acted.",
        ),
        "refused": (
            "{site}: your report was refused",
            "What you reported was found to break neither a rule nor the law. You may ask that others look at it.",
        ),
        "more": "\n\nThe link in our first mail leads to the decision and to how you can object. A court or an out-of-court "
        "dispute settlement body can be asked, too.\n",
    },
    "de": {
        "upheld": (
            "{site}: Deine Meldung war berechtigt",
            "Was du gemeldet hast, verstößt gegen eine Regel oder ein Gesetz, und wir haben gehandelt.",
        ),
        "refused": (
            "{site}: Deine Meldung wurde abgelehnt",
            "Was du gemeldet hast, verstößt nach unserem Befund weder gegen eine Regel noch gegen ein Gesetz. Du kannst "
            "verlangen, dass andere es ansehen.",
        ),
        "more": "\n\nDer Link in unserer ersten Mail führt zur Entscheidung und dazu, wie du widersprechen kannst. Auch ein "
        "Gericht oder eine außergerichtliche Streitbeilegungsstelle kann angerufen werden.\n",
    },
}


async def send_receipt(
    tx: Transaction, settings: Settings, *, report_id: int, to: str, token: str, about: str, locale: str
) -> None:
    """Confirm that a report has come, a step of making it. An address that takes no mail keeps nobody from reporting."""
    if not is_configured(settings):
        return
    subject, text = _RECEIVED[locale if locale in _RECEIVED else "en"]
    link = f"{settings.base_url}/report/{token}"
    try:
        await send_mail(
            tx,
            to=to,
            subject=subject.format(site=settings.site_name),
            text=text.format(about=about, link=link),
            key=f"report:{report_id}:receipt",
            message_id=new_message_id(settings.domain),
            language=locale,
        )
    except WrongAddress:
        return


async def mail_outcome(db: Database, settings: Settings, report_id: int) -> None:
    """Tell a reporter without an account what came of it; once for each outcome, in answer to our first mail."""
    if not is_configured(settings):
        return
    async with db.transaction() as tx:
        found = await queries.to_mail(tx, report_id)
        if found is None or not found["email"] or not found["outcome"]:
            return
        locale = found["locale"] if found["locale"] in _DECIDED else "en"
        words = _DECIDED[locale]
        subject, text = words[found["outcome"]]
        first = await find_by_key(tx, f"report:{report_id}:receipt")
        try:
            await send_mail(
                tx,
                to=found["email"],
                subject=subject.format(site=settings.site_name),
                text=text + str(words["more"]),
                key=f"report:{report_id}:{found['outcome']}:{found['outcome_at']:%Y%m%d%H%M%S}",
                in_reply_to=first.message_id if first is not None else "",
                language=locale,
            )
        except WrongAddress:
            return
