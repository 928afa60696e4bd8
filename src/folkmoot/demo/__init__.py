"""The demo community: two invented villages, their members and three weeks of talk.

Written by hand in `site.toml`, `people.toml` and `posts/`. `load` reads it into plain values, `pictures` paints what
goes with it.
"""

from folkmoot.demo.community import (
    Announcement,
    Community,
    Edit,
    Field,
    Member,
    NotACommunity,
    Picture,
    Poll,
    Post,
    Rule,
    Site,
    Tie,
    delay,
    load,
    moment,
)

__all__ = [
    "Announcement",
    "Community",
    "Edit",
    "Field",
    "Member",
    "NotACommunity",
    "Picture",
    "Poll",
    "Post",
    "Rule",
    "Site",
    "Tie",
    "delay",
    "load",
    "moment",
]
