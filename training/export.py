"""The taught encoder as what is shipped: an ONNX graph of whole numbers, and the tables around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from folkmoot.moderation.screening.model.encoder import GRAPH
from training import e5
from training.data import NoData
from training.encoder import HEADS, LAYERS, STEP, on_steps

SHIPPED_HEADS = 2

Arrays = dict[str, npt.NDArray[Any]]


def arrays(params: dict[str, Any], base: e5.Base, kept: Sequence[str], special: dict[str, str]) -> Arrays:
    """Everything `Encoder` asks for. The word table goes as it came, four bits a weight."""
    rows = [base.start, base.end, base.unknown] + [base.places[special.get(piece, piece)] for piece in kept]
    head, bias = params["head"]
    return {
        "encoder pieces": np.frombuffer("\n".join(kept).encode(), np.uint8),
        "encoder piece scores": np.array([base.scores.get(piece, -3.0) for piece in kept], np.float16),
        "encoder words": base.words[np.array(rows)].copy(),
        "encoder positions": np.asarray(params["positions"], np.float16),
        "encoder kinds": np.asarray(params["kinds"], np.float16),
        "encoder head": np.asarray(head, np.float16)[:, :SHIPPED_HEADS].copy(),
        "encoder bias": np.asarray(bias, np.float16)[:SHIPPED_HEADS].copy(),
        GRAPH: np.frombuffer(graph(params), np.uint8),
    }


def graph(params: dict[str, Any]) -> bytes:
    """From the sum of a text's embeddings to what the last layer makes of each piece."""
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def times(into: str, name: str, weights: Any, bias: Any | None) -> str:
        whole, scale = in_steps(np.asarray(weights, np.float32))
        inputs = [into, constant(f"{name}.w", whole), constant(f"{name}.s", scale), ""]
        if bias is not None:
            inputs.append(constant(f"{name}.b", np.asarray(bias, np.float32)))
        nodes.append(helper.make_node("DynamicQuantizeMatMul", inputs, [name], domain="com.microsoft"))
        return name

    def norm_after(one: str, other: str, name: str, by: Any) -> str:
        both = f"{name}.sum"
        nodes.append(helper.make_node("Add", [one, other], [both]))
        inputs = [both, constant(f"{name}.g", np.asarray(by[0])), constant(f"{name}.h", np.asarray(by[1]))]
        nodes.append(helper.make_node("LayerNormalization", inputs, [name], axis=-1, epsilon=1e-12))
        return name

    first = [constant(f"n.{number}", np.asarray(one)) for number, one in enumerate(params["norm"])]
    nodes.append(helper.make_node("LayerNormalization", ["x", *first], ["e"], axis=-1, epsilon=1e-12))
    at = "e"
    for number, layer in enumerate(params["layers"]):
        of = f"l{number}."
        qkv = times(at, f"{of}qkv", layer["qkv"], layer["qkv_bias"])
        parts = [f"{of}{one}" for one in "qkv"]
        nodes.append(helper.make_node("Split", [qkv], parts, axis=-1, num_outputs=3))
        nodes.append(helper.make_node("MultiHeadAttention", parts, [f"{of}a"], domain="com.microsoft", num_heads=HEADS))
        mixed = times(f"{of}a", f"{of}o", layer["out"], layer["out_bias"])
        at = norm_after(mixed, at, f"{of}m", layer["norm"])
        wide = times(at, f"{of}w", layer["wide"], None)
        bias = constant(f"{of}wb", np.asarray(layer["wide_bias"]))
        nodes.append(helper.make_node("FastGelu", [wide, bias], [f"{of}f"], domain="com.microsoft"))
        narrow = times(f"{of}f", f"{of}t", layer["narrow"], layer["narrow_bias"])
        at = norm_after(narrow, at, f"{of}y" if number < len(params["layers"]) - 1 else "y", layer["norm2"])
    hidden = np.asarray(params["norm"][0]).shape[0]
    shape = [1, "length", hidden]
    made = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, shape)],
        constants,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=9, producer_name="folkmoot")
    return bytes(model.SerializeToString())


def in_steps(weights: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Weights as whole steps, with the size of a step for each column: those a course was taught in, so that the file
    deflates; longer ones where a weight would take more than a byte."""
    scale = np.maximum(weights.std(axis=0, ddof=1) * STEP, np.abs(weights).max(axis=0) / 127)
    scale = np.maximum(scale, 1e-8).astype(np.float32)
    return np.round(weights / scale).astype(np.int8), scale


def pieces(arrays: Arrays) -> list[str]:
    """The pieces a file has, in their order."""
    return arrays["encoder pieces"].tobytes().decode("utf-8").split("\n")


def weights(arrays: Arrays, seed: int) -> dict[str, Any]:
    """What a file was taught, for teaching it further: all parameters but the word table, which is never taught. Raises NoData
    where its encoder is not built like ours."""
    rng = np.random.default_rng(seed)
    graph = onnx.load_from_string(arrays[GRAPH].tobytes()).graph if GRAPH in arrays else onnx.GraphProto()
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    if f"l{LAYERS - 1}.qkv.w" not in constants or f"l{LAYERS}.qkv.w" in constants:
        raise NoData(f"There is no encoder of {LAYERS} layers in that file to go on from.")

    def matrix(name: str) -> npt.NDArray[np.float32]:
        return on_steps(constants[f"{name}.w"], constants[f"{name}.s"], rng)

    def norm(name: str) -> tuple[Any, Any]:
        return constants[f"{name}.g"], constants[f"{name}.h"]

    layers = []
    for number in range(LAYERS):
        of = f"l{number}."
        layers.append(
            {
                "qkv": matrix(f"{of}qkv"),
                "qkv_bias": constants[f"{of}qkv.b"],
                "out": matrix(f"{of}o"),
                "out_bias": constants[f"{of}o.b"],
                "norm": norm(f"{of}m"),
                "wide": matrix(f"{of}w"),
                "wide_bias": constants[f"{of}wb"],
                "narrow": matrix(f"{of}t"),
                "narrow_bias": constants[f"{of}t.b"],
                "norm2": norm(f"{of}y" if number < LAYERS - 1 else "y"),
            }
        )
    return {
        "positions": arrays["encoder positions"],
        "kinds": arrays["encoder kinds"],
        "norm": (constants["n.0"], constants["n.1"]),
        "layers": layers,
        "head": (arrays["encoder head"], arrays["encoder bias"]),
    }
