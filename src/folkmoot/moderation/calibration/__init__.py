"""Bring the model's probabilities and limits in line with what people decided. Proposes; changes nothing until told."""

from folkmoot.moderation.calibration.fit import Figures, Judgement
from folkmoot.moderation.calibration.propose import Proposal, judgements_of, propose, read_judgements

__all__ = ["Figures", "Judgement", "Proposal", "judgements_of", "propose", "read_judgements"]
