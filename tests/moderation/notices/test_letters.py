"""What a letter says of addresses that are none of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from folkmoot.moderation.notices import words
from folkmoot.moderation.notices.states import ItemState
from folkmoot.moderation.notices.words import Head, Said

SATURDAY = datetime(2021, 1, 9, 12, tzinfo=UTC)
LETTERS: tuple[Callable[[Head, Sequence[Said]], str], ...] = (words.receipt, words.interim, words.answer)


def head(language: str) -> Head:
    return Head(
        reference="FM-1",
        site="Moot",
        received_at=SATURDAY,
        due_at=SATURDAY,
        language=language,
        page="https://moot.example/notices/at/x",
        log="https://moot.example/log",
    )


def items(*states: ItemState) -> list[Said]:
    return [
        Said(written=f"https://there.example/{n}", state=state, since=SATURDAY) for n, state in enumerate(states, 1)
    ]


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(
    ("language", "states", "said"),
    [
        ("en", (ItemState.HIDDEN, ItemState.NOT_OURS), "by us, is number 2; please turn"),
        ("en", (ItemState.NOT_OURS, ItemState.HIDDEN, ItemState.NOT_OURS), "by us, are numbers 1, 3; please turn"),
        ("de", (ItemState.HIDDEN, ItemState.NOT_OURS), "gehört Nummer 2:"),
        ("de", (ItemState.NOT_OURS, ItemState.HIDDEN, ItemState.NOT_OURS), "gehören die Nummern 1, 3:"),
    ],
)
def test_a_letter_says_which_of_the_named_are_none_of_ours(
    letter: Callable[[Head, Sequence[Said]], str], language: str, states: tuple[ItemState, ...], said: str
) -> None:
    assert said in letter(head(language), items(*states))


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_and_nothing_when_all_are(letter: Callable[[Head, Sequence[Said]], str], language: str) -> None:
    text = letter(head(language), items(ItemState.HIDDEN, ItemState.GONE))
    assert "please turn to" not in text
    assert "Nicht zu unserem Netz" not in text


def test_a_receipt_for_nothing_of_ours_asks_for_addresses_instead_of_counting_none() -> None:
    text = words.receipt(head("en"), items(ItemState.NOT_OURS))
    assert "0/0" not in text
    assert "We could not find an address of ours" in text
    assert "1. https://there.example/1\n   not an address of this network" in text
