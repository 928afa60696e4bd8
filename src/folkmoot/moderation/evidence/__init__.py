"""What was said, kept as it was for as long as anybody may need it: sealed, every look at it noted, purged for certain.

`cases` keeps and reads through `keep` and `opened`; exporting and showing it to the press are in `bundle` and `press`,
which know cases.
"""

from folkmoot.moderation.evidence.keep import keep, opened
from folkmoot.moderation.evidence.purge import purge

__all__ = ["keep", "opened", "purge"]
