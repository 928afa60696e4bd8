"""What screening goes by: rule files, limits, known pictures. Versions are kept; what is in force changes without a restart."""

from folkmoot.moderation.rulebook.change import (
    add_pictures,
    drop_pictures,
    drop_rules,
    roll_back,
    ship_limits,
    use_limits,
    use_rules,
)
from folkmoot.moderation.rulebook.read import PartView, left_out, list_parts, picture_lists

__all__ = [
    "PartView",
    "add_pictures",
    "drop_pictures",
    "drop_rules",
    "left_out",
    "list_parts",
    "picture_lists",
    "roll_back",
    "ship_limits",
    "use_limits",
    "use_rules",
]
