"""Mastodon.py, the library most bots are made with: the tests that ask a server, against ours and not the recordings."""

from __future__ import annotations

import pytest
from foreign import Suite, check

MASTODONPY = Suite(
    name="mastodonpy",
    project="Mastodon.py",
    version="2.3.3",
    archive="mastodon_py-2.3.3.tar.gz",
    sha256="a3cda3db86d65809957c978aef8ac7fb3dfc93abfeda3f1c6bdef4c79090ab7b",
    folder="tests",
    options=("-m", "vcr", "--disable-recording", "--no-cov"),
    # Besides the times at which recordings were made, recorded sockets, which the switch above does not know.
    replays=("tests/cassettes/*datetimeobjects.pkl", "tests/cassettes/*.ws.yaml"),
    prepare=(("{here}/seed_mastodonpy.py", "{data}"),),
)


@pytest.mark.slow
def test_mastodonpy() -> None:
    check(MASTODONPY)
