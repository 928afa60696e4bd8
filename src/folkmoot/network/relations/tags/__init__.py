"""Hashtags people follow, and those they show on their profile."""

from folkmoot.network.relations.tags.feature import feature_tag, featured_tags, suggested_tags, unfeature_tag
from folkmoot.network.relations.tags.follow import follow_tag, followed_tags, follows_tags, unfollow_tag

__all__ = [
    "feature_tag",
    "featured_tags",
    "follow_tag",
    "followed_tags",
    "follows_tags",
    "suggested_tags",
    "unfeature_tag",
    "unfollow_tag",
]
