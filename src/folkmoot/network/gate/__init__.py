"""Between a text and the public: what screening goes by is kept here, asked here, and its findings written down."""

from folkmoot.network.gate.gate import Gate, media_words
from folkmoot.network.gate.rules import FoundBy, Subject, among_few, blamed, on_one_line, parts_of, profile_words

__all__ = [
    "FoundBy",
    "Gate",
    "Subject",
    "among_few",
    "blamed",
    "media_words",
    "on_one_line",
    "parts_of",
    "profile_words",
]
