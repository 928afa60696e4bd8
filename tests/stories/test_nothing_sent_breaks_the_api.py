"""schemathesis reads the API's description and sends whatever that allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("who", ["anybody", "member"])
def test_nothing_that_is_sent_makes_an_error_of_ours(network: Any, who: str) -> None:
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "answers_json", "PYTHONPATH": str(HERE)}
    headers = ["--header", f"Authorization: Bearer {network.token}"] if who == "member" else []
    # One worker: until 3.11.9 Python's ast.parse raises SystemError when two threads are in it, and Hypothesis calls it.
    done = subprocess.run(
        [
            *[sys.executable, "-m", "schemathesis.cli", "run", f"{network.address}/api/openapi.json"],
            *["--checks", "not_a_server_error,answers_json", "--phases", "examples,coverage,fuzzing"],
            *["--max-examples", "12", "--max-time", "60", "--workers", "1", "--continue-on-failure", "--no-color"],
            *["--warnings", "off", "--suppress-health-check", "all", "--generation-database", "none", *headers],
        ],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=150,
        cwd=network.data.parent,
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
