"""toot, a client for the terminal: its integration suite against our server."""

from __future__ import annotations

import pytest
from foreign import Suite, check

TOOT = Suite(
    name="toot",
    project="toot",
    version="0.52.1",
    archive="toot-0.52.1.tar.gz",
    sha256="b737173be5587522077c18c4024eb1741a4a30e59d3165e72fd6ce4519d2fecb",
    folder="tests/integration",
    # The first account would need the terminal's code.
    prepare=(("-m", "folkmoot.cli", "account", "create", "keeper", "--role", "operator", "--data", "{data}"),),
    environment={"TOOT_TEST_BASE_URL": "http://localhost:3000"},
)


@pytest.mark.slow
def test_toot() -> None:
    check(TOOT)
