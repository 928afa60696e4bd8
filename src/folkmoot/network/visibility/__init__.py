"""Who may see what: asked by everyone, answered here, once as a plain function and once as SQL.

`may_see` decides over a post in memory; `sql_may_see` says the same inside a statement. A property test keeps the two
together. `wants_to_see` is the reader's own taste (mutes, blocks), which timelines respect and a direct link does not.
"""

from folkmoot.network.visibility.eyes import Eyes, Watch
from folkmoot.network.visibility.rules import may_act_on, may_see, may_see_unseen, wants_to_see
from folkmoot.network.visibility.sql import sql_is_public, sql_may_see

__all__ = ["Eyes", "Watch", "may_act_on", "may_see", "may_see_unseen", "sql_is_public", "sql_may_see", "wants_to_see"]
