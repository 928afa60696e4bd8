"""Between a text and the public: what screening goes by is kept here, asked here, and its findings written down."""

from folkmoot.network.gate.gate import Gate, media_words
from folkmoot.network.gate.rules import FoundBy, Subject, among_few, profile_words

__all__ = ["FoundBy", "Gate", "Subject", "among_few", "media_words", "profile_words"]
