"""A disk that can be filled without harming anybody's: memory mounted on a folder, for this process and its children alone.

Root may mount it, and where the kernel lets anybody make a user namespace, so may a normal user. The mount is in a
namespace of our own, so nobody else sees it, and it is gone when the last of our processes is, however that ends.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from folkmoot.hosting.drill.hosts import DrillFailed

NEW_MOUNTS, NEW_USER = 0x00020000, 0x10000000  # linux/sched.h
REMOUNT, RECURSIVE, PRIVATE = 32, 16384, 1 << 18  # linux/mount.h
DETACH = 2
TRIES = 20
_libc = ctypes.CDLL(None, use_errno=True)


def may_be_mounted() -> bool:
    """Whether this process could mount one. Tried in a child, since the attempt changes who one is."""
    if len(os.listdir("/proc/self/task")) > 1:  # the kernel moves only single threads
        return False
    child = os.fork()
    if child == 0:
        status = 1
        try:
            live_apart()
            _mount("tmpfs", Path("/tmp"), "tmpfs", 0, "size=64k")
            status = 0
        except (OSError, DrillFailed):
            pass
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def live_apart() -> None:
    """From now on, what this process mounts is seen by it and its children only. Raises OSError."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        _call("unshare", NEW_MOUNTS)
    else:
        _call("unshare", NEW_MOUNTS | NEW_USER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _mount("none", Path("/"), "", RECURSIVE | PRIVATE, "")


class SmallDisk:
    """A disk of so many bytes, seen at a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._size = size
        _mount("tmpfs", folder, "tmpfs", 0, f"size={size},mode=0711")

    @property
    def free(self) -> int:
        """Bytes that still go onto it."""
        found = os.statvfs(self._folder)
        return found.f_bavail * found.f_frsize

    def fill(self) -> None:
        """Leave no room: the disk becomes as small as what lies on it. Raises DrillFailed."""
        for _ in range(TRIES):  # others write meanwhile, and a disk smaller than its content is refused
            found = os.statvfs(self._folder)
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            try:
                self._resize(max(used, found.f_frsize))
                return
            except OSError:
                continue
        raise DrillFailed(why="the small disk does not become full.")

    def empty(self) -> None:
        """Give it its room back."""
        self._resize(self._size)

    def close(self) -> None:
        """Take it away, with all that lies on it, as soon as nobody uses it."""
        _call("umount2", os.fsencode(self._folder), DETACH)

    def _resize(self, size: int) -> None:
        _mount("tmpfs", self._folder, "tmpfs", REMOUNT, f"size={size},mode=0711")


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A disk of so many bytes at this folder, for as long as the block runs. Needs `live_apart` before."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    disk = SmallDisk(folder, size)
    try:
        yield disk
    finally:
        disk.close()


def _mount(source: str, folder: Path, kind: str, flags: int, options: str) -> None:
    _call("mount", source.encode(), os.fsencode(folder), kind.encode(), flags, options.encode())


def _call(name: str, *arguments: int | bytes) -> None:
    done = getattr(_libc, name)(*(ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments))
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
