"""What a page gives to the window: up to four panels, and what happens when it is entered.

The stage (3D, cameras, joints) belongs to the window and is shared between pages.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)


class Page:
    """Base of the five places; panels that stay None are not shown."""

    key = ""
    left_px = 272  # width of ``left`` at first
    left_least_px = 312  # … on a small screen, where it is less than ``left_px``
    uses_stage = True  # False: ``centre`` is shown instead of 3D, cameras and curves

    def __init__(self) -> None:
        self.left: QWidget | None = None  # list beside the rail
        self.strip: QWidget | None = None  # controls below the 3D view
        self.centre: QWidget | None = None
        self.inspector: QWidget | None = None

    @property
    def shows_left(self) -> bool:
        """Whether there is something to show beside the rail now."""
        return self.left is not None

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


def framed(content: QWidget | None, margins_px: tuple[int, int, int, int]) -> QWidget:
    """A panel with its own ground around ``content``, which may come later."""
    panel = QWidget()
    panel.setProperty("role", "panel")
    panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(*margins_px)
    if content is not None:
        layout.addWidget(content)
    return panel


def show_in(panel: QWidget | None, part: QWidget) -> None:
    """Scroll a :func:`column` so that ``part``, which may just have grown, begins at its top."""
    assert isinstance(panel, QScrollArea)
    bar = panel.verticalScrollBar()
    QTimer.singleShot(0, panel, lambda: bar.setValue(part.y()))


def give_left_its_width(splitter: QSplitter, page: Page) -> None:
    """The first panel gets what ``page`` wants, less on a narrow window; the second the rest."""
    first = splitter.widget(0)
    if first is None:
        return
    wanted_px = page.left_px
    first.setMinimumWidth(min(wanted_px, page.left_least_px))
    first.setMaximumWidth(wanted_px)
    left, rest = splitter.sizes()
    splitter.setSizes([wanted_px, max(0, left + rest - wanted_px)])
