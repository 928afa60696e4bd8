"""Why an embedded server cannot be had, each as one sentence an operator can act on."""

from __future__ import annotations

import errno

from folkmoot.errors import FolkmootError, Kind


class NoDatabase(FolkmootError):
    """The database cannot be prepared, started or reached."""

    kind = Kind.UNAVAILABLE
    sentence = "The database cannot be started."


class InUse(NoDatabase):
    """Another process runs this data folder."""

    kind = Kind.CONFLICT
    sentence = (
        "The data folder {folder} is in use by {holder}. "
        "Stop that one first, or give this one a folder of its own with --data."
    )


def about_folder(folder: object, error: OSError) -> NoDatabase:
    """What a refused read or write in the data folder means."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return NoDatabase("The disk of {folder} is full: free some space and start again.", folder=folder)
        case errno.EROFS:
            return NoDatabase("{folder} is on a read-only disk; choose another with --data.", folder=folder)
        case errno.EACCES | errno.EPERM:
            return NoDatabase(
                "{folder} cannot be written by this user; mend its permissions or choose another folder with --data.",
                folder=folder,
            )
        case errno.ENOTDIR | errno.EEXIST:
            return NoDatabase("{folder} is not a folder; choose another with --data.", folder=folder)
    return NoDatabase("{folder} cannot be used: {reason}.", folder=folder, reason=error.strerror or error)
