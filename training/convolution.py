"""Teaching the gate's convolution: to find what may be violent, not to tell twins apart, which is for the encoder."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from folkmoot.moderation.screening.model import convolution as asked
from folkmoot.moderation.screening.model.pieces import UNKNOWN, Pieces
from folkmoot.moderation.screening.normal import normalise
from training.data import TWIN, Example, Part, priors
from training.encoder import DEVICE, LONGEST, Text, batches, collate

SIZE = 48
EPOCHS, RATE = 4, 2e-3
VIOLENT, UNTOLD = 6, 2
"""How often an epoch has each violent text of the corpora, and each of which it cannot be told."""
OURS, TWINS = 0.5, 0.1
"""How much it has of the violent halves of our pairs, and of the others: with all twins it would be deaf to the words that both have.
"""
DROPPED, FORGOTTEN = 0.2, 0.1
"""The share of numbers left out of each layer while teaching, and of pieces made unknown."""
Arrays = dict[str, npt.NDArray[Any]]


class _Net(nn.Module):
    """As `Convolution` asks it."""

    def __init__(self, words: torch.Tensor) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(words)
        self.into = nn.Linear(words.shape[1], SIZE)
        self.kernel = nn.Conv1d(SIZE, SIZE, 3, padding=1)
        self.out = nn.Linear(2 * SIZE, 1)
        self.dropped = nn.Dropout(DROPPED)

    def forward(self, places: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.into(self.dropped(self.words(places)))) * there[..., None]
        x = (x + functional.relu(self.kernel(x.transpose(1, 2)).transpose(1, 2))) * there[..., None]
        mean = x.sum(1) / there.sum(1, keepdim=True).sqrt()
        out: torch.Tensor = self.out(self.dropped(torch.cat((mean, x.amax(1)), dim=1)))
        return out[:, 0]


def taught(
    examples: Sequence[Example], words: npt.NDArray[np.float32], pieces: Pieces, seed: int, tell: Callable[[str], None]
) -> Arrays:
    """The arrays of a convolution over these rows of the word table, in both languages at once, taught with AdamW.

    The log-odds of violence in each source are added while teaching, as with the encoder; for our writing, of which most here is
    violent, those of the corpora on average, so that it counts as a find.
    """
    chosen = _chosen(examples, random.Random(seed))
    odds = priors(chosen)
    others = [odds[one.source] for one in chosen if one.source != "writing"]
    odds["writing"] = sum(others) / len(others)
    texts = [_text(one, pieces, odds) for one in chosen]
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    scale = float(words.std())
    net = _Net(torch.tensor(words / scale)).to(DEVICE)
    steps = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.02)
    plan = [[texts[i] for i in members] for _ in range(EPOCHS) for members in batches(texts, rng)]
    pace = torch.optim.lr_scheduler.LambdaLR(steps, lambda at: min((at + 1) / 50, max(0.03, 1 - at / len(plan))))
    net.train()
    for members in plan:
        places, _, there, labels, weight, prior = collate(members, rng, FORGOTTEN)
        each = functional.binary_cross_entropy_with_logits(
            net(places, there) + prior[:, 0], torch.nan_to_num(labels[:, 0]), reduction="none"
        )
        loss = each @ weight / weight.sum()
        steps.zero_grad()
        loss.backward()
        steps.step()
        pace.step()
    tell(f"convolution: {len(texts)} texts, {EPOCHS} times, loss {loss.item():.3f} at the end")
    return _arrays(net.state_dict(), scale)


def _chosen(examples: Sequence[Example], rng: random.Random) -> list[Example]:
    chosen = []
    for one in examples:
        if one.part is not Part.TRAIN:
            continue
        if one.source != "writing":
            chosen += [one] * (UNTOLD if one.chance is not None else VIOLENT if one.violence else 1)
        elif one.kind == f"{TWIN}ordinary" or rng.random() < (OURS if one.violence else TWINS):
            chosen.append(one)
    return chosen


def _text(one: Example, pieces: Pieces, odds: Mapping[str, float]) -> Text:
    places = pieces.cut(normalise(one.text).plain, LONGEST)[0] or [UNKNOWN]
    return Text(tuple(places), len(places), (one.likely, np.nan, np.nan), prior=odds[one.source])


def _arrays(state: Mapping[str, torch.Tensor], scale: float) -> Arrays:
    """As `Convolution` has them: neighbours of a piece side by side, and the word table as long as it is."""
    of = {name: one.cpu().numpy() for name, one in state.items()}
    found = {
        asked.INTO: of["into.weight"].T / scale,
        asked.INTO_BIAS: of["into.bias"],
        asked.KERNEL: of["kernel.weight"].transpose(2, 1, 0).reshape(3 * SIZE, SIZE),
        asked.KERNEL_BIAS: of["kernel.bias"],
        asked.OUT: np.append(of["out.weight"][0], of["out.bias"]),
    }
    return {name: np.ascontiguousarray(one, np.float16) for name, one in found.items()}
