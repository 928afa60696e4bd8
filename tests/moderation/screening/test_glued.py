"""Letters without blanks between them are the words they spell, where those are all frequent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.screening import glued
from folkmoot.moderation.screening.glued import told_apart


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("iwillkillyou", "i will kill you"),
        ("verbrenntdieverraeter", "verbrennt die verraeter"),
        ("gutentag", "guten tag"),
        ("umbringen", None),
        ("iwillkillyouq", None),
        ("ikill", None),
        ("kill" * 16, None),
        ("killverraeter", None),
    ],
)
def test_few_words_cover_it_all_or_none_are_told(letters, words):
    assert told_apart(letters) == words


def test_a_violent_word_or_more_words_may_be_asked_for():
    assert told_apart("iloveyou", violent=True) is None
    assert told_apart("hangthem", violent=True) == "hang them"
    assert told_apart("hangthem", least=3, violent=True) is None


@pytest.mark.parametrize(
    "word", ["mitzubringen", "vorzuschlagen", "aneinanderhaengen", "auszusterben", "hineinbringen"]
)
def test_a_word_that_is_made_of_frequent_words_is_none_of_a_person(word):
    assert told_apart(word, violent=True) is None


@pytest.mark.parametrize("language", [glued._ENGLISH, glued._GERMAN])
@given(data=st.data())
def test_what_was_glued_is_told_apart_into_as_few_words_at_most(language, data):
    words = data.draw(st.lists(st.sampled_from(sorted(frozenset().union(*language))), min_size=2, max_size=12))
    letters = "".join(words)
    told = told_apart(letters)
    if told is not None:
        assert told.replace(" ", "") == letters
        assert len(told.split()) <= len(words)
    else:
        assert not glued.GLUED <= len(letters) <= glued.LONGEST or language.has(letters)
