"""What the Digital Services Act asks to be published: statements of reasons and the yearly report, made from the events."""

from folkmoot.moderation.transparency.law.harmonised import parts
from folkmoot.moderation.transparency.law.statements import BATCH, statements

__all__ = ["BATCH", "parts", "statements"]
