"""Mail to people outside: written in the deed's transaction, carried out by the operator's own mail server, never twice."""

from folkmoot.mail.post import find_by_key, find_mail, find_mails, send_mail
from folkmoot.mail.rules import MailState, WrongAddress, check_address, is_configured, new_message_id
from folkmoot.mail.views import Attachment, MailView

__all__ = [
    "Attachment",
    "MailState",
    "MailView",
    "WrongAddress",
    "check_address",
    "find_by_key",
    "find_mail",
    "find_mails",
    "is_configured",
    "new_message_id",
    "send_mail",
]
