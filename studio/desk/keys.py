"""What the keyboard does in the window: one shortcut per key of the action table, and STOP first.

Keys are off while somebody types, ignore auto-repeat, and mean on every page what the table says.
Decides nothing: it asks ``do(key)``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QWindow
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from studio.actions import ACTIONS, Action

STOP_KEYS = (Qt.Key.Key_F12, Qt.Key.Key_Pause)


class Keys(QObject):
    """The shortcuts of one window."""

    def __init__(self, window: QWidget, page: Callable[[], str], do: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window = window
        self._page = page
        self._do = do
        by_key: dict[str, list[Action]] = {}
        for entry in ACTIONS:
            for shortcut in entry.shortcuts if entry.key != "stop" else ():
                by_key.setdefault(shortcut, []).append(entry)
        for shortcut, entries in by_key.items():
            bound = QShortcut(QKeySequence(shortcut), window)
            bound.setAutoRepeat(False)
            bound.activated.connect(partial(self._on_key, entries))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusWindowChanged.connect(self.listen_to)

    def listen_to(self, focused: QWindow | None) -> None:
        """STOP is heard in every window of ours, dialogs included, before anybody else."""
        if focused is not None:
            focused.installEventFilter(self)

    def _on_key(self, entries: list[Action]) -> None:
        for entry in entries:
            if entry.pages and self._page() not in entry.pages:
                continue
            if is_typing() and not entry.while_typing:
                continue
            self._do(entry.key)
            return
        if is_typing() or Qt.Key.Key_Tab.name[4:] in (s for e in entries for s in e.shortcuts):
            self._window.focusNextChild()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in STOP_KEYS:
                if not event.isAutoRepeat():
                    self._do("stop")
                return True
        return super().eventFilter(watched, event)


def is_typing() -> bool:
    """Whether the focus is in a field that takes text."""
    focus = QApplication.focusWidget()
    return isinstance(focus, QLineEdit | QTextEdit | QPlainTextEdit | QAbstractSpinBox)
