"""What the moderation did in a span of time, in figures anybody may see: counted from what happened, named after nobody."""

from folkmoot.moderation.transparency.figures.gather import figures, months
from folkmoot.moderation.transparency.figures.views import Figures, Month, Speed

__all__ = ["Figures", "Month", "Speed", "figures", "months"]
