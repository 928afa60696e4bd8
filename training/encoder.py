"""The second stage: a small multilingual encoder, taught with PyTorch on CPU or GPU in the whole steps that it is shipped in."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch._inductor import config as inductor
from torch.nn import functional

from folkmoot.moderation.screening.model.pieces import UNKNOWN
from training import e5, processor

LAYERS, HIDDEN, HEADS, WIDE = 12, 384, 12, 1536
STEP = 0.44
"""A step of a weight, in standard deviations of its column. All weights together then take three and a half bits each, deflated."""
EDGE = 0.46
"""How far from the middle of its step, in steps, a weight of a file may begin."""
LONGEST, LONGEST_REPLY = 64, 20
HEADS_OUT = 3
"""Violence, hate, offence; the last teaches and is not shipped."""
LENGTHS = (12, 16, 20, 24, 32, 40, 48, 64)
"""Batches are filled up to one of these, so that little is compiled."""
TOKENS = 3072
"""A batch holds as many texts as make about so many pieces."""
DROPPED = 0.1
"""The share of numbers that each layer leaves out while teaching, the same ones for all pieces of a text (Gal & Ghahramani 2016)."""
FORGOTTEN = 0.05
"""The share of pieces that is made unknown while teaching."""
WORTH = (1.0, 0.3, 0.2)
"""What violence, hate and offence count in the loss."""
BITS = 256
"""How much of a row a compiled step takes at once. With all 512 the gradients of PyTorch 2.13 are not numbers on some processors."""
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
HALVES = DEVICE == "cuda" or bool(processor.flags(processor.CPUINFO.read_text()) & processor.BFLOAT16)
"""Whether matrices multiply in bfloat16: without units for it that takes far longer than single precision."""

Params = dict[str, Any]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


class Text(NamedTuple):
    """A text in pieces, with what it is: NaN where nobody said."""

    places: tuple[int, ...]
    reply: int
    """From which place on it is the text replied to."""
    labels: tuple[float, float, float]
    weight: float = 1.0
    prior: float = 0.0
    """The log-odds of violence where the text comes from, added while teaching and left off when asked: what the source
    says by itself the encoder need not read off the style (Menon et al. 2021)."""


def start(base: e5.Base, kept: Sequence[str], special: dict[str, str], seed: int) -> Params:
    """The parameters before teaching: e5's layers, its word table cut to the kept pieces, a new head."""
    rows = [base.start, base.end, base.unknown] + [base.places[special.get(piece, piece)] for piece in kept]
    words = e5.unpack(base.words[np.array(rows)].reshape(-1)).reshape(len(rows), HIDDEN)
    weights = base.weights
    rng = np.random.default_rng(seed)
    kinds = np.stack((weights["emb.type"][:HIDDEN], weights["emb.type"][:HIDDEN] + rng.normal(0, 0.02, HIDDEN)))
    params: Params = {
        "words": words,
        "positions": weights["emb.pos"].reshape(-1, HIDDEN)[:LONGEST],
        "kinds": kinds.astype(np.float32),
        "norm": (weights["emb.ln.w"], weights["emb.ln.b"]),
        "layers": [],
        "head": (rng.normal(0, 0.02, (2 * HIDDEN, HEADS_OUT)).astype(np.float32), np.zeros(HEADS_OUT, np.float32)),
    }

    def matrix(name: str, out: int, into: int) -> Floats:
        return np.ascontiguousarray(weights[name].reshape(out, into).T)

    for number in range(LAYERS):
        of = f"l{number}."
        params["layers"].append(
            {
                "qkv": np.concatenate([matrix(f"{of}{one}.w", HIDDEN, HIDDEN) for one in "qkv"], axis=1),
                "qkv_bias": np.concatenate([weights[f"{of}{one}.b"] for one in "qkv"]),
                "out": matrix(f"{of}ao.w", HIDDEN, HIDDEN),
                "out_bias": weights[f"{of}ao.b"],
                "norm": (weights[f"{of}aln.w"], weights[f"{of}aln.b"]),
                "wide": matrix(f"{of}fi.w", WIDE, HIDDEN),
                "wide_bias": weights[f"{of}fi.b"],
                "narrow": matrix(f"{of}fo.w", HIDDEN, WIDE),
                "narrow_bias": weights[f"{of}fo.b"],
                "norm2": (weights[f"{of}oln.w"], weights[f"{of}oln.b"]),
            }
        )
    return _each(params, lambda one: torch.tensor(np.asarray(one), device=DEVICE))


def further(params: Params, taught: Mapping[str, Any]) -> Params:
    """The same with what a file was taught, in its steps: layers, norms, places and, of the head, what was shipped."""
    again: Params = {**params, **taught}
    head = [one.cpu().numpy().copy() for one in params["head"]]
    for own, its in zip(head, taught["head"], strict=True):
        own[..., : its.shape[-1]] = its
    again["head"] = tuple(head)
    return _each(again, lambda one: torch.tensor(np.asarray(one, np.float32), device=DEVICE))  # type: ignore[no-any-return]


def on_steps(whole: npt.NDArray[np.int8], scale: Floats, rng: np.random.Generator) -> Floats:
    """Weights that round to so many steps, one being so long in each column: STEP of its deviation.

    Where within its step a weight lay is not in a file, and is drawn, as likely as a bell curve has it. In the middle of their steps
    weights would not learn: to round otherwise each would have to go half a step, several times as far as a course moves it.
    """
    lean = whole * STEP**2
    lean = np.where(lean == 0, 1e-6, lean)
    within = -np.log1p(rng.random(whole.shape) * np.expm1(-lean)) / lean - 0.5
    weights = whole + np.clip(within, -EDGE, EDGE)
    return np.asarray(weights * (scale / (STEP * weights.std(axis=0, ddof=1))), np.float32)


def forward(
    params: Params, places: torch.Tensor, kinds: torch.Tensor, there: torch.Tensor, dropped: float = 0.0
) -> torch.Tensor:
    """Logits of a batch; `there` is 1 where a piece stands and 0 where it was filled up."""
    x = params["words"][places] + params["positions"][: places.shape[1]] + params["kinds"][kinds]
    x = _without(functional.layer_norm(x, (HIDDEN,), *params["norm"], eps=1e-12), dropped)
    away = (1.0 - there[:, None, None, :]) * -1e9
    with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=HALVES):
        for layer in params["layers"]:
            x = _through(x, layer, away, dropped)
    x = x.float()
    mean = (x * there[..., None]).sum(1) / there.sum(1, keepdim=True)
    most = x.masked_fill(there[..., None] == 0, -1e9).amax(1)
    weights, bias = params["head"]
    return functional.dropout(torch.cat((mean, most), dim=1), dropped) @ weights + bias


def _without(x: torch.Tensor, dropped: float) -> torch.Tensor:
    return x * functional.dropout(x.new_ones(x.shape[0], 1, x.shape[2]), dropped)


def _whole(weights: torch.Tensor) -> torch.Tensor:
    """Weights in the steps they are shipped in, of which teaching sees nothing (straight-through, Bengio et al. 2013)."""
    fixed = weights.detach()
    step = fixed.std(0).clamp_min(1e-8) * STEP
    return weights + (torch.round(fixed / step) * step - fixed)


def _through(x: torch.Tensor, layer: Params, away: torch.Tensor, dropped: float) -> torch.Tensor:
    count, length, _ = x.shape
    qkv = (x @ _whole(layer["qkv"]) + layer["qkv_bias"]).view(count, length, 3, HEADS, HIDDEN // HEADS)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)
    scores = q @ k.transpose(2, 3) / (HIDDEN // HEADS) ** 0.5 + away
    mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(count, length, HIDDEN)
    mixed = _without(mixed @ _whole(layer["out"]) + layer["out_bias"], dropped)
    x = functional.layer_norm(x + mixed, (HIDDEN,), *layer["norm"], eps=1e-12)
    wide = functional.gelu(x @ _whole(layer["wide"]) + layer["wide_bias"], approximate="tanh")
    narrow = _without(wide @ _whole(layer["narrow"]) + layer["narrow_bias"], dropped)
    return functional.layer_norm(x + narrow, (HIDDEN,), *layer["norm2"], eps=1e-12)


if shutil.which("g++"):  # what compiles it; a third faster, and the same
    inductor.cpp.simdlen = BITS
    _through = torch.compile(_through, dynamic=True)


def _loss(logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    known = torch.isfinite(labels)
    each = functional.binary_cross_entropy_with_logits(logits, torch.where(known, labels, 0.0), reduction="none")
    return (each * known * torch.tensor(WORTH, device=DEVICE)).sum(1) @ weight / weight.sum()


def teach(
    params: Params, epochs: Sequence[Sequence[Text]], *, rate: float, seed: int, tell: Callable[[str], None] = print
) -> Params:
    """AdamW over the texts of each epoch, the word table left as it is so that it packs into four bits without loss.

    The rate rises over the first part and falls to the end (Devlin et al. 2019); ten times as large for the new head. Raises
    FloatingPointError at the first loss that is no number.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    plans = [[[texts[i] for i in members] for members in batches(texts, rng)] for texts in epochs]
    total = sum(map(len, plans))
    learning = {name: one for name, one in params.items() if name != "words"}
    learning = _each(learning, lambda one: one.detach().clone().requires_grad_())
    own = list(learning["head"])
    rest = [one for one in _leaves(learning) if all(one is not other for other in own)]
    steps = torch.optim.AdamW(
        [
            {"params": [one for one in rest if one.ndim > 1], "lr": rate, "weight_decay": 0.01},
            {"params": [one for one in rest if one.ndim == 1], "lr": rate, "weight_decay": 0.0},
            {"params": own, "lr": rate * 10, "weight_decay": 0.01},
        ],
        betas=(0.9, 0.98),
        fused=True,
    )
    warm = total * 0.06 + 1
    pace = torch.optim.lr_scheduler.LambdaLR(
        steps, lambda at: min((at + 1) / warm, max(0.02, (total - at) / (total - warm)))
    )
    begun, losses = time.monotonic(), []
    for plan in plans:
        for texts in plan:
            places, kinds, there, labels, weight, prior = collate(texts, rng, FORGOTTEN)
            logits = forward({**learning, "words": params["words"]}, places, kinds, there, DROPPED)
            loss = _loss(logits + prior, labels, weight)
            steps.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*rest, *own], 1.0)
            steps.step()
            pace.step()
            losses.append(loss.item())
            if not np.isfinite(losses[-1]):
                raise FloatingPointError(
                    f"The loss of batch {len(losses)} is {losses[-1]}; there is no use in going on."
                )
            if len(losses) % 100 == 0 or len(losses) == total:
                spent = time.monotonic() - begun
                tell(f"  {len(losses):5d} of {total} batches, loss {np.mean(losses[-100:]):.4f}, {spent:.0f} s")
    return _each({**params, **learning}, lambda one: one.detach().cpu())  # type: ignore[no-any-return]


def mean(courses: Sequence[Params], counts: Sequence[float]) -> Params:
    """The parameters of several courses from the same start, averaged one by one; `counts` says how much each counts."""
    shares = torch.tensor(counts) / sum(counts)
    leaves = zip(*map(_leaves, courses), strict=True)
    averages = iter([torch.tensordot(shares, torch.stack([one.cpu() for one in same]), 1) for same in leaves])
    return _each(courses[0], lambda _: next(averages))  # type: ignore[no-any-return]


def _each(params: Any, do: Callable[[Any], Any]) -> Any:
    """The same, with something done to every array in it."""
    if isinstance(params, dict):
        return {name: _each(one, do) for name, one in params.items()}
    if isinstance(params, list | tuple):
        return type(params)(_each(one, do) for one in params)
    return do(params)


def _leaves(params: Any) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    _each(params, found.append)
    return found


def batches(texts: Sequence[Text], rng: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Texts of like length together, in random order."""
    lengths = np.array([len(text.places) for text in texts])
    found = []
    low = 0
    for high in LENGTHS:
        members = np.flatnonzero((lengths > low) & (lengths <= high))
        rng.shuffle(members)
        size = TOKENS // high
        found += [members[i : i + size] for i in range(0, len(members), size)]
        low = high
    rng.shuffle(found)  # type: ignore[arg-type]
    return found


def collate(texts: Sequence[Text], rng: np.random.Generator, forgotten: float) -> tuple[torch.Tensor, ...]:
    """A batch as tensors, always of the same few shapes."""
    length = next(one for one in LENGTHS if one >= max(len(text.places) for text in texts))
    size = TOKENS // length
    places = np.zeros((size, length), np.int64)
    kinds = np.zeros((size, length), np.int64)
    there = np.zeros((size, length), np.float32)
    labels = np.full((size, HEADS_OUT), np.nan, np.float32)
    weight = np.zeros(size, np.float32)
    prior = np.zeros((size, HEADS_OUT), np.float32)
    for row, text in enumerate(texts):
        count = len(text.places)
        places[row, :count] = text.places
        kinds[row, text.reply : count] = 1
        there[row, :count] = 1
        labels[row] = text.labels
        weight[row] = text.weight
        prior[row, 0] = text.prior
    there[len(texts) :, 0] = 1
    places[(rng.random(places.shape) < forgotten) & (places > UNKNOWN)] = UNKNOWN
    return tuple(torch.tensor(one, device=DEVICE) for one in (places, kinds, there, labels, weight, prior))
