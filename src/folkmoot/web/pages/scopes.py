"""What an app may do, in words its owner understands."""

from __future__ import annotations

from folkmoot.web.pages.words import say


def scope_words(scope: str) -> str:
    """A scope as a sentence; one we have no words for stays as it is."""
    deed, _, thing = scope.partition(":")
    if scope == "read":
        return say("read everything you can read")
    if scope == "write":
        return say("post and change things for you")
    if scope == "follow":
        return say("follow, mute and block for you")
    if scope == "push":
        return say("receive your notifications")
    if scope == "profile":
        return say("see your name and picture")
    if deed == "admin":
        return say("run the network in your name (%(scope)s)", scope=scope)
    if deed == "read" and thing:
        return say("read your %(thing)s", thing=_thing(thing))
    if deed == "write" and thing:
        return say("change your %(thing)s", thing=_thing(thing))
    return scope


def _thing(name: str) -> str:
    known = {
        "accounts": say("account"),
        "blocks": say("blocks"),
        "bookmarks": say("bookmarks"),
        "conversations": say("conversations"),
        "favourites": say("favourites"),
        "filters": say("filters"),
        "follows": say("follows"),
        "lists": say("lists"),
        "media": say("pictures"),
        "mutes": say("mutes"),
        "notifications": say("notifications"),
        "reports": say("reports"),
        "search": say("searches"),
        "statuses": say("posts"),
    }
    return known.get(name, name)
