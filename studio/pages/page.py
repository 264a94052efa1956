"""What a page gives to the window: up to four panels, and what happens when it is entered.

The stage (3D, cameras, joints) belongs to the window and is shared between pages.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

LEFT_MIN_PX = 312  # of the panel beside the rail, on a small screen


class Page:
    """Base of the five places; panels that stay None are not shown."""

    key = ""
    left_px = 272  # width of ``left`` at first
    uses_stage = True  # False: ``centre`` is shown instead of 3D and cameras

    def __init__(self) -> None:
        self.left: QWidget | None = None  # list beside the rail
        self.strip: QWidget | None = None  # controls below the 3D view
        self.centre: QWidget | None = None
        self.inspector: QWidget | None = None

    def enter(self) -> None:
        """The page has just come to the front."""

    def leave(self) -> None:
        """Another page comes to the front."""

    def tick(self) -> None:
        """Called some 15 times a second while the page is in front."""


def column(*widgets: QWidget, role: str = "panel", stretch: bool = True) -> QWidget:
    """Panels below each other on a ground of ``role``, scrolling when the window is low."""
    inside = QWidget()
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(12, 12, 12, 12)
    layout.setSpacing(10)
    for widget in widgets:
        layout.addWidget(widget)
    if stretch:
        layout.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setWidget(inside)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setProperty("role", role)
    return scroll


def bar(*widgets: QWidget) -> QWidget:
    """Widgets side by side on a raised strip."""
    strip = QFrame()
    strip.setProperty("role", "card")
    strip.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(strip)
    row.setContentsMargins(12, 8, 12, 8)
    row.setSpacing(10)
    for widget in widgets:
        row.addWidget(widget)
    return strip


def give_left_its_width(splitter: QSplitter, wanted_px: int) -> None:
    """The first panel gets ``wanted_px``, less where the window is narrow; the second the rest."""
    panel = splitter.widget(0)
    assert panel is not None
    panel.setMinimumWidth(min(wanted_px, LEFT_MIN_PX))
    panel.setMaximumWidth(wanted_px)
    left, centre, right = splitter.sizes()
    splitter.setSizes([wanted_px, max(0, centre + left - wanted_px), right])


def indent(box: QAbstractSpinBox) -> None:
    """Keep a number field's text off its frame, as in the other fields."""
    box.lineEdit().setTextMargins(7, 0, 0, 0)
