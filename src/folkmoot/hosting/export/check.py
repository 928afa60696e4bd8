"""Look through an export before anything is touched: whole, of a version we read, and openable."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass

import msgspec

from folkmoot.database import migrate
from folkmoot.hosting.backup.progress import Progress
from folkmoot.hosting.export import errors, rules, sealing
from folkmoot.hosting.export.container import Reader
from folkmoot.hosting.export.rules import Manifest
from folkmoot.storage import content_type_of, is_key, key_of

LARGEST_MEDIUM = 4 << 30


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens the sealed part: an age key, a pass phrase, or the decision to go without."""

    private_key: str = ""
    passphrase: str = ""
    without: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """An export that is whole."""

    manifest: Manifest
    digest: str
    """The sum of its manifest: which export this is."""
    media: list[tuple[str, int]]
    lacking: frozenset[str]
    """Media the old host lacked already."""
    private_key: str
    """What opens the sealed part; empty when there is none or it stays closed."""


def check(reader: Reader, opening: Opening, progress: Progress) -> Checked:
    """Every sum, count and medium. Raises DamagedExport, NewerExport, NoExport, WrongSecret."""
    manifest, digest, sums = _manifest(reader)
    progress.begin("Checking rows", sum(each.bytes for each in manifest.tables))
    for table in manifest.tables:
        _check_table(reader, table, progress)
    for name, expected in sums.items():
        if name.startswith("tables/") and name not in {each.file for each in manifest.tables}:
            raise _damaged(reader, f"{name} is not in the manifest")
        if not name.startswith("tables/") and name != rules.MANIFEST and _sum(reader, name) != expected:
            raise _damaged(reader, f"{name} is not what was written")
    lacking = frozenset(reader.text(rules.LACKING).decode().split()) if rules.LACKING in sums else frozenset()
    media = _media(reader, manifest, lacking, progress)
    return Checked(manifest, digest, media, lacking, _open(reader, manifest, opening))


def _manifest(reader: Reader) -> tuple[Manifest, str, dict[str, str]]:
    raw = reader.text(rules.MANIFEST)
    digest = hashlib.sha256(raw).hexdigest()
    try:
        version = msgspec.json.decode(raw, type=dict[str, object]).get("version")
        if isinstance(version, int) and version > rules.VERSION:
            raise errors.NewerExport(place=reader.place, found=version, ours=rules.VERSION)
        manifest = msgspec.json.decode(raw, type=Manifest)
        sums = rules.read_sums(reader.text(rules.SUMS).decode("ascii"))
    except (msgspec.DecodeError, ValueError) as error:
        raise _damaged(reader, "its manifest or its list of sums cannot be read") from error
    if sums.get(rules.MANIFEST) != digest or (manifest.format, manifest.version) != (rules.FORMAT, rules.VERSION):
        raise _damaged(reader, f"{rules.MANIFEST} is not what was written")
    if manifest.schema > migrate.HEAD:
        raise errors.NewerExport(place=reader.place, found=f"schema {manifest.schema}", ours=migrate.HEAD)
    for table in manifest.tables:
        if not rules.TABLE_NAME.fullmatch(table.name) or table.file != rules.file_of(table.name):
            raise _damaged(reader, "its manifest names a file that cannot be")
        if sums.get(table.file) != table.sha256:
            raise _damaged(reader, f"{table.file} has another sum in the manifest than in {rules.SUMS}")
    if manifest.sealed and sums.get(rules.SEALED) != manifest.sealed.sha256:
        raise _damaged(reader, f"{rules.SEALED} has another sum in the manifest than in {rules.SUMS}")
    return manifest, digest, sums


def _check_table(reader: Reader, table: rules.TableFile, progress: Progress) -> None:
    if reader.size(table.file) is not None and reader.size(table.file) != table.bytes:
        raise _damaged(reader, f"{table.file} has {reader.size(table.file)} bytes instead of {table.bytes}")
    found, lines = hashlib.sha256(), 0
    for piece in reader.pieces(table.file):
        found.update(piece)
        lines += piece.count(b"\n")
        progress.advance(len(piece))
    if found.hexdigest() != table.sha256:
        raise _damaged(reader, f"{table.file} is not what was written")
    if lines != table.rows:
        raise _damaged(reader, f"{table.file} has {lines} rows instead of {table.rows}")


def _sum(reader: Reader, name: str) -> str:
    found = hashlib.sha256()
    for piece in reader.pieces(name):
        found.update(piece)
    return found.hexdigest()


def _media(reader: Reader, manifest: Manifest, lacking: frozenset[str], progress: Progress) -> list[tuple[str, int]]:
    progress.begin("Checking media", manifest.media_bytes)
    media = []
    for line in reader.lines(rules.file_of("objects")):
        row = json.loads(line)
        key, size = str(row["key"]), int(row["size"])
        media.append((key, size))
        if key in lacking:
            continue
        if not is_key(key) or size > LARGEST_MEDIUM or reader.size(f"media/{key}") is None:
            raise _damaged(reader, f"media/{key} is missing")
        if key_of(reader.text(f"media/{key}", LARGEST_MEDIUM), content_type_of(key)) != key:
            raise _damaged(reader, f"media/{key} is not what was written")
        progress.advance(size)
    return media


def _open(reader: Reader, manifest: Manifest, opening: Opening) -> str:
    """The private key, tried on the whole sealed part."""
    if manifest.sealed is None or opening.without:
        return ""
    if not opening.private_key and not opening.passphrase:
        raise errors.ExportError(
            "{place} has a sealed part (passwords, sessions, keys): give what opens it ({way}), or --without-secrets.",
            place=reader.place,
            way="--passphrase-file" if manifest.sealed.to == "passphrase" else "--identity",
        )
    what = "pass phrase" if opening.passphrase else "key"
    count = rows = 0

    def look(line: bytes) -> None:
        nonlocal count, rows
        found = json.loads(line)
        count += "table" in found
        rows = found.get("end", rows)

    try:
        private = (
            sealing.key_behind(reader.text(rules.SEALED_KEY), opening.passphrase)
            if opening.passphrase
            else sealing.private_key_in(opening.private_key)
        )
        unseal(reader, private, look)
    except ValueError as error:
        raise errors.WrongSecret(place=reader.place, what=what) from error
    if not count == rows == manifest.sealed.rows:
        raise _damaged(reader, f"{rules.SEALED} has {count} rows instead of {manifest.sealed.rows}")
    return private


def unseal(reader: Reader, private: str, take: sealing.Take) -> None:
    """Hand on the lines of the sealed part. Raises ValueError when this key does not open it."""
    with reader.open(rules.SEALED) as file:
        sealing.unseal(io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file, private, take)


def _damaged(reader: Reader, what: str) -> errors.DamagedExport:
    return errors.DamagedExport(place=reader.place, what=what)
