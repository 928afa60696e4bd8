"""Who follows, blocks and mutes whom."""

from folkmoot.network.relations.avoid import block, end_mutes, mute, note, unblock, unmute
from folkmoot.network.relations.follow import accept, follow, reject, remove_follower, unfollow
from folkmoot.network.relations.read import (
    blocked,
    familiar_followers,
    follow_requests,
    followers,
    following,
    muted,
    relations,
)
from folkmoot.network.relations.tags import (
    feature_tag,
    featured_tags,
    follow_tag,
    followed_tags,
    follows_tags,
    suggested_tags,
    unfeature_tag,
    unfollow_tag,
)
from folkmoot.network.relations.views import FeaturedTag, FollowedTag, RelationView

__all__ = [
    "FeaturedTag",
    "FollowedTag",
    "RelationView",
    "accept",
    "block",
    "blocked",
    "end_mutes",
    "familiar_followers",
    "feature_tag",
    "featured_tags",
    "follow",
    "follow_requests",
    "follow_tag",
    "followed_tags",
    "followers",
    "following",
    "follows_tags",
    "mute",
    "muted",
    "note",
    "reject",
    "relations",
    "remove_follower",
    "suggested_tags",
    "unblock",
    "unfeature_tag",
    "unfollow",
    "unfollow_tag",
    "unmute",
]
