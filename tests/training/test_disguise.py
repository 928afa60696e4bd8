import random

from hypothesis import given
from hypothesis import strategies as st
from training.disguise import disguise


@given(text=st.text(max_size=80), seed=st.integers(0, 10_000))
def test_any_text_can_be_disguised_and_alike_each_time(text, seed):
    assert disguise(text, random.Random(seed)) == disguise(text, random.Random(seed))


@given(seed=st.integers(0, 10_000))
def test_something_changes_and_short_words_stay(seed):
    text = "an elephant is in our kitchen"
    disguised = disguise(text, random.Random(seed), share=1.0)
    assert disguised.startswith("an ")
    assert " is in our " in disguised
