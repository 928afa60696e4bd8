"""Jurors: volunteers who practised before they judge, and who may stop at any time."""

from folkmoot.moderation.jurors.practise import answer_practice, practice_case
from folkmoot.moderation.jurors.views import Feedback, JurorView, PracticeCase
from folkmoot.moderation.jurors.volunteer import juror_view, step_down, volunteer

__all__ = [
    "Feedback",
    "JurorView",
    "PracticeCase",
    "answer_practice",
    "juror_view",
    "practice_case",
    "step_down",
    "volunteer",
]
