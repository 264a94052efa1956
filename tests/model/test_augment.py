"""Pictures change a little, and the same way for the same generator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.augment import PUBLISHED_AUGMENTATION, Augmentation, augment, shift

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 24, 24, 3), dtype=np.uint8)


@given(st.integers(0, 2**31))
def test_a_shifted_picture_keeps_its_middle_somewhere_within_three_pixels(seed: int) -> None:
    moved = shift(IMAGES, np.random.default_rng(seed), largest_px=3)
    middle = IMAGES[0, 8:16, 8:16]
    places = [moved[0, 8 + y : 16 + y, 8 + x : 16 + x] for y in range(-3, 4) for x in range(-3, 4)]
    assert any(np.array_equal(middle, place) for place in places)


def test_the_same_generator_gives_the_same_change() -> None:
    amount = Augmentation()
    once = augment(IMAGES, np.random.default_rng(5), amount=amount)
    again = augment(IMAGES, np.random.default_rng(5), amount=amount)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, IMAGES)


def test_nothing_asked_for_changes_nothing() -> None:
    amount = Augmentation(shift_px=0, brightness=0.0, contrast=0.0)
    assert np.array_equal(augment(IMAGES, np.random.default_rng(0), amount=amount), IMAGES)


def test_every_picture_has_its_own_draw() -> None:
    same = np.repeat(IMAGES[:1], 8, axis=0)
    changed = augment(same, np.random.default_rng(1), amount=Augmentation())
    assert len({picture.tobytes() for picture in changed}) > 4


def test_published_changes_keep_size_and_kind_and_differ_per_picture() -> None:
    rng = np.random.default_rng(5)
    images = np.repeat(rng.integers(0, 256, (1, 48, 48, 3), dtype=np.uint8), 6, axis=0)
    changed = augment(images, np.random.default_rng(1), amount=PUBLISHED_AUGMENTATION)
    assert (changed.shape, changed.dtype) == (images.shape, np.uint8)
    assert len({picture.tobytes() for picture in changed}) == 6


def test_a_crop_moves_no_border_further_than_a_twentieth() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, 50:] = 255
    amount = Augmentation(shift_px=0, brightness=0, contrast=0, crop=0.95)
    for seed in range(20):
        moved = augment(picture[None], np.random.default_rng(seed), amount=amount)[0]
        edge = int((moved[50, :, 0] > 127).argmax())
        assert abs(edge - 50) <= 4  # 2.5 % left or right, blown up by 1/0.95


def test_a_turn_is_about_the_middle() -> None:
    picture = np.zeros((101, 101, 3), np.uint8)
    picture[48:53, 48:53] = 255
    amount = Augmentation(shift_px=0, brightness=0, contrast=0, rotation_deg=5.0)
    turned = augment(picture[None], np.random.default_rng(3), amount=amount)[0]
    rows, columns = np.nonzero(turned[..., 0] > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx((50, 50), abs=0.6)


def test_grey_stays_grey_under_other_colours() -> None:
    grey = np.full((1, 8, 8, 3), 120, np.uint8)
    amount = Augmentation(shift_px=0, brightness=0, contrast=0, saturation=0.2, hue=0.05)
    changed = augment(grey, np.random.default_rng(0), amount=amount)
    assert np.abs(changed.astype(int) - 120).max() <= 1
