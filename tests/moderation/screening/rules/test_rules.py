"""What rule files may say, what is refused with which sentence, and what the starter rules meet."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.screening.finding import Category, Stage, Words
from folkmoot.moderation.screening.rules import STARTER, BrokenRules, Rules
from folkmoot.moderation.screening.rules.matching import _together

GOOD = """
languages = ["en"]

[lists]
verb = ["paint*", "erschieß*"]
colour = ["red", "bright blue"]
game = ["game"]

[patterns]
clock = '\\b\\d\\d:\\d\\d\\b'

[[rule]]
id = "paint"
title = "Announces to paint something"
category = "spam"
weight = 0.4
all = ["verb", "colour"]
within = 4
none = ["game"]
examples.match = ["I PAINT it r3d"]
examples.leave = ["I paint it in the game: red", "paint the whole of the house in red"]
"""


@pytest.fixture(scope="module")
def starter() -> Rules:
    return Rules.load(STARTER)


@pytest.fixture
def load(tmp_path):
    def load(*texts: str) -> Rules:
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / f"rules{number or ''}.toml"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return Rules.load(paths)

    return load


def names(rules: Rules, text: str, **more: object) -> set[str]:
    return {reason.name for reason in rules.match(Words(text=text, **more))}


def test_a_reason_says_rule_category_weight_and_passage_as_written(load):
    [reason] = load(GOOD).match(Words(text="Tomorrow I'll P-A-I-N-T it bright BLUE."))
    assert (reason.stage, reason.name, reason.category, reason.probability) == (Stage.RULE, "paint", Category.SPAM, 0.4)
    assert reason.words == ("P-A-I-N-T it bright BLUE",)


def test_every_text_of_a_post_is_asked_and_a_rule_speaks_once(load):
    rules = load(GOOD)
    assert names(rules, "", more=("nothing", "paint it red")) == {"paint"}
    assert len(rules.match(Words(text="paint it red", more=("paint it red",)))) == 1


def test_a_reason_says_what_its_rule_is_about(load):
    [reason] = load(GOOD).match(Words(text="paint it red"))
    assert reason.title == "Announces to paint something"


def test_the_shortest_passage_is_shown(load):
    [reason] = load(GOOD).match(Words(text="Red you paint it red"))
    assert reason.words == ("paint it red",)


def test_three_lists_are_found_together_though_one_stands_nearer_on_the_other_side(load):
    source = GOOD.replace('all = ["verb", "colour"]', 'all = ["verb", "colour", "clock"]')
    rules = load(source.replace("I PAINT it r3d", "paint red 10:00").replace("within = 4", "within = 6"))
    assert names(rules, "red as ever paint one two six red 10:00") == {"paint"}
    assert names(rules, "red as ever paint one two six ten red 10:00") == set()


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("10:00 paint it red", True),
        ("paint at 10:00 something red", True),
        ("paint it red at 10:00", True),
        ("10:00 red paint", False),
        ("10:00 and now paint it red", False),
        ("10:00 and later on paint it red and then 10:00 paint it red", True),
    ],
)
def test_all_is_ordered_and_any_stands_before_or_after(load, text, met):
    source = GOOD.replace('all = ["verb", "colour"]', 'all = ["verb", "colour"]\nany = ["clock"]\nordered = true')
    source = source.replace("within = 4", "within = 5").replace("I PAINT it r3d", "paint it red at 10:00")
    assert names(load(source), text) == ({"paint"} if met else set())


def test_what_is_left_alone_is_seen_wherever_it_stands(load):
    rules = load(GOOD.replace("within = 4", "within = 4\nnone_within = 2"))
    assert names(rules, "game and words between them " * 150 + "paint it red in a game") == set()
    assert names(rules, "game and words between them " * 150 + "paint it red in a house") == {"paint"}


def test_what_is_answered_is_not_judged(load):
    assert names(load(GOOD), "yes", reply_to="paint it red", quoted="paint it red") == set()


@pytest.mark.parametrize(
    ("change", "text", "met"),
    [
        (("within = 4", "within = 4\nordered = true"), "red is what I paint", False),
        (("within = 4", "within = 5"), "red is what I paint", True),
        (("within = 4", "within = 4\nnone_within = 2"), "paint it red, says everyone who ever liked that game", True),
        (("within = 4", ""), "paint the whole long wall of the house in something like red", True),
        (('all = ["verb", "colour"]', 'all = ["verb"]\nany = ["colour", "clock"]'), "paint at 10:00", True),
        (('all = ["verb", "colour"]', "pattern = '{verb} it {colour}'"), "paint it red", True),
        (('all = ["verb", "colour"]', "pattern = '{verb} it {colour}'"), "painted at will, red", False),
        (('all = ["verb", "colour"]', "pattern = 'paint it (red|\\x{e4}|\\{red)'"), "paint it red", True),
        (("within = 4", "within = 4"), "red is red and so I say to you all today: paint the door red", True),
        (("within = 4", "within = 4"), "red " * 150 + "and then as you know paint " * 150 + "it red", True),
        (("within = 4", "within = 4\nordered = true"), "red paint and paint it red", True),
    ],
)
def test_lists_combine(load, change, text, met):
    source = GOOD.replace(*change)
    if "house in red" in source and "within = 4" not in source:
        source = source.replace(', "paint the whole of the house in red"', "")
    assert ("paint" in names(load(source), text)) is met


def test_a_rule_may_keep_to_its_language(load):
    rules = load(GOOD.replace("within = 4", "within = 4\ndeclared_only = true"))
    assert names(rules, "paint it red", language="de") == set()
    assert names(rules, "paint it red", language="en-GB") == {"paint"}
    assert names(rules, "paint it red") == {"paint"}
    assert names(rules, "paint it red", language="EN") == {"paint"}
    assert names(
        load(GOOD.replace("within = 4", 'within = 4\ndeclared_only = true\nlanguages = ["EN"]')),
        "paint it red",
        language="en",
    )
    assert names(load(GOOD), "paint it red", language="fr") == {"paint"}, "or else a wrong language would hide a threat"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("[lists]", "[lists"), "rules.toml, line 4: this is not TOML"),
        (('"verb", "colour"', '"verbs", "colour"'), "line 13, rule 'paint': there is no list or pattern 'verbs'."),
        (("0.4", "1.4"), "line 13, rule 'paint': the weight 1.4 is not between 0 and 1."),
        (
            ('"spam"', '"rudeness"'),
            "line 15, rule 'paint': Invalid enum value 'rudeness'; it is one of incitement, threat",
        ),
        (("\\b\\d\\d:\\d\\d\\b", "(\\d"), "line 10: 'clock' is no pattern: missing ): (\\d."),
        (("\\b\\d\\d:\\d\\d\\b", "(a)\\1"), "line 10: 'clock' is no pattern: invalid escape sequence: \\1."),
        (("I PAINT it r3d", "I like it"), "line 20, rule 'paint': the rule does not meet its example: 'I like it'"),
        (
            ('"I paint it in the game: red"', '"paint red"'),
            "line 21, rule 'paint': the rule meets an example it has to leave",
        ),
        (
            ('examples.leave = ["I paint it in the game: red", "paint the whole of the house in red"]', ""),
            "needs examples",
        ),
        (("title =", "tittle ="), "rule 'paint'"),
        (("within = 4", "within = 0"), "within and none_within are 1 to 1000 words"),
        (('["paint*", "erschieß*"]', "[]"), "line 5: the list 'verb' has to have 1 to 2000 entries."),
        (('["paint*", "erschieß*"]', '["*"]'), "line 5: the list 'verb' has an entry without letters: '*'."),
        (('["game"]', '"game"'), "line 7: the list 'game': Expected `array`, got `str`; a list is written"),
        (('["game"]', '["game", 3]'), "line 7: the list 'game': Expected `str`, got `int`"),
        (("'\\b\\d\\d:\\d\\d\\b'", "['x']"), "line 10: the pattern 'clock': Expected `str`, got `array`."),
        (("game = [", "Game = ["), "line 7: 'Game' is no name"),
        (('id = "paint"', 'id = "Paint it"'), "an id has small letters"),
        (('all = ["verb", "colour"]', "pattern = 'x*'"), "rule 'paint': 'paint' meets even an empty text"),
        (("weight = 0.4", f"weight = {'9' * 5_000}"), "rules.toml, line 16: a number in it is too long."),
        (("weight = 0.4", "weight = " + "[" * 5_000), "rules.toml: this is nested too deeply."),
        (
            (
                'languages = ["en"]',
                "[[rule]]\nid = 'x'\ntitle = 'X'\ncategory = 'spam'\nweight = 0.1\npattern = 'x'\n"
                "declared_only = true\nexamples.match = ['x']\nexamples.leave = ['y']\n",
            ),
            "rule 'x': declared_only needs languages of two letters",
        ),
        (
            ('all = ["verb", "colour"]', 'all = ["verb", "colour"]\ndeclared_only = true\nlanguages = ["english"]'),
            "rule 'paint': declared_only needs languages of two letters",
        ),
        (('all = ["verb", "colour"]', ""), "a rule needs a pattern, or names in all or any."),
        (("weight = 0.4", 'weight = "high"'), "line 16, rule 'paint': Expected `float`, got `str`."),
    ],
)
def test_a_broken_file_is_refused_with_its_place(load, change, sentence):
    with pytest.raises(BrokenRules) as refused:
        load(GOOD.replace(*change))
    assert str(refused.value).startswith("rules.toml")
    assert sentence in str(refused.value)


def test_a_file_that_is_missing_not_text_or_too_large_is_refused(tmp_path):
    with pytest.raises(BrokenRules, match=r"none\.toml cannot be read"):
        Rules.load([tmp_path / "none.toml"])
    (tmp_path / "bytes.toml").write_bytes(b"# fine\n\xff\xfe")
    with pytest.raises(BrokenRules, match=r"bytes\.toml, line 2: this is not UTF-8"):
        Rules.load([tmp_path / "bytes.toml"])
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(BrokenRules, match="larger than"):
        Rules.load([tmp_path / "large.toml"])


def test_a_file_may_begin_with_a_mark(tmp_path):
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert names(Rules.load([tmp_path / "marked.toml"]), "paint it red") == {"paint"}


def test_a_later_file_uses_replaces_and_switches_off(load):
    second = """
    [[rule]]
    id = "clocks"
    title = "Names a time and a colour"
    category = "spam"
    weight = 0.3
    all = ["clock", "colour"]
    examples.match = ["red at 10:00"]
    examples.leave = ["red"]
    """
    assert names(load(GOOD, second), "paint it red 10:00") == {"paint", "clocks"}
    assert names(load(GOOD, 'off = ["paint"]'), "paint it red") == set()
    [reason] = load(GOOD, GOOD.replace("0.4", "0.8")).match(Words(text="paint it red"))
    assert reason.probability == 0.8
    with pytest.raises(BrokenRules, match="there is no rule 'nobody' to switch off"):
        load(GOOD, 'off = ["nobody"]')


def test_the_version_changes_with_what_the_rules_say(load):
    assert load(GOOD).version == load(GOOD + "# a remark\n").version
    assert load(GOOD).version != load(GOOD.replace("0.4", "0.5")).version
    assert load(GOOD).version != load(GOOD.replace('"red"', '"green", "red"')).version


def test_many_long_lists_are_more_than_one_set_and_all_are_met(load):
    numbers = range(20)
    words = [[f"{number}w{word}q" for word in range(1_500)] for number in numbers]
    lists = "\n".join(f"l{number} = {words[number]!r}" for number in numbers)
    rule = """
[[rule]]
id = "r{0}"
title = "List {0}"
category = "spam"
weight = 0.4
all = ["l{0}"]
examples.match = ["{0}w1q"]
examples.leave = ["w1q"]
"""
    rules = load("\n".join(("[lists]", lists, *(rule.format(number) for number in numbers))))
    assert names(rules, " and ".join(own[-1] for own in words)) == {f"r{number}" for number in numbers}
    assert names(rules, "0w1500q") == set()


def test_no_rules_meet_nothing(load):
    assert load("").match(Words(text="anything")) == []


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 4)).map(lambda span: (span[0], sum(span))), max_size=5)


@given(st.lists(SPANS.map(sorted), min_size=2, max_size=3))
def test_the_shortest_passages_with_one_of_each_are_found(wanted):
    found = _together(wanted)
    every = {(min(s for s, _ in each), max(e for _, e in each)) for each in product(*wanted)}
    assert set(found) <= every
    assert found == sorted(found)
    assert all(any(low <= start and end <= high for start, end in found) for low, high in every)


# -- the starter rules


def test_both_languages_have_rules_with_examples_and_titles(starter):
    for language in ("en", "de"):
        rules = [rule for rule in starter.rules if language in rule.languages]
        assert len(rules) >= 25
        for rule in rules:
            assert len(rule.examples.match) >= 3, rule.id
            assert len(rule.examples.leave) >= 3, rule.id
            assert rule.title[0].isupper(), rule.id
        assert {rule.category for rule in rules} >= {
            Category.THREAT, Category.INCITEMENT, Category.VEILED_THREAT, Category.MOBILISATION, Category.GLORIFICATION,
            Category.DOXXING,
        }  # fmt: skip


def test_no_harmless_example_of_any_rule_is_held_by_another(starter):
    for rule in starter.rules:
        for text in rule.examples.leave:
            holds = [reason.name for reason in starter.match(Words(text=text)) if reason.probability >= 0.9]
            assert holds == [], text


@pytest.mark.parametrize(
    "text",
    [
        "I will k i l l you",
        "ᴋɪʟʟ yourself",
        "Wir werden die Pol\u200bitiker e-r-s-c-h-i-e-ß-e-n",
        "Hängt die Politiker auf",
        "Zündet die Mosch€en an".replace("€", "e"),
    ],
)
def test_disguised_and_open_threats_are_held(starter, text):
    assert max(reason.probability for reason in starter.match(Words(text=text))) >= 0.9


@pytest.mark.parametrize(
    "text",
    [
        "This exam will kill me",
        "You're killing it!",
        "What a killer goal, they murdered the defence",
        "Das war ein Mordsspaß, ich hab mich totgelacht",
        "Kill the process, then restart the server",
        "Police arrested a man who posted that all politicians should be hanged",
        "Er schrieb „Hängt die Politiker auf“ und wurde verurteilt",
        "Nobody should ever be told to kill themselves",
        "Wir treffen uns morgen um 18 Uhr am Rathaus zur Mahnwache, bringt Kerzen mit",
        "Meet me at the park on Saturday at 10, bring cake",
        "I could murder a curry",
        "",
        "🎉🎉🎉",
    ],
)
def test_figures_of_speech_news_and_games_are_left_alone(starter, text):
    assert starter.match(Words(text=text)) == []


ANYTHING = st.text(st.characters(exclude_categories=()) | st.sampled_from("kill you töte euch @🔪:\n\ud800"))


@given(ANYTHING)
def test_no_text_breaks_a_rule(text):
    for reason in _STARTER.match(Words(text=text, more=(text,))):
        assert all(passage in text for passage in reason.words)


@pytest.mark.parametrize(
    "text", ["<name> I will " * 3_000, "@a " * 10_000, "\ud800" * 100, "kill " * 10_000, "a" * 1_000_000]
)
def test_long_and_odd_texts_find_an_end(text):
    assert len(_STARTER.match(Words(text=text))) <= len(_STARTER.rules)


_STARTER = Rules.load(STARTER)
