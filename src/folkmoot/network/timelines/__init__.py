"""What is read, newest first: home, local, hashtag, an account's posts, bookmarks and favourites, threads."""

from folkmoot.network.timelines.cards import Card, cards
from folkmoot.network.timelines.pages import Page, Span
from folkmoot.network.timelines.read import Timelines

__all__ = ["Card", "Page", "Span", "Timelines", "cards"]
