"""Backups of the whole network: sealed here, kept anywhere, restored for trial, brought back with one key."""

from folkmoot.hosting.backup.errors import BackupError
from folkmoot.hosting.backup.manifest import Manifest, Verified
from folkmoot.hosting.backup.prune import prune
from folkmoot.hosting.backup.restore import restore
from folkmoot.hosting.backup.run import Wanted, run
from folkmoot.hosting.backup.verify import verify

__all__ = ["BackupError", "Manifest", "Verified", "Wanted", "prune", "restore", "run", "verify"]
