"""What is logged, and what never is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from folkmoot.hosting.backup.sealing import make_recovery_key
from folkmoot.hosting.link.code import Code

FAILS = """
import structlog
from folkmoot.log import configure
from folkmoot.settings import Settings

configure(Settings(log_format="{form}"))

def sign_in(phrase):
    raise RuntimeError("nobody is at home")

try:
    sign_in("correct " + "horse")
except RuntimeError:
    structlog.get_logger().exception("it failed", password="hunter" + "2")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_failure_is_told_without_the_values_it_happened_with(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILS.format(form=form)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "nobody is at home" in done.stderr
    assert "sign_in" in done.stderr
    assert "correct horse" not in done.stderr
    assert "hunter2" not in done.stderr


def test_what_opens_something_is_not_printed_with_what_holds_it() -> None:
    key = make_recovery_key()
    assert key.private not in repr(key)
    assert "rthw" not in repr(Code("rthw-gcn4", 0))
