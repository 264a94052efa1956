"""Dockable cells around a centre: dragged by their heads, floated, closed and brought back.

Holds widgets it is given and remembers where a person put them. Knows no page.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QWidget

from widgets.card import Heading, tiny_button

Area = Qt.DockWidgetArea
LEFT, RIGHT, BOTTOM = Area.LeftDockWidgetArea, Area.RightDockWidgetArea, Area.BottomDockWidgetArea

VERSION = 1  # of the cells there are: a layout of others is not restored


class Cell(QDockWidget):
    """One cell; one that can be closed has a head with its title, to drag, float and close it."""

    def __init__(self, key: str, title: str, content: QWidget, *, closable: bool) -> None:
        super().__init__(title)
        self.setObjectName(key)  # saved layouts name cells
        self.wanted = True  # False: a person closed it
        self.heading = Heading(title)
        self.setWidget(content)
        self.setTitleBarWidget(self._head() if closable else QWidget())
        features = QDockWidget.DockWidgetFeature.DockWidgetMovable
        if closable:
            features |= QDockWidget.DockWidgetFeature.DockWidgetClosable
            features |= QDockWidget.DockWidgetFeature.DockWidgetFloatable
        self.setFeatures(features)

    def _head(self) -> QWidget:
        head = QWidget()
        head.setProperty("role", "panel")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(head)
        row.setContentsMargins(12, 5, 8, 1)
        row.setSpacing(2)
        row.addWidget(self.heading, 1)
        for icon, tip, act in (
            ("float", "Float, or dock again", self._on_float_clicked),
            ("close", "Close; the menu brings it back", self._on_close_clicked),
        ):
            item = tiny_button(icon, tip)
            item.setAccessibleName(f"{tip}: {self.windowTitle()}")
            item.clicked.connect(act)
            row.addWidget(item)
        return head

    def _on_float_clicked(self) -> None:
        self.setFloating(not self.isFloating())

    def _on_close_clicked(self) -> None:
        self.set_wanted(False)

    def set_wanted(self, wanted: bool) -> None:
        self.wanted = wanted
        self.setVisible(wanted)


class Cells(QMainWindow):
    """The centre and its cells."""

    def __init__(self, centre: QWidget, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDockNestingEnabled(True)
        self.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
        self.setCentralWidget(centre)
        self._cells: dict[str, Cell] = {}

    def add(self, key: str, title: str, content: QWidget, area: Area, *, closable: bool) -> Cell:
        """Put ``content`` into a cell of its own."""
        cell = Cell(key, title, content, closable=closable)
        self.addDockWidget(area, cell)
        self._cells[key] = cell
        return cell

    def cell(self, key: str) -> Cell:
        return self._cells[key]

    def show_only(self, keys: tuple[str, ...]) -> None:
        """Show these cells, except those a person closed."""
        for key, cell in self._cells.items():
            cell.setVisible(key in keys and cell.wanted)

    def actions_to_show(self, keys: tuple[str, ...]) -> list[QAction]:
        """A menu entry per cell that can be closed."""
        entries = []
        for key in keys:
            cell = self._cells[key]
            entry = QAction(cell.windowTitle(), self)
            entry.setCheckable(True)
            entry.setChecked(cell.wanted)
            entry.toggled.connect(cell.set_wanted)
            entries.append(entry)
        return entries

    # ── remembering ────────────────────────────────────────────────────────────────────────

    def layout_state(self) -> tuple[QByteArray, list[str]]:
        """Where everything is, and which cells a person closed."""
        closed = [key for key, cell in self._cells.items() if not cell.wanted]
        return self.saveState(VERSION), closed

    def restore_layout(self, state: QByteArray, closed: list[str]) -> bool:
        """Put everything back; False when the state is of another program or version."""
        for key, cell in self._cells.items():
            cell.wanted = key not in closed
        return self.restoreState(state, VERSION)
