"""What can be wrong with an export, each as one sentence an operator can act on."""

from __future__ import annotations

from folkmoot.errors import FolkmootError, Kind


class ExportError(FolkmootError):
    """An export cannot be made or read."""

    kind = Kind.UNAVAILABLE
    sentence = "The export cannot be made."


class NoExport(ExportError):
    """There is nothing of ours at this place."""

    kind = Kind.MISSING
    sentence = "{place} is no export of a Folkmoot network: it lacks {file}."


class DamagedExport(ExportError):
    """Something in the export is not what was written there."""

    kind = Kind.CONFLICT
    sentence = "{place} is damaged: {what}. Nothing was imported; copy it from the old host again."


class NewerExport(ExportError):
    """A newer version wrote this."""

    kind = Kind.CONFLICT
    sentence = "{place} was made by a newer Folkmoot ({found}; this one reads up to {ours}): install that version here."


class TargetNotEmpty(ExportError):
    """Where the network is to go, there is something already."""

    kind = Kind.CONFLICT
    sentence = "{place} is not empty, and nothing is overwritten: {advice}."


class WrongSecret(ExportError):
    """A key or pass phrase that does not open the sealed part."""

    kind = Kind.FORBIDDEN
    sentence = "This {what} does not open the sealed part of {place}: check it, or import without the sealed part."


class DiskFull(ExportError):
    """No room for what is being written."""

    sentence = "The disk of {place} is full: make room and give the same command again."
