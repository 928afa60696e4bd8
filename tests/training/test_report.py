import pytest
from hypothesis import given
from hypothesis import strategies as st
from training.data import Example, Part
from training.report import Answered, Share, wilson

from training import processor, report


def answered(violence, outcome, source="somewhere", kind="threat"):
    example = Example("A text", "en", source, Part.DEV, violence=violence, kind=kind)
    return Answered(example, {"publish": 0.1, "case": 0.5, "hold": 0.9}[outcome], outcome)


def test_an_interval_as_in_the_books():
    low, high = wilson(8, 10)
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)


@given(of=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_its_share(of, data):
    some = data.draw(st.integers(0, of))
    low, high = wilson(some, of)
    assert 0 <= low <= some / of + 1e-9
    assert some / of - 1e-9 <= high <= 1


def test_shares_of_nothing_are_a_dash():
    assert str(Share(0, 0)) == "–"


def test_recall_counts_what_is_held_and_what_is_touched():
    some = [answered(True, "hold"), answered(True, "case"), answered(False, "publish"), answered(False, "hold")]
    table = report.recall("Title", some, lambda one: one.example.source)
    ((name, violent, held, touched, harmless, falsely, _),) = table.rows
    assert (name, violent, harmless) == ("somewhere", "2", "2")
    assert held.startswith("0.500")
    assert touched.startswith("1.000")
    assert falsely.startswith("0.500")
    assert str(table).startswith("Title\n")
    assert "| somewhere |" in table.markdown()


def test_groups_set_violent_kinds_beside_their_twins():
    some = [answered(True, "hold", kind="veiled"), answered(False, "hold", kind="mobilisation_twin")]
    rows = {row[0]: row[1:] for row in report.groups("Unseen", some).rows}
    held, _, twins_held, _ = rows["en veiled and mobilisation"]
    assert held.startswith("1.000")
    assert twins_held.startswith("1.000")
    assert rows["de threats"] == ("–", "–", "–", "–")


def test_the_worst_shown_are_never_of_the_unseen_writing():
    shown = "\n".join(report.worst([answered(False, "hold", source="unseen"), answered(True, "publish")]))
    assert "unseen" not in shown
    assert "somewhere" in shown


def test_answers_keep_to_their_questions():
    examples = [
        Example("I will kill you tonight", "en", "a", Part.DEV, violence=True),
        Example("I like my coffee black", "en", "a", Part.DEV, violence=False),
    ]
    first, second = report.answers(examples)
    assert first.score > second.score
    assert first.example is examples[0]


def test_what_is_spent_is_measured_on_the_posts_given():
    spent = report.spend(['{"text": "I like my coffee black", "language": "en"}\n'] * 3)
    assert spent.keys() == {"mean", "p99", "memory"}
    assert spent["mean"] > 0
    assert spent["memory"] > 1


def test_calls_are_hidden_among_ordinary_posts():
    def own(text: str, *, violence: bool) -> Example:
        kind = "threat" if violence else "harmless ordinary"
        return Example(text, "en", "writing", Part.DEV, violence=violence, kind=kind)

    calm = [own(f"Calm day {number}", violence=False) for number in range(5)]
    hidden = report.among_calm([own("Hang him", violence=True), *calm], 2)
    assert [one.violence for one in hidden] == [True] + [False] * 5
    assert "Hang him." in hidden[0].text
    assert all(one.text.count("Calm day") == 2 + (not one.violence) for one in hidden)
    assert {one.kind for one in hidden} == {"among 2"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [("fma avx2", "A Kind without VNNI"), ("avx2 avx512_vnni", "A Kind with VNNI"), ("", "A Kind without VNNI")],
)
def test_a_cost_says_on_what_it_was_measured(flags, said):
    assert processor.name(f"processor\t: 0\nmodel name\t: A Kind\nflags\t\t: {flags}\n\n") == said
