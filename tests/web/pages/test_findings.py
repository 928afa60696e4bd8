"""How the words that moved a score are shown to stewards and jurors."""

from folkmoot.web.pages.findings import mark


def test_passages_are_marked_where_they_stand_as_words() -> None:
    text = "Der Werkhof muss brennen, wer <hilft> kommt"
    marked = "Der Werkhof muss <mark>brennen,</mark> <mark>wer</mark> &lt;hilft&gt; kommt"
    assert str(mark(text, ["brennen,", "wer"])) == marked


def test_what_stands_only_within_a_word_is_marked_there() -> None:
    assert str(mark("#burnthemdown tonight", ["burn"])) == "#<mark>burn</mark>themdown tonight"


def test_nothing_marked_is_escaped_all_the_same() -> None:
    assert str(mark("<b>", [])) == "&lt;b&gt;"
