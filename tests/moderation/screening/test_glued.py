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
    ],
)
def test_few_words_cover_it_all_or_none_are_told(letters, words):
    assert told_apart(letters) == words


def test_a_violent_word_or_more_words_may_be_asked_for():
    assert told_apart("iloveyou", violent=True) is None
    assert told_apart("hangthem", violent=True) == "hang them"
    assert told_apart("hangthem", least=3, violent=True) is None


@given(st.lists(st.sampled_from(sorted(glued._WORDS)), min_size=2, max_size=12))
def test_what_was_glued_is_told_apart_into_as_few_words_at_most(words):
    letters = "".join(words)
    told = told_apart(letters)
    if told is not None:
        assert told.replace(" ", "") == letters
        assert len(told.split()) <= len(words)
    else:
        assert not glued.GLUED <= len(letters) <= glued.LONGEST or letters in glued._WORDS
