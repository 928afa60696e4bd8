"""Where media live: a folder or a bucket behind one small door, every object named by the SHA-256 of its bytes.

A few files have names instead (`Storage.publish`): what anybody may fetch and the database can make again.

A key never changes its meaning, so objects are written once, cached for ever, and what is missing elsewhere is a set
difference with the manifest (`record_object`). Beside it `open_named`: objects under names of the caller's choosing.
"""

from folkmoot.storage.between import BetweenPlaces, open_storage
from folkmoot.storage.keys import Key, content_type_of, is_key, key_of
from folkmoot.storage.manifest import record_object
from folkmoot.storage.named import Named, NamedObjects, StorageFull, StorageTrouble, open_named
from folkmoot.storage.objects import MemoryStorage, Storage, begin_writing, sync_disk, sync_folder

__all__ = [
    "BetweenPlaces",
    "Key",
    "MemoryStorage",
    "Named",
    "NamedObjects",
    "Storage",
    "StorageFull",
    "StorageTrouble",
    "begin_writing",
    "content_type_of",
    "is_key",
    "key_of",
    "open_named",
    "open_storage",
    "record_object",
    "sync_disk",
    "sync_folder",
]
