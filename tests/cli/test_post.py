"""`folkmoot post` against a real network of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def folkmoot(data, *words):
    done = subprocess.run(
        [sys.executable, "-m", "folkmoot.cli", *words, "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "FOLKMOOT_PUBLIC_URL": "http://moot.example"},
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_a_post_is_published_once_for_a_key_shown_listed_and_removed(tmp_path):
    data = tmp_path / "data"
    assert folkmoot(data, "account", "create", "ada")[0] == 0
    code, address, _ = folkmoot(data, "post", "create", "ada", "Hello #moot", "--key", "k1")
    assert code == 0
    assert address.startswith("http://moot.example/@ada/")
    assert folkmoot(data, "post", "create", "ada", "Hello #moot", "--key", "k1")[1] == address
    id = address.rsplit("/", 1)[1]
    assert id in folkmoot(data, "post", "list")[1]
    assert "Hello #moot" in folkmoot(data, "post", "show", id)[1]
    assert folkmoot(data, "post", "remove", id, "--why", "a test")[0] == 0
    code, _, said = folkmoot(data, "post", "show", id)
    assert code == 1
    assert said == f"folkmoot: There is no post {id}."


def test_nobody_posts_as_somebody_who_is_not_there(tmp_path):
    code, _, said = folkmoot(tmp_path / "data", "post", "create", "nobody", "Hello")
    assert code == 1
    assert said == "folkmoot: There is no account nobody that may post."
