"""Covered or seeing: even and noisy pictures against any with something on them."""

import numpy as np
import pytest

from devices.sight import LEAST_CONTRAST, Sight, contrast

SIZES = [(240, 320), (480, 640), (37, 51)]


def noise(height, width, *, level, sigma):
    rng = np.random.default_rng(1)
    image = rng.normal(level, sigma, (height, width, 3))
    return image.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES[:2])
@pytest.mark.parametrize(("level", "sigma"), [(0, 4), (12, 8), (128, 8), (255, 2)])
def test_noise_of_a_covered_camera_is_no_scene(height, width, level, sigma):
    assert contrast(noise(height, width, level=level, sigma=sigma)) < LEAST_CONTRAST


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_half_a_bright_picture_is_a_scene(height, width):
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = 60
    assert contrast(image) >= LEAST_CONTRAST


def test_a_small_cube_on_an_even_table_is_a_scene():
    image = np.full((240, 320, 3), 120, np.uint8)
    image[100:140, 150:190] = (200, 30, 30)
    assert contrast(image) > LEAST_CONTRAST


def test_it_counts_from_the_first_dark_picture_and_forgets_with_the_first_bright_one():
    sight, second = Sight(), 1_000_000_000
    dark, bright = np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)
    bright[:24] = 200
    for tenth in range(30):
        sight.look(dark, second + tenth * second // 10)
    assert sight.nothing_for_s(4 * second) == pytest.approx(3.0)
    sight.look(bright, 4 * second)
    assert sight.nothing_for_s(5 * second) == 0.0
