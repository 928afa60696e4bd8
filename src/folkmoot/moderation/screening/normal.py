"""A text with its disguises undone, so that rules, copies and the model all read the same plain words.

Everything here is linear in the text: one walk over its whitespace-separated pieces, each undone by itself.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

import msgspec

from folkmoot.moderation.screening.glued import GLUED, told_apart

CLIP = 20_000
"""Characters that are looked at, long links cut short. The rest of a longer text is not; posts are shorter by far."""
LINK = 23
"""What stays of a link where a text is too long: as much as is counted of it when somebody posts."""

URL, NAME, MAIL = "<url>", "<name>", "<mail>"
"""What stands in plain text for a link, a mention and a mail address."""


class Disguise(StrEnum):
    """What was undone. Each is a sign by itself, though a stretched word is mostly only joy."""

    HIDDEN = "hidden"  # zero-width and direction marks, piled-up accents, what only looks like a blank
    ALPHABET = "alphabet"  # fullwidth, mathematical, circled, small capitals
    LOOKALIKE = "lookalike"  # Cyrillic or Greek letters within a Latin word
    LEET = "leet"  # k1ll
    MASKED = "masked"  # k*ll
    SPACED = "spaced"  # k i l l, k.i.l.l
    STRETCHED = "stretched"  # kiiill
    EMOJI = "emoji"  # a weapon as a picture


class Normal(msgspec.Struct, frozen=True):
    """A text in plain words, and where each of them was written."""

    written: str
    """As the author wrote it, in a long text with links and names cut short, clipped."""
    plain: str
    """Casefolded, without disguises; umlauts as ae, oe, ue, ss; pieces parted by one space or line end."""
    marks: frozenset[Disguise]
    pieces: tuple[tuple[int, int, int, int], ...]
    """For each piece: where it starts and ends in `plain`, where it starts and ends in `written`."""
    clipped: bool = False
    """Whether there is more that was not looked at."""

    def passage(self, start: int, end: int) -> str:
        """What was written where `plain[start:end]` now stands; of a disguised word always the whole."""
        first, last = self.span(start, end)
        return self.written[first:last]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in `written` that stands."""
        if not self.pieces or end <= start:
            return 0, 0
        left = max(bisect_right(self.pieces, start, key=_plain_start) - 1, 0)
        right = max(bisect_right(self.pieces, end - 1, key=_plain_start) - 1, 0)
        first = _locate(self.pieces[left], start, to_end=False)
        return first, max(first, _locate(self.pieces[right], end, to_end=True))


@lru_cache(maxsize=4)
def normalise(text: str) -> Normal:
    """The text in plain words. Never fails, whatever the text. Every stage asks for the same few, one after the other."""
    whole = shorten(text, CLIP)
    written = whole[:CLIP]
    parted = written if written.isascii() else _BLANKS.sub(" ", written)
    plain: list[str] = []
    pieces: list[tuple[int, int, int, int]] = []
    marks: set[Disguise] = set()
    if parted != written:
        marks.add(Disguise.HIDDEN)
    at, before = 0, 0
    for start, end, chunk, spaced in _chunks(parted):
        word, found = _undo(chunk) if len(chunk) <= _REMEMBERED else _undo_one(chunk)
        if spaced:
            if sum(map(str.isalpha, word)) > 3:
                marks.add(Disguise.SPACED)
            word = _RUN_OF_LETTERS.sub(lambda letters: told_apart(letters[0]) or letters[0], word)
        if found:
            marks |= found
        if not word:
            continue
        if at:
            plain.append("\n" if "\n" in written[before:start] else " ")
            at += 1
        plain.append(word)
        pieces.append((at, at + len(word), start, end))
        at += len(word)
        before = end
    return Normal(
        written=written,
        plain="".join(plain),
        marks=frozenset(marks),
        pieces=tuple(pieces),
        clipped=len(whole) > len(written),
    )


def shorten(text: str, most: int) -> str:
    """The text as it is, or, where it is longer than `most`, with links, mentions and mail addresses cut short: whoever posts is
    counted few characters of them, so that words could stand behind any number."""
    return text if len(text) <= most else _LONG.sub(_cut, text)


def _cut(match: re.Match[str]) -> str:
    if match["someone"]:
        return match["someone"]
    if match["place"]:
        return f"{match['box'][:LINK]}@{match['place'][:LINK]}.{match['end'][:LINK]}"
    return match[0][:LINK]


_REMEMBERED = 32
_CHUNK = re.compile(r"\S+")
_PILED = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
"""Accents and strokes that are written onto the letter before them."""
_LONE = re.compile(rf"(?P<opens>[^\w\s@#<>]{{0,3}})[^\W\d_](?:{_PILED.pattern})?(?P<closes>[^\w\s@#<>]{{0,3}})\Z")


def _chunks(written: str) -> Iterator[tuple[int, int, str, bool]]:
    """The pieces between blanks; letters that stand alone one blank apart are one piece, with signs before the first and after
    the last."""
    lone: list[tuple[int, int, str]] = []
    for match in _CHUNK.finditer(written):
        start, end = match.span()
        chunk = match[0]
        letter = None if end - start > 4 or (end - start > 1 and chunk.isalpha()) else _LONE.match(chunk)
        opens, closes = (letter["opens"], letter["closes"]) if letter else ("", "")
        if lone and (letter is None or opens or start - lone[-1][1] != 1 or written[start - 1] == "\n"):
            yield from _join(lone)
            lone = []
        if letter is None or (opens and closes):
            yield start, end, chunk, False
            continue
        lone.append((start, end, chunk))
        if closes:
            yield from _join(lone)
            lone = []
    yield from _join(lone)


def _join(lone: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str, bool]]:
    if len(lone) < 3:
        for start, end, letter in lone:
            yield start, end, letter, False
        return
    yield lone[0][0], lone[-1][1], "".join(letter for _, _, letter in lone), True


def _plain_start(piece: tuple[int, int, int, int]) -> int:
    return piece[0]


def _locate(piece: tuple[int, int, int, int], place: int, *, to_end: bool) -> int:
    plain_start, plain_end, start, end = piece
    if plain_end - plain_start == end - start:  # nothing was added or taken away
        return min(max(start + place - plain_start, start), end)
    return end if to_end else start


# -- one piece


_NOTHING: frozenset[Disguise] = frozenset()
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters by name that are shown as a blank, and part words as one does."""
_BLANKS = re.compile(f"[{_BLANK}]")
_URL = re.compile(rf"(?:https?://|www\.)[^\s<>\"{_BLANK}]+", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w@.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}")
_NAME = re.compile(r"(?<![\w@])@[A-Za-z0-9_][\w-]*(?:\.[\w-]+)*(?:@[\w-]+(?:\.[\w-]+)*)?")
_LONG = re.compile(
    r"""(?:https?://|www\.)[^\s<>"]+
      | (?P<someone>(?<![\w@/=])@[\w.-]{1,64})@[A-Za-z0-9][\w.-]{0,251}(?::\d{1,5}(?!\d))?
      | (?<![\w@.+-])(?P<box>[\w.+-]{1,64})@(?P<place>[\w-]{1,64})\.(?P<end>[\w.-]{2,64})""",
    re.IGNORECASE | re.VERBOSE,
)
"""Goes on through what only looks like a blank, as a link and a name do that are posted: they are counted few characters, too."""
_CAMEL = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")
_DOTTED = re.compile(r"(?<![^\W_])[^\W\d_](?:([.\-_*~|/,·•])[^\W\d_])(?:\1[^\W\d_])+(?![^\W_])")
_LEET_WORD = re.compile(r"(?<![\w$])[$]?[^\W\d_]+(?:[01345@$!|7]{1,3}[^\W\d_]+)+(?!\w)|(?<![\w$])\$[^\W\d_]{3,}(?!\w)")
_KILL = re.compile(r"(?<!\w)k[i1!|](?:l[1|!]|[1|!]l|[1|!]{2})(?=e|i|s|\b|\W|$)")
_POSTCODE = re.compile(r"[A-Z]{2}\d[A-Z]\Z")
_MASKED = re.compile(r"(?<![\w*#])[^\W\d_][^\W\d_*#]{0,11}[*#]{1,4}[^\W\d_*#]{0,12}[^\W\d_](?![\w*#])")
_GENDERED = re.compile(r"(?<=\w)[*:_](?=in(?:nen)?\b)")
_RUN = re.compile(r"([^\W\d_])\1\1+")
_ONE_WORD = 10
"""Letters below which a word is nearly always one."""
_RUN_OF_LETTERS = re.compile(rf"[a-z]{{{GLUED},}}")
_RUN_OF_TWO = re.compile(r"([äöüæœ])\1\1+")
"""Of letters that are written out as two."""
_NOISE = re.compile(r"([^\w\s<>])\1{3,}")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_UNUSUAL = re.compile("[^\\x00-\u024f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20a0-\u20cf]")
"""Only in texts with such there are marks that belong to another alphabet."""
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_MEANT = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "i"}
_LEET_MAP = str.maketrans(_MEANT)

_HIDING = dict.fromkeys(map(ord, "\xad\u034f\u061c\u17b4\u17b5\ufeff")) | dict.fromkeys(
    code
    for first, last in (
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0xFE00, 0xFE0F),
        (0xFFF9, 0xFFFB),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE007F),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
_ORDINARY_HIDING = frozenset("\u200d\ufe0e\ufe0f\u200e\u200f\xad\ufeff\u180b\u180c\u180d\u180f")
"""Part of emoji, of right-to-left and Mongolian text and of what editors leave behind: taken out without suspicion."""

_QUOTES = {**dict.fromkeys(map(ord, "“”„‟«»″〝〞「」『』"), '"'), **dict.fromkeys(map(ord, "‘’‚‛‹›´`′"), "'")}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_BEFORE = {**_QUOTES, **_DASHES, **_SURROGATES}
_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ſ": "s"}
)
_LOOKALIKES = str.maketrans(
    "АВЕЗКМНОРСТУХЅІЈԌаеорсухѕіјԁһԛԝѵкмтвнгёїпԍӏӀ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχγησωλό",
    "ABEEKMHOPCTYXSIJGaeopcyxsijdhqwvkmtbhreingll" + "ABEZHIKMNOPTYXabeikvoptuxynowlo",
)
_ALPHABETS = str.maketrans(
    {
        **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡ", "abcdefghijklmnoprstuvwyzag", strict=True)),
        **{chr(start + i): chr(97 + i) for start in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6) for i in range(26)},
    }
)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]+")
_EMOJI = {
    "🔫": ":gun:", "🔪": ":knife:", "🗡": ":dagger:", "⚔": ":swords:", "🏹": ":bow:", "💣": ":bomb:", "🧨": ":bomb:",
    "💥": ":blast:", "🔥": ":fire:", "🪓": ":axe:", "🔨": ":hammer:", "⛏": ":pick:", "🪚": ":saw:", "⚰": ":coffin:",
    "🪦": ":grave:", "💀": ":skull:", "☠": ":skull:", "🩸": ":blood:", "🪢": ":rope:", "☢": ":poison:",
    "☣": ":poison:", "💉": ":needle:", "🎯": ":aim:", "🥊": ":fist:", "👊": ":fist:", "🪖": ":soldier:",
}  # fmt: skip
_EMOJI_SEEN = re.compile("[" + "".join(_EMOJI) + "]")
_WEAPONS = frozenset("🔫🔪🗡⚔🏹💣🧨🪓⚰🪦🪢")
_OFTEN_MASKED = (
    "kill", "kills", "killed", "killing", "murder", "murdered", "murdering", "shoot", "shooting", "stab", "stabbed",
    "stabbing", "rape", "raped", "raping", "die", "dies", "dead", "death", "hang", "hanged", "hanging", "lynch",
    "behead", "bomb", "burn", "strangle", "gun", "suicide", "töten", "toeten", "töte", "getötet", "umbringen",
    "bringe", "erschießen", "erschiessen", "erschieße", "erschossen", "abstechen", "absteche", "ermorden",
    "vergasen", "vergewaltigen", "vergewaltigt", "aufhängen", "verrecken", "verrecke", "sterben", "stirb", "mord",
    "mörder", "tot", "aufknüpfen", "schlachten",
)  # fmt: skip
_BY_LENGTH: dict[tuple[str, int], list[str]] = {}
for _word in _OFTEN_MASKED:
    _BY_LENGTH.setdefault((_word[0], len(_word)), []).append(_word)


def _undo_one(chunk: str) -> tuple[str, frozenset[Disguise]]:
    """One piece in plain words, and what was undone."""
    if chunk.isascii() and chunk.isalpha():
        return _apart(*_unstretch(chunk.lower(), _NOTHING))
    marks: set[Disguise] = set()
    if not chunk.isascii():
        chunk = _to_letters(chunk, marks)
    chunk = _token(chunk)
    if chunk.startswith("#"):
        chunk = _CAMEL.sub(" ", chunk)
    chunk = _undo_masks(chunk, marks)
    if not chunk.isascii():
        chunk = chunk.casefold()
        if _RUN_OF_TWO.search(chunk):
            marks.add(Disguise.STRETCHED)
            chunk = _RUN_OF_TWO.sub(r"\1", chunk)
        chunk = unicodedata.normalize("NFD", chunk.translate(_LETTERS))
        chunk = unicodedata.normalize("NFC", _PILED.sub("", chunk)).translate(_LETTERS)
    else:
        chunk = chunk.lower()
    chunk = _NOISE.sub(r"\1\1\1", chunk.replace("_", " "))
    chunk = " ".join(chunk.split())
    return _apart(*_unstretch(chunk, frozenset(marks)))


_undo = lru_cache(maxsize=1 << 10)(_undo_one)
"""Most words of a text have been seen before."""


def _token(chunk: str) -> str:
    if "@" in chunk:
        chunk = _NAME.sub(NAME, _MAIL.sub(MAIL, chunk))
    if "/" in chunk or "." in chunk:
        chunk = _URL.sub(URL, chunk)
    return chunk


def _to_letters(chunk: str, marks: set[Disguise]) -> str:
    """Every letter as the letter it stands for: without hidden marks, in one alphabet, emoji as words."""
    bare = chunk.translate(_HIDING)
    if len(bare) != len(chunk) and not _ORDINARY_HIDING.issuperset(set(chunk) - set(bare)):
        marks.add(Disguise.HIDDEN)
    if bare.isascii():
        return bare
    bare = bare.translate(_BEFORE)
    if _EMOJI_SEEN.search(bare):
        if not _WEAPONS.isdisjoint(bare):
            marks.add(Disguise.EMOJI)
        bare = _EMOJI_SEEN.sub(lambda match: f" {_EMOJI[match[0]]} ", bare)
    if bare.isascii():
        return bare
    bare = _spell(bare, marks)
    if _LATIN.search(bare):
        if _PILED.search(bare):  # what NFKC could not compose: nobody's spelling
            marks.add(Disguise.HIDDEN)
            bare = unicodedata.normalize("NFKC", _PILED.sub("", bare))
        if _FOREIGN.search(bare):
            marks.add(Disguise.LOOKALIKE)
            bare = bare.translate(_LOOKALIKES)
        if _UNUSUAL.search(bare):
            bare = _without_strange_marks(bare, marks)
    return bare


def _without_strange_marks(bare: str, marks: set[Disguise]) -> str:
    """Without the vowel signs and formats of other alphabets between two Latin letters; at the end of a word they may be
    grammar."""
    kept: list[str] = []
    between: list[str] = []
    for letter in bare:
        if kept and unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf") and _LATIN.match(kept[-1]):
            between.append(letter)
            continue
        if between and _LATIN.match(letter):
            marks.add(Disguise.HIDDEN)
        else:
            kept += between
        between = []
        kept.append(letter)
    return "".join(kept + between)


def _spell(bare: str, marks: set[Disguise]) -> str:
    """Fancy alphabets as plain letters. A flag is two regional letters; only more of them spell a word."""
    spelt = _FLAG.sub(lambda match: match[0].translate(_ALPHABETS) if len(match[0]) > 2 else " ", bare)
    spelt = unicodedata.normalize("NFKC", spelt.translate(_ALPHABETS))
    if len(_LATIN.findall(spelt)) > len(_LATIN.findall(unicodedata.normalize("NFC", bare))) + 1:
        marks.add(Disguise.ALPHABET)
    return spelt[:CLIP]  # one Arabic ligature is eighteen letters


def _undo_masks(chunk: str, marks: set[Disguise]) -> str:
    """Letters that were parted, replaced by digits or starred out."""
    if chunk.isalpha():
        return chunk
    chunk = _GENDERED.sub("", chunk)

    def dotted(match: re.Match[str]) -> str:
        letters = match[0].replace(match[1], "")
        if len(letters) > 3:
            marks.add(Disguise.SPACED)
        return letters

    def leet(match: re.Match[str]) -> str:
        word = match[0]
        if _POSTCODE.match(word) or word.find("!") > 3:
            return word
        marks.add(Disguise.LEET)
        return word.translate(_LEET_MAP)

    def kill(match: re.Match[str]) -> str:
        marks.add(Disguise.LEET)
        return "kill"

    def masked(match: re.Match[str]) -> str:
        word = match[0].lower()
        fits = [known for known in _BY_LENGTH.get((word[0], len(word)), ()) if _fits(word, known)]
        if not fits:
            return match[0]
        marks.add(Disguise.MASKED)
        return fits[0]

    chunk = _DOTTED.sub(dotted, chunk)
    if chunk.isalpha():
        return chunk
    chunk = _KILL.sub(kill, chunk)
    chunk = _LEET_WORD.sub(leet, chunk)
    if "*" in chunk or "#" in chunk:
        chunk = _MASKED.sub(masked, chunk)
    return chunk


def _fits(masked: str, known: str) -> bool:
    return all(one in "*#" or one == other for one, other in zip(masked, known, strict=True))


def _apart(plain: str, marks: frozenset[Disguise]) -> tuple[str, frozenset[Disguise]]:
    """Words that were written as one and threaten, with blanks between them; a hashtag is written so anyway."""
    if len(plain) < _ONE_WORD and "#" not in plain:
        return plain, marks
    return _RUN_OF_LETTERS.sub(_one_apart, plain), marks


def _one_apart(run: re.Match[str]) -> str:
    start = run.start()
    least = 2 if run.string[start - 1 : start] == "#" else 3
    return told_apart(run[0], least=least, violent=True) or run[0]


def _unstretch(plain: str, marks: frozenset[Disguise]) -> tuple[str, frozenset[Disguise]]:
    """Letters written three times and more as often as words have them."""
    if not _RUN.search(plain):
        return plain, marks
    return _RUN.sub(_shorten, plain), marks | {Disguise.STRETCHED}


def _shorten(match: re.Match[str]) -> str:
    letter = match[1]
    at_end = not match.string[match.end() : match.end() + 1].isalpha()
    if letter in "lsf" or (letter == "o" and not at_end):
        return letter * 2
    return letter
