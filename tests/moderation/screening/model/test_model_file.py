import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.moderation.screening.model import SHIPPED, Model, ModelUnusable, file

ARRAYS = {
    "small": np.arange(-20, 20, dtype=np.int8).reshape(8, 5),
    "mostly nothing": np.eye(50, dtype=np.float32),
    "empty": np.zeros((0, 3), dtype=np.uint8),
}


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "made.folkmodel"
    file.write(path, {"version": "1"}, ARRAYS)
    return path


def test_what_is_written_is_read(made):
    about, arrays = file.read(made)
    assert about == {"version": "1"}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array)


def test_the_same_model_is_the_same_file(made, tmp_path):
    again = tmp_path / "again.folkmodel"
    assert file.write(again, {"version": "1"}, ARRAYS) == hashlib.sha256(made.read_bytes()).hexdigest()


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ModelUnusable, match=r"^The screening model gone cannot be used: there is no such file\."):
        Model.open(tmp_path / "gone")


def test_a_folder_is_not_a_model(tmp_path):
    with pytest.raises(ModelUnusable, match="cannot be read"):
        Model.open(tmp_path)


def test_another_file_is_not_a_model(tmp_path):
    (tmp_path / "note").write_text("FOLK song")
    with pytest.raises(ModelUnusable, match="not a file of a model"):
        Model.open(tmp_path / "note")


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_off_anywhere_is_refused(tmp_path_factory, share):
    whole = SHIPPED.read_bytes()
    cut = tmp_path_factory.mktemp("cut") / "cut"
    cut.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelUnusable):
        Model.open(cut)


def test_one_changed_bit_is_refused(made):
    data = bytearray(made.read_bytes())
    data[-3] ^= 1
    made.write_bytes(data)
    with pytest.raises(ModelUnusable, match="cut off or changed"):
        file.read(made)


def test_a_sound_file_that_is_no_model_of_ours_is_refused(made):
    with pytest.raises(ModelUnusable, match="do not fit together"):
        Model.open(made)


@given(junk=st.binary(max_size=300))
def test_a_right_sum_over_nonsense_is_refused(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("junk") / "junk"
    path.write_bytes(file.MAGIC + hashlib.sha256(junk).digest() + junk)
    with pytest.raises(ModelUnusable):
        Model.open(path)
