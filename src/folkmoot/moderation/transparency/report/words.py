"""The words of a status report in English and German: sentences by the English "
"ones, figures as each language writes them."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime

GERMAN = {
    "Status of moderation: {network}": "Stand der Moderation: {network}",
    "for {sender}": "für {sender}",
    "This report was made from the records of {network} ({address}) without a hand on its figures. "
    "It covers {since} to {until}.": (
        "Dieser Bericht wurde aus den Aufzeichnungen von {network} ({address}) erstellt; "
        "seine Zahlen hat niemand von Hand geändert. "
        "Er umfasst {since} bis {until}."
    ),
    "What you sent us": "Was Sie uns geschickt haben",
    "In this time nothing reached us from {sender}.": "In dieser Zeit hat uns von {sender} nichts erreicht.",
    "notices from you": "Meldungen von Ihnen",
    "addresses named in them": "darin genannte Adressen",
    "settled for good": "endgültig erledigt",
    "out of sight now": "jetzt nicht sichtbar",
    "until out of sight, half of them; 95 in 100: {rest}": "bis nicht mehr sichtbar, die Hälfte; 95 von 100: {rest}",
    "until settled, half of them; 95 in 100: {rest}": "bis erledigt, die Hälfte; 95 von 100: {rest}",
    "of clocks met, of those that are met or have run out": "der Fristen "
    "eingehalten, von den eingehaltenen und abgelaufenen",
    "How the addresses you named stand": "Stand der von Ihnen genannten Adressen",
    "State": "Stand",
    "Addresses": "Adressen",
    "Your notices one by one (times in UTC)": "Ihre Meldungen einzeln (Zeiten in UTC)",
    "Reference": "Zeichen",
    "Received": "Eingang",
    "Due": "Frist",
    "Accounted for": "Auskunft",
    "Answered": "Antwort",
    "The newest {shown} of {all}.": "Die neuesten {shown} von {all}.",
    "Backlog": "Rückstand",
    "open cases; a case gathers all reports of the same text or picture": "offene "
    "Fälle; ein Fall fasst alle Meldungen zum selben Text oder Bild",
    "age of the oldest open case": "Alter des ältesten offenen Falls",
    "age of open cases, half; 95 in 100: {rest}": "Alter offener Fälle, die Hälfte; 95 von 100: {rest}",
    "until the queue is empty at the present pace": "bis die Schlange bei diesem Tempo leer ist",
    "Open cases by severity": "Offene Fälle nach Schwere",
    "Severity": "Schwere",
    "Open": "Offen",
    "How long it takes": "Wie lange es dauert",
    "No case was opened in this time.": "In dieser Zeit wurde kein Fall eröffnet.",
    "From the first report or finding, of the cases opened in this time.": (
        "Von der ersten Meldung oder dem ersten Befund an, für die in dieser Zeit eröffneten Fälle."
    ),
    "Time until hidden and until decided": "Zeit bis zum Verbergen und bis zur Entscheidung",
    "Cases": "Fälle",
    "Hidden": "Verborgen",
    "half until": "Hälfte bis",
    "95 in 100 until": "95 von 100 bis",
    "Decided": "Entschieden",
    "Reports and decisions": "Meldungen und Entscheidungen",
    "reports received": "Meldungen eingegangen",
    "cases opened": "Fälle eröffnet",
    "decided": "entschieden",
    "accounts suspended": "Konten gesperrt",
    "appeals made; open: {open}": "Einsprüche eingelegt; offen: {open}",
    "of decided appeals reversed the first verdict": "der entschiedenen Einsprüche hoben das erste Urteil auf",
    "Decided by": "Entschieden von",
    "Who": "Wer",
    "Decisions": "Entscheidungen",
    "What followed": "Was folgte",
    "Measure": "Maßnahme",
    "Cases opened (pale) and decided, by month": "Fälle, eröffnet (blass) und entschieden, je Monat",
    "Notices from hosts, stores and authorities, by month": "Schreiben von Hostern, Stores und Behörden, je Monat",
    "Who decides": "Wer entscheidet",
    "Cases are decided by volunteers drawn by lot, who do not know who wrote or "
    "reported a post; where they differ, by two "
    "stewards. No program decides, and none deletes.": (
        "Über Fälle entscheiden ausgeloste Freiwillige, die nicht wissen, wer einen "
        "Beitrag geschrieben oder gemeldet hat; sind sie uneins, "
        "zwei Verantwortliche. Kein Programm entscheidet, und keines löscht."
    ),
    "qualified jurors": "geprüfte Geschworene",
    "of them cast a ballot in this time": "davon haben in dieser Zeit abgestimmt",
    "ballots": "Stimmzettel",
    "of ballots agree with the verdict": "der Stimmzettel stimmen mit dem Urteil überein",
    "right, of {many} ballots on cases with a known answer that look like any other": (
        "richtig, von {many} Stimmzetteln zu Fällen mit bekannter Antwort, die aussehen wie alle anderen"
    ),
    "How often a post did break a rule, in percent, when we had said so (pale)": (
        "Wie oft ein Beitrag gegen eine Regel verstieß, in Prozent, wenn wir das gesagt hatten (blass)"
    ),
    "Screening": "Vorprüfung",
    "A program reads every post for threats and calls for violence before others see it. What it holds waits for people.": (
        "Ein Programm liest jeden Beitrag auf Drohungen und Aufrufe zu Gewalt, bevor "
        "andere ihn sehen. Was es zurückhält, wartet auf Menschen."
    ),
    "texts read": "Texte gelesen",
    "held until people had looked": "zurückgehalten, bis Menschen hingesehen hatten",
    "published and brought before a jury": "veröffentlicht und vor eine Jury gebracht",
    "of decided holds were released": "der entschiedenen Zurückhaltungen wurden freigegeben",
    "Open deadlines": "Offene Fristen",
    "No clock is running.": "Es läuft keine Frist.",
    "From": "Von",
    "Open addresses": "Offene Adressen",
    "Clocks that run (times in UTC)": "Laufende Fristen (Zeiten in UTC)",
    "What is done next": "Was als Nächstes geschieht",
    "If this host were gone": "Wenn dieser Hoster ausfiele",
    "Moving to another host has not been rehearsed yet.": "Der Umzug zu einem anderen Hoster wurde noch nicht geprobt.",
    "No backup has been restored for trial yet.": "Noch keine Sicherung wurde probeweise zurückgespielt.",
    "Rehearsals and backups": "Proben und Sicherungen",
    "What": "Was",
    "Figure": "Angabe",
    "Last rehearsal of a move to another host": "Letzte Probe eines Umzugs zu einem anderen Hoster",
    "What was done": "Was getan wurde",
    "What came of it": "Wie es ausging",
    "It went well": "Es ging gut",
    "It did not go well": "Es ging nicht gut",
    "everything a move needs was checked": "geprüft, was ein Umzug braucht",
    "posting was held for an instant and both hosts were compared": (
        "das Schreiben einen Augenblick angehalten und beide Server verglichen"
    ),
    "a copy of the second host was started by itself and examined": (
        "eine Kopie des Zweitservers für sich gestartet und untersucht"
    ),
    "the network moved there and back": "das Netzwerk zog hin und zurück",
    "Members had to wait at most": "Mitglieder mussten höchstens warten",
    "Last backup restored for trial and found whole": (
        "Zuletzt eine Sicherung probeweise zurückgespielt und für vollständig befunden"
    ),
    "When it was made": "Wann sie entstand",
    "Its database": "Ihre Datenbank",
    "The last trial, on {moment}, found damage.": "Die letzte Probe, {moment}, fand Schäden.",
    "How to check this": "Wie sich das prüfen lässt",
    "The public log of this network has no entry yet.": "Das öffentliche Protokoll "
    "dieses Netzwerks hat noch keinen Eintrag.",
    "Every decision, notice and override stands in the public log of this network, "
    "which nobody can rewrite quietly. At {moment} "
    "it had {entries} entries. Keep this checkpoint: whatever is published later must contain it. "
    "“folkmoot log verify {address}” checks it.": (
        "Jede Entscheidung, jedes Schreiben und jeder Eingriff steht im öffentlichen "
        "Protokoll dieses Netzwerks, das niemand unbemerkt "
        "umschreiben kann. Um {moment} hatte es {entries} Einträge. Bewahren Sie diesen "
        "Prüfpunkt auf: Was später veröffentlicht wird, muss "
        "ihn enthalten. „folkmoot log verify {address}“ prüft das."
    ),
    "Threats": "Drohungen",
    "Serious": "Schwerwiegend",
    "Ordinary": "Gewöhnlich",
    "a jury": "eine Jury",
    "two stewards": "zwei Verantwortliche",
    "the rule for cases nobody decided in time": "die Regel für nicht rechtzeitig entschiedene Fälle",
    "an order of an authority": "eine behördliche Anordnung",
    "taken out of sight": "nicht mehr sichtbar",
    "put behind a warning": "hinter eine Warnung gestellt",
    "labelled": "mit einem Hinweis versehen",
    "kept: it breaks no rule": "behalten: kein Verstoß",
    "not looked at yet": "noch nicht angesehen",
    "visible, before a jury": "sichtbar, vor einer Jury",
    "hidden until a verdict": "verborgen bis zum Urteil",
    "removed": "entfernt",
    "carried out as ordered": "wie angeordnet ausgeführt",
    "gone before you wrote": "vor Ihrem Schreiben schon weg",
    "not found": "nicht gefunden",
    "not on this network": "nicht in diesem Netzwerk",
    "taken back by you": "von Ihnen zurückgezogen",
    "a host": "einem Hoster",
    "an app store": "einem App-Store",
    "an authority": "einer Behörde",
    "an authority, as an order": "einer Behörde, als Anordnung",
    "a trusted flagger": "einem vertrauenswürdigen Hinweisgeber",
    "a person": "einer Person",
    "somebody": "jemandem",
}
"""The German sentence by the English one."""
SEVERITY = {"threat": "Threats", "serious": "Serious", "ordinary": "Ordinary"}
DECIDERS = {
    "jury": "a jury",
    "stewards": "two stewards",
    "clock": "the rule for cases nobody decided in time",
    "order": "an order of an authority",
}
MEASURES = {
    "remove": "taken out of sight",
    "warn": "put behind a warning",
    "label": "labelled",
    "keep": "kept: it breaks no rule",
}
STATES = {
    "waiting": "not looked at yet",
    "open": "visible, before a jury",
    "hidden": "hidden until a verdict",
    "removed": "removed",
    "warned": "put behind a warning",
    "kept": "kept: it breaks no rule",
    "ordered": "carried out as ordered",
    "gone": "gone before you wrote",
    "not_found": "not found",
    "not_ours": "not on this network",
    "withdrawn": "taken back by you",
}
SENDERS = {
    "host": "a host",
    "store": "an app store",
    "authority": "an authority",
    "order": "an authority, as an order",
    "trusted_flagger": "a trusted flagger",
    "person": "a person",
    "unknown": "somebody",
}
LEVELS = (
    "everything a move needs was checked",
    "posting was held for an instant and both hosts were compared",
    "a copy of the second host was started by itself and examined",
    "the network moved there and back",
)
NOTHING = "–"


class Words:
    """One language: its sentences, and how it writes numbers and times (UTC, said so)."""

    def __init__(self, language: str) -> None:
        self.language = language if language in ("en", "de") else "en"
        self._german = self.language == "de"

    def say(self, sentence: str, **values: str) -> str:
        """The sentence in this language, its places filled."""
        found = GERMAN[sentence] if self._german else sentence
        return found.format(**values) if values else found

    def severity(self, name: str) -> str:
        return self.say(SEVERITY.get(name, name)) if name in SEVERITY else name

    def decider(self, name: str) -> str:
        return self.say(DECIDERS[name]) if name in DECIDERS else name

    def measure(self, name: str) -> str:
        return self.say(MEASURES[name]) if name in MEASURES else name

    def state(self, name: str) -> str:
        return self.say(STATES[name]) if name in STATES else name

    def sender_kind(self, name: str) -> str:
        return self.say(SENDERS[name]) if name in SENDERS else name

    def level(self, level: int) -> str:
        """What a rehearsal of this level does."""
        return self.say(LEVELS[level])

    def number(self, number: int) -> str:
        """12,345 or 12.345."""
        return f"{number:,}".replace(",", ".") if self._german else f"{number:,}"

    def percent(self, share: float | None) -> str:
        """A share of 1 as percent, without decimals."""
        return NOTHING if share is None else f"{share * 100:.0f} %"

    def share(self, part: int, whole: int) -> str:
        return self.percent(part / whole) if whole else NOTHING

    def minutes(self, minutes: float | None) -> str:
        """A span of time in the unit one would say it in."""
        if minutes is None:
            return NOTHING
        for most, size, unit in ((1, 1 / 60, "s"), (120, 1, "min"), (2_880, 60, "h")):
            if minutes < most:
                return f"{minutes / size:.0f} {unit}"
        return f"{minutes / 1_440:.0f} {'Tage' if self._german else 'days'}"

    def date(self, moment: datetime) -> str:
        return f"{moment.day}.{moment.month}.{moment.year}" if self._german else f"{moment:%Y-%m-%d}"

    def moment(self, moment: datetime | None) -> str:
        """To the minute, in UTC, and says so."""
        return f"{self.minute(moment)} UTC" if moment is not None else NOTHING

    def minute(self, moment: datetime | None) -> str:
        """The same for tables whose name says UTC."""
        return f"{self.date(moment)} {moment:%H:%M}" if moment is not None else NOTHING

    def month(self, month: Day) -> str:
        return f"{month.month}/{month:%y}" if self._german else f"{month:%Y-%m}"
