"""What disguises hide, and that every plain word can be found again as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import markup
from folkmoot.moderation.screening.normal import CLIP, Disguise, normalise, shorten


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("KILL Them", "kill them"),
        ("k1ll y0u", "kill you"),
        ("ki11 k!ll $hoot st@b", "kill kill shoot stab"),
        ("k i l l them", "kill them"),
        ("k\u0336 i\u0336 l\u0336 l\u0336 them", "kill them"),
        ("k i l l  y o u", "kill you"),
        ("k.i.l.l k-i-l-l k*i*l*l k_i_l_l", "kill kill kill kill"),
        ("t-ö-t-e-n", "toeten"),
        ("Töten TÖTEN toeten to\u0308ten", "toeten toeten toeten toeten"),
        ("erschießen ERSCHIESSEN", "erschiessen erschiessen"),
        ("café naïve Łódź", "cafe naive lodz"),
        ("kіll ΚІLL", "kill kill"),
        ("ｋｉｌｌ 𝐤𝐢𝐥𝐥 ⓚⓘⓛⓛ ᴋɪʟʟ 🅺🅸🅻🅻", "kill kill kill kill kill"),
        ("🇰🇮🇱🇱 🇩🇪", "kill"),
        ("k\u200bi\u2060l\u00adl", "kill"),
        ("k̵̡̛i̶l̴l̷", "kill"),
        ("kiiiill dieeee shoooot killllll", "kill die shoot kill"),
        ("k*ll m*rder t*ten d**n", "kill murder toeten d**n"),
        ("I 🔪 you", "i :knife: you"),
        ("you🔫🔫", "you :gun: :gun:"),
        (
            "see https://example.org/a?b=1, @ada and @ada@example.org, ada@example.org",
            "see <url> <name> and <name>, <mail>",
        ),
        ("on 6.1.2021 at 18:00, 18.30 Uhr", "on 6.1.2021 at 18:00, 18.30 uhr"),
        ("mp3 covid19 H1N1 1st ps5 SW1A", "mp3 covid19 h1n1 1st ps5 sw1a"),
        ("#KillThemAll #mordsspaß", "#kill them all #mordsspass"),
        ("Politiker*innen Bürger:innen", "politikerinnen buergerinnen"),
        ("„so“ «so» “so” ‘so’", '"so" "so" "so" \'so\''),
        ("one\n\ntwo  three", "one\ntwo three"),
        ("привет мир", "привет мир"),
        ("töööten TÖÖÖTEN früüüh", "toeten toeten frueh"),
        ('k i l l. "k i l l" (k i l l them)', 'kill. "kill" (kill them)'),
        ("plan b, c, d. a b.", "plan b, c, d. a b."),
        ("kiӏӏ KIӀӀ", "kill kill"),
        ("I w i l l k i l l y o u!", "i will kill you!"),
        ("I c h b r i n g e d i c h u m, T ö t e t s i e", "ich bringe dich um, toetet sie"),
        ("Wir sagen: toetetsiealle, TÖTETSIEALLE.", "wir sagen: toetet sie alle, toetet sie alle."),
        ("#hangthem #ichbringedichum #iloveyou", "#hang them #ich bringe dich um #iloveyou"),
        ("wirkommenheute overkill hangover miteinander", "wirkommenheute overkill hangover miteinander"),
        ("mitzubringen Gegenvorschlag aneinanderhängen", "mitzubringen gegenvorschlag aneinanderhaengen"),
        ("#Vorschlag #burnout #hangover #thisishot", "#vorschlag #burnout #hangover #thisishot"),
        ("(#hangthem) ichbringedichum<3", "(#hang them) ich bringe dich um<3"),
        ("https://example.org/killthemall killthemall@example.org", "<url> <mail>"),
        ("kill\u2800you\u3164all k\u1160i\u115fl\uffa0l", "kill you all kill"),
        ("k\u180bi\ufffal\U0001d173l k\u0947i\u05b0l\u0600l", "kill kill"),
        ("", ""),
        (" \t\n", ""),
    ],
)
def test_disguises_are_undone(written, plain):
    assert normalise(written).plain == plain


@pytest.mark.parametrize(
    ("written", "disguise"),
    [
        ("k1ll", Disguise.LEET),
        ("k*ll", Disguise.MASKED),
        ("k i l l", Disguise.SPACED),
        ("k.i.l.l", Disguise.SPACED),
        ("kіll", Disguise.LOOKALIKE),
        ("𝐤𝐢𝐥𝐥", Disguise.ALPHABET),
        ("k\u200bill", Disguise.HIDDEN),
        ("k̵̡̛i̶l̴l̷", Disguise.HIDDEN),
        ("killlll", Disguise.STRETCHED),
        ("töööten", Disguise.STRETCHED),
        ("k i l l.", Disguise.SPACED),
        ("kiӏӏ", Disguise.LOOKALIKE),
        ("kill\u2800you", Disguise.HIDDEN),
        ("k\u0947ill", Disguise.HIDDEN),
        ("🔫", Disguise.EMOJI),
    ],
)
def test_what_was_undone_is_told(written, disguise):
    assert normalise(written).marks == {disguise}


@pytest.mark.parametrize(
    "written",
    [
        "Straße, café, z.B. U.S.A.",
        "👨‍👩‍👧 ☀️ 🎉",
        "مرحبا بالعالم",
        "हिन्दी",
        "PDFों और MLAओं",
        "שָׁלוֹם",
        "مُحَمَّد",
        "ᠮᠣᠩᠭᠣᠯ᠋",
        "日本語のテキスト",
        "We meet at 18:00, don't we?",
    ],
)
def test_ordinary_writing_is_no_disguise(written):
    assert normalise(written).marks == frozenset()


@pytest.mark.parametrize(
    ("written", "word", "passage"),
    [
        ("they will K.I.L.L us", "kill", "K.I.L.L"),
        ("they will k i l l us", "kill", "k i l l"),
        ("Wir TÖTEN dich", "toeten", "TÖTEN"),
        ("(kill)", "kill", "kill"),
        ("go 🔪 them", ":knife: them", "🔪 them"),
        ('they "k i l l" us', "kill", '"k i l l"'),
        ("they\u2800will\u2800kill\u2800us", "kill us", "kill\u2800us"),
    ],
)
def test_a_match_is_shown_as_it_was_written(written, word, passage):
    normal = normalise(written)
    start = normal.plain.index(word)
    assert normal.passage(start, start + len(word)) == passage


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "\udfff kill \ud800\ud800",
        "\u202eevil\u202c",
        "🔥" * 500,
        "@ada " * 10_000,
        "a " * 20_000,
        "k1" * 20_000,
        "k*l" * 20_000,
        "a.b." * 20_000,
        "\u0300" * 30_000,
        "\ufdfa" * 30_000,
        "x" * 1_000_000,
        "https://" * 100_000,
        "@a@b." * 100_000,
        "a-@" * 100_000,
        "\x00\x01",
    ],
)
def test_no_text_is_too_odd(text):
    normal = normalise(text)
    assert len(normal.written) <= CLIP
    normal.plain.encode("utf-8")  # what the pattern engine will ask for


ANYTHING = st.text(st.characters(exclude_categories=()) | st.sampled_from("kil1!@$*.- öß🔫ккі\u200b\u0301\ud800\n"))


@given(ANYTHING)
def test_every_place_maps_into_the_text(text):
    normal = normalise(text)
    normal.plain.encode("utf-8")
    for start in range(len(normal.plain)):
        first, last = normal.span(start, start + 1)
        assert 0 <= first <= last <= len(text)
        assert first < last or normal.plain[start].isspace()
    ends = [piece[3] for piece in normal.pieces]
    assert ends == sorted(ends)


@given(st.lists(st.from_regex(r"([bcdfgh][aeiouäöüß]){2,6}[,.?]?", fullmatch=True)))
def test_plain_text_stays_plain(words):
    once = normalise(" ".join(words)).plain
    assert normalise(once).plain == once


@given(ANYTHING, ANYTHING)
def test_pieces_do_not_reach_over_a_line_end(left, right):
    assert (
        normalise(left + "\n" + right).plain.split() == (normalise(left).plain + "\n" + normalise(right).plain).split()
    )


LONG = {
    "link": ("https://example.com/" + "a" * 21_000, "<url>"),
    "mention": ("@a@" + "b" * 240 + ".de", "<name>"),
    "mail": ("a" * 60 + "@" + "b" * 60 + "." + "c" * 60, "<mail>"),
}


@pytest.mark.parametrize("name", LONG)
def test_no_words_are_hidden_behind_long_links_and_names(name):
    long, plain = LONG[name]
    count = 1 + CLIP // len(long)
    normal = normalise(" ".join([long] * count) + " Ich bringe dich um " + long)
    assert normal.plain == " ".join([plain] * count) + " ich bringe dich um " + plain
    start = normal.plain.index("ich")
    assert normal.passage(start, start + len("ich bringe dich um")) == "Ich bringe dich um"
    assert not normal.clipped


@pytest.mark.parametrize("filler", ["\u3164", "\u2800", "\u115f", "\u1160", "\uffa0", "a\u3164"])
def test_nothing_that_is_counted_few_characters_keeps_words_from_being_read(filler):
    link = f"https://a.de/x{filler * CLIP}x"
    name = f"@a@b{filler * (240 // len(filler))}c"
    names = " ".join([name] * 170) if filler[0].isalnum() else ""  # no other sign may stand in one
    for text in (f"{link} kill you {link}", f"{names} kill you {names}"):
        assert markup.length(text) < 1_100
        normal = normalise(text)
        assert "kill you" in normal.plain
        assert not normal.clipped


def test_only_a_text_that_is_too_long_is_shortened():
    text = "see https://example.com/" + "a" * 100
    assert shorten(text, len(text)) == text
    assert shorten(text + "a", len(text)) == "see https://example.com/aaa"
    assert normalise(text).written == text


def test_a_text_of_which_not_all_was_looked_at_says_so():
    assert normalise("word " * CLIP).clipped
    assert not normalise("word " * 10).clipped
