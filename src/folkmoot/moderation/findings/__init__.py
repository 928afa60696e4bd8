"""What screening held or doubted, before those who decide about it, and what its days amount to."""

from folkmoot.moderation.findings.decide import release, uphold
from folkmoot.moderation.findings.read import (
    count_held,
    get_finding,
    list_decided,
    list_open,
    overview,
    own_profile_decision,
)
from folkmoot.moderation.findings.refused import refused_picture
from folkmoot.moderation.findings.rules import About, Followed
from folkmoot.moderation.findings.views import FindingView, Overview
from folkmoot.moderation.findings.words import tell

__all__ = [
    "About",
    "FindingView",
    "Followed",
    "Overview",
    "count_held",
    "get_finding",
    "list_decided",
    "list_open",
    "overview",
    "own_profile_decision",
    "refused_picture",
    "release",
    "tell",
    "uphold",
]
