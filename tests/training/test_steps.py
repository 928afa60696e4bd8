"""A course is taught in the steps that are shipped, courses are averaged; tried where `make model` has installed PyTorch and onnx."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import onnx
import torch

from folkmoot.moderation.screening.model import SHIPPED, file
from folkmoot.moderation.screening.model.encoder import GRAPH
from training import data, encoder, export


def test_what_is_taught_is_what_is_shipped():
    weights = np.random.default_rng(1).normal(0, 0.05, (384, 96)).astype(np.float32)
    weights *= np.linspace(0.1, 3, 96, dtype=np.float32)
    taught = encoder._whole(torch.tensor(weights)).numpy()
    whole, scale = export.in_steps(weights)
    assert whole.dtype == np.int8
    assert np.abs(whole).max() < 20, "few steps, so that they deflate"
    assert np.allclose(whole * scale, taught, atol=1e-6)


def test_rounding_does_not_keep_weights_from_learning():
    weights = torch.full((8, 2), 0.3).add_(torch.arange(16).view(8, 2) / 100).requires_grad_()
    encoder._whole(weights).sum().backward()
    assert torch.equal(weights.grad, torch.ones(8, 2))


def test_a_column_of_one_great_weight_still_fits_a_byte():
    weights = np.zeros((4096, 1), np.float32)
    weights[7] = 1
    whole, scale = export.in_steps(weights)
    assert whole[7, 0] * scale[0] == pytest.approx(1.0)


def test_a_column_of_nothing_stays_nothing():
    whole, scale = export.in_steps(np.zeros((16, 3), np.float32))
    assert not whole.any()
    assert np.isfinite(scale).all()


def test_courses_are_averaged_place_by_place():
    first = {"layers": [{"out": torch.zeros(2, 2), "norm": (torch.ones(2), torch.zeros(2))}], "head": torch.ones(3)}
    other = {
        "layers": [{"out": torch.ones(2, 2), "norm": (torch.ones(2), torch.full((2,), 4.0))}],
        "head": torch.zeros(3),
    }
    both = encoder.mean([first, other])
    assert torch.equal(both["layers"][0]["out"], torch.full((2, 2), 0.5))
    assert [one.tolist() for one in both["layers"][0]["norm"]] == [[1, 1], [2, 2]]
    assert torch.equal(both["head"], torch.full((3,), 0.5))


def test_a_file_is_taught_further_from_the_steps_it_has():
    _, arrays = file.read(SHIPPED)
    again = constants(export.graph(export.weights(arrays, 1)))
    for name, before in constants(arrays[GRAPH].tobytes()).items():
        if before.dtype == np.int8:
            assert (again[name] != before).mean() < 0.01, name
        else:
            assert np.allclose(again[name], before, rtol=1e-4), name


def test_weights_of_a_file_begin_everywhere_in_their_steps_so_that_a_small_push_moves_some():
    _, arrays = file.read(SHIPPED)
    for layer in export.weights(arrays, 1)["layers"]:
        weights = layer["wide"]
        whole, scale = export.in_steps(weights)
        pushed, _ = export.in_steps(weights + 0.1 * scale)
        assert 0.05 < (pushed != whole).mean() < 0.15


def test_a_file_of_tables_alone_is_not_taught_further():
    with pytest.raises(data.NoData, match="no encoder of 12 layers"):
        export.weights({}, 1)


def constants(graph: bytes) -> dict[str, np.ndarray]:
    return {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load_from_string(graph).graph.initializer}
