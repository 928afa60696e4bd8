"""Appeals: ask again, within six months, also signed out; fresh jurors and a steward, who do not know the first verdict."""

from folkmoot.moderation.appeals.appeal import appeal, may_appeal, own_appeals
from folkmoot.moderation.appeals.views import AppealView

__all__ = ["AppealView", "appeal", "may_appeal", "own_appeals"]
