"""What counts as a copy of something judged, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.screening.copies import UNLIKE, Few, Judged, Ruling, comments, fingerprint
from folkmoot.moderation.screening.finding import Category, Stage, Words
from folkmoot.moderation.screening.normal import CLIP, normalise

JUDGED = (
    "On Saturday we all go to the lighthouse and throw every single gull keeper into the harbour, bring ropes and boats"
)
KEPT = "The harbour master is a grumpy old walrus and I shall say so every day until the tide turns"


@pytest.fixture(scope="module")
def judged() -> Judged:
    index = Judged()
    for text, ruling, reference in [
        (JUDGED, Ruling.REMOVED, "case 1"),
        (KEPT, Ruling.KEPT, "case 2"),
        ("gulls out", Ruling.REMOVED, "case 3"),
    ]:
        marks = fingerprint(text)
        index.add(marks.hash, marks.sketch, ruling, Category.INCITEMENT, reference)
    return index


def found(index: Judged, text: str, *more: str) -> str | None:
    copy = index.find(Words(text=text, more=more))
    return copy.reference if copy else None


@pytest.mark.parametrize(
    "text",
    [
        JUDGED,
        JUDGED.upper(),
        f"@ada {JUDGED} https://example.org/x",
        JUDGED.replace("gull", "g u l l").replace("ropes", "r0pes"),
        JUDGED.replace("Saturday", "Sunday"),
        JUDGED + "!!! now",
        "No joke: " + JUDGED,
        JUDGED + ", kein Scherz",
        f'"{JUDGED}"',
    ],
)
def test_the_same_words_in_another_coat_are_a_copy(judged, text):
    assert found(judged, text) == "case 1"


@pytest.mark.parametrize(
    "text",
    [
        f'"{JUDGED}" This was posted yesterday and I find it vile.',
        f"> {JUDGED}\nWho writes such a thing?",
        f"{JUDGED} is what somebody wrote in our group, and the moderators took it away within the hour, thanks to them",
        JUDGED.replace("we all go", "we must not go"),
        JUDGED[: len(JUDGED) // 2],
        "On Saturday we all go to the lighthouse and bring cake for every keeper, with boats and songs in the harbour",
        "gulls out of the house",
        "",
        "https://example.org",
    ],
)
def test_quoting_commenting_negating_and_cutting_is_no_copy(judged, text):
    assert found(judged, text) is None


def test_short_texts_are_copies_only_word_for_word(judged):
    assert found(judged, "Gulls OUT!") == "case 3"
    assert found(judged, "gulls in") is None


def test_a_copy_of_something_removed_gives_a_reason_and_of_something_kept_gives_none(judged):
    copy = judged.find(Words(text=JUDGED))
    reason = copy.reason
    assert (reason.stage, reason.category, reason.probability, reason.name) == (
        Stage.COPY,
        Category.INCITEMENT,
        1.0,
        "case 1",
    )
    assert reason.words == (JUDGED,)
    kept = judged.find(Words(text=KEPT.upper()))
    assert (kept.ruling, kept.reference, kept.reason) == (Ruling.KEPT, "case 2", None)


def test_what_was_kept_passes_only_word_for_word_and_by_itself(judged):
    assert found(judged, KEPT, "", " ", KEPT) == "case 2"
    assert found(judged, f"{KEPT} and then I kill you") is None
    assert found(judged, KEPT, "https://example.org") == "case 2"
    for threat in ("I will find you tonight and kill you", "\U0001f52a"):
        assert found(judged, threat, KEPT) is None
        assert found(judged, KEPT, threat) is None


def test_what_was_kept_does_not_pass_with_more_than_was_looked_at(judged):
    long = "https://example.com/" + "a" * CLIP
    assert found(judged, f"{KEPT} {long}") == "case 2"
    assert found(judged, f"{KEPT} {long} I kill you {long}") is None
    assert found(judged, f"{KEPT}{' ' * CLIP} I kill you") is None
    assert found(judged, KEPT, f"{' ' * CLIP} I kill you") is None
    assert found(judged, f"{JUDGED}{' ' * CLIP} I kill you") == "case 1"


def test_every_text_of_a_post_is_asked_and_a_removed_one_weighs_more(judged):
    assert found(judged, "look", JUDGED) == "case 1"
    assert found(judged, KEPT, JUDGED) == "case 1"


def test_a_few_words_that_were_kept_pass_in_their_place_only():
    index = Judged()
    kept = fingerprint(KEPT)
    index.add(kept.hash, kept.sketch, Ruling.KEPT, Category.THREAT, "long")
    for place, text in ((Few.PROFILE, "I will kill you"), (Few.BESIDE, "yes")):
        index.add(f"{place}{fingerprint(text).hash}", UNLIKE, Ruling.KEPT, Category.THREAT, place)
    profile = index.find(Words(text="", more=("I will KILL you", "https://example.org"), profile=True))
    assert profile.ruling is Ruling.KEPT
    assert found(index, KEPT, "yes") == "long"
    for texts in (("I will kill you",), (KEPT, "I will kill you"), ("yes",), ("yes", "yes"), (KEPT, "yes", "no")):
        assert found(index, *texts) is None


def test_the_last_word_on_a_text_counts_and_removing_forgets():
    index = Judged()
    marks = fingerprint(JUDGED)
    index.add(marks.hash, marks.sketch, Ruling.REMOVED, Category.THREAT, "verdict")
    index.add(marks.hash, marks.sketch, Ruling.KEPT, Category.THREAT, "appeal")
    assert index.find(Words(text=JUDGED)).ruling is Ruling.KEPT
    assert index.find(Words(text=JUDGED + " now")) is None
    index.remove("appeal")
    assert index.find(Words(text=JUDGED + " now")).ruling is Ruling.REMOVED
    index.remove("verdict")
    index.remove("never heard of")
    assert index.find(Words(text=JUDGED)) is None
    assert len(index) == 0


def test_adding_a_reference_again_replaces_it():
    index = Judged()
    marks = fingerprint(JUDGED)
    index.add(marks.hash, marks.sketch, Ruling.REMOVED, Category.THREAT, "one")
    index.add(marks.hash, marks.sketch, Ruling.KEPT, Category.THREAT, "one")
    assert len(index) == 1
    assert index.find(Words(text=JUDGED)).ruling is Ruling.KEPT


def test_old_and_fresh_ones_are_found_alike():
    index = Judged()
    texts = [
        f"number {n} of the long list of things that {n * 7} sailors said about {n * 13} lighthouses"
        for n in range(3_000)
    ]
    for n, text in enumerate(texts):
        marks = fingerprint(text)
        index.add(marks.hash, marks.sketch, Ruling.REMOVED, Category.SPAM, str(n))
    for n in (0, 1_500, 2_999):
        assert found(index, texts[n]) == str(n)
        assert found(index, texts[n] + " ok") is not None


def test_a_sketch_of_another_version_is_refused():
    with pytest.raises(ValueError, match="no sketch"):
        Judged().add("hash", b"\x02" + b"\0" * 485, Ruling.REMOVED, Category.SPAM, "x")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('"I shall eat all your cake tonight" is what she wrote me', True),
        ('"I shall eat all your cake tonight"', False),
        ('He is a so-called "harbour master" and I shall eat his cake', False),
        ("> I shall eat all your cake tonight, believe me\nhow rude is that", True),
        ("plain", False),
    ],
)
def test_a_quotation_with_a_comment_is_seen(text, answer):
    assert comments(normalise(text).plain) is answer


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_is_its_own_copy_whatever_it_holds(text):
    index = Judged()
    marks = fingerprint(text)
    assert marks == fingerprint(text)
    index.add(marks.hash, marks.sketch, Ruling.REMOVED, Category.SPAM, "x")
    copy = index.find(Words(text=text))
    assert (copy is None) == (marks.hash is None or comments(normalise(text).plain))
