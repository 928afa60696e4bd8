"""Screen what is already there: in the background, on all cores or a cluster, and on from where it was stopped."""

from folkmoot.moderation.sweep.sweep import Options, Progress, sweep

__all__ = ["Options", "Progress", "sweep"]
