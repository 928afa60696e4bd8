"""Words that were written without blanks between them, or with one after every letter, told apart again."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 60
"""Letters of a run that is looked at: more is no sentence."""
GLUED = 7
"""Letters below which two words are more likely one."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


class _Language(NamedTuple):
    violent: frozenset[str]
    people: frozenset[str]
    """Whom a threat or a call is about, or whose it is."""
    common: frozenset[str]

    def has(self, word: str) -> bool:
        return word in self.common or word in self.violent or word in self.people


_ENGLISH = _Language(
    violent=_listed(
        """
        kill kills killed killing murder murdered murdering shoot shooting shot stab stabbing strangle behead lynch hang
        hanging bomb burn burned beat punch slaughter execute rape gas drown crush smash die death dead gun guns rope
        """
    ),
    people=_listed("we you them him her us me everyone everybody all"),
    common=_listed(
        """
        i he she it they my your his our their the a an this that these those who what where when how am is are was were be
        been will would shall should must can could may might have has had do does did not no never dont wont cant im ill
        youll well theyll gonna wanna going go get got let lets make take need want wants come came find found see know
        and or but if then so to of in on at by for from with into out up down off over every each any some one two now
        today tonight tomorrow soon night day morning again here there home house street door city people man men woman
        women kids children family pig pigs traitor traitors scum filth vermin enemy police cops judge politicians
        government please just only nobody somebody always until before after like love hate good bad deserve deserves
        """
    ),
)
_GERMAN = _Language(
    violent=_listed(
        """
        toeten toete toetet toeteten getoetet umbringen umbringe bring bringe bringt bringen erschiessen erschiesse
        erschiesst erschossen ermorden ermorde ermordet abstechen absteche stechen steche stecht abknallen knall knalle
        knallt knallen vergasen vergast haengen haenge haengt aufhaengen aufknuepfen knuepft erhaengen verbrennen
        verbrenne verbrennt brennen schlachten schlachte schlachtet schlagen schlag schlage schlagt totschlagen erschlagen
        erschlage verpruegeln verpruegel zusammenschlagen vergewaltigen sterben stirb sterbt verrecken verrecke verreckt
        krepieren krepier steinigen steinigt koepfen koepfe koepft lynchen lyncht anzuenden zuendet abfackeln fackelt
        sprengen sprengt erdrosseln erwuergen mord tot tod
        """
    ),
    people=_listed("ich wir dich euch sie ihn uns mich alle allen"),
    common=_listed(
        """
        du er es ihr ihnen mir dir ihm mein meine dein deine deiner sein seine unser eure der die das den dem des ein eine
        einen einem einer dies diese dieser diesen alles jeder jeden jede wer wo wann bin bist ist sind seid war waren
        werde wirst wird werden werdet muss musst muessen muesst soll sollte sollten sollt sollen kann kannst koennen
        koennte willst wollen wollt darf hab habe hast hat haben tu tue tut tun mach mache macht machen geh gehe geht
        gehen komm komme kommt kommen hol hole holt holen finde findet finden weiss sehen siehst los lass lasst nicht kein
        keine keinen nie niemals und oder aber wenn dann denn auch nur schon noch mal halt eben endlich zu zum zur von vom
        auf ab um aus bei beim mit nach vor fuer gegen durch ueber unter bis weg hin raus rein jetzt heute nacht nachts
        abend morgen bald gleich hier dort da haus strasse tuer stadt leute mann frau kinder familie schwein schweine sau
        verraeter dreck pack gesindel ratten feind feinde polizei bullen richter politiker regierung wie ja nein bitte
        liebe lieber hasse guten tag gute danke gehoert gehoeren gehoerst verdient baum wand galgen messer hund hunde in an am im so
        was will her
        """
    ),
)
_VIOLENT = re.compile("|".join(sorted(_ENGLISH.violent | _GERMAN.violent)))
"""Asked first: hardly any word has one."""
_LONGEST_WORD = max(len(word) for each in (_ENGLISH, _GERMAN) for words in each for word in words)


def told_apart(letters: str, *, least: int = 2, violent: bool = False) -> str | None:
    """The frequent words of one language that these letters spell, as few as will do, with blanks between them.

    None where something is left over, where they are fewer than `least`, and, when asked for `violent` ones, where none of them
    is, or none is a person: *mitzubringen* is three frequent words, too. `letters` are plain: lower case, umlauts written out.
    """
    if not GLUED <= len(letters) <= LONGEST or (violent and not _VIOLENT.search(letters)):
        return None
    found: list[tuple[str, ...]] = []
    for language in (_ENGLISH, _GERMAN):
        words = _fewest(letters, language)
        if words is None or len(words) < least:
            continue
        if not violent or not (language.violent.isdisjoint(words) or language.people.isdisjoint(words)):
            found.append(words)
    fewest = min(found, key=len, default=None)
    return " ".join(fewest) if fewest else None


def is_violent(word: str) -> bool:
    """Whether a plain word is one of those that say what is done to somebody."""
    return word in _ENGLISH.violent or word in _GERMAN.violent


def _fewest(letters: str, language: _Language) -> tuple[str, ...] | None:
    size = len(letters)
    ways: list[tuple[str, ...] | None] = [()] + [None] * size
    """For each place, the fewest words that end there."""
    for start in range(size):
        before = ways[start]
        if before is None:
            continue
        for end in range(start + 1, min(start + _LONGEST_WORD, size) + 1):
            known = ways[end]
            if (known is None or len(known) > len(before) + 1) and language.has(letters[start:end]):
                ways[end] = (*before, letters[start:end])
    return ways[size]
