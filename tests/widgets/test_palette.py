"""Colours can be read, in both palettes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets import palette
from widgets.palette import DARK, LIGHT, TEXT_PAIRS, Palette, contrast, luminance, rgb

hex_colors = st.integers(0, 0xFFFFFF).map(lambda v: f"#{v:06x}")


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=lambda c: c.name)
@pytest.mark.parametrize("pair", TEXT_PAIRS, ids="-on-".join)
def test_every_text_has_a_contrast_of_at_least_4_5(colors: Palette, pair: tuple[str, str]):
    text, surface = (getattr(colors, role) for role in pair)
    assert contrast(text, surface) >= 4.5


@given(hex_colors, hex_colors)
def test_contrast_is_symmetric_and_between_1_and_21(a: str, b: str):
    assert contrast(a, b) == contrast(b, a)
    assert 1.0 <= contrast(a, b) <= 21.0001


def test_black_on_white_has_the_largest_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@given(hex_colors)
def test_a_lighter_colour_has_a_larger_luminance(color: str):
    lighter = "#" + "".join(f"{min(int(255 * part) + 20, 255):02x}" for part in rgb(color))
    assert luminance(lighter) >= luminance(color)


def test_switching_changes_the_one_palette_everybody_holds():
    held = palette.COLORS
    palette.use(LIGHT)
    assert held.background == LIGHT.background


@pytest.mark.parametrize("colors", [DARK, LIGHT], ids=lambda c: c.name)
def test_joint_curves_stand_out_from_their_ground(colors: Palette):
    assert min(contrast(line, colors.sunken) for line in colors.series) >= 3.0
