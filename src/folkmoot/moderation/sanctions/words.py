"""Statements of reasons in plain words, English and German. Functions over plain values."""

from __future__ import annotations

from datetime import datetime

from folkmoot.moderation.sanctions.rules import Judges, Limit, StatementOfReasons
from folkmoot.moderation.sanctions.views import Kind

_ENGLISH = {
    Kind.REMOVED: "What you wrote is no longer shown to anybody but you. It was not deleted.",
    Kind.WARNED: "What you wrote now stands behind a warning.",
    Kind.LABELLED: "What you wrote stands as it is, with a label beside it.",
    Kind.RESTORED: "What you wrote was out of sight while it was being judged. It breaks no rule and is visible again.",
    Kind.UPHELD: "Your appeal was judged by others than the first time. They came to the same result.",
    Kind.REVERSED: "On appeal it was found to break no rule. Everything that followed from the first verdict is undone.",
    "rule": "Rule {number}: {text}",
    "no rule": "The rules of this network",
    "facts": "This is about: “{facts}”",
    "found": "It was found by {how}.",
    "machine": "a program that reads what is published",
    "people": "people who reported it",
    "hidden": "For what a program said of it, it was out of sight until people had decided.",
    "jury": "It was decided by {ballots} volunteers drawn by lot, who did not know who wrote it, and not by a program.",
    "stewards": "It was decided by two stewards of this network, after a jury that was not sure, and not by a program.",
    "stewards alone": "It was decided by two stewards of this network, and not by a program.",
    "steward": "It was decided by a steward of this network, and not by a program.",
    "second": "It was decided by volunteers drawn by lot and stewards, none of whom had to do with the first verdict.",
    "clock": "Nobody decided in time, so it was settled by the rule for such cases. No strike follows from it.",
    "order": "No jury judged it: it was taken down because an authority ordered it. No strike follows from it.",
    "strike": "It counts as a strike{until}.",
    "until": " until {date}",
    Limit.WARNING: "This is a warning: further violations limit your account.",
    Limit.SLOW: "Your account may post a little, for followers or those you mention, until {date}.",
    Limit.SUSPENDED: "Your account is suspended until {date}.",
    Limit.BANNED: "Your account is suspended for good.",
    "appeal": "You may appeal until {date}, also without signing in. Others will judge it, who do not know the first verdict.",
    "elsewhere": "An authority ordered this. An appeal goes to that authority.",
}
_GERMAN = {
    Kind.REMOVED: "Was du geschrieben hast, sieht außer dir niemand mehr. Gelöscht wurde es nicht.",
    Kind.WARNED: "Was du geschrieben hast, steht jetzt hinter einer Warnung.",
    Kind.LABELLED: "Was du geschrieben hast, bleibt stehen, mit einem Hinweis daneben.",
    Kind.RESTORED: "Was du geschrieben hast, war verborgen, solange darüber entschieden wurde. Es verstößt gegen keine Regel und ist "
    "wieder zu sehen.",
    Kind.UPHELD: "Über deinen Einspruch haben andere entschieden als beim ersten Mal. Sie kamen zum selben Ergebnis.",
    Kind.REVERSED: "Auf Einspruch wurde kein Verstoß gefunden. Alles, was aus der ersten Entscheidung folgte, ist aufgehoben.",
    "rule": "Regel {number}: {text}",
    "no rule": "Die Regeln dieses Netzwerks",
    "facts": "Es geht um: „{facts}“",
    "found": "Gefunden wurde es von {how}.",
    "machine": "einem Programm, das Veröffentlichtes liest",
    "people": "Menschen, die es gemeldet haben",
    "hidden": "Wegen der Einschätzung eines Programms war es verborgen, bis Menschen entschieden hatten.",
    "jury": "Entschieden haben {ballots} ausgeloste Freiwillige, die nicht wussten, wer es geschrieben hat, und kein Programm.",
    "stewards": "Entschieden haben zwei Verantwortliche dieses Netzwerks, nachdem eine Jury unsicher war, und kein Programm.",
    "stewards alone": "Entschieden haben zwei Verantwortliche dieses Netzwerks, und kein Programm.",
    "steward": "Entschieden hat eine verantwortliche Person dieses Netzwerks, und kein Programm.",
    "second": "Entschieden haben ausgeloste Freiwillige und Verantwortliche, die mit der ersten Entscheidung nichts zu tun hatten.",
    "clock": "Niemand hat rechtzeitig entschieden, daher gilt die Regel für solche Fälle. Es folgt kein Verstoßpunkt daraus.",
    "order": "Keine Jury hat darüber entschieden: Es wurde entfernt, weil eine Behörde es angeordnet hat. Es folgt kein "
    "Verstoßpunkt daraus.",
    "strike": "Es zählt als Verstoß{until}.",
    "until": " bis {date}",
    Limit.WARNING: "Dies ist eine Verwarnung: Weitere Verstöße schränken dein Konto ein.",
    Limit.SLOW: "Dein Konto darf bis {date} nur wenig veröffentlichen, für Folgende oder die, die du erwähnst.",
    Limit.SUSPENDED: "Dein Konto ist bis {date} gesperrt.",
    Limit.BANNED: "Dein Konto ist auf Dauer gesperrt.",
    "appeal": "Bis {date} kannst du Einspruch einlegen, auch ohne dich anzumelden. Andere entscheiden darüber, die das erste Ergebnis "
    "nicht kennen.",
    "elsewhere": "Eine Behörde hat dies angeordnet. Ein Einspruch geht an diese Behörde.",
}
LANGUAGES = {"en": _ENGLISH, "de": _GERMAN}


def _date(moment: datetime, locale: str) -> str:
    return f"{moment.day}.{moment.month}.{moment.year}" if locale == "de" else f"{moment:%Y-%m-%d}"


def tell(kind: Kind, reasons: StatementOfReasons, locale: str) -> str:
    """The statement in the language of who is concerned, English where we do not speak it."""
    locale = locale if locale in LANGUAGES else "en"
    say = LANGUAGES[locale]
    parts = [say[kind]]
    against = kind in (Kind.REMOVED, Kind.WARNED, Kind.LABELLED)
    if against:
        parts.append(
            say["rule"].format(number=reasons.rule, text=reasons.rule_text) if reasons.rule_text else say["no rule"]
        )
    if reasons.facts:
        parts.append(say["facts"].format(facts=reasons.facts))
    if kind is not Kind.REVERSED:
        found = say["found"].format(how=say["machine" if reasons.found_by_machine else "people"])
        hidden = [say["hidden"]] if reasons.hidden_by_machine else []
        parts.append(" ".join([found, *hidden, _who(say, reasons)]))
    if against and reasons.strike:
        until = say["until"].format(date=_date(reasons.strike_until, locale)) if reasons.strike_until else ""
        parts.append(say["strike"].format(until=until))
    if against and reasons.strike and reasons.limit is not Limit.NONE:
        date = _date(reasons.limit_until, locale) if reasons.limit_until else ""
        parts.append(say[reasons.limit].format(date=date))
    if against:
        parts.append(
            say["appeal"].format(date=_date(reasons.appeal_until, locale)) if reasons.appeal_until else say["elsewhere"]
        )
    return "\n\n".join(parts)


def _who(say: dict[str, str], reasons: StatementOfReasons) -> str:
    match reasons.judges:
        case Judges.JURY:
            return say["jury"].format(ballots=reasons.ballots)
        case Judges.APPEAL:
            return say["second"]
        case Judges.STEWARDS if not reasons.ballots:
            return say["stewards alone"]
        case judges:
            return say[judges.value]
