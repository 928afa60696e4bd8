"""Pictures: taken in, cleaned, described, discarded. What belongs to a post is attached there."""

from folkmoot.network.media.formats import READABLE
from folkmoot.network.media.hash_old import hash_old
from folkmoot.network.media.loose import UPLOADED, describe, discard, find_media, sweep_loose, sweep_these
from folkmoot.network.media.rules import LONGEST_DESCRIPTION
from folkmoot.network.media.upload import process_avatar, process_header, store_avatar, store_header, upload

__all__ = [
    "LONGEST_DESCRIPTION",
    "READABLE",
    "UPLOADED",
    "describe",
    "discard",
    "find_media",
    "hash_old",
    "process_avatar",
    "process_header",
    "store_avatar",
    "store_header",
    "sweep_loose",
    "sweep_these",
    "upload",
]
