"""What a network needs beside database and media: its master key, what its operator had set, its certificate."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields

import msgspec

from folkmoot.hosting import state as states
from folkmoot.hosting.standby import certificates
from folkmoot.hosting.standby.certificates import CannotCarry
from folkmoot.settings import Secret, Settings
from folkmoot.vault import master_key_file

OF_THE_MACHINE = {
    "data", "database_url", "host", "port", "certificate_file", "certificate_key_file", "certificate_command"
}  # fmt: skip
"""Settings that say where the network ran, not what it is."""


class Bundle(msgspec.Struct, frozen=True):
    """Travels inside a backup, sealed like everything else."""

    master_key: bytes
    settings: str
    """TOML, as folkmoot.toml has it."""
    network: str = ""
    """Name of the network for machines, and its epoch when this was made (hosting/state.py)."""
    epoch: int = 1
    certificates: dict[str, str] = {}
    """Certificate and key of whatever ends TLS, by the names they have in a data folder (standby/certificates.py)."""


def pack(settings: Settings) -> bytes:
    """The bundle of this network."""
    state = states.read(settings.data)
    key = master_key_file(settings.data).read_bytes()
    carried: dict[str, str] = {}
    with contextlib.suppress(CannotCarry):  # the standby's checks and a move say so; a backup is not to fail for it
        carried = certificates.carried(settings)
    return msgspec.msgpack.encode(Bundle(key, as_toml(settings), state.network, state.epoch, carried))


def unpack(data: bytes) -> Bundle:
    """The bundle out of a backup."""
    return msgspec.msgpack.decode(data, type=Bundle)


def as_toml(settings: Settings, without: set[str] = OF_THE_MACHINE) -> str:
    """Every setting that is not as we ship it, secrets included: for a file that only its owner may read."""
    lines = []
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if each.name not in without and value != each.default:
            lines.append(f"{each.name} = {_written(value)}")
    return "\n".join(lines) + "\n" if lines else ""


def _written(value: object) -> str:
    if isinstance(value, Secret):
        return _written(value.reveal())
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
