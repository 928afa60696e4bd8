"""STYLE.md's arrows: calls go down, nothing imports what stands above it, and no module is a drawer for everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import folkmoot

ROOT = Path(folkmoot.__file__).parent
PLAIN = {"address", "audit", "barrier", "cache", "clock", "errors", "ids", "log", "markup", "outgoing", "settings"}
"""Small, about one thing each, and knowing nothing of the rest."""
LAYERS = [
    {"cli", "demo"},
    {"web"},
    {"moderation", "federation"},
    {"network"},
    {"screening", "mail", "vault"},
    {"database", "bus", "storage"},
    PLAIN,
]
"""From top to bottom: each may import its own kind and what stands below."""
SCREENING_MAY = PLAIN
"""Screening is a leaf: no tables, no jobs, so that publishing may ask it (it lives in `moderation`, whose it is)."""
HOSTING_MAY = {"database", "storage", "vault"} | PLAIN
"""Hosting stands beside the network and the moderation and knows neither: it carries whole what they wrote."""
JOBS_MAY = {"moderation", "network", "database", "bus", "storage", "mail", "vault"} | PLAIN
"""The worker runs the verbs of everybody, so it stands above them; they defer by name through `Transaction`."""
ALSO = {
    ("jobs", "jobs.tools"),
    ("web.run", "hosting.listening"),
    ("web.relay", "hosting.link"),
    ("web.relay", "hosting.link.local"),
}
"""Entry points of jobs (`*/jobs.py`) know what a job works with; a web process inherits the door hosting opened."""
BANNED = {"utils", "util", "helpers", "helper", "common", "service", "services", "manager", "managers", "misc", "core"}
INSIDE = {
    ("settings", "tomllib"): "read once, where a file is given",
    ("settings", "zoneinfo"): "slow to load, and asked only where a time zone is given",
    ("web.app", "folkmoot.web.pages"): "slow to load, and the API answers meanwhile",
    ("web.app", "folkmoot.web.pages.app"): "slow to load",
    ("web.app", "folkmoot.web.pages.status"): "slow to load",
    ("web.app", "folkmoot.web.relay"): "only a network that has moved relays",
    ("cli.preparation", "folkmoot.demo.populate"): "only a demo needs it",
    ("cli.serve", "folkmoot.cli.preparation"): "the supervisor itself loads no database driver",
    ("hosting.supervise", "traceback"): "only when something failed",
}
"""Every import inside a function, with its reason. A new one is a knot asking to be cut."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield name.removesuffix("__init__").removesuffix(".") or "folkmoot", ast.parse(path.read_text())


MODULES = dict(modules())


def imported(name: str, tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Modules of ours that are imported, without `folkmoot.`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            found = [node.module or ""]
            whole = (node.module or "").removeprefix("folkmoot").removeprefix(".")
            found += [f"folkmoot.{whole}.{alias.name}".replace("..", ".") for alias in node.names]
        else:
            continue
        for target in found:
            if target.startswith("folkmoot."):
                short = target.removeprefix("folkmoot.")
                if short in MODULES:
                    yield short, node


def only_for_types(tree: ast.Module) -> set[int]:
    """Lines under `if TYPE_CHECKING`, which import nothing when the program runs."""
    return {
        inner.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if isinstance(inner, ast.stmt)
    }


def part_of(name: str) -> str:
    return "screening" if name.startswith("moderation.screening") else name.split(".")[0]


def layer(part: str) -> int:
    return next(n for n, parts in enumerate(LAYERS) if part in parts)


def test_calls_go_down() -> None:
    wrong = []
    for name, tree in MODULES.items():
        part = part_of(name)
        if part in ("folkmoot", "cli"):  # the command line may reach everything
            continue
        for target, node in imported(name, tree):
            other = part_of(target)
            if other == part or {(name, target), (name.rpartition(".")[2], target)} & ALSO:
                continue
            if part == "hosting":
                allowed = other in HOSTING_MAY
            elif part == "screening":
                allowed = other in SCREENING_MAY
            elif part == "jobs":
                allowed = other in JOBS_MAY
            elif other in ("hosting", "jobs", "cli"):
                allowed = False
            else:
                allowed = (
                    layer(other) > layer(part) or (part in LAYERS[5] and other in LAYERS[5]) or {part, other} <= PLAIN
                )
            if not allowed:
                wrong.append(f"{name}:{node.lineno} imports {target}")
    assert wrong == []


def test_only_the_command_line_imports_the_web() -> None:
    above = {name for name, tree in MODULES.items() for target, _ in imported(name, tree) if target.startswith("web")}
    assert {name for name in above if name.split(".")[0] not in ("web", "cli")} == set()


def test_no_imports_in_circles() -> None:
    graph = {}
    for name, tree in MODULES.items():
        spared = only_for_types(tree)
        inside = {node.lineno for node in hidden(tree)}
        graph[name] = {
            target for target, node in imported(name, tree) if node.lineno not in spared | inside and target != name
        }

    @cache
    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))

    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        walk(name, path)
        if name in done:
            return
        # A package's own __init__ gathers what its files offer; a file that asks a sibling package asks its __init__.
        for target in graph.get(name, ()):
            if target != name.rpartition(".")[0]:
                visit(target, (*path, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def hidden(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    return [
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_imports_inside_functions_have_a_reason() -> None:
    found = set()
    for name, tree in MODULES.items():
        for node in hidden(tree):
            if isinstance(node, ast.Import):
                found |= {(name, alias.name) for alias in node.names}
            else:
                own = node.module or ""
                found |= {
                    (name, f"{own}.{alias.name}" if f"{own}.{alias.name}".removeprefix("folkmoot.") in MODULES else own)
                    for alias in node.names
                }
    assert found - set(INSIDE) == set()


@pytest.mark.parametrize("folder", ["src/folkmoot", "tests"])
def test_no_module_is_a_drawer_for_everything(folder: str) -> None:
    top = ROOT.parent.parent / folder
    names = {path.stem for path in top.rglob("*.py") if "node_modules" not in path.parts}
    assert names & BANNED == set()


def test_every_file_of_code_says_why_it_exists() -> None:
    silent = [name for name, tree in MODULES.items() if tree.body and not ast.get_docstring(tree)]
    assert [name for name in silent if not name.startswith("database.migrations")] == []
