"""How likely a text calls for violence, by a small model of our own: every text by the first stage, few by the second."""

from folkmoot.moderation.screening.model.model import Assessment, Model
from folkmoot.moderation.screening.shipped import SHIPPED, ModelUnusable

__all__ = ["SHIPPED", "Assessment", "Model", "ModelUnusable"]
