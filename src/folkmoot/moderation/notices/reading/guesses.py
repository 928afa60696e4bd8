"""What a message most likely is: its language, who writes, what about, under which law. Guesses for a steward to confirm."""

from __future__ import annotations

from typing import Any

import re2

from folkmoot.moderation.notices.reading.reading import Category, Intent, Kind

MOST_TEXT = 60_000


def _words(*patterns: str) -> Any:
    return re2.compile(r"(?i)(?:^|[^\pL\pN])(?:" + "|".join(patterns) + ")")


_GERMAN = _words(
    "und",
    "der",
    "die",
    "das",
    "nicht",
    "sie",
    "wir",
    "ist",
    "mit",
    "bitte",
    "ich",
    "eine?r?",
    "auf",
    "zu",
    "bis",
    "ihr[e]?",
)
_ENGLISH = _words(
    "and", "the", "you", "your", "not", "is", "with", "please", "we", "of", "to", "for", "this", "that", "until", "from"
)
_CATEGORIES: tuple[tuple[Category, int, Any], ...] = (
    (
        "csam",
        6,
        _words(
            "csam",
            "csem",
            "child sexual",
            "child porn",
            "sexual abuse of (?:a )?(?:child|minor)",
            "kinderporn",
            "sexueller missbrauch von kindern",
            "missbrauchsdarstellung",
            "184b",
        ),
    ),
    ("terrorism", 4, _words("terroris", "2021/784", "tco", "terrorpropaganda", r"129a")),
    (
        "violence",
        2,
        _words(
            "violen",
            "incit",
            "threat",
            "kill",
            "murder",
            "shoot",
            "hang (?:him|her|them)",
            "assassinat",
            "armed",
            "gewalt",
            "drohung",
            "bedroh",
            "aufruf zu",
            "mord",
            "töten",
            "umbringen",
            "erschie",
            "anschlag",
            "volksverhetz",
            "bodily harm",
        ),
    ),
    (
        "hate",
        2,
        _words(
            "hate",
            "racis",
            "antisemit",
            "hetze",
            "hass",
            "rassis",
            "volksverhetz",
            "slur",
            "dehumani",
            "holocaust",
            "menschenverachtend",
            "86a",
        ),
    ),
    (
        "doxxing",
        3,
        _words(
            "dox",
            "home address",
            "private address",
            "personal (?:data|information)",
            "privatadresse",
            "wohnadresse",
            "anschrift",
            "telefonnummer",
            "phone number",
            "persönliche daten",
            "ohne meine (?:zustimmung|einwilligung)",
        ),
    ),
    (
        "copyright",
        3,
        _words("copyright", "dmca", "infring", "urheberrecht", "intellectual property", "trademark", "urhg", "lizenz"),
    ),
    ("spam", 2, _words("spam", "unsolicited", "unerwünschte werbung", "phishing", "scam", "betrug", "malware")),
)
_KINDS: tuple[tuple[Kind, int, Any], ...] = (
    (
        "authority",
        3,
        _words(
            "bundeskriminalamt",
            "landeskriminalamt",
            "bka",
            "lka",
            "polizei",
            "police",
            "prosecutor",
            "staatsanwalt",
            "behörde",
            "authority",
            "ministry",
            "ministerium",
            "court order",
            "amtsgericht",
            "landgericht",
            "removal order",
            "entfernungsanordnung",
            "anordnung",
            "europol",
            "law enforcement",
            "regulator",
            "bundesnetzagentur",
            "landesmedienanstalt",
            "competent authority",
            "medienanstalt",
            "aktenzeichen",
        ),
    ),
    (
        "trusted_flagger",
        3,
        _words(
            "trusted flagger",
            "vertrauenswürdige[rn]? hinweisgeber",
            "article 22",
            "art\\.? ?22",
            "jugendschutz\\.net",
            "hotline",
            "meldestelle",
            "inhope",
            "beschwerdestelle",
        ),
    ),
    (
        "store",
        3,
        _words(
            "app store",
            "app review",
            "play store",
            "store review",
            "your app",
            "ihrer app",
            "ihre app",
            "review guidelines",
            "developer program",
            "developer account",
            "remove(?:d)? (?:your app )?from the store",
            "guideline 1",
        ),
    ),
    (
        "host",
        2,
        _words(
            "abuse (?:team|department|desk|report)",
            "trust (?:and|&) safety",
            "acceptable use",
            "terms of service",
            "your (?:server|instance|account with us|hosting)",
            "hosting",
            "data ?cent(?:er|re)",
            "rechenzentrum",
            "ihren? server",
            "server ip",
            "suspend your (?:account|service)",
            "customer agreement",
            "provider",
            "abuse@",
            "netzwerkmissbrauch",
            "nutzungsbedingungen",
            "colocation",
            "we will suspend",
            "registrar",
            "sperr(?:en|ung) (?:ihre[snr]? )?(?:server|account|zugang)",
        ),
    ),
    (
        "person",
        2,
        _words(
            "my (?:name|photo|picture|address|daughter|son|family)",
            "i am (?:a |the )?",
            "ich bin",
            "mein(?:e[nmrs]?)? (?:name|foto|adresse|tochter|sohn|familie|bild)",
            "i want",
            "ich möchte",
            "ich will",
            "i demand",
            "ich fordere",
            "about me",
            "über mich",
            "mich",
        ),
    ),
)
_ORDER = _words(
    "removal order",
    "entfernungsanordnung",
    "2021/784",
    "order to (?:act|remove)",
    "anordnung (?:zur|der) (?:entfernung|löschung)",
    "article 9",
    "court order",
    "gerichtliche anordnung",
    "einstweilige verfügung",
)
_LAWS = (
    ("Regulation (EU) 2021/784", _words("2021/784", "tco regulation", "tco-verordnung")),
    ("Directive 2011/93/EU", _words("2011/93")),
    ("Regulation (EU) 2022/2065", _words("2022/2065", "digital services act", "gesetz über digitale dienste", "dsa")),
    ("DMCA", _words("dmca", "17 u\\.?s\\.?c")),
    ("NetzDG", _words("netzdg", "netzwerkdurchsetzungsgesetz")),
    ("GDPR", _words("gdpr", "dsgvo", "datenschutz-grundverordnung", "2016/679")),
)  # fmt: skip
_SECTIONS = re2.compile(
    r"(?i)(?:§+|sections?|paragraph(?:en)?)\s{0,3}(\d{2,3}[a-z]?)\s{0,3}(?:abs\.?\s?\d\s{0,2})?(?:nr\.?\s?\d\s{0,2})?"
    r"(?:,?\s{0,2}(?:and|und|,|i\.?v\.?m\.?)\s{0,2}§{0,2}\s{0,2}(\d{2,3}[a-z]?)\s{0,3})?"
    r"(?:of the\s+)?(stgb|urhg|german criminal code|strafgesetzbuch)"
)
_AUTO_SUBJECT = _words(
    "out of office",
    "automatic reply",
    "auto(?:matic)?[- ]?(?:reply|response)",
    "abwesenheit",
    "automatische antwort",
    "nicht im büro",
    "vacation",
    "we (?:have )?received your (?:message|request|mail|e-mail)",
    "your (?:request|ticket) (?:has been )?(?:received|opened)",
    "eingangsbestätigung",
)
_BOUNCE_SUBJECT = _words(
    "undeliver",
    "delivery status notification",
    "returned mail",
    "mail delivery (?:failed|failure|subsystem)",
    "unzustellbar",
    "failure notice",
    "delivery failure",
)


def language_of(text: str) -> str:
    """`de` or `en` by small words; empty when there are too few."""
    head = text[:MOST_TEXT]
    german, english = _count(_GERMAN, head), _count(_ENGLISH, head)
    if max(german, english) < 2:
        return ""
    return "de" if german > english else "en"


def category_of(text: str) -> Category:
    """What the message complains about, by the weight of its words."""
    scored = [(_count(pattern, text[:MOST_TEXT], 5) * weight, name) for name, weight, pattern in _CATEGORIES]
    best = max(scored, key=lambda each: each[0])
    return best[1] if best[0] else "other"


def kind_of(text: str, sender: str) -> Kind:
    """What sort of sender this is, by what they say and by the name of their address."""
    scored = {name: _count(pattern, text[:MOST_TEXT], 4) * weight for name, weight, pattern in _KINDS}
    local, _, domain = sender.partition("@")
    if local in ("abuse", "trustandsafety", "trust-safety", "noc", "abuse-team"):
        scored["host"] += 5
    if local in ("appreview", "app-review", "store-review", "review"):
        scored["store"] += 5
    if any(
        mark in domain
        for mark in ("polizei", "bka.", "police", ".gov", "justiz", "europol", ".bund.de", "staatsanwaltschaft")
    ):
        scored["authority"] += 6
    best = max(scored, key=lambda name: scored[name])
    return best if scored[best] >= 2 else "unknown"


def is_order(text: str) -> bool:
    """Whether it speaks of an order by an authority or a court."""
    return bool(_ORDER.search(text[:MOST_TEXT]))


def law_of(text: str) -> str:
    """Laws it names, at most five, as they are usually cited."""
    head = text[:MOST_TEXT]
    found = [name for name, pattern in _LAWS if pattern.search(head)]
    for match, _ in zip(_SECTIONS.finditer(head), range(10), strict=False):
        book = "UrhG" if match.group(3).lower() == "urhg" else "StGB"
        found += [f"§ {number} {book}" for number in match.groups()[:2] if number]
    return ", ".join(dict.fromkeys(found[:5]))


def intent_by_subject(subject: str) -> Intent | None:
    """Bounces and automatic replies give themselves away in the subject."""
    if _BOUNCE_SUBJECT.search(subject):
        return "bounce"
    return "auto_reply" if _AUTO_SUBJECT.search(subject) else None


def _count(pattern: Any, text: str, most: int = 200) -> int:
    return sum(1 for _ in zip(range(most), pattern.finditer(text), strict=False))
