"""From the folder to a bucket, and from there to another provider, by the command, with real servers."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import subprocess
import sys

import pytest

from folkmoot.settings import Secret, Settings
from folkmoot.storage import open_storage

from .conftest import Network

pytestmark = pytest.mark.slow


def storage_move(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    names = ["data", "storage_url", "storage_endpoint", "storage_access_key"]
    names += ["storage_before", "storage_before_access_key"]
    said = {f"FOLKMOOT_{name.upper()}": str(getattr(settings, name)) for name in names}
    for name in ("storage_secret_key", "storage_before_secret_key"):
        said[f"FOLKMOOT_{name.upper()}"] = getattr(settings, name).reveal()
    return subprocess.run(
        [sys.executable, "-m", "folkmoot.cli", "storage", "move", *options],
        env=os.environ | said,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_media_move_from_the_folder_to_a_bucket_and_to_another_provider(network: Network, seaweed, rclone):
    keys = {network.add_medium(os.urandom(5000)) for _ in range(40)}
    in_bucket = dataclasses.replace(
        network.settings,
        storage_url="s3://moot/media",
        storage_endpoint=seaweed.endpoint,
        storage_access_key=seaweed.access_key,
        storage_secret_key=Secret(seaweed.secret_key),
        storage_before="folder",
    )
    whole = {key: (network.settings.data / "media" / key).read_bytes() for key in keys}
    assert all(read(in_bucket, key) == data for key, data in whole.items())  # before anything was copied
    done = storage_move(in_bucket)
    assert "40 media copied" in done.stdout, done.stderr
    late = network.add_medium(b"through a process that still has the old settings")
    refused = storage_move(in_bucket, "--finish")
    assert refused.returncode == 1
    assert late in refused.stderr
    assert "1 media copied" in storage_move(in_bucket).stdout
    assert "41 were taken away" in storage_move(in_bucket, "--finish").stdout
    assert list((network.settings.data / "media").rglob("*.png")) == []

    elsewhere = dataclasses.replace(
        in_bucket,
        storage_endpoint=rclone.endpoint,
        storage_access_key=rclone.access_key,
        storage_secret_key=Secret(rclone.secret_key),
        storage_before=f"s3://moot/media?endpoint={seaweed.endpoint}",
        storage_before_access_key=seaweed.access_key,
        storage_before_secret_key=Secret(seaweed.secret_key),
    )
    assert "41 media copied" in storage_move(elsewhere).stdout
    assert "41 were taken away" in storage_move(elsewhere, "--finish").stdout
    alone = dataclasses.replace(elsewhere, storage_before="")
    assert all(read(alone, key) == data for key, data in whole.items())


def read(settings: Settings, key: str) -> bytes:
    return asyncio.run(open_storage(settings).get(key))
