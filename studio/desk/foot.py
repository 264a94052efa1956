"""The foot of the rail: find, help and the menu with everything that belongs to no page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from studio.actions import action
from widgets import icons
from widgets.palette import COLORS

MENU = (
    ("preferences",),
    ("theme", "sounds", "first_steps", "reset_layout"),
    ("help", "data_folder", "bundle"),
)


class FootButton(QToolButton):
    """An icon above a word; tinted for the palette in use."""

    def __init__(self, text: str, icon: str, tip: str) -> None:
        super().__init__()
        self._icon_name = icon
        self.setProperty("role", "foot")
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(20, 20))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tint()

    def _tint(self) -> None:
        self.setIcon(icons.icon(self._icon_name, COLORS.quiet))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._tint()


class Foot:
    """Three buttons for the rail; the menu is filled when it opens."""

    def __init__(
        self, do: Callable[[str], None], panels: Callable[[], list[QAction]], parent: QWidget
    ) -> None:
        self._do = do
        self._panels = panels
        self.menu = QMenu(parent)
        self.menu.aboutToShow.connect(self._fill)
        self.find = FootButton("Find", "search", action("find").tip)
        self.help = FootButton("Help", "help", action("help").tip)
        self.more = FootButton("Menu", "menu", "Preferences, panels, support")
        self.find.clicked.connect(partial(self._on_button_clicked, "find"))
        self.help.clicked.connect(partial(self._on_button_clicked, "help"))
        self.more.setMenu(self.menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    @property
    def buttons(self) -> tuple[FootButton, ...]:
        return self.find, self.help, self.more

    def _on_button_clicked(self, key: str, _checked: bool = False) -> None:
        self._do(key)

    def _fill(self) -> None:
        self.menu.clear()
        for group in MENU:
            for key in group:
                self.menu.addAction(self._entry(key))
            self.menu.addSeparator()
        cells = self.menu.addMenu("Panels")
        cells.addActions(self._panels())

    def _entry(self, key: str) -> QAction:
        known = action(key)
        entry = QAction(known.text, self.menu)
        if known.shortcuts:  # shown only: the window's own shortcut acts
            entry.setText(f"{known.text}\t{_native(known.shortcuts[0])}")
        entry.triggered.connect(partial(self._on_button_clicked, key))
        return entry


def _native(shortcut: str) -> str:
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
