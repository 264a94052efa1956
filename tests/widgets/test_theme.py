"""One stylesheet for everything, and a Qt that does not eat references."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from widgets import theme


def test_no_placeholder_is_left_in_the_stylesheet():
    assert "$" not in theme.stylesheet()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_picture_the_stylesheet_names_exists(qapp: QApplication, name: str):
    theme.apply(qapp, name)
    paths = re.findall(r"url\((.+?)\)", theme.stylesheet())
    assert paths
    assert [p for p in paths if not Path(p).is_file()] == []


def test_an_unknown_theme_is_refused_by_name(qapp: QApplication):
    with pytest.raises(ValueError, match=r"'neon'.*'dark' or 'light'"):
        theme.apply(qapp, "neon")


def test_the_light_theme_paints_light(qapp: QApplication, shown, pixels):
    page = shown(QLabel("x"), 40, 40)
    page.setProperty("role", "page")
    dark = pixels(page).mean()
    theme.apply(qapp, "light")
    assert pixels(page).mean() > dark + 100


def test_a_primary_button_has_the_primary_colour(shown, pixels, share):
    button = QPushButton("Take over")
    button.setProperty("kind", "primary")
    assert share(pixels(shown(button, 140, 34)), theme.COLORS.primary) > 0.5


def test_restyle_repaints_in_the_new_tone(shown, pixels, share):
    label = shown(QLabel("███"), 60, 30)
    theme.restyle(label, tone="danger")
    assert share(pixels(label), theme.COLORS.danger_text) > 0.2


def test_the_font_falls_back_to_fonts_every_desktop_has():
    assert theme.font().families()[:3] == ["Inter", "Noto Sans", "DejaVu Sans"]


def test_void_qt_calls_keep_their_references_to_none():
    """PySide6 6.12.0 lost one per call on CPython 3.11 and aborted after 8000 of them."""
    path = QPainterPath()
    before = sys.getrefcount(None)
    for _ in range(200):
        path.moveTo(1.0, 2.0)
    assert sys.getrefcount(None) - before > -100
