"""What can be wrong with a backup, each as one sentence an operator can act on at night."""

from __future__ import annotations

from folkmoot.errors import FolkmootError, Kind


class BackupError(FolkmootError):
    """A backup cannot be made, read or restored."""

    kind = Kind.UNAVAILABLE
    sentence = "The backup cannot be made."


class NoRepository(BackupError):
    """There is no repository of ours where one was expected."""

    kind = Kind.MISSING
    sentence = "{place} holds no Folkmoot backup: check the address, or make one with `folkmoot backup init`."


class UnknownFormat(BackupError):
    """A newer version wrote this."""

    kind = Kind.CONFLICT
    sentence = "{place} was written by a newer Folkmoot (form {found}, this one reads {ours}): use that version."


class WrongKey(BackupError):
    """A recovery key that does not open this repository, or is none."""

    kind = Kind.FORBIDDEN
    sentence = (
        "This recovery key does not open {place}: it belongs to another repository or has a slip in it "
        "(or {thing} there is damaged)."
    )


class OtherNetwork(BackupError):
    """The repository was made by a network with another master key."""

    kind = Kind.CONFLICT
    sentence = "{place} belongs to another network (or {thing} there is damaged): choose another folder or prefix for this one."


class OtherWriter(BackupError):
    """Another data folder of the same network writes there."""

    kind = Kind.CONFLICT
    sentence = (
        "{place} is written by another machine since {since} ({writer}); two must not write at once. If that one is gone "
        "for ever, or this one is the network now: `folkmoot backup init --claim`."
    )


class Untrustworthy(BackupError):
    """A backup was found not to be what it should be."""


class Damaged(Untrustworthy):
    """Something in the repository is not what was written there. `thing` is its name in the repository."""

    kind = Kind.CONFLICT
    sentence = (
        "{thing} in {place} is damaged or was changed ({how}): nothing was restored from it; choose another backup from "
        "`folkmoot backup list`."
    )


class Lost(Untrustworthy):
    """The storage does not hold what it acknowledged."""

    kind = Kind.MISSING
    sentence = (
        "{place} no longer holds {thing}, which was written there: the storage loses things; choose another backup from "
        "`folkmoot backup list`, and another provider."
    )


class NoSuchBackup(BackupError):
    kind = Kind.MISSING
    sentence = "{place} holds no backup {name}: `folkmoot backup list` shows what there is."


class NoBackup(BackupError):
    kind = Kind.MISSING
    sentence = "{place} holds no complete backup yet: `folkmoot backup run` makes one."


class NotEmpty(BackupError):
    kind = Kind.CONFLICT
    sentence = "{folder} is not empty, and a restore overwrites nothing: give a new folder with --data."


class NotUnpacked(Untrustworthy):
    """PostgreSQL cannot start from, or put together, what was restored."""

    sentence = "The database of backup {name} cannot be put together: {reason}."


class NotConfigured(BackupError):
    kind = Kind.MISSING
    sentence = "No backup is set up: `folkmoot backup init TARGET`, then set backup_url to that target."


class Busy(BackupError):
    kind = Kind.CONFLICT
    sentence = "Another `folkmoot backup` is at work for this data folder ({what}): wait for it."
