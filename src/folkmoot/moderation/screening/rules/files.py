"""Rule files as an operator writes them: read, and every claim they make about themselves checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import re2

from folkmoot.moderation.screening.finding import Category
from folkmoot.moderation.screening.normal import normalise

MOST_BYTES = 1_000_000
MOST_RULES = 1_000
MOST_ENTRIES = 2_000
LONGEST_PATTERN = 60_000
"""Characters of one pattern after the lists in it were written out."""

ANY_LETTERS = r"[0-9A-Za-z\x{80}-\x{10ffff}]*"
"""What `*` stands for. Plain words are mostly ASCII; all else counts as letters, which keeps the automaton small."""
NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")


class BrokenRules(Exception):
    """A rule file that does not hold what it says. The sentence names file, line and rule, and shows the text."""

    def __init__(self, said: str, file: str = "") -> None:
        super().__init__(said)
        self.file = file
        """The name of the file; empty when it is none by itself."""


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule says of itself: texts it must meet, and harmless ones it must leave alone."""

    match: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule, as it stands in its file."""

    id: str
    title: str
    """One sentence in plain words: what the rule is about."""
    category: Category
    weight: float
    """The probability it claims, 0 to 1."""
    languages: tuple[str, ...] = ()
    declared_only: bool = False
    """Leave texts alone that are declared to be in another language."""
    pattern: str | None = None
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    within: int | None = None
    """How many words the whole of `all` and `any` may span."""
    ordered: bool = False
    """`all` in the order written."""
    none_within: int | None = None
    """How many words before and after `none` is looked for; the whole text if not given."""
    examples: Examples = Examples()


class _File(msgspec.Struct, forbid_unknown_fields=True):
    languages: tuple[str, ...] = ()
    lists: dict[str, tuple[str, ...]] = {}
    patterns: dict[str, str] = {}
    off: tuple[str, ...] = ()
    rule: tuple[Rule, ...] = ()


class Source(msgspec.Struct):
    """One file's text, for errors that point."""

    name: str
    text: str

    def broken(self, said: str, *, line: int = 0, rule: str = "") -> BrokenRules:
        place = self.name + (f", line {line}" if line else "") + (f", rule {rule!r}" if rule else "")
        shown = self.text.splitlines()[line - 1].strip() if 0 < line <= len(self.text.splitlines()) else ""
        return BrokenRules(f"{place}: {said}" + (f"\n    {shown[:160]}" if shown else ""), self.name)

    def line_of(self, name: str, *, within: str = "") -> int:
        """Where `name = ` stands, or the rule of that id."""
        escaped = re.escape(name)
        found = re.search(rf"(?m)^[ \t]*(?:id\s*=\s*[\"']{escaped}[\"']|[\"']?{escaped}[\"']?\s*=)", self.text)
        return self.text.count("\n", 0, found.start()) + 1 if found else 0

    def line_of_text(self, text: str, start: int) -> int:
        """Where an example stands, looked for from its rule on."""
        lines = self.text.splitlines()
        for number in range(max(start, 1), len(lines) + 1):
            if text in lines[number - 1]:
                return number
        return start


class Loaded(msgspec.Struct):
    """All files together: rules in force, and what their names stand for."""

    rules: dict[str, tuple[Rule, Source]]
    terms: dict[str, str]
    """Each list or pattern as one pattern in RE2's syntax. A rule's names carry their file: `en.toml:kill`."""


def read(paths: Sequence[Path]) -> Loaded:
    """Every file in order. Later files may use the lists of earlier ones, replace their rules and switch them off."""
    loaded = Loaded(rules={}, terms={})
    names: dict[str, str] = {}  # as written in a file -> with its file
    for path in paths:
        _read_file(path, loaded, names)
    if len(loaded.rules) > MOST_RULES:
        raise BrokenRules(f"{len(loaded.rules)} rules are more than the {MOST_RULES} allowed.")
    return loaded


def _read_file(path: Path, loaded: Loaded, names: dict[str, str]) -> None:
    source = Source(name=path.name, text=read_text(path))
    file = _parse(source)
    own = path.name
    for name, entries in file.lists.items():
        _check_name(source, name)
        loaded.terms[f"{own}:{name}"] = _list_pattern(source, name, entries)
        names[name] = f"{own}:{name}"
    for name, pattern in file.patterns.items():
        _check_name(source, name)
        loaded.terms[f"{own}:{name}"] = _pattern(source, name, pattern, names, loaded.terms)
        names[name] = f"{own}:{name}"
    for gone in file.off:
        if loaded.rules.pop(gone, None) is None:
            raise source.broken(f"there is no rule {gone!r} to switch off.", line=source.line_of("off"))
    seen: set[str] = set()
    for rule in file.rule:
        if rule.id in seen:
            raise source.broken("this id is given twice.", line=source.line_of(rule.id), rule=rule.id)
        seen.add(rule.id)
        loaded.rules[rule.id] = _resolve(source, rule, file.languages, names, loaded.terms), source


def read_text(path: Path) -> str:
    """What a rule file has written in it. Raises BrokenRules when it is no text, or too long."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BrokenRules(f"{path.name} cannot be read: {error.strerror}.", path.name) from error
    if len(content) > MOST_BYTES:
        raise BrokenRules(f"{path.name} is larger than {MOST_BYTES} bytes.", path.name)
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BrokenRules(f"{path.name}, line {line}: this is not UTF-8.", path.name) from error


def _parse(source: Source) -> _File:
    try:
        content = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise source.broken(f"this is not TOML: {error}.", line=int(found[1]) if found else 0) from error
    except RecursionError as error:
        raise source.broken("this is nested too deeply.") from error
    except ValueError as error:  # more digits than Python reads
        raise source.broken("a number in it is too long.", line=_line_of_digits(source.text)) from error
    try:
        return msgspec.convert(content, _File)
    except msgspec.ValidationError as error:
        raise _misshapen(source, content, str(error)) from error


def _line_of_digits(text: str) -> int:
    found = re.search(r"[0-9_]{1000}", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _misshapen(source: Source, content: Mapping[str, Any], said: str) -> BrokenRules:
    """A value that is missing, unknown or of the wrong kind, told by its place in the file."""
    what, _, place = said.partition(" - at `$.")
    index = re.match(r"rule\[(\d+)\](?:\.(\w+))?", place)
    if index is None:
        section = re.match(r"\w+", place)
        if place.startswith(("lists[", "patterns[")):
            return _misshapen_entry(source, place.partition("[")[0], content)
        return source.broken(what + ".", line=source.line_of(section[0]) if section else 0)
    rule = content["rule"][int(index[1])]
    name = rule.get("id", "") if isinstance(rule, dict) else ""
    starts = [match.start() for match in re.finditer(r"(?m)^[ \t]*\[\[\s*rule\s*\]\]", source.text)]
    line = source.text.count("\n", 0, starts[int(index[1])]) + 1 if int(index[1]) < len(starts) else 0
    key = index[2] or (re.search(r"field `(\w+)`", what) or ["", ""])[1]
    for number, text in enumerate(source.text.splitlines()[line:], line + 1):
        if text.lstrip().startswith("[["):
            break
        if key and re.match(rf"\s*{key}\s*=", text):
            line = number
            break
    if key == "category":
        what += "; it is one of " + ", ".join(Category)
    return source.broken(what + ".", line=line, rule=str(name))


def _misshapen_entry(source: Source, section: str, content: Mapping[str, Any]) -> BrokenRules:
    """A list or pattern of the wrong kind: the parser says what, not which."""
    for name, value in content[section].items():
        try:
            msgspec.convert(value, tuple[str, ...] if section == "lists" else str)
        except msgspec.ValidationError as error:
            what, kind = str(error).partition(" - ")[0], section.removesuffix("s")
            hint = '; a list is written ["one", "two"]' if section == "lists" else ""
            return source.broken(f"the {kind} {name!r}: {what}{hint}.", line=source.line_of(name))
    return source.broken(f"[{section}] is not as it should be.")


def _check_name(source: Source, name: str) -> None:
    if not NAME.match(name):
        raise source.broken(f"{name!r} is no name: small letters, digits, - and _.", line=source.line_of(name))


def _list_pattern(source: Source, name: str, entries: Sequence[str]) -> str:
    """A list of words as one pattern: `*` stands for any letters, everything else for itself."""
    line = source.line_of(name)
    if not entries or len(entries) > MOST_ENTRIES:
        raise source.broken(f"the list {name!r} has to have 1 to {MOST_ENTRIES} entries.", line=line)
    written = []
    for entry in entries:
        plain = normalise(entry.replace("*", "\ue000")).plain
        if not plain.replace("\ue000", "").strip():
            raise source.broken(f"the list {name!r} has an entry without letters: {entry!r}.", line=line)
        body = re2.escape(plain).replace("\ue000", ANY_LETTERS).replace("\\ ", r"\s")
        before = r"\b" if plain[0].isascii() and plain[0].isalnum() else ""
        after = r"\b" if plain[-1].isascii() and plain[-1].isalnum() else ""
        written.append(before + body + after)
    return _compiled(source, name, f"(?:{'|'.join(written)})", line)


_REFERENCE = re.compile(r"\\[xpP]\{[^}]*\}|\\.|\{(?P<name>[a-z][a-z0-9_-]*)\}", re.DOTALL)
"""A name in braces; what is escaped, as in `\\x{e4}`, is none."""


def _pattern(source: Source, name: str, pattern: str, names: Mapping[str, str], terms: Mapping[str, str]) -> str:
    """A pattern with the lists it names written out; a blank meets a line end too."""
    line = source.line_of(name)

    def write_out(match: re.Match[str]) -> str:
        return terms[_known(source, names, match["name"], line, name)] if match["name"] else match[0]

    return _compiled(source, name, _REFERENCE.sub(write_out, pattern.replace(" ", r"\s")), line)


def _compiled(source: Source, name: str, pattern: str, line: int) -> str:
    if len(pattern) > LONGEST_PATTERN:
        raise source.broken(f"{name!r} is longer than {LONGEST_PATTERN} characters.", line=line)
    try:
        compile_pattern(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise source.broken(f"{name!r} is no pattern: {said}.", line=line) from error
    return f"(?:{pattern})"


def compile_pattern(pattern: str) -> re2._Regexp:
    """Works on UTF-8, with memory enough for lists of a thousand words."""
    return re2.compile(pattern.encode(), options(8 << 20))


def options(memory: int) -> re2.Options:
    """Quiet, and bounded in what is kept of the states met."""
    chosen = re2.Options()
    chosen.max_mem = memory
    chosen.log_errors = False
    return chosen


def _known(source: Source, names: Mapping[str, str], term: str, line: int, rule: str) -> str:
    if term not in names:
        raise source.broken(f"there is no list or pattern {term!r}.", line=line, rule=rule)
    return names[term]


def _resolve(
    source: Source, rule: Rule, languages: tuple[str, ...], names: Mapping[str, str], terms: dict[str, str]
) -> Rule:
    """The rule with its names bound to this file's lists, and its bounds checked."""
    line = source.line_of(rule.id)

    def broken(said: str) -> BrokenRules:
        return source.broken(said, line=line, rule=rule.id)

    if not NAME.match(rule.id):
        raise broken("an id has small letters, digits, - and _.")
    if not 0.0 < rule.weight <= 1.0:
        raise broken(f"the weight {rule.weight} is not between 0 and 1.")
    if not (rule.pattern or rule.all or rule.any):
        raise broken("a rule needs a pattern, or names in all or any.")
    if not rule.examples.match or not rule.examples.leave:
        raise broken("a rule needs examples that it meets (match) and harmless ones that it leaves (leave).")
    if any(number is not None and not 1 <= number <= 1_000 for number in (rule.within, rule.none_within)):
        raise broken("within and none_within are 1 to 1000 words.")
    every = tuple(_known(source, names, term, line, rule.id) for term in rule.all)
    if rule.pattern:
        own = f"{source.name}:={rule.id}"
        terms[own] = _pattern(source, rule.id, rule.pattern, names, terms)
        every = (own, *every)
    some = tuple(_known(source, names, term, line, rule.id) for term in rule.any)
    none = tuple(_known(source, names, term, line, rule.id) for term in rule.none)
    for term in (*every, *some, *none):
        if compile_pattern(terms[term]).search(b""):
            raise broken(f"{term.rpartition(':')[2].removeprefix('=')!r} meets even an empty text.")
    spoken = tuple(map(str.lower, rule.languages or languages))
    return msgspec.structs.replace(rule, all=every, any=some, none=none, languages=spoken)
