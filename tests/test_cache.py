"""The memory is bounded and never keeps what was outdated while it was read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.cache import Cache


def test_what_was_dropped_while_it_was_read_is_not_kept() -> None:
    cache: Cache[str, int] = Cache(10)
    as_of = cache.moment()
    cache.drop("a")
    assert not cache.put("a", 1, as_of=as_of)
    assert cache.put("b", 1, as_of=as_of)
    assert cache.get("a") is None
    assert cache.put("a", 2, as_of=cache.moment())
    assert cache.get("a") == 2


def test_after_clearing_no_earlier_reading_is_kept() -> None:
    cache: Cache[str, int] = Cache(10)
    as_of = cache.moment()
    cache.clear()
    assert not cache.put("a", 1, as_of=as_of)


def test_the_least_recently_used_goes_first() -> None:
    cache: Cache[str, int] = Cache(3)
    for key in "abc":
        cache.put(key, 1, as_of=cache.moment())
    cache.get("a")
    cache.peek("b")
    cache.put("d", 1, as_of=cache.moment())
    assert [cache.peek(key) for key in "abcd"] == [1, None, 1, 1]


def test_what_weighs_more_than_all_is_kept_alone() -> None:
    cache: Cache[str, int] = Cache(10)
    cache.put("a", 1, as_of=cache.moment())
    cache.put("b", 2, as_of=cache.moment(), weight=50)
    assert (len(cache), cache.weight) == (1, 50)


def test_drops_without_number_are_forgotten_without_letting_old_readings_in() -> None:
    cache: Cache[int, int] = Cache(10)
    as_of = cache.moment()
    for key in range(12_000):
        cache.drop(key)
    assert len(cache._dropped) <= 10_000
    assert not cache.put(0, 1, as_of=as_of)
    assert cache.put(0, 1, as_of=cache.moment())


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "put", "change", "clear", "get"]), st.integers(0, 3), st.integers(1, 3)),
    max_size=60,
)


@given(STEPS)
def test_a_reader_never_gets_anything_older_than_the_last_change_told(steps: list[tuple[str, int, int]]) -> None:
    cache: Cache[int, int] = Cache(6)
    truth = dict.fromkeys(range(4), 0)
    readings: list[tuple[int, int, int]] = []
    for what, key, weight in steps:
        if what == "begin":
            readings.append((key, truth[key], cache.moment()))
        elif what == "put" and readings:
            read, value, as_of = readings.pop(0)
            cache.put(read, value, as_of=as_of, weight=weight)
        elif what == "change":
            truth[key] += 1
            cache.drop(key)
        elif what == "clear":
            cache.clear()
        found = cache.get(key)
        assert found is None or found == truth[key]
        assert cache.weight == sum(kept[1] for kept in cache._kept.values())
