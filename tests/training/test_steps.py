"""A course is taught in the steps that are shipped, courses are averaged; tried where `make model` has installed PyTorch and onnx."""

import shutil

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
    both = encoder.mean([first, other], [1, 1])
    assert torch.equal(both["layers"][0]["out"], torch.full((2, 2), 0.5))
    assert [one.tolist() for one in both["layers"][0]["norm"]] == [[1, 1], [2, 2]]
    assert torch.equal(both["head"], torch.full((3,), 0.5))
    assert torch.equal(encoder.mean([first, other], [1, 3])["head"], torch.full((3,), 0.25))


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # the compiler asks for it
def test_gradients_are_numbers_for_texts_of_every_length():
    assert encoder.inductor.cpp.simdlen == encoder.BITS or not shutil.which("g++")
    rng = np.random.default_rng(1)

    def some(*shape):
        return torch.tensor(rng.normal(0, 0.05, shape).astype(np.float32))

    one = torch.ones(encoder.HIDDEN)
    layer = {"qkv": some(384, 1152), "qkv_bias": some(1152), "out": some(384, 384), "out_bias": some(384)}
    layer |= {"wide": some(384, 1536), "wide_bias": some(1536), "narrow": some(1536, 384), "narrow_bias": some(384)}
    layer |= {"norm": (one, some(384)), "norm2": (one, some(384))}
    params = {"positions": some(64, 384), "kinds": some(2, 384), "norm": (one, some(384)), "layers": [layer]}
    params["head"] = (some(768, 3), some(3))
    params = encoder._each(params, lambda leaf: leaf.clone().requires_grad_())
    for length in encoder.LENGTHS:
        texts = [encoder.Text(tuple(rng.integers(3, 90, length)), length, (1.0, 0.0, np.nan)) for _ in range(6)]
        places, kinds, there, labels, weight, _ = encoder.collate(texts, rng, 0.0)
        logits = encoder.forward({**params, "words": some(90, 384)}, places, kinds, there, encoder.DROPPED)
        encoder._loss(logits, labels, weight).backward()
        bad = [leaf.shape for leaf in encoder._leaves(params) if not torch.isfinite(leaf.grad).all()]
        assert bad == [], length


def test_a_course_that_came_to_no_number_ends_at_once(monkeypatch):
    params = {"words": torch.zeros(9, 4), "head": (torch.zeros(4, 3), torch.zeros(3))}
    monkeypatch.setattr(
        encoder, "forward", lambda params, places, *_: (params["head"][1] * np.nan).expand(len(places), 3)
    )
    epoch = [encoder.Text((1, 5, 2), 3, (1.0, 0.0, 0.0))] * 600
    with pytest.raises(FloatingPointError, match="loss of batch 1 is nan"):
        encoder.teach(params, [epoch], rate=1e-4, seed=1)


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
