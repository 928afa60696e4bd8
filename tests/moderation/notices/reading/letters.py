"""Letters as they come: hosts, stores, authorities, flaggers, people, machines. All of them invented, none of them copied."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from zlib import crc32

from folkmoot.ids import id_at
from folkmoot.moderation.notices.reading import House

SATURDAY = datetime(2021, 1, 9, 18, 1, tzinfo=UTC)
HOUSE = House(
    base_url="https://moot.example", domain="moot.example", former=("old-moot.example",), zone="Europe/Berlin"
)
KEY = "ab/cd/abcd" + "0" * 60 + ".jpg"


def post_id(n: int) -> int:
    """The nth post, some minutes apart from the one before."""
    return id_at(datetime(2021, 1, 8, 12, n % 60, tzinfo=UTC)) // 65536 * 65536 + n


THIRTY = [post_id(n) for n in range(30)]


def mail(
    text: str,
    *,
    sender: str = "Abuse Desk <abuse@cloud.example>",
    subject: str = "Notice",
    date: str = "Sat, 09 Jan 2021 10:00:00 -0800",
    html: str = "",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A well-made mail."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Date"] = sender, "notices@moot.example", subject, date
    made["Message-ID"] = f"<{crc32((text + subject).encode())}@cloud.example>"
    for name, value in (headers or {}).items():
        made[name] = value
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
        made.set_boundary("=-=-=")  # the library's is random, and a seed must give the same letter again
    return made.as_bytes()


def ultimatum() -> bytes:
    """The letter of January 2021, in spirit: thirty addresses and Sunday midnight, Pacific."""
    forms = (
        "https://moot.example/@ada/{}",
        "hxxps://moot[.]example/@bert/{}",
        "<https://moot.example/posts/{}>",
        "moot.example/@cleo/{}.",
        "https://links.filter.example/?url=https%3A%2F%2Fmoot.example%2F%40ada%2F{}&data=05",
        "https://old-moot.example/@ada/{}",
    )
    lines = "\n".join(f"{n + 1}. " + forms[n % len(forms)].format(id) for n, id in enumerate(THIRTY))
    return mail(
        "Dear operator,\n\nover the past weeks we reported more than a hundred posts that encourage and incite violence. You removed "
        "some of them, but not always with urgency. You still have not taken down much of the content we have sent you, and your "
        "plan to rely on volunteers does not convince us.\n\n"
        f"{lines}\n\nUnless these are gone we will suspend your account with us. You have until Sunday midnight Pacific Time.\n\n"
        "Trust & Safety, Example Cloud\n",
        sender="Trust & Safety <trust-safety@cloud.example>",
        subject="Violent content on your service: final notice",
    )


def store() -> bytes:
    """A store that wants a plan."""
    return mail(
        "Hello,\n\nwe have received numerous complaints about objectionable content in your app, accusations that it was used to plan "
        f"illegal activities. Examples: https://moot.example/@ada/{THIRTY[0]} and https://moot.example/@bert/{THIRTY[1]}\n\n"
        "To ensure there is no interruption of the availability of your app on the App Store, please submit an update and the requested "
        "moderation improvement plan within 24 hours of the date of this message.\n\nApp Review Board\n",
        sender="App Review <appreview@store.example>",
        subject="App Store Review: guideline 1.1 objectionable content",
    )


def removal_order() -> bytes:
    """A German authority under the regulation on terrorist content."""
    return mail(
        "Entfernungsanordnung nach Artikel 3 der Verordnung (EU) 2021/784\n\nSehr geehrte Damen und Herren,\n\n"
        "wir ordnen die Entfernung folgender terroristischer Inhalte oder die Sperrung des Zugangs dazu an:\n\n"
        f"URL: https://moot.example/@ada/{THIRTY[2]}\nBild: https://moot.example/media/{KEY}\n\n"
        "Die Inhalte sind unverzüglich, in jedem Fall innerhalb einer Stunde nach Erhalt dieser Anordnung zu entfernen. "
        "Der Tatbestand der §§ 111, 130 StGB ist erfüllt.\nAktenzeichen: 4711/21\n\nBundeskriminalamt\n",
        sender="Meldestelle <tco@bka.behoerde.example>",
        subject="EILT: Entfernungsanordnung 4711/21",
        date="Sat, 09 Jan 2021 19:00:00 +0100",
    )


def english_order() -> bytes:
    """An authority elsewhere in the Union, writing English."""
    return mail(
        "REMOVAL ORDER pursuant to Article 3 of Regulation (EU) 2021/784\n\nThe competent authority hereby orders you to remove the "
        f"following terrorist content in all Member States:\n\nhttps://moot.example/@bert/{THIRTY[3]}\n\n"
        "You shall remove it as soon as possible and in any event within one (1) hour of receipt of this removal order.\n",
        sender="Competent Authority <orders@authority.gov.example>",
        subject="Removal order TCO-2021-0042",
    )


def flagger() -> bytes:
    """A German trusted flagger."""
    return mail(
        "Guten Tag,\n\nals vertrauenswürdiger Hinweisgeber nach Art. 22 DSA melden wir folgende Beiträge wegen Volksverhetzung "
        f"(§ 130 StGB) und Bedrohung:\n\n- https://moot.example/@ada/{THIRTY[4]}\n- moot.example/@bert/{THIRTY[5]}\n\n"
        "Bitte teilen Sie uns Ihre Entscheidung bis spätestens Montag, den 11.01.2021, 12:00 Uhr MEZ mit.\n\n"
        "Mit freundlichen Grüßen\nMeldestelle gegen Hetze\n",
        sender="Meldestelle <hinweise@meldestelle.example>",
        subject="Meldung nach Art. 16 DSA",
        date="Sat, 09 Jan 2021 19:00:00 +0100",
    )


def person() -> bytes:
    """Somebody angry, in German."""
    return mail(
        "Was soll das?? Auf Ihrer Seite steht MEINE Adresse und meine Telefonnummer, ohne meine Zustimmung!!! Das ist der Account "
        f"@ada@moot.example und der Beitrag Nr. {THIRTY[6]}. Ich will, dass das bis morgen 10 Uhr weg ist, sonst gehe ich zum Anwalt.\n"
        "Gesendet von meinem Telefon\n",
        sender="M. Muster <m.muster@mail.example>",
        subject="Frechheit!!",
        date="Sat, 09 Jan 2021 19:00:00 +0100",
    )


def page() -> bytes:
    """A host's ticket system, HTML with an empty text part."""
    return mail(
        "\n",
        html="<html><head><style>p{color:red}</style><title>Ticket</title></head><body><p>Dear customer,</p>"
        "<p>we received an abuse complaint about <b>your server</b>. Please act within 48&nbsp;hours.</p>"
        f'<ul><li><a href="https://click.cloud.example/t?u=https%253A%252F%252Fmoot.example%252F%2540ada%252F{THIRTY[7]}">post 1</a></li>'
        f'<li><a href="https://moot.example/@bert/{THIRTY[8]}?utm_source=mail&amp;x=1">https://moot.ex&#97;mple/…</a></li></ul>'
        "<script>var a = 'https://moot.example/@no/1';</script></body></html>",
        subject="[Ticket#2021010942] Abuse complaint",
    )


def answer() -> bytes:
    """A host answers our answer, with the whole history below."""
    return mail(
        "Thank you. Two are left:\n"
        f"https://moot.example/@ada/{THIRTY[9]}\n\n"
        "On Sat, Jan 9, 2021 at 10:00 AM Notices <notices@moot.example> wrote:\n"
        f"> we removed https://moot.example/@ada/{THIRTY[10]}\n> within 24 hours\n",
        subject="Re: [FM-7K3Q-9XPD] Violent content",
        headers={"In-Reply-To": "<n1@moot.example>", "References": "<a@cloud.example> <n1@moot.example>"},
    )


def away() -> bytes:
    """Out of office."""
    return mail(
        "Ich bin bis 18. Januar nicht im Büro. Ihre E-Mail wird nicht weitergeleitet.\n",
        subject="Abwesenheitsnotiz: Ihre Anfrage",
        headers={"Auto-Submitted": "auto-replied", "In-Reply-To": "<n1@moot.example>"},
    )


def bounce() -> bytes:
    """A mail of ours that found nobody."""
    return (
        b"Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.cloud.example>\r\nTo: notices@moot.example\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry, your message could not be delivered.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nAction: failed\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <n1@moot.example>\r\nSubject: ours\r\n\r\nhttps://moot.example/@ada/1\r\n--b--\r\n"
    )


def feedback() -> bytes:
    """A mailbox provider's feedback loop (RFC 5965)."""
    return (
        b"From: <feedback@mailbox.example>\r\nDate: Sat, 09 Jan 2021 17:00:00 +0000\r\nSubject: FW: Earn money\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report;\r\n boundary="part1"\r\n\r\n'
        b'--part1\r\nContent-Type: text/plain; charset="US-ASCII"\r\n\r\nThis is an email abuse report for an email message.\r\n\r\n'
        b"--part1\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
        b"Original-Mail-From: <digest@moot.example>\r\nReported-Domain: moot.example\r\n"
        + f"Reported-Uri: https://moot.example/@ada/{THIRTY[11]}\r\n\r\n".encode()
        + b"--part1\r\nContent-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\nFrom: <digest@moot.example>\r\n"
        b"Subject: Earn money\r\n\r\nSpam Spam Spam\r\n--part1--\r\n"
    )


def xarf(category: str = "content", type_: str = "violence", **more: object) -> dict[str, object]:
    """A XARF v4 report."""
    return {
        "xarf_version": "4.2.0",
        "report_id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        "timestamp": "2021-01-09T17:00:00Z",
        "reporter": {"org": "Example Cloud", "contact": "abuse@cloud.example", "domain": "cloud.example"},
        "sender": {"org": "Example Cloud", "contact": "abuse@cloud.example", "domain": "cloud.example"},
        "source_identifier": "moot.example",
        "category": category,
        "type": type_,
        "url": f"https://moot.example/@ada/{THIRTY[12]}",
        "description": "Calls for violence, please remove within 24 hours",
        "tags": ["violence:threat", "law:de-stgb-111"],
        "evidence": [
            {
                "content_type": "text/plain",
                "description": "what it said",
                "payload": base64.b64encode(b"be there, be armed").decode(),
                "hash": "sha256:8e4c3bd2a54a1f9d34b8de2ad1ee1c2d7b3d2b2ea1a1df6d0a0cbbd7f2a6bb11",
            }
        ],
        **more,
    }


def xarf_mail() -> bytes:
    """The same inside a mail, as part three."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Abuse <abuse@cloud.example>", "abuse@moot.example", "XARF report"
    made["Date"] = "Sat, 09 Jan 2021 17:00:00 +0000"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("A report for machines is attached.\n")
    made.add_attachment(
        b"Feedback-Type: xarf\nVersion: 4\n", maintype="application", subtype="octet-stream", filename="f.txt"
    )
    made.add_attachment(json.dumps(xarf()).encode(), maintype="application", subtype="json", filename="xarf.json")
    made.set_boundary("=-=-=")
    return made.as_bytes()


LETTERS = {
    each.__name__: each
    for each in (
        ultimatum,
        store,
        removal_order,
        english_order,
        flagger,
        person,
        page,
        answer,
        away,
        bounce,
        feedback,
        xarf_mail,
    )
}
