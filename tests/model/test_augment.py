"""Pictures change a little, and the same way for the same generator."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.augment import Augmentation, augment, shift

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
