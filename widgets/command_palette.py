"""Find any action: type a few letters, see its key, do it with Enter.

Shows commands it is given; one that cannot be done now says why. Emits the key of the one chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from widgets import theme
from widgets.fuzzy import score
from widgets.overlay import Overlay
from widgets.palette import COLORS

_ROW_PX = 46
_COMMAND = Qt.ItemDataRole.UserRole
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the palette."""

    key: str
    text: str
    where: str = ""  # page, "" everywhere
    shortcut: str = ""
    reason: str = ""  # why it cannot be done now, "" when it can


class CommandPalette(Overlay):
    """Emits ``chosen(key)``; commands with a reason are shown and cannot be chosen."""

    chosen = Signal(str)

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__("Find any action", size=QSize(620, 520), parent=parent)
        self._commands: tuple[Command, ...] = ()
        self.field = _SearchField()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Search actions")
        self.list = QListWidget()
        self.list.setProperty("role", "palette")
        self.list.setAccessibleName("Actions")
        self.list.setItemDelegate(_CommandDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.body.addWidget(self.field)
        self.body.addWidget(self.list, 1)
        self.field.textChanged.connect(self._on_field_text_changed)
        self.field.moved.connect(self._on_field_moved)
        self.field.accepted.connect(self._on_field_accepted)
        self.list.itemClicked.connect(self._on_list_item_clicked)

    def set_commands(self, commands: Sequence[Command]) -> None:
        """What can be found, in the order shown while nothing is typed."""
        self._commands = tuple(commands)
        self.field.clear()
        self._show("")

    @property
    def shown(self) -> list[Command]:
        """What the list shows now, best first."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [item.data(_COMMAND) for item in items]

    def first_focus(self) -> QWidget:
        return self.field

    def _show(self, query: str) -> None:
        self.list.clear()
        for command in found(query, self._commands):
            item = QListWidgetItem(command.text)
            item.setData(_COMMAND, command)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken(command))
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _on_field_text_changed(self, text: str) -> None:
        self._show(text)

    def _on_field_moved(self, rows: int) -> None:
        last = self.list.count() - 1
        self.list.setCurrentRow(max(0, min(last, self.list.currentRow() + rows)))

    def _on_field_accepted(self) -> None:
        self._choose(self.list.currentItem())

    def _on_list_item_clicked(self, item: QListWidgetItem) -> None:
        self._choose(item)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        command: Command = item.data(_COMMAND)
        if command.reason:
            return
        self.dismiss()
        self.chosen.emit(command.key)


class _SearchField(QLineEdit):
    """A text field that passes arrows and Enter on to the list."""

    moved = Signal(int)
    accepted = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.moved.emit(_MOVES[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.accepted.emit()
        elif key == Qt.Key.Key_Escape:
            event.ignore()  # the overlay closes
        else:
            super().keyPressEvent(event)


class _CommandDelegate(QStyledItemDelegate):
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(200, _ROW_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        command: Command = index.data(_COMMAND)
        area: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(COLORS.selection))
            painter.drawRoundedRect(area.adjusted(0, 1, -2, -1), 6, 6)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        self._paint_words(painter, area.adjusted(12, 5, -12, -5), command, selected=selected)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, area: QRect, command: Command, *, selected: bool
    ) -> None:
        quiet = QColor(COLORS.text if selected else COLORS.quiet)
        right = area
        painter.setFont(theme.font(12, QFont.Weight.DemiBold))
        painter.setPen(quiet)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(right, flags, command.shortcut)
        painter.setFont(theme.font(13, QFont.Weight.DemiBold))
        painter.setPen(quiet if command.reason else QColor(COLORS.strong))
        painter.drawText(area, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, command.text)
        painter.setFont(theme.font(11))
        painter.setPen(quiet)
        below = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area, below, command.reason or command.where)


def found(query: str, commands: Sequence[Command]) -> list[Command]:
    """The commands that match, best first; those that cannot be done now after the others."""
    rated: list[tuple[float, int, Command]] = []
    for place, command in enumerate(commands):
        points = score(query, f"{command.text} {command.where}")
        if points is not None:
            rated.append((points, place, command))
    rated.sort(key=lambda entry: (bool(entry[2].reason) and bool(query), -entry[0], entry[1]))
    return [command for _, _, command in rated]


def spoken(command: Command) -> str:
    """What a screen reader says."""
    parts = (command.text, command.shortcut, command.where, command.reason)
    return ", ".join(part for part in parts if part)


def main() -> None:
    """Show some commands."""
    from widgets import demo

    def build() -> QWidget:
        page = QWidget()
        page.resize(800, 600)
        palette = CommandPalette(parent=page)
        palette.set_commands(
            (
                Command("run", "Go to Run", "Everywhere", "Ctrl+5"),
                Command("take_over", "Take over", "Run", "Tab"),
                Command("approve", "Approve the plan", "Run", "Enter", "No plan waits."),
            )
        )
        palette.open()
        return page

    demo.show(build, size=(800, 600))


if __name__ == "__main__":
    main()
