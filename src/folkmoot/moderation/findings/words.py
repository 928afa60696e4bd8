"""What a member is told of a decision about their profile, English and German. Functions over plain values."""

from __future__ import annotations

from folkmoot.moderation.findings.rules import About
from folkmoot.moderation.findings.views import FindingView

_ENGLISH = {
    "words off": "A steward took these words off your profile.",
    "pictures off": "A picture of yours is not shown on your profile any more: a steward decided so.",
    "cleared": "A steward looked at this and sees nothing in it. You can have it on your profile.",
    "found": "A program that reads what is published pointed to it. A person decided, and not the program.",
    "else": "Nothing else follows from it: what you posted is as it was, and it is no strike. You can put something else there.",
    "incitement": "They read like a call for violence.",
    "threat": "They read like a threat.",
    "veiled_threat": "They read like a veiled threat.",
    "mobilisation": "They read like a call to come armed to a place.",
    "glorification": "They read like praise of violence.",
    "doxxing": "They seem to make somebody's private address public.",
    "violence": "They read like a threat or a call for violence.",
    "hate": "They read like hate against a group.",
    "spam": "They read like spam.",
}
_GERMAN = {
    "words off": "Eine verantwortliche Person hat diese Worte von deinem Profil genommen.",
    "pictures off": "Ein Bild von dir steht nicht mehr auf deinem Profil: So hat eine verantwortliche Person entschieden.",
    "cleared": "Eine verantwortliche Person hat sich das angesehen und findet nichts daran. Es darf auf deinem Profil stehen.",
    "found": "Ein Programm, das Veröffentlichtes liest, hat darauf hingewiesen. Entschieden hat ein Mensch und nicht das Programm.",
    "else": "Sonst folgt nichts daraus: Deine Beiträge sind, wie sie waren, und es zählt nicht als Verstoß. Du kannst etwas anderes "
    "eintragen.",
    "incitement": "Sie lesen sich wie ein Aufruf zu Gewalt.",
    "threat": "Sie lesen sich wie eine Drohung.",
    "veiled_threat": "Sie lesen sich wie eine verhüllte Drohung.",
    "mobilisation": "Sie lesen sich wie ein Aufruf, bewaffnet an einen Ort zu kommen.",
    "glorification": "Sie lesen sich wie Lob für Gewalt.",
    "doxxing": "Sie scheinen jemandes private Adresse öffentlich zu machen.",
    "violence": "Sie lesen sich wie eine Drohung oder ein Aufruf zu Gewalt.",
    "hate": "Sie lesen sich wie Hass gegen eine Gruppe.",
    "spam": "Sie lesen sich wie Werbemüll.",
}
LANGUAGES = {"en": _ENGLISH, "de": _GERMAN}


def tell(found: FindingView, locale: str) -> list[str]:
    """The decision in sentences, English where we do not speak the language."""
    say = LANGUAGES.get(locale, _ENGLISH)
    if found.decision == "released":
        return [say["cleared"]]
    if found.about is About.PROFILE:
        return [say["words off"], *([say[found.category]] if found.category in say else []), say["found"], say["else"]]
    return [say["pictures off"], say["found"], say["else"]]
