"""The languages pages speak: English in the source, other catalogues in `locales/`, read once at start."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from babel import Locale
from babel.core import get_locale_identifier, negotiate_locale, parse_locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from folkmoot import clock
from folkmoot.errors import FolkmootError

LOCALES = {"en": "English", "de": "Deutsch"}
_FOLDER = Path(__file__).parent / "locales"


class Catalogue:
    """The sentences of one language, by the English ones."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self.babel = Locale.parse(locale)
        self._sentences: dict[str, tuple[str, ...]] = {}
        file = _FOLDER / locale / "LC_MESSAGES" / "messages.po"
        if file.is_file():
            with file.open("rb") as stream:
                found = read_po(stream, locale=locale)
            for message in found:
                ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
                texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
                if ids[0] and not message.fuzzy and all(texts):
                    self._sentences[ids[0]] = tuple(str(text) for text in texts)

    def gettext(self, sentence: str) -> str:
        """The sentence in this language, or as it is."""
        return self._sentences.get(sentence, (sentence,))[0]

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The form of the sentence that goes with the number."""
        forms = self._sentences.get(singular)
        which = int(number != 1)  # true of every language we have
        return forms[which] if forms and which < len(forms) else (singular if number == 1 else plural)

    def knows(self, sentence: str) -> bool:
        return sentence in self._sentences

    def of_error(self, error: FolkmootError) -> str:
        """What an error says, without the prefix that clients expect."""
        sentence = self.gettext(error.sentence)
        if error.values:
            said = {name: self.gettext(part) if isinstance(part, str) else part for name, part in error.values.items()}
            sentence = sentence.format(**said)
        return sentence.removeprefix("Validation failed: ")


@cache
def catalogue(locale: str) -> Catalogue:
    return Catalogue(locale if locale in LOCALES else "en")


_current: ContextVar[Catalogue] = ContextVar("catalogue")


def speak(locale: str) -> Catalogue:
    """Have everything said from now on in this task be in this language."""
    chosen = catalogue(locale)
    _current.set(chosen)
    return chosen


def current() -> Catalogue:
    return _current.get(None) or catalogue("en")


def say(sentence: str, **values: object) -> str:
    """A sentence in the reader's language, its %(fields)s filled in."""
    said = current().gettext(sentence)
    return said % values if values else said


def choose(*, account: str | None, cookie: str | None, accepted: str, default: str) -> str:
    """The language of a page: the account's, else the one chosen here, else the first the browser asks for."""
    for wish in (account, cookie):
        if wish in LOCALES:
            return str(wish)
    wishes: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((float(weight or 1), get_locale_identifier(parse_locale(tag, sep="-")[:1])))
        except ValueError:
            continue
    wishes.sort(key=lambda wish: -wish[0])
    return negotiate_locale([tag for _, tag in wishes], list(LOCALES)) or (default if default in LOCALES else "en")


# Filters of the templates -----------------------------------------------------------------------------------


def ago(moment: datetime) -> str:
    """How long ago, in as few letters as possible; the date when it is more than a week."""
    now = clock.now()
    age = now - moment
    said = current()
    if timedelta(0) > age > timedelta(seconds=-5):
        age = timedelta(0)
    if timedelta(0) <= age < timedelta(minutes=1):
        return said.gettext("now")
    if timedelta(0) <= age < timedelta(days=7):
        return format_timedelta(age, format="narrow", locale=said.babel, threshold=1).replace("\u202f", "\u00a0")
    skeleton = "MMMd" if moment.year == now.year else "yMMMd"
    from_skeleton = said.babel.datetime_skeletons[skeleton]
    return format_datetime(moment, from_skeleton, tzinfo=UTC, locale=said.babel)


def until(moment: datetime) -> str:
    """How long it still takes."""
    left = max(moment - clock.now(), timedelta(0))
    return format_timedelta(left, format="long", locale=current().babel, threshold=1)


def ahead(moment: datetime) -> str:
    """In how long, as a whole: "in 7 days" bends the noun in some languages."""
    left = max(moment - clock.now(), timedelta(0))
    return format_timedelta(left, format="long", locale=current().babel, threshold=1, add_direction=True)


def full(moment: datetime) -> str:
    """Date and time to the minute; in UTC, until a script of the page puts the reader's own in."""
    said = current().babel
    return f"{format_date(moment, 'long', locale=said)}, {format_time(moment, 'short', tzinfo=UTC, locale=said)} UTC"


def day(moment: datetime) -> str:
    return format_date(moment, "long", locale=current().babel)


def day_month(moment: date) -> str:
    """The day without its year, short: for the ends of a chart."""
    return format_skeleton("MMMd", datetime(moment.year, moment.month, moment.day), locale=current().babel)


def month(moment: datetime) -> str:
    return format_datetime(moment, current().babel.datetime_skeletons["yMMMM"], tzinfo=UTC, locale=current().babel)


def number(count: int) -> str:
    return format_decimal(count, locale=current().babel)


def brief(count: int) -> str:
    """A count beside a button: 12 000 as 12K, nothing for none."""
    if count < 1_000:
        return str(count) if count else ""
    if count < 1_000_000:
        return f"{format_decimal(count / 1_000, '0.#' if count < 10_000 else '0', locale=current().babel)}K"
    return f"{format_decimal(count / 1_000_000, '0.#', locale=current().babel)}M"


def figure(value: float, is_share: bool = False) -> str:
    """A figure at the edge of a chart: 1.2K of counts, 12 % of shares."""
    return f"{value * 100:.0f} %" if is_share else brief(round(value)) or "0"


def percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
