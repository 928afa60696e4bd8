"""Every sentence a page can say is said in German, too, and keeps its gaps."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import folkmoot.moderation
import folkmoot.network
import folkmoot.web
from folkmoot import clock
from folkmoot.errors import FolkmootError
from folkmoot.web.pages import words

PAGES = Path(words.__file__).parent
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def sentences() -> set[str]:
    """The msgids of templates and handlers; of a plural its singular."""
    found = extract_from_dir(
        PAGES,
        method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2")],
        options_map={
            "**/templates/**.html": {
                "extensions": "jinja2.ext.do",
                "newstyle_gettext": "true",
                "silent": "false",
                "trim_blocks": "true",
                "lstrip_blocks": "true",
            }
        },
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "say": None},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def errors(kind: type[FolkmootError] = FolkmootError) -> Iterator[type[FolkmootError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


def test_every_sentence_of_the_pages_has_a_german_one() -> None:
    german = words.catalogue("de")
    assert len(sentences()) > 300
    assert sorted(each for each in sentences() if not german.knows(each)) == []


def test_every_error_of_the_network_has_a_german_sentence() -> None:
    packages = [(package, f"{package.__name__}.") for package in (folkmoot.moderation, folkmoot.network, folkmoot.web)]
    for module in (each for package, name in packages for each in pkgutil.walk_packages(package.__path__, name)):
        importlib.import_module(module.name)
    german = words.catalogue("de")
    ours = {
        each for each in errors() if each.__module__.startswith(("folkmoot.network", "folkmoot.web", "folkmoot.errors"))
    }
    assert sorted({each.sentence for each in ours if not german.knows(each.sentence)}) == []


def test_no_sentence_stands_twice_in_the_catalogue() -> None:
    written = (PAGES / "locales/de/LC_MESSAGES/messages.po").read_text()
    heads = re.findall(r'^msgid ((?:".*"\n)+)', written, re.MULTILINE)
    assert len(heads) > 300
    assert sorted({each for each in heads if heads.count(each) > 1}) == []
    assert len(re.findall(r"^msgstr(?:\[0\])? ", written, re.MULTILINE)) == len(heads)


@pytest.mark.parametrize("locale", ["de", "en"])
def test_a_translation_has_the_gaps_of_the_original(locale: str) -> None:
    gaps = re.compile(r"%\(\w+\)s|\{\w+\}|<[^>]+>")
    for original, translated in words.catalogue(locale)._sentences.items():
        for each in translated:
            assert sorted(gaps.findall(each)) == sorted(gaps.findall(original)), original


def test_scripts_say_the_same_things_in_both_languages() -> None:
    script = (PAGES / "static" / "words.js").read_text()
    english, german = script.split("  de: {", 1)
    names = re.compile(r"^    (\w+):", re.MULTILINE)
    assert names.findall(english) == names.findall(german)


@pytest.mark.parametrize(
    ("account", "cookie", "accepted", "chosen"),
    [
        ("de", "en", "en", "de"),
        (None, "de", "en", "de"),
        (None, None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, None, "fr, en;q=0.5, de;q=0.4", "en"),
        (None, None, "en;q=0.2, de", "de"),
        (None, None, "fr", "en"),
        (None, "xx", "*;;;,q=,,;q=1", "en"),
        (None, None, "", "en"),
    ],
)
def test_the_language_is_the_accounts_then_the_chosen_then_the_browsers(
    account: str | None, cookie: str | None, accepted: str, chosen: str
) -> None:
    assert words.choose(account=account, cookie=cookie, accepted=accepted, default="en") == chosen


@pytest.mark.parametrize(
    ("age", "english", "german"),
    [
        (timedelta(seconds=20), "now", "jetzt"),
        (timedelta(minutes=5), "5m", "5 Min."),
        (timedelta(hours=23), "23h", "23 Std."),
        (timedelta(days=3), "3d", "3 T"),
        (timedelta(days=30), "Apr 20", "20. Apr."),
        (timedelta(days=400), "Apr 15, 2025", "15. Apr. 2025"),
    ],
)
def test_ages_are_short(age: timedelta, english: str, german: str) -> None:
    with clock.held_at(NOW):
        for locale, said in (("en", english), ("de", german)):
            words.speak(locale)
            assert words.ago(NOW - age).replace("\u00a0", " ") == said


def test_large_counts_are_short() -> None:
    words.speak("en")
    assert [words.brief(count) for count in (0, 7, 999, 1_200, 12_345, 2_500_000)] == [
        "",
        "7",
        "999",
        "1.2K",
        "12K",
        "2.5M",
    ]
