"""The words that announce a deadline, English and German. RE2 throughout: these run over whole letters."""

from __future__ import annotations

from datetime import timedelta

import re2

NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10,
    "twelve": 12, "fourteen": 14, "eighteen": 18, "twenty-four": 24, "twenty four": 24, "thirty-six": 36, "forty-eight": 48,
    "forty eight": 48, "seventy-two": 72, "seventy two": 72,
    "ein": 1, "eine": 1, "einer": 1, "einem": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
    "sieben": 7, "acht": 8, "zehn": 10, "zwölf": 12, "vierzehn": 14, "vierundzwanzig": 24, "sechsunddreißig": 36,
    "achtundvierzig": 48, "zweiundsiebzig": 72,
}  # fmt: skip
UNITS = (
    (("minute", "min"), timedelta(minutes=1)),
    (("hour", "hr", "std", "stunde", "stündig", "h"), timedelta(hours=1)),
    (("day", "tag", "täg"), timedelta(days=1)),
    (("week", "woche", "wöch"), timedelta(weeks=1)),
)
_WITHIN = (
    "within", "inside of", "innerhalb", "innert", "binnen", "in less than", "not? later than", "not more than", "no more than",
    "at (?:the )?(?:very )?latest (?:within|in|after)", "spätestens (?:in|nach|binnen|innerhalb)", "in den nächsten", "in the next",
    "(?:you|we) (?:will )?(?:now )?(?:have|are given)", "we (?:give|are giving) you", "(?:a )?(?:deadline|time limit|period|window) of",
    "(?:eine[rn]? )?frist von", "haben sie", "sie haben", "geben(?: wir)? ihnen",
)  # fmt: skip
_BETWEEN = (
    "the", "a", "an", "at most", "maximal", "längstens", "nur", "only", "just", "von", "of", "exactly", "genau", "der", "den",
    "about", "another", "nächsten", "next", "following", "up to", "a maximum of", "no more than", "lediglich", "noch", "mit",
)  # fmt: skip
_UNTIL = (
    "until", "till", "by", "before", "no(?:t)? later than", "at the latest(?: by| on)?", "latest by", "effective", "respond by",
    "deadline(?: is| of| for [a-z ]{1,40} is)?", "due(?: date)?(?: is| on| by)?", "expires?(?: on| at)?",
    "bis(?: spätestens)?(?: zum| am)?", "spätestens(?: bis)?(?: zum| am)?", "vor", "frist(?:ende| endet| läuft)?(?: am| bis)?(?: zum)?",
    "fristablauf", "stichtag", "mit wirkung zum", "(?:bis )?zum ablauf des",
)  # fmt: skip
_URGENT = (
    "immediate(?:ly)?", "without (?:undue |any )?delay", "as soon as possible", "asap", "at once", "right away", "promptly",
    "urgent(?:ly)?", "unverzüglich(?:e[nmrs]?)?", "sofort(?:ige[nmrs]?)?", "umgehend(?:e[nmrs]?)?", "schnellstmöglich",
    "ohne (?:schuldhaftes )?zögern", "eilt",
)  # fmt: skip
_OURS = (
    r"we\s+(?:will|aim|shall|usually|typically|try)", "we'll", r"wir\s+(?:werden|melden|antworten|bemühen|bearbeiten)",
    r"our (?:team|staff)\s+(?:will|aims)", "(?:was|were|has been|had been) (?:posted|published|uploaded)",
    "wurden? (?:veröffentlicht|hochgeladen|gepostet)", "i(?:'ll| will)", "melde mich",
)  # fmt: skip

_COUNT = r"(?:\d{1,3}|" + "|".join(sorted(map(re2.escape, NUMBER_WORDS), key=len, reverse=True)) + ")"
_UNIT = r"(?:minutes?|mins?|minuten|hours?|hrs?|stunden?|std|h|days?|tag(?:e|en|es)?|weeks?|wochen?)"
_WORKING = r"(?:business|working|calendar|full|more|werk|arbeits|kalender|volle[nr]?)?"
_HALF = r"(?:half an hour|einer halben stunde|eine halbe stunde)"
_LENGTH = rf"(?:({_COUNT})\s?(?:\(\s?[\w-]{{1,20}}\s?\)\s?)?[\s-]?({_WORKING}[\s-]?{_UNIT})\b|({_HALF}))"
_OLD = r"(?:minute|hour|day|minuten|stunden|tages?|stündige[nrs]?|tägige[nrs]?|minütige[nrs]?)"


def _any(phrases: tuple[str, ...]) -> str:
    return "(?:" + "|".join(phrases) + ")"


within = re2.compile(rf"(?i)\b{_any(_WITHIN)}(?:\s+{_any(_BETWEEN)}){{0,3}}\s+{_LENGTH}")
"""`within 24 hours`: count, unit, or half an hour."""
adjective = re2.compile(rf"(?i)\b({_COUNT})[\s-]({_OLD})[\s-]?(?:deadline|frist|time limit|notice|ultimatum|window)\b")
"""`a 24-hour deadline`, `24-Stunden-Frist`."""
until = re2.compile(
    rf"(?i)\b{_any(_UNTIL)}\b[\s:,=*]{{1,6}}|\b(?:deadline|due|frist|response required by|respond by)\s{{0,3}}:\s{{0,4}}"
)
"""What a day or a time follows."""
urgent = re2.compile(rf"(?i)\b{_any(_URGENT)}\b")
of_itself = re2.compile(rf"(?i)\b{_any(_OURS)}\b[^.!?\n]{{0,120}}$")
"""At the end of what stands before a cue: the sender promises something, or tells when something was posted."""
