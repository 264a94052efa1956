"""What widget tests share: the theme, a shown widget, its pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from widgets import theme
from widgets.gl_probe import probe


@pytest.fixture(autouse=True)
def dark(qapp: QApplication) -> Iterator[None]:
    """Every test starts in the dark palette and leaves it behind."""
    theme.apply(qapp, "dark")
    yield
    if theme.COLORS.name != "dark":
        theme.apply(qapp, "dark")


@pytest.fixture(autouse=True)
def screen_or_skip(request: pytest.FixtureRequest, dark: None) -> None:
    if request.node.get_closest_marker("gl") and not probe().available:
        pytest.skip(f"no OpenGL here: {probe().reason}")


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[..., Any]:
    """Show a widget at a size and wait until it is on the screen."""

    def show(widget: QWidget, width: int = 0, height: int = 0) -> QWidget:
        qtbot.addWidget(widget)
        if width:
            widget.resize(width, height)
        with qtbot.waitExposed(widget):
            QWidget.show(widget)
        return widget

    return show


def _pixels(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


@pytest.fixture
def pixels() -> Callable[[QWidget], np.ndarray]:
    """What a widget paints, (h, w, 3) uint8 RGB."""

    def grab(widget: QWidget) -> np.ndarray:
        return _pixels(widget.grab().toImage())

    return grab


@pytest.fixture
def share() -> Callable[..., float]:
    """Which share of pixels has a colour, give or take ``slack`` per channel."""

    def count(image: np.ndarray, color: str, slack: int = 12) -> float:
        wanted = np.array(QColor(color).getRgb()[:3])
        return float((np.abs(image.astype(int) - wanted) <= slack).all(axis=-1).mean())

    return count


@pytest.fixture
def held_key() -> Callable[..., None]:
    """Send the press that a keyboard repeats while a key is held down."""

    def send(widget: QWidget, key: Qt.Key) -> None:
        event = QKeyEvent(
            QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, autorep=True, count=1
        )
        QApplication.sendEvent(widget, event)

    return send
