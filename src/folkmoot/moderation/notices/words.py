"""What a notice's sender is written, in English and German; and what stewards are called with. Plain values in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from folkmoot.moderation.notices.states import ItemState

LANGUAGES = ("en", "de")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One item as a letter lists it."""

    written: str
    state: ItemState
    how: str = ""
    since: datetime | None = None
    proof: str = ""
    """Where the proof of it from the public log is to be had."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What every letter says of its notice."""

    reference: str
    site: str
    received_at: datetime
    due_at: datetime
    language: str
    page: str
    """The private address under which the sender reads how it stands."""
    log: str
    """Where the public log can be verified."""


_EN = {
    "hello": "Good day,",
    "received": "your notice reached {site} on {received}. Our reference is {reference}; please keep it in the subject.",
    "clock": "You have our answer by {due} at the latest.",
    "found": "We found {count} of the addresses you named:",
    "no_address": (
        "We could not find an address of ours in it. Please send us the exact address (URL) of every post, account or "
        "picture you mean; a steward reads your letter meanwhile."
    ),
    "interim": (
        "Everything of ours that you named is out of sight or decided. What is hidden stays hidden until a jury of members "
        "has decided; you are told what it decided without having to ask."
    ),
    "elsewhere": (
        "Not at this network, and so neither examined nor hidden by us, are numbers {numbers}; please turn to whoever runs "
        "the place they are at."
    ),
    "elsewhere_one": (
        "Not at this network, and so neither examined nor hidden by us, is number {numbers}; please turn to whoever runs the "
        "place it is at."
    ),
    "answer": "This is our answer to your notice {reference} of {received}. We looked at everything of ours that you named:",
    "decided": "What was decided can be checked: {log}",
    "page": "How it stands, with proof of every decision: {page}",
    "extension": (
        "we ask you for more time to answer your notice {reference} of {received}{until}. Meanwhile nothing you named that "
        "is undecided stays in sight beyond the time you gave us."
    ),
    "until": ", until {moment}",
    "refused": "We have read your notice {reference} and take no action on it: {why}",
    "suspended": "We do not process notices of this sender at present: {why}",
    "amended": "After our answer to {reference} the following was decided otherwise:",
    "warned": (
        "Many of your notices were unfounded: {why} Should it go on, we shall stop processing them for a time (Article 23 of "
        "Regulation (EU) 2022/2065)."
    ),
    "greetings": "The stewards of {site}",
    "appeal": "Whoever is concerned by an order may turn to the authority that issued it.",
    "proof": "proof: {proof}",
}
_DE = {
    "hello": "Guten Tag,",
    "received": (
        "Ihre Meldung ist am {received} bei {site} eingegangen. Unser Zeichen ist {reference}; bitte lassen Sie es im Betreff."
    ),
    "clock": "Sie erhalten unsere Antwort spätestens am {due}.",
    "found": "Von den genannten Adressen haben wir {count} gefunden:",
    "no_address": (
        "Wir konnten darin keine Adresse unseres Netzes finden. Bitte nennen Sie uns die genaue Adresse (URL) jedes Beitrags, "
        "Kontos oder Bildes, das Sie meinen; ein Mensch liest Ihr Schreiben inzwischen."
    ),
    "interim": (
        "Alles, was Sie genannt haben und was unser Netz betrifft, ist nicht mehr zu sehen oder entschieden. Was verborgen "
        "ist, bleibt es, bis eine Jury aus Mitgliedern entschieden hat; das Ergebnis teilen wir Ihnen unaufgefordert mit."
    ),
    "elsewhere": (
        "Nicht zu unserem Netz gehören die Nummern {numbers}: Wir haben sie weder geprüft noch verborgen; bitte wenden Sie "
        "sich an die, die dort verantwortlich sind."
    ),
    "elsewhere_one": (
        "Nicht zu unserem Netz gehört Nummer {numbers}: Wir haben sie weder geprüft noch verborgen; bitte wenden Sie sich an "
        "die, die dort verantwortlich sind."
    ),
    "answer": (
        "Dies ist unsere Antwort auf Ihre Meldung {reference} vom {received}. Wir haben alles Genannte geprüft, das unser Netz "
        "betrifft:"
    ),
    "decided": "Was entschieden wurde, lässt sich nachprüfen: {log}",
    "page": "Der Stand mit einem Nachweis für jede Entscheidung: {page}",
    "extension": (
        "wir bitten Sie um mehr Zeit für die Antwort auf Ihre Meldung {reference} vom {received}{until}. Nichts davon, worüber "
        "noch nicht entschieden ist, bleibt über die gesetzte Frist hinaus zu sehen."
    ),
    "until": ", bis zum {moment}",
    "refused": "Wir haben Ihre Meldung {reference} gelesen und unternehmen nichts: {why}",
    "suspended": "Meldungen dieses Absenders bearbeiten wir zurzeit nicht: {why}",
    "amended": "Nach unserer Antwort auf {reference} wurde über Folgendes anders entschieden:",
    "warned": (
        "Viele Ihrer Meldungen waren unbegründet: {why} Setzt sich das fort, bearbeiten wir sie eine Zeit lang nicht mehr "
        "(Artikel 23 der Verordnung (EU) 2022/2065)."
    ),
    "greetings": "Die Verantwortlichen von {site}",
    "appeal": "Wer von einer Anordnung betroffen ist, kann sich an die anordnende Behörde wenden.",
    "proof": "Nachweis: {proof}",
}
_SAID = {"en": _EN, "de": _DE}

_STATES = {
    "en": {
        ItemState.WAITING: "found; it is being looked at",
        ItemState.OPEN: "found; before a jury",
        ItemState.HIDDEN: "hidden since {since} until a jury has decided",
        ItemState.REMOVED: "removed on {since}, decided by {how}",
        ItemState.WARNED: "stands behind a warning since {since}, decided by {how}",
        ItemState.KEPT: "examined and within the rules; decided by {how} on {since}",
        ItemState.ORDERED: "taken down on {since} as ordered",
        ItemState.GONE: "gone since {since}, {how}",
        ItemState.NOT_FOUND: "not found; nothing public stands or stood at this address within the last six months",
        ItemState.NOT_OURS: "not an address of this network",
        ItemState.WITHDRAWN: "not examined: not part of your notice, or withdrawn",
    },
    "de": {
        ItemState.WAITING: "gefunden; wird geprüft",
        ItemState.OPEN: "gefunden; liegt einer Jury vor",
        ItemState.HIDDEN: "seit {since} verborgen, bis eine Jury entschieden hat",
        ItemState.REMOVED: "am {since} entfernt, entschieden durch {how}",
        ItemState.WARNED: "steht seit {since} hinter einer Warnung, entschieden durch {how}",
        ItemState.KEPT: "geprüft und zulässig; entschieden durch {how} am {since}",
        ItemState.ORDERED: "am {since} wie angeordnet entfernt",
        ItemState.GONE: "seit {since} nicht mehr vorhanden, {how}",
        ItemState.NOT_FOUND: "nicht gefunden; unter dieser Adresse war in den letzten sechs Monaten nichts Öffentliches",
        ItemState.NOT_OURS: "keine Adresse dieses Netzes",
        ItemState.WITHDRAWN: "nicht geprüft: kein Teil der Meldung oder zurückgenommen",
    },
}
_HOW = {
    "en": {
        "jury": "a jury",
        "stewards": "two stewards",
        "clock": "the passing of time, since nobody decided",
        "order": "an order",
        "author": "deleted by its author",
        "staff": "deleted by the stewards",
        "closed": "its account was closed",
        "suspended": "its account is suspended",
    },
    "de": {
        "jury": "eine Jury",
        "stewards": "zwei Verantwortliche",
        "clock": "Zeitablauf, weil niemand entschieden hat",
        "order": "eine Anordnung",
        "author": "von der Verfasserin oder dem Verfasser gelöscht",
        "staff": "von den Verantwortlichen gelöscht",
        "closed": "das Konto wurde geschlossen",
        "suspended": "das Konto ist gesperrt",
    },
}
_LONG_AGO = {"en": "before your notice", "de": "der Zeit vor Ihrer Meldung"}


def moment(at: datetime, language: str) -> str:
    """A time for people in other countries: with its zone."""
    return f"{at:%d.%m.%Y, %H:%M} Uhr (UTC)" if language == "de" else f"{at:%-d %B %Y, %H:%M} UTC"


def say_item(item: Said, language: str) -> str:
    """What became of one item, in a phrase."""
    how = _HOW[language].get(item.how, item.how)
    since = moment(item.since, language) if item.since is not None else _LONG_AGO[language]
    phrase = _STATES[language][item.state].format(how=how, since=since)
    return phrase + (f"\n   {_SAID[language]['proof'].format(proof=item.proof)}" if item.proof else "")


def listed(items: Sequence[Said], language: str) -> str:
    """Every item with its number, address and what became of it."""
    return "\n".join(f"{number}. {item.written}\n   {say_item(item, language)}" for number, item in enumerate(items, 1))


def _letter(head: Head, *parts: str) -> str:
    words = _SAID[head.language]
    return (
        "\n\n".join([words["hello"], *(part for part in parts if part), words["greetings"].format(site=head.site)])
        + "\n"
    )


def _say(head: Head, word: str, **values: object) -> str:
    return _SAID[head.language][word].format(
        **{
            "site": head.site,
            "reference": head.reference,
            "received": moment(head.received_at, head.language),
            "due": moment(head.due_at, head.language),
            "page": head.page,
            "log": head.log,
        }
        | values
    )


def _elsewhere(head: Head, items: Sequence[Said]) -> str:
    """Which items, by their numbers, are none of ours; nothing when all are."""
    numbers = [str(number) for number, item in enumerate(items, 1) if item.state is ItemState.NOT_OURS]
    if not numbers:
        return ""
    return _say(head, "elsewhere" if len(numbers) > 1 else "elsewhere_one", numbers=", ".join(numbers))


def receipt(head: Head, items: Sequence[Said]) -> str:
    """At once, to everybody who is answered at all."""
    ours = [item for item in items if item.state is not ItemState.NOT_OURS]
    found = [item for item in ours if item.state is not ItemState.NOT_FOUND]
    return _letter(
        head,
        _say(head, "received"),
        _say(head, "found", count=f"{len(found)}/{len(ours)}") if ours else _say(head, "no_address"),
        listed(items, head.language),
        _elsewhere(head, items),
        _say(head, "clock"),
        _say(head, "page"),
    )


def interim(head: Head, items: Sequence[Said]) -> str:
    """When nothing undecided is in sight any more."""
    return _letter(
        head,
        _say(head, "received"),
        _say(head, "interim"),
        listed(items, head.language),
        _elsewhere(head, items),
        _say(head, "page"),
    )


def answer(head: Head, items: Sequence[Said]) -> str:
    """When everything is decided."""
    ordered = any(item.state is ItemState.ORDERED for item in items)
    return _letter(
        head,
        _say(head, "answer"),
        listed(items, head.language),
        _elsewhere(head, items),
        _say(head, "appeal") if ordered else "",
        _say(head, "page"),
        _say(head, "decided"),
    )


def amended(head: Head, items: Sequence[Said]) -> str:
    """When something was decided otherwise after the answer."""
    return _letter(head, _say(head, "amended"), listed(items, head.language), _say(head, "page"))


def extension(head: Head, until: datetime | None) -> str:
    """Asking for more time."""
    asked = _say(head, "until", moment=moment(until, head.language)) if until is not None else ""
    return _letter(head, _say(head, "extension", until=asked), _say(head, "page"))


def refused(head: Head, why: str) -> str:
    return _letter(head, _say(head, "refused", why=why))


def suspended(head: Head, why: str) -> str:
    return _letter(head, _say(head, "received"), _say(head, "suspended", why=why))


def warned(head: Head, why: str) -> str:
    return _letter(head, _say(head, "warned", why=why))


def written(head: Head, text: str) -> str:
    """A steward's own words."""
    return text.strip() + f"\n\n{_SAID[head.language]['greetings'].format(site=head.site)}\n{head.reference}\n"


def subject(theirs: str, reference: str, language: str) -> str:
    """`Re:` and theirs, with our reference once."""
    about = theirs.strip() or ("Ihre Meldung" if language == "de" else "Your notice")
    bare = about
    while bare[:3].lower() in ("re:", "aw:"):
        bare = bare[3:].strip()
    return f"Re: {bare}" if reference in bare else f"Re: {bare} [{reference}]"


# To stewards --------------------------------------------------------------------------------------------------------

_CALLS = {
    "en": {
        "subject": "Notice {reference} is due {due}",
        "late": "Notice {reference} is overdue",
        "text": (
            "{sender} waits for an answer to notice {reference} by {due}.\n{left} of {items} named posts and accounts are still in "
            "sight and undecided.\n\n{page}\n"
        ),
    },
    "de": {
        "subject": "Meldung {reference}: Frist {due}",
        "late": "Meldung {reference} ist überfällig",
        "text": (
            "{sender} wartet bis {due} auf eine Antwort auf Meldung {reference}.\n{left} von {items} genannten Beiträgen und "
            "Konten sind noch zu sehen und nicht entschieden.\n\n{page}\n"
        ),
    },
}


def call(
    *, reference: str, sender: str, due_at: datetime, left: int, items: int, page: str, language: str, late: bool
) -> tuple[str, str]:
    """Subject and text of the mail that calls a steward."""
    words = _CALLS["de" if language == "de" else "en"]
    due = moment(due_at, language)
    subject = words["late" if late else "subject"].format(reference=reference, due=due)
    return subject, words["text"].format(
        sender=sender or "?", reference=reference, due=due, left=left, items=items, page=page
    )
