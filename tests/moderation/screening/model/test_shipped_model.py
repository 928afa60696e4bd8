"""The shipped model on a few plain examples, written here; what it is worth is in docs/model-card.md."""

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.moderation.screening import Category, Stage, Words
from folkmoot.moderation.screening.model import SHIPPED, Model
from folkmoot.moderation.screening.model.features import LEAST_WORDS, sentences
from folkmoot.moderation.screening.model.language import guess
from folkmoot.moderation.screening.model.model import LONGEST, WINDOW, Mixture, stretch

CARD = Path(__file__).parents[4] / "docs" / "model-card.md"


@pytest.fixture(scope="module")
def model():
    return Model.open()


def violence(model, text, language=None, **more):
    return model.assess(Words(text=text, language=language, **more)).probabilities[Category.VIOLENCE]


VIOLENT = [
    "I will kill you tonight, I know where you live",
    "We should hang every last one of them, they deserve to die",
    "Ich bringe dich um, ich weiß wo du wohnst",
    "Man sollte sie alle an die Wand stellen und erschießen",
]
HARMLESS = [
    "What a lovely morning in the park, see you all on Sunday",
    "The library opens an hour earlier from Monday on",
    "Heute gibt es Kuchen, kommt alle vorbei, ich freue mich",
    "Der Zug hat schon wieder zwanzig Minuten Verspätung",
]


@pytest.mark.parametrize("text", VIOLENT)
def test_plain_violence_is_brought_to_somebody(model, text):
    assert violence(model, text) >= model.limits[Category.VIOLENCE].case


@pytest.mark.parametrize("text", HARMLESS)
def test_plain_harmlessness_is_not_held(model, text):
    assert violence(model, text) < model.limits[Category.VIOLENCE].hold


@pytest.mark.parametrize(
    ("text", "asked"), [("theirs", False), ("Röntgen!", False), ("#Trees", False), ("Abknallen!", True)]
)
def test_the_encoder_is_not_asked_about_one_word_unless_it_says_what_to_do_to_somebody(model, text, asked):
    assert model.assess(Words(text=text)).asked_again is asked


def test_it_shows_the_words_as_they_were_written(model):
    text = "Hello there. I will K1LL you tonight. Have a nice day."
    words = model.assess(Words(text=text, language="en")).words
    assert any("K1LL" in passage for passage in words)
    assert all(passage in text for passage in words)


def test_its_reasons_are_those_of_a_finding(model):
    reasons = {reason.category: reason for reason in model.reasons(Words(text=VIOLENT[0]))}
    assert {Category.VIOLENCE, Category.HATE} <= reasons.keys()
    assert all(reason.stage is Stage.MODEL and reason.name == model.version for reason in reasons.values())
    assert reasons[Category.VIOLENCE].words


def test_the_same_words_are_assessed_alike(model):
    other = Model.open()
    for text in VIOLENT + HARMLESS:
        assert model.assess(Words(text=text)) == other.assess(Words(text=text))


def test_violence_deep_within_a_long_text_is_found(model):
    calm = "The weather stayed fine all week and we walked along the river. " * 40
    long = calm + " I will kill you tonight, I know where you live. " + calm
    assert violence(model, long, "en") >= model.limits[Category.VIOLENCE].case
    assert violence(model, calm, "en") < model.limits[Category.VIOLENCE].hold


CALM = ("Am Wochenende waren wir mit den Kindern am See.", "Danach gab es noch Kuchen bei der Oma im Garten.")


def test_a_call_between_calm_sentences_counts_more_than_the_text_around_it_lets_it(model):
    call = "Den Bürgermeister sollte man am nächsten Baum aufhängen."
    text = " ".join((CALM[0], call, CALM[1]))
    view = model.look(Words(text=text, language="de")).view
    assert "aufhaengen" in view.sentence.plain
    assert "oma" not in view.sentence.plain
    assert view.sentence.before == len(CALM[0].split())
    assert view.leaning(0.5)[0] == pytest.approx((view.logits[0] + view.sentence.logits[0]) / 2, rel=1e-5)
    assert view.leaning(0.5)[0] > view.logits[0]
    found = model.assess(Words(text=text, language="de"))
    assert "aufhängen" in " ".join(found.words)
    assert "Kuchen" not in " ".join(found.words)
    assert found.probabilities[Category.VIOLENCE] >= model.limits[Category.VIOLENCE].case


def test_only_the_whole_text_holds_it_however_sure_the_sentence(model):
    calm = "Morgen geht es wieder zur Arbeit. Die Katze schläft auf dem Sofa. Ich freue mich schon auf den Urlaub im Herbst."
    text = " ".join((*CALM, "Den Bürgermeister sollte man aufhängen.", calm))
    words, limits = Words(text=text, language="de"), model.limits[Category.VIOLENCE]
    own, look = model._about.languages["de"], model.look(words)
    leaning, whole = (
        own.both[Category.VIOLENCE].probability(own.mixture[Category.VIOLENCE].of(one, 0))
        for one in (look.leaning(own.worst), look)
    )
    assert whole < limits.hold < leaning
    assert limits.case <= model.assess(words).probabilities[Category.VIOLENCE] < limits.hold


def test_the_words_of_several_columns_add_up_to_what_each_adds(model):
    view = model.look(Words(text=VIOLENT[0], language="en")).view
    plain, seen, table = view.stretch.normal.plain, view.stretch.seen, model._linear["en"]
    both, first, third = (table.shares(plain, seen, worth)[1] for worth in ((0.5, 0, 2), (1,), (0, 0, 1)))
    assert np.allclose(both, 0.5 * first + 2 * third, atol=1e-5)


def test_a_text_of_calm_sentences_is_not_asked_about_again(model):
    found = model.assess(Words(text=" ".join(CALM), language="de"))
    assert not found.asked_again
    assert found.probabilities[Category.VIOLENCE] < model.limits[Category.VIOLENCE].case


@given(st.text(alphabet="ab .!?\n\"'", max_size=80))
def test_sentences_follow_each_other_and_leave_nothing_out(plain):
    found = sentences(plain)
    assert "".join(plain[start:end] for start, end in found) == (plain if found else "")
    assert all(len(plain[start:end].split()) >= LEAST_WORDS for start, end in found)


def test_a_mixture_adds_the_columns_it_names_and_what_the_encoder_says_of_the_category(model):
    look = model.look(Words(text=VIOLENT[0], language="en"))
    look = look._replace(
        view=look.view._replace(logits=np.array([1.0, 10.0, 2.0])),
        said=look.said._replace(logits=np.array([3.0, 5.0])),
    )
    assert Mixture(tables=(0.5, 0.0, 0.25), encoder=2.0).of(look, 0) == 0.5 + 0.5 + 6.0
    assert Mixture(tables=(0.0, 1.0), encoder=2.0).of(look, 1) == 10.0 + 10.0


@pytest.mark.parametrize("text", ["one", "One.", "Fire!", "feuer", "you", "first", "Hund", "die"])
def test_one_common_word_says_too_little_to_hold_a_post(model, text):
    for language in ("en", "de", None):
        assert violence(model, text, language) < model.limits[Category.VIOLENCE].case


@pytest.mark.parametrize("text", ["Erschiesst sie!", "aufknüpfen!!", "kill them", "ichstechedichabduhund"])
def test_few_words_may_say_enough(model, text):
    assert violence(model, text) >= model.limits[Category.VIOLENCE].case


def test_the_other_texts_of_a_post_count_too(model):
    assert violence(model, "My holidays", more=(VIOLENT[0],)) >= model.limits[Category.VIOLENCE].case


def test_the_card_names_the_file():
    digest = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert digest in CARD.read_text("utf-8")
    assert SHIPPED.stat().st_size <= 15_000_000


NASTY = [
    "",
    " \n\t ",
    "😀" * 300,
    "@someone " * 10_000,
    "a" * 1_000_000,
    "kill " * 200_000,
    "̈́" * 5_000,
    "Z̷̧a̶l̴g̸o" * 1_000,
    "\ud800\udfff kill \udc00",
    "سأقتلك " * 500,
    "‮llik lliw I",
    "Я убью тебя and dich auch",
    "\x00" * 100,
    "<" * 30_000,
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_odd_texts_get_an_answer_in_bounded_time(model, text):
    begun = time.process_time()
    assessment = model.assess(Words(text=text))
    assert time.process_time() - begun < 3
    assert all(0 <= probability <= 1 for probability in assessment.probabilities.values())


@settings(max_examples=200)
@given(
    text=st.text(st.characters(codec=None), max_size=400),
    language=st.none() | st.sampled_from(["en", "de", "fr", "de-AT", "xx", ""]),
    reply_to=st.none() | st.text(max_size=100),
)
def test_no_text_is_too_odd(model, text, language, reply_to):
    assessment = model.assess(Words(text=text, language=language, reply_to=reply_to))
    assert all(0 <= probability <= 1 for probability in assessment.probabilities.values())


@given(length=st.integers(0, 3 * LONGEST), word=st.integers(1, 2_000))
def test_stretches_are_short_and_leave_nothing_out(length, word):
    text = ("x" * word + " ") * (length // (word + 1))
    parts = stretch(text)
    assert all(len(part) <= WINDOW + 400 for part in parts)
    if len(text) <= LONGEST:
        assert sum(map(len, parts)) >= len(text) - len(parts)
        assert all(part in text for part in parts)


@pytest.mark.parametrize(
    ("text", "said", "language"),
    [
        ("das ist nicht der weg", None, "de"),
        ("this is not the way", None, "en"),
        ("das ist nicht der weg", "en", "de"),
        ("this is not the way", "de", "en"),
        ("ok", "de-AT", "de"),
        ("ok", "fr", None),
        ("", None, None),
    ],
)
def test_the_language_is_guessed_from_small_words(text, said, language):
    assert guess(text.split(), said) == language


def test_no_words_are_hidden_behind_or_parted_by_long_links(model):
    link = "https://example.com/" + "a" * 21_000
    assert violence(model, f"{link} Ich bringe dich um, du Schwein {link}") > 0.5
    assert stretch(f"I {link} will {link} kill you") == [f"I {link[:23]} will {link[:23]} kill you"]


def test_a_picture_without_words_is_not_doubted(model):
    assert model.reasons(Words(text=" \n", more=("",))) == []
