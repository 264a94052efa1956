"""Pictures reach Qt unchanged and uncopied."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.convert import qimage


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31), st.sampled_from([1, 2, 3]))
def test_every_pixel_arrives(height: int, width: int, seed: int, stride: int):
    whole = np.random.default_rng(seed).integers(0, 256, (height, width * stride, 3), np.uint8)
    array = whole[:, ::stride]
    image = qimage(array)
    y, x = seed % height, (seed // 7) % width
    assert image.pixelColor(x, y).getRgb()[:3] == tuple(int(v) for v in array[y, x])


def test_the_memory_is_shared_not_copied():
    array = np.zeros((4, 6, 3), np.uint8)
    image = qimage(array)
    array[2, 3] = (10, 20, 30)
    assert image.pixelColor(3, 2).getRgb()[:3] == (10, 20, 30)


def test_rows_cut_out_of_a_larger_picture_stay_rows():
    whole = np.zeros((8, 8, 3), np.uint8)
    whole[5, 6] = 255
    assert qimage(whole[4:, 4:]).pixelColor(2, 1).red() == 255


def test_grey_pictures_are_grey():
    assert qimage(np.full((3, 5), 77, np.uint8)).pixelColor(1, 1).getRgb()[:3] == (77, 77, 77)


@pytest.mark.parametrize("array", [np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8)])
def test_other_pictures_are_refused_with_shape_and_type(array: np.ndarray):
    with pytest.raises(ValueError, match=rf"{array.dtype}.*expected uint8"):
        qimage(array)
