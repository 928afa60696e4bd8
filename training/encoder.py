"""The second stage: the lower half of a small multilingual encoder, taught on the CPU with JAX."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from training import e5

LAYERS, HIDDEN, HEADS, WIDE = 6, 384, 12, 1536
LONGEST, LONGEST_REPLY = 64, 20
HEADS_OUT = 3
"""Violence, hate, offence; the last teaches and is not shipped."""
LENGTHS = (16, 24, 32, 48, 64)
TOKENS = 1536
"""A batch holds as many texts as make about so many pieces."""

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


def start(base: e5.Base, kept: Sequence[str], special: dict[str, str], seed: int) -> Params:
    """The parameters before teaching: e5's lower layers, its word table cut to the kept pieces, a new head."""
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
    return jax.tree.map(jnp.asarray, params)


def forward(params: Params, places: jax.Array, kinds: jax.Array, there: jax.Array) -> jax.Array:
    """Logits of a batch; `there` is 1 where a piece stands and 0 where it was filled up."""
    count, length = places.shape
    x = params["words"][places] + params["positions"][:length] + params["kinds"][kinds]
    x = _norm(x, params["norm"])
    away = (1.0 - there[:, None, None, :]) * -1e9
    for layer in params["layers"]:
        qkv = x @ layer["qkv"] + layer["qkv_bias"]
        q, k, v = jnp.moveaxis(qkv.reshape(count, length, 3, HEADS, HIDDEN // HEADS), 2, 0)
        scores = jnp.einsum("blhd,bmhd->bhlm", q, k) / (HIDDEN // HEADS) ** 0.5 + away
        mixed = jnp.einsum("bhlm,bmhd->blhd", jax.nn.softmax(scores), v).reshape(count, length, HIDDEN)
        x = _norm(x + mixed @ layer["out"] + layer["out_bias"], layer["norm"])
        wide = jax.nn.gelu(x @ layer["wide"] + layer["wide_bias"], approximate=True)
        x = _norm(x + wide @ layer["narrow"] + layer["narrow_bias"], layer["norm2"])
    mean = (x * there[..., None]).sum(1) / there.sum(1, keepdims=True)
    most = jnp.where(there[..., None] > 0, x, -1e9).max(1)
    weights, bias = params["head"]
    return jnp.concatenate((mean, most), axis=1) @ weights + bias


def _norm(x: jax.Array, by: tuple[jax.Array, jax.Array]) -> jax.Array:
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * by[0] + by[1]


def _loss(params: Params, batch: tuple[jax.Array, ...]) -> jax.Array:
    places, kinds, there, labels, weight, parts = batch
    logits = forward(params, places, kinds, there)
    known = jnp.isfinite(labels)
    labels = jnp.where(known, labels, 0.0)
    each = jnp.logaddexp(0.0, logits) - labels * logits
    return (each * known * parts).sum(1) @ weight / weight.sum()


def teach(
    params: Params,
    texts: Sequence[Text],
    *,
    epochs: int,
    rate: float,
    seed: int,
    forget: float = 0.05,
    tell: Callable[[str], None] = print,
) -> Params:
    """AdamW over the texts, the word table left as it is so that it packs into four bits without loss."""
    rng = np.random.default_rng(seed)
    plans = [batches(texts, rng) for _ in range(epochs)]
    total = sum(map(len, plans))
    held = params["words"]
    rest = {name: value for name, value in params.items() if name != "words"}
    first = jax.tree.map(jnp.zeros_like, rest)
    second = jax.tree.map(jnp.zeros_like, rest)
    parts = jnp.array([1.0, 0.3, 0.2])

    @jax.jit
    def step(rest: Params, first: Params, second: Params, at: jax.Array, batch: tuple[jax.Array, ...]) -> Any:
        loss, slope = jax.value_and_grad(lambda some: _loss({**some, "words": held}, batch))(rest)
        size = jnp.sqrt(sum(jnp.sum(one**2) for one in jax.tree.leaves(slope)))
        slope = jax.tree.map(lambda one: one * jnp.minimum(1.0, 1.0 / (size + 1e-9)), slope)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
        second = jax.tree.map(lambda m, g: 0.98 * m + 0.02 * g * g, second, slope)
        warm = total * 0.08 + 1
        now = rate * jnp.minimum((at + 1) / warm, jnp.maximum(0.02, (total - at) / (total - warm)))

        def moved(path: Any, value: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            m, v = m / (1 - 0.9 ** (at + 1)), v / (1 - 0.98 ** (at + 1))
            own = now * 10 if "head" in str(path[0]) else now
            return value - own * (m / (jnp.sqrt(v) + 1e-8) + (0.01 * value if value.ndim > 1 else 0.0))

        return jax.tree_util.tree_map_with_path(moved, rest, first, second), first, second, loss

    at, begun, losses = 0, time.monotonic(), []
    for plan in plans:
        for members in plan:
            batch = collate([texts[i] for i in members], rng, forget)
            rest, first, second, loss = step(rest, first, second, jnp.float32(at), (*batch, parts))
            losses.append(float(loss))
            at += 1
            if at % 100 == 0 or at == total:
                tell(
                    f"  {at:5d} of {total} batches, loss {np.mean(losses[-100:]):.4f}, {time.monotonic() - begun:.0f} s"
                )
    return {**rest, "words": held}


def save(path: Path, params: Params) -> None:
    """Keep the parameters; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft.npz")
    np.savez(draft, *map(np.asarray, jax.tree.leaves(params)))
    draft.replace(path)


def load(path: Path, like: Params) -> Params:
    """Parameters that were kept, in the shape of others."""
    with np.load(path) as arrays:
        leaves = [jnp.asarray(arrays[f"arr_{number}"]) for number in range(len(arrays.files))]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)  # type: ignore[no-any-return]


def batches(texts: Sequence[Text], rng: np.random.Generator | None) -> list[npt.NDArray[np.int64]]:
    """Texts of like length together, in random order."""
    lengths = np.array([len(text.places) for text in texts])
    found = []
    low = 0
    for high in LENGTHS:
        members = np.flatnonzero((lengths > low) & (lengths <= high))
        if rng is not None:
            rng.shuffle(members)
        size = max(8, TOKENS // high)
        found += [members[i : i + size] for i in range(0, len(members), size)]
        low = high
    if rng is not None:
        rng.shuffle(found)  # type: ignore[arg-type]
    return found


def collate(texts: Sequence[Text], rng: np.random.Generator | None, forget: float) -> tuple[Any, ...]:
    """A batch as arrays, always of the same few shapes so that little is compiled."""
    length = next(one for one in LENGTHS if one >= max(len(text.places) for text in texts))
    size = max(8, TOKENS // length)
    places = np.zeros((size, length), np.int32)
    kinds = np.zeros((size, length), np.int32)
    there = np.zeros((size, length), np.float32)
    labels = np.full((size, HEADS_OUT), np.nan, np.float32)
    weight = np.zeros(size, np.float32)
    for row, text in enumerate(texts):
        count = len(text.places)
        places[row, :count] = text.places
        kinds[row, text.reply : count] = 1
        there[row, :count] = 1
        labels[row] = text.labels
        weight[row] = text.weight
    there[len(texts) :, 0] = 1
    if rng is not None and forget:
        places[(rng.random(places.shape) < forget) & (places > 2)] = 2
    return places, kinds, there, labels, weight


_ask = jax.jit(forward)


def logits(params: Params, texts: Sequence[Text]) -> Floats:
    """What the encoder says of each text, in order."""
    found = np.zeros((len(texts), HEADS_OUT), np.float32)
    for members in batches(texts, None):
        places, kinds, there, _, _ = collate([texts[i] for i in members], None, 0.0)
        found[members] = np.asarray(_ask(params, places, kinds, there))[: len(members)]
    return found
