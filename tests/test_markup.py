"""Text in, HTML out: what is found, what it counts, and that nothing a member writes becomes a tag of its own."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.markup import clean, find, find_mentions, find_tags, length, normal_tag, render

OWN = "moot.example"
PEOPLE = {"ada": "https://moot.example/@ada", "bob": "https://moot.example/@bob"}


def html(text: str) -> str:
    return render(text, mentions=PEOPLE, base_url="https://moot.example", own_domain=OWN)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada", ("ada",)),
        ("@Ada and @BOB, @ada again", ("ada", "bob")),
        (".@bob (@ada) »@cy«", ("bob", "ada", "cy")),
        ("@ada@moot.example @bob@MOOT.example.", ("ada", "bob")),
        ("@ada@elsewhere.example", ()),
        ("ada@moot.example me@ada =@ada /@ada @@ada", ()),
        ("@ada's @ada-bob @ada: @ada@", ("ada",)),
        ("https://moot.example/@ada", ()),
        ("@adaé @" + "a" * 31, ()),
        ("@a.b@elsewhere.example", ()),
        ("", ()),
    ],
)
def test_mentions_are_names_of_accounts_here(text, names):
    assert find_mentions(text, OWN) == names


def test_a_domain_with_a_port_is_ours_only_with_the_port_or_before_a_colon():
    assert find_mentions("@ada@localhost:8000 hello", "localhost:8000") == ("ada",)
    assert find_mentions("@ada@localhost:9000 hello", "localhost:8000") == ()
    assert find_mentions("@ada@moot.example:80 people came", OWN) == ("ada",)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#cats", ("cats",)),
        (
            "#Straße, #日本語 #हिन्दी #col·laborar #a_1 ＃wide",
            ("Straße", "日本語", "हिन्दी", "col·laborar", "a_1", "wide"),
        ),
        ("#1 #2021 no", ()),
        ("#2021plans", ("2021plans",)),
        ("a#b #c#d /#e &#39; ##f", ("c",)),
        ("https://x.example/#part", ()),
        ("(#round) #end.", ("round", "end")),
        ("#Cats #cats #CATS", ("Cats",)),
        ("#" + "x" * 101, ()),
        ("# alone", ()),
    ],
)
def test_tags_are_words_after_a_hash(text, tags):
    assert find_tags(text) == tags


def test_links_end_before_the_sentence_does():
    text = "See https://a.example/x_(y), (http://b.example/?q=1) HTTPS://C.example. http://localhost:8000/@ada"
    assert find(text).links == (
        "https://a.example/x_(y)",
        "http://b.example/?q=1",
        "HTTPS://C.example",
        "http://localhost:8000/@ada",
    )


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "https://", "http://x", "https://user@a.example", "ftp://a.example", "xhttps://a.example"],
)
def test_what_is_not_plainly_a_web_address_is_no_link(text):
    assert find(text).links == ()
    assert "<a" not in html(text)


def test_a_link_counts_23_and_a_domain_nothing():
    assert length("https://a.example/" + "x" * 500, OWN) == 23
    assert length("http://a.example.", OWN) == 24
    assert length("@ada@far.away.example hi", OWN) == len("@ada hi")
    assert length("@ada@localhost:8000", "localhost:8000") == len("@ada")
    assert length("e\u0301", OWN) == 1


def test_a_text_becomes_paragraphs_and_lines():
    assert html("one\ntwo\n\n\nthree\n") == "<p>one<br />two</p><p>three</p>"
    assert html(" \n ") == ""


def test_a_link_is_shown_short():
    address = "https://www.a.example/" + "x" * 40
    assert html(address) == (
        f'<p><a href="{address}" rel="nofollow noopener noreferrer" target="_blank"><span class="invisible">https://www.</span>'
        f'<span class="ellipsis">a.example/{"x" * 20}</span><span class="invisible">{"x" * 20}</span></a></p>'
    )


def test_tags_and_mentions_become_links():
    assert html("#Été") == (
        '<p><a href="https://moot.example/tags/%C3%A9t%C3%A9" class="mention hashtag" rel="tag">'
        "#<span>Été</span></a></p>"
    )
    assert html("@Ada@moot.example!") == (
        '<p><span class="h-card"><a href="https://moot.example/@ada" class="u-url mention">'
        "@<span>Ada</span></a></span>!</p>"
    )


def test_whoever_is_not_here_stays_plain():
    assert html("@nobody @ada@elsewhere.example") == "<p>@nobody @ada@elsewhere.example</p>"


def test_markup_of_ones_own_is_shown_as_written():
    assert html("<script>&\"'</script>") == "<p>&lt;script&gt;&amp;&quot;&#x27;&lt;/script&gt;</p>"


def test_cleaning_takes_out_what_no_reader_sees():
    assert clean("a\x00b\r\nc\rd\te\u2028f\ud800\x1b[0m\x85") == "ab\nc\nd e\nf[0m\n"


PIECES = st.sampled_from(
    [
        "@",
        "#",
        "ada",
        "@ada",
        "#tag",
        "https://",
        "a.example",
        "/",
        "<b>",
        '"',
        "'",
        "&",
        "\n",
        "\n\n",
        " ",
        "(",
        ")",
        "é",
        "＃",
        "://",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join)).map(clean)

_TAG = re.compile(
    r'<p>|</p>|<br />|</span>|</a>|<span>|<span class="(?:invisible|ellipsis|h-card|)">'
    r'|<a href="https?://[^"<>]*" (?:rel="nofollow noopener noreferrer" target="_blank"'
    r'|class="mention hashtag" rel="tag"|class="u-url mention")>',
    re.IGNORECASE,
)


@given(TEXTS)
def test_every_angle_bracket_belongs_to_a_tag_of_ours(text):
    rest = _TAG.sub("", html(text))
    assert not set('<>"') & set(rest)
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt|quot|#x27);)*", rest)


@given(TEXTS)
def test_every_tag_that_opens_closes_in_order(text):
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)(p|span|a)\b", html(text)):
        if closing:
            assert open_tags.pop() == name
        else:
            open_tags.append(name)
    assert not open_tags


@given(TEXTS)
def test_no_word_is_lost(text):
    plain = text.replace(f"@{OWN}", "")
    shown = re.sub(r"<[^>]*>", "", render(plain, mentions={}, base_url=""))
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        shown = shown.replace(entity, char)
    assert re.sub(r"\s", "", shown).replace("＃", "#") == re.sub(r"\s", "", plain).replace("＃", "#")


@given(TEXTS)
def test_cleaning_again_changes_nothing_and_it_can_be_sent(text):
    assert clean(text) == text
    text.encode()


@given(TEXTS)
def test_the_count_is_that_of_the_characters_when_nothing_is_found(text):
    found = find(text, OWN)
    if not found.links and "@" not in text:
        assert length(text, OWN) == len(unicodedata.normalize("NFC", text))


@given(st.text())
def test_a_normal_tag_is_its_own_normal_form(tag):
    assert normal_tag(normal_tag(tag)) == normal_tag(tag)


@pytest.mark.parametrize(
    "unit",
    [
        "@",
        "#",
        "@a@",
        "@a.",
        "https://",
        "https://a.",
        "https://a.example/)",
        "((",
        "https://a-",
        "#a·",
        "#a#",
        "<",
        "\n",
        " \n",
        "&#",
        "x",
        "https://a.example/?" + "." * 1000,
        "@" + "a" * 64 + "@" + "a." * 120,
        "#" + "1" * 200 + " ",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(unit):
    def cost(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        begin = time.process_time()
        html(text)
        length(text, OWN)
        find(text, OWN)
        return time.process_time() - begin

    assert cost(100_000) < 1.5
