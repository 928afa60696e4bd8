"""Test suites nobody here wrote, run against our server without a way out of this machine.

A suite comes as the source archive of a pinned release, checked against its hash and kept in `build/clients`. It runs
in a process of its own beside a fresh network (`trial.py`), on port 3000 of a loopback device nobody else sees, where
the system lets us have one. What does not pass is listed with its reason in `deselected.toml` and not run; everything
else has to pass, and the number of tests that pass only ever rises.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
ARCHIVES = HERE.parents[1] / "build" / "clients"
PORT = 3000
"""Both suites have it written down."""
ALONE = (["unshare", "-n", "--"], ["unshare", "-U", "-c", "-n", "--keep-caps", "--"])
"""Ways into a network of one's own: as root, and as anybody else."""
RUN_SECONDS = 240


@dataclass(frozen=True)
class Suite:
    """Whose tests, and how they want to be run."""

    name: str
    project: str
    version: str
    archive: str
    sha256: str
    folder: str
    """Where the tests are that want a server."""
    options: tuple[str, ...] = ()
    """What pytest is told besides."""
    replays: tuple[str, ...] = ()
    """Recorded answers, as patterns of paths: deleted, so that our server is asked."""
    prepare: tuple[tuple[str, ...], ...] = ()
    """Commands run once the server answers; {data} and {here} are filled in."""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listed:
    """What `deselected.toml` says about one suite."""

    least: int
    reasons: dict[str, str]
    """Why, by test: `file`, `file::test` (with all its parameters) or `file::test[parameter]`."""

    def reason(self, test: str) -> str | None:
        """The entry that names this test."""
        for entry in self.reasons:
            if test == entry or test.startswith((entry + "::", entry + "[")):
                return entry
        return None


def listed(suite: Suite) -> Listed:
    """Read the list. Every entry says why, and with which feature the test comes back."""
    told = tomllib.loads((HERE / "deselected.toml").read_text())[suite.name]
    reasons = {}
    for entry in told["deselected"]:
        assert all(entry[key] for key in ("reason", "until")), f"{entry['test']}: why, and until when?"
        assert entry["test"] not in reasons, f"{entry['test']} is listed twice"
        reasons[entry["test"]] = entry["reason"]
    return Listed(told["least"], reasons)


def obtain(suite: Suite) -> Path:
    """The source archive, from the package index or from the last time, and checked either way."""
    archive = ARCHIVES / suite.archive
    if not _is_right(archive, suite.sha256):
        with tempfile.TemporaryDirectory() as place:
            wanted = Path(place, "wanted.txt")
            wanted.write_text(f"{suite.project}=={suite.version} --hash=sha256:{suite.sha256}\n")
            command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
            command += ["--no-binary", ":all:", "--require-hashes", "-r", str(wanted), "-d", place]
            subprocess.run(command, capture_output=True, timeout=120, check=False)
            fetched = Path(place, suite.archive)
            if not _is_right(fetched, suite.sha256):
                raise AssertionError(f"The source archive {suite.archive} could not be had with its pinned hash.")
            ARCHIVES.mkdir(parents=True, exist_ok=True)
            arriving = archive.with_suffix(f".{os.getpid()}")
            shutil.copyfile(fetched, arriving)
            arriving.replace(archive)
    return archive


def _is_right(archive: Path, sha256: str) -> bool:
    return archive.is_file() and hashlib.sha256(archive.read_bytes()).hexdigest() == sha256


def check(suite: Suite) -> None:
    """Run the suite: everything that is not listed passes, and there is enough of it."""
    known = listed(suite)
    archive = obtain(suite)
    with _place(suite) as place:
        source = place / "source"
        source.mkdir()
        subprocess.run(["tar", "-xzf", archive, "-C", source, "--strip-components=1"], check=True, timeout=60)
        for pattern in suite.replays:
            for recording in source.glob(pattern):
                recording.unlink()
        tests = _collect(suite, source)
        named = {test: known.reason(test) for test in tests}
        stale = set(known.reasons) - set(named.values())
        assert not stale, f"deselected.toml lists what is not in {suite.name} (any more): {sorted(stale)}"
        chosen = [test for test in tests if named[test] is None]
        outcomes = _try(suite, place, source, chosen)
    passed = [test for test in chosen if outcomes.get(test) == "passed"]
    print(f"{suite.name} {suite.version}: {len(passed)} of {len(tests)} tests pass, {len(tests) - len(chosen)} listed")
    others = {test: outcomes.get(test, "did not run") for test in chosen if test not in passed}
    words = "\n".join(f"{test}\n    {what}" for test, what in others.items())
    assert not others, f"{len(others)} tests of {suite.name} neither pass nor are listed:\n{words}"
    assert len(passed) >= known.least, f"{len(passed)} tests of {suite.name} pass; it were {known.least} before"
    assert len(passed) == known.least, f"More pass than before: write least = {len(passed)} into deselected.toml"


@contextmanager
def _place(suite: Suite) -> Iterator[Path]:
    # In /tmp and open for passing through: run as root, the database is another user and must reach its folder.
    place = Path(tempfile.mkdtemp(prefix=f"folkmoot-{suite.name}-"))
    place.chmod(0o711)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _pytest(suite: Suite) -> list[str]:
    plugins = ["-p", "no:schemathesis", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return [sys.executable, "-m", "pytest", *plugins, "-o", "addopts=", *suite.options]


def _collect(suite: Suite, source: Path) -> list[str]:
    """The names of all tests the suite has for a server."""
    command = [*_pytest(suite), suite.folder, "--collect-only", "-q"]
    told = subprocess.run(command, cwd=source, env=_environment(suite), capture_output=True, text=True, timeout=60)
    tests = [line for line in told.stdout.splitlines() if fnmatch.fnmatch(line, "tests/*.py::*")]
    assert tests, f"pytest found nothing in {suite.name}:\n{told.stdout[-2000:]}{told.stderr[-2000:]}"
    return tests


def _environment(suite: Suite) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT_", "PYTEST_"))}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"} | suite.environment


def _try(suite: Suite, place: Path, source: Path, tests: list[str]) -> dict[str, str]:
    """Run these tests beside a fresh network: what came of each."""
    (place / "tests.txt").write_text("\n".join(tests))
    plan = {"place": str(place), "source": str(source), "port": PORT, "seconds": RUN_SECONDS}
    (place / "plan.json").write_text(json.dumps(plan | {"pytest": _pytest(suite), "prepare": suite.prepare}))
    way = _way_into_isolation()
    with subprocess.Popen(
        [*way, sys.executable, str(HERE / "trial.py"), str(place / "plan.json"), "alone" if way else "among others"],
        env=_environment(suite),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as trial:
        try:
            told, _ = trial.communicate(timeout=RUN_SECONDS + 60)
        except BaseException:
            os.killpg(trial.pid, signal.SIGKILL)
            raise
    results = place / "results.xml"
    assert results.exists(), f"{suite.name} did not run:\n{told[-4000:]}"
    return _outcomes(results)


def _way_into_isolation() -> list[str]:
    for way in ALONE:
        try:
            tried = subprocess.run([*way, sys.executable, str(HERE / "trial.py")], capture_output=True, timeout=20)
        except OSError:
            continue
        if tried.returncode == 0:
            return way
    warnings.warn("No network of one's own here: the suite runs where a way out would be open.", stacklevel=2)
    return []


def _outcomes(results: Path) -> dict[str, str]:
    outcomes: dict[str, str] = {}
    for case in ElementTree.parse(results).iter("testcase"):
        test = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        wrong = next(
            (found for kind in ("failure", "error", "skipped") if (found := case.find(kind)) is not None), None
        )
        if wrong is not None and wrong.get("type") != "pytest.xfail":  # the suite means those to fail
            outcomes[test] = f"{wrong.tag}: {wrong.get('message', '')[:600]}"
        else:
            outcomes.setdefault(test, "passed")
    return outcomes
