"""Two machines for the kernel: a network namespace each, one cable between, and nothing else in common but the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import HASTY, Host, Pair, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("ip") is None, reason="only root with iproute2 makes network namespaces"
    ),
]


def ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], check=False, capture_output=True).returncode == 0


class Machine(Host):
    """A host in a namespace of its own."""

    def __init__(self, data: Path, link_port: int, name: str, address: str) -> None:
        super().__init__(data, link_port)
        self.name, self.network_address = name, address
        self.prefix = ("ip", "netns", "exec", name)

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"FOLKMOOT_LINK_HOST": self.network_address}


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    """The first is called at 10.77.31.1; nobody can call the second, which listens nowhere."""
    place = Path(tempfile.mkdtemp(prefix="folkmoot-machines-"))
    place.chmod(0o711)
    tag = f"fm{os.getpid() % 100000}"
    first = Machine(place / "first", 7717, f"{tag}a", "10.77.31.1")
    second = Machine(place / "second", 0, f"{tag}b", "10.77.31.2")
    try:
        if not ip("netns", "add", first.name):
            pytest.skip("this machine makes no network namespaces")
        assert ip("netns", "add", second.name)
        assert ip("-n", first.name, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", second.name)
        for machine in (first, second):
            assert ip("-n", machine.name, "addr", "add", f"{machine.network_address}/24", "dev", "wire")
            assert ip("-n", machine.name, "link", "set", "wire", "up")
            assert ip("-n", machine.name, "link", "set", "lo", "up")
        yield first, second
    finally:
        second.end()
        first.end()
        ip("netns", "del", second.name)
        ip("netns", "del", first.name)
        shutil.rmtree(place, ignore_errors=True)


def test_a_machine_nobody_can_call_follows_and_a_silent_cable_is_no_loss(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    first.data.mkdir(mode=0o711)
    (first.data / "postgres.conf").write_text(HASTY)
    first.begin("serve")
    first.sql("CREATE TABLE probe (word text PRIMARY KEY)")
    second.begin("standby", "join", "10.77.31.1", "--code", Pair.code_of(first))
    assert until(lambda: second.status()["following"] == first.status()["following"] == "following")

    ip("-n", first.name, "link", "set", "wire", "down")  # no reset, no word: packets go nowhere
    first.sql("INSERT INTO probe VALUES ('unseen')")
    assert until(lambda: not first.status()["link_up"] and not second.status()["link_up"])
    for machine in machines:
        assert "link" in [check["name"] for check in machine.status()["checks"] if check["well"] is False]
    assert second.sql("SELECT 1 FROM probe") == []
    begun = time.monotonic()
    ip("-n", first.name, "link", "set", "wire", "up")
    assert until(lambda: second.sql("SELECT word FROM probe") == [{"word": "unseen"}], 120)
    print(f"caught up {time.monotonic() - begun:.1f} s after the cable was mended")
    assert until(lambda: first.status()["link_up"] and second.status()["following"] == "following")
