"""Rules that an operator writes and a volunteer reads."""

from folkmoot.moderation.screening.rules.files import BrokenRules, Examples, Rule, read_text
from folkmoot.moderation.screening.rules.matching import Rules
from folkmoot.moderation.screening.rules.starter import STARTER

__all__ = ["STARTER", "BrokenRules", "Examples", "Rule", "Rules", "read_text"]
