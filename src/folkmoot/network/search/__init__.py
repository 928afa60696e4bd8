"""Find posts, people and hashtags by their words."""

from folkmoot.network.search.find import search_accounts, search_posts, search_tags

__all__ = ["search_accounts", "search_posts", "search_tags"]
