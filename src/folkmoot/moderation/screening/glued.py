"""Words that were written without blanks between them, or with one after every letter, told apart again."""

from __future__ import annotations

LONGEST = 60
"""Letters of a run that is looked at: more is no sentence."""
GLUED = 7
"""Letters below which two words are more likely one."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VIOLENT = _listed(
    """
    kill kills killed killing murder murdered murdering shoot shooting shot stab stabbing strangle behead lynch hang
    hanging bomb burn burned beat punch slaughter execute rape gas drown crush smash die death dead gun guns rope
    toeten toete toetet toeteten getoetet umbringen umbringe bring bringe bringt bringen erschiessen erschiesse
    erschiesst erschossen ermorden ermorde ermordet abstechen absteche stechen steche stecht abknallen knall knalle
    knallt knallen vergasen vergast haengen haenge haengt aufhaengen aufknuepfen knuepft erhaengen verbrennen
    verbrenne verbrennt brennen schlachten schlachte schlachtet schlagen schlag schlage schlagt totschlagen erschlagen
    erschlage verpruegeln verpruegel zusammenschlagen vergewaltigen sterben stirb sterbt verrecken verrecke verreckt
    krepieren krepier steinigen steinigt koepfen koepfe koepft lynchen lyncht anzuenden zuendet abfackeln fackelt
    sprengen sprengt erdrosseln erwuergen mord tot tod
    """
)
_COMMON = _listed(
    """
    i you he she it we they me him her us them my your his our their the a an this that these those who what where
    when how am is are was were be been will would shall should must can could may might have has had do does did not
    no never dont wont cant im ill youll well theyll gonna wanna going go get got let lets make take need want wants
    come came find found see know and or but if then so to of in on at by for from with into out up down off over all
    every each any some one two now today tonight tomorrow soon night day morning again here there home house street
    door city people man men woman women kids children family pig pigs traitor traitors scum filth vermin enemy police
    cops judge politicians government please just only everyone everybody nobody somebody always until before after
    like love hate good bad deserve deserves ich du er sie es wir ihr mich dich ihn uns euch ihnen mir dir ihm mein
    meine dein deine deiner sein seine unser eure der die das den dem des ein eine einen einem einer dies diese dieser
    diesen alle allen alles jeder jeden jede wer wo wann bin bist ist sind seid war waren werde wirst wird werden
    werdet muss musst muessen muesst soll sollte sollten sollt sollen kann kannst koennen koennte willst wollen wollt
    darf hab habe hast hat haben tu tue tut tun mach mache macht machen geh gehe geht gehen komm komme kommt kommen
    hol hole holt holen finde findet finden weiss sehen siehst los lass lasst nicht kein keine keinen nie niemals und
    oder aber wenn dann denn auch nur schon noch mal halt eben endlich zu zum zur von vom auf ab um aus bei beim mit
    nach vor fuer gegen durch ueber unter bis weg hin raus rein jetzt heute nacht nachts abend morgen bald gleich hier
    dort da haus strasse tuer stadt leute mann frau kinder familie schwein schweine sau verraeter dreck pack gesindel
    ratten feind feinde polizei bullen richter politiker regierung wie ja nein bitte liebe lieber hasse guten tag gute
    danke gehoert gehoeren gehoerst verdient baum wand galgen messer
    """
)
_WORDS = _VIOLENT | _COMMON
_LONGEST_WORD = max(map(len, _WORDS))


def told_apart(letters: str, *, least: int = 2, violent: bool = False) -> str | None:
    """The frequent words that these letters spell, as few as will do, with blanks between them.

    None where something is left over, where they are fewer than `least`, and, when asked for a `violent` one, where none is.
    `letters` are plain: lower case, umlauts written out.
    """
    size = len(letters)
    if not GLUED <= size <= LONGEST:
        return None
    ways: list[tuple[str, ...] | None] = [()] + [None] * size
    """For each place, the fewest words that end there."""
    for start in range(size):
        before = ways[start]
        if before is None:
            continue
        for end in range(start + 1, min(start + _LONGEST_WORD, size) + 1):
            known = ways[end]
            if (known is None or len(known) > len(before) + 1) and letters[start:end] in _WORDS:
                ways[end] = (*before, letters[start:end])
    words = ways[size]
    if words is None or len(words) < least or (violent and _VIOLENT.isdisjoint(words)):
        return None
    return " ".join(words)
