"""The repository: its layout, its two keys, its one writer.

    READ-ME.txt                what this is, for whoever finds it
    folkmoot-backup.json       version of the form, id, public recovery key
    keys/recovery.age          the repository's key, sealed to the recovery key: `age -d -i recovery.txt` opens it
    keys/network.sealed        the same, sealed with the network's master key
    epochs/0001                who writes, since when; the highest number is the one
    backups/NAME/manifest      one whole backup: written last
    backups/NAME/verified      what came of restoring it for trial
    chunks/ab/abcd…            parts of base backups, named by an HMAC of their bytes, shared by all backups
    media/ab/abcd…             media, named by an HMAC of their key
    wal/0001/SEGMENT[.A-B]     the database's journal, whole segments or bytes A to B of one, by epoch

Everything but the first two is sealed. Nothing is ever changed in place but `verified`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from folkmoot import clock
from folkmoot.errors import Missing, Unavailable
from folkmoot.hosting.backup import errors, manifest
from folkmoot.hosting.backup.manifest import FORMAT, Chunk, Manifest, Verified
from folkmoot.hosting.backup.sealing import (
    NotOpened,
    RecoveryKey,
    Seal,
    make_recovery_key,
    open_with_recovery_key,
    seal_to_recovery_key,
    unsqueeze,
)
from folkmoot.settings import Settings
from folkmoot.storage import Named, NamedObjects, open_named
from folkmoot.vault import Vault, open_vault

ABOUT = "folkmoot-backup.json"
READ_ME = """This is a backup of a Folkmoot network, sealed on the network's own machine.

To restore it you need the recovery key that was printed when the backup was set up, and Folkmoot:

    folkmoot backup restore THIS-PLACE --key FILE --data NEWFOLDER

docs/backup.md in Folkmoot's source says what lies where and how it is sealed. Nobody can read it without the key: not
the provider of this storage, and not the makers of Folkmoot.
"""
RECOVERY = "keys/recovery.age"
NETWORK = "keys/network.sealed"
PURPOSE = "backup repository"


class About(msgspec.Struct, frozen=True):
    """What lies open in a repository."""

    format: int
    id: str
    made_at: datetime
    recovery_key: str


class Claim(msgspec.Struct, frozen=True):
    """Who writes from an epoch on."""

    epoch: int
    writer: str
    host: str
    since: datetime
    hosting: int = 1
    """The network's own epoch then: it rises with each move to another host."""


@dataclass(frozen=True, slots=True)
class Local:
    """What this data folder keeps of its backup: nothing that a restore would need."""

    folder: Path

    @classmethod
    def of(cls, data: Path) -> Local:
        folder = data / "backup"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(folder)

    @property
    def writer(self) -> str:
        """The mark of this data folder, made at first; it never travels with a backup or a copy over the link."""
        file = self.folder / "writer"
        with contextlib.suppress(FileNotFoundError):
            return file.read_text(encoding="ascii").strip()
        making = file.with_name(f".writer-{os.getpid()}")
        making.write_text(secrets.token_hex(16), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(making, file)
        making.unlink()
        return file.read_text(encoding="ascii").strip()

    @property
    def restored(self) -> Path:
        """There while this folder was restored from a backup and has not been told to write to one yet."""
        return self.folder / "restored"

    @property
    def spool(self) -> Path:
        """Where the journal waits for the storage."""
        return self.folder / "journal"

    @property
    def status(self) -> Path:
        """What `folkmoot backup follow` says of itself."""
        return self.folder / "status.json"


class Repository:
    """An opened repository: what is read is checked, and trouble has the name of the object in it."""

    def __init__(self, objects: NamedObjects, about: About, seal: Seal) -> None:
        self.objects = objects
        self.about = about
        self.seal = seal

    @property
    def place(self) -> str:
        return self.objects.place

    # Objects

    def put(self, name: str, plain: bytes | bytearray, *, hurry: bool = False) -> int:
        """Seal and write; says how many bytes were written."""
        sealed = self.seal.seal(name, plain)
        self.objects.put(name, sealed, hurry=hurry)
        return len(sealed)

    def get(self, name: str) -> bytes:
        """Read and open. Raises Lost and Damaged."""
        try:
            return self.seal.open(name, self.objects.get(name))
        except Missing as error:
            raise errors.Lost(place=self.place, thing=name) from error
        except NotOpened as error:
            raise self.damaged(name, error) from error

    def damaged(self, name: str, error: NotOpened) -> errors.Damaged:
        return errors.Damaged(place=self.place, thing=name, how=error.how)

    # Chunks

    @staticmethod
    def chunk_place(name: str) -> str:
        return f"chunks/{name[:2]}/{name}"

    def get_chunk(self, chunk: Chunk) -> bytes:
        """The plain bytes of a chunk, checked end to end. Raises Lost and Damaged."""
        place = self.chunk_place(chunk.name)
        opened = self.get(place)
        try:
            plain = unsqueeze(opened) if chunk.packed else opened
        except NotOpened as error:
            raise self.damaged(place, error) from error
        if len(plain) != chunk.size:
            raise self.damaged(place, NotOpened("it has another length than the list says"))
        return plain

    def get_whole(self, chunks: list[Chunk]) -> bytes:
        """Chunks put together."""
        return b"".join(map(self.get_chunk, chunks))

    # Backups

    def names(self) -> list[str]:
        """Names of the backups that have a manifest, oldest first."""
        found = []
        for each in self.objects.list("backups"):
            parts = each.name.split("/")
            if len(parts) == 3 and parts[2] == "manifest" and manifest.is_name(parts[1]):
                found.append(parts[1])
        return sorted(found)

    def read_manifest(self, name: str) -> tuple[Manifest, str]:
        """A backup's manifest and its digest. Raises NoSuchBackup and Damaged."""
        if not manifest.is_name(name):
            raise errors.NoSuchBackup(place=self.place, name=name)
        place = manifest.place_of(name)
        try:
            sealed = self.objects.get(place)
        except Missing as error:
            raise errors.NoSuchBackup(place=self.place, name=name) from error
        try:
            found = manifest.unpack(self.seal, name, sealed, self.about.id)
        except NotOpened as error:
            raise self.damaged(place, error) from error
        if found.format > FORMAT:
            raise errors.UnknownFormat(place=self.place, found=found.format, ours=FORMAT)
        return found, self.seal.name_of("manifest", sealed)

    def write_manifest(self, made: Manifest) -> str:
        """Write a backup's manifest, read it back, and say its digest: from now on the backup counts."""
        sealed = manifest.pack(self.seal, made)
        self.objects.put(manifest.place_of(made.name), sealed)
        found, digest = self.read_manifest(made.name)
        if found != made:
            raise self.damaged(manifest.place_of(made.name), NotOpened("the storage returns something else"))
        return digest

    def chain(self, newest: Manifest) -> list[Manifest]:
        """The backup and all it builds on, the full one first. Raises NoSuchBackup and Damaged."""
        found = [newest]
        while found[0].parent:
            parent = self.read_manifest(found[0].parent)[0]
            if len(found) > 1000 or parent.started_at >= found[0].started_at:
                raise self.damaged(manifest.place_of(found[0].name), NotOpened("what it builds on is not older"))
            found.insert(0, parent)
        return found

    def verified(self, name: str) -> Verified | None:
        """What came of the last trial of a backup, if there was one that can be read."""
        place = f"backups/{name}/verified"
        try:
            found = msgspec.msgpack.decode(self.seal.open(place, self.objects.get(place)), type=Verified)
        except (Missing, NotOpened, msgspec.DecodeError):
            return None
        return found if found.name == name else None

    def record_verified(self, outcome: Verified) -> None:
        self.put(f"backups/{outcome.name}/verified", msgspec.msgpack.encode(outcome))

    # The writer

    def claims(self) -> list[Claim]:
        """Everybody who ever wrote here, the present one last."""
        found = []
        for each in self.objects.list("epochs"):
            try:
                found.append(msgspec.msgpack.decode(self.get(each.name), type=Claim))
            except msgspec.DecodeError as error:
                raise self.damaged(each.name, NotOpened("it is no claim")) from error
        return sorted(found, key=lambda claim: claim.epoch)

    def claim(self, writer: str, hosting: int = 1) -> Claim:
        """Become the one writer; who wrote before will notice and stop."""
        before = self.claims()
        if before and before[-1].writer == writer:
            return before[-1]
        made = Claim(before[-1].epoch + 1 if before else 1, writer, socket.gethostname(), clock.now(), hosting)
        self.put(f"epochs/{made.epoch:04}", msgspec.msgpack.encode(made))
        return made

    def check_writer(self, writer: str) -> Claim:
        """The claim of this writer. Raises OtherWriter when somebody else's is newer."""
        claims = self.claims()
        if not claims or claims[-1].writer != writer:
            last = claims[-1] if claims else None
            raise errors.OtherWriter(
                place=self.place,
                since=f"{last.since:%Y-%m-%d %H:%M} UTC" if last else "its making",
                writer=last.host if last else "nobody",
            )
        return claims[-1]


class Secret(msgspec.Struct, frozen=True):
    """What both keys open: the repository's own key, and what lies open beside it, so that a change there is noticed."""

    key: bytes
    about: bytes
    read_me: bytes


def make(objects: NamedObjects, vault: Vault, writer: str) -> tuple[Repository, RecoveryKey]:
    """A new repository in an empty place, and its recovery key, which is kept nowhere.

    Raises BackupError when something lies there already.
    """
    if next(iter(objects.list()), None) is not None:
        raise errors.BackupError(
            "{place} is not empty: choose an empty folder or another prefix for the backup.", place=objects.place
        )
    pair = make_recovery_key()
    about = About(FORMAT, secrets.token_hex(16), clock.now().replace(microsecond=0), pair.public)
    written = msgspec.json.format(msgspec.json.encode(about)) + b"\n"
    secret = Secret(secrets.token_bytes(32), written, READ_ME.encode())
    objects.put("READ-ME.txt", secret.read_me)
    objects.put(RECOVERY, seal_to_recovery_key(pair.public, msgspec.msgpack.encode(secret)))
    objects.put(NETWORK, vault.seal(PURPOSE, msgspec.msgpack.encode(secret)))
    Repository(objects, about, Seal(secret.key, about.id)).claim(writer)
    objects.put(ABOUT, written)
    return open_with_vault(objects, vault), pair


def open_with_vault(objects: NamedObjects, vault: Vault) -> Repository:
    """The repository, for the network it belongs to. Raises NoRepository, OtherNetwork, Lost, Damaged."""
    about = read_about(objects)
    try:
        secret = vault.unseal(PURPOSE, objects.get(NETWORK))
    except Missing as error:
        raise errors.Lost(place=objects.place, thing=NETWORK) from error
    except Unavailable as error:
        if "vault:" not in error.cause:
            raise
        raise errors.OtherNetwork(place=objects.place, thing=NETWORK) from error
    return _opened(objects, about, secret)


def open_with_recovery(objects: NamedObjects, private: str) -> Repository:
    """The repository, for whoever holds its recovery key. Raises NoRepository, WrongKey, Lost, Damaged."""
    about = read_about(objects)
    try:
        secret = open_with_recovery_key(private, objects.get(RECOVERY))
    except Missing as error:
        raise errors.Lost(place=objects.place, thing=RECOVERY) from error
    except NotOpened as error:
        raise errors.WrongKey(place=objects.place, thing=RECOVERY) from error
    return _opened(objects, about, secret)


def _opened(objects: NamedObjects, about: About, packed: bytes) -> Repository:
    secret = msgspec.msgpack.decode(packed, type=Secret)
    if secret.about != objects.get(ABOUT):
        raise errors.Damaged(place=objects.place, thing=ABOUT, how="it is not what was written at the beginning")
    return Repository(objects, about, Seal(secret.key, about.id))


def read_about(objects: NamedObjects) -> About:
    """What lies open. Raises NoRepository, UnknownFormat."""
    try:
        text = objects.get(ABOUT)
    except Missing as error:
        raise errors.NoRepository(place=objects.place) from error
    try:
        about = msgspec.json.decode(text, type=About)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.Damaged(place=objects.place, thing=ABOUT, how="it cannot be read") from error
    if about.format > FORMAT:
        raise errors.UnknownFormat(place=objects.place, found=about.format, ours=FORMAT)
    return about


def objects_at(settings: Settings, address: str = "") -> NamedObjects:
    """The place of backups: the address, else backup_url, with the credentials of the settings. Raises NotConfigured."""
    address = address or settings.backup_url
    if not address:
        raise errors.NotConfigured()
    return open_named(
        address,
        access_key=settings.backup_access_key,
        secret_key=settings.backup_secret_key.reveal(),
        region=settings.backup_region,
    )


def open_own(settings: Settings, address: str = "") -> Repository:
    """This network's repository."""
    return open_with_vault(objects_at(settings, address), open_vault(settings.data))


def sizes(listed: Iterator[Named]) -> dict[str, int]:
    """Last part of the name and size of everything listed."""
    return {each.name.rpartition("/")[2]: each.size for each in listed}
