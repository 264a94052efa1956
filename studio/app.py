"""Puts the studio together: bench, session, window. The composition root of the Qt process.

Loads no torch, no MuJoCo and no pyqtgraph, and starts no process, before the window is on screen.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from devices.bench import Bench, load_bench
from devices.errors import DeviceError
from studio.log import catch_unexpected, start_logging
from studio.session import Session
from studio.settings import Folders, load_preferences
from studio.window import Window
from widgets import theme

UNSEEN_MS = 5000  # a window not painted by then is minimised or on another screen


class Studio(QObject):
    """The window of the moment; another bench gets another window in its place."""

    def __init__(self, name: str, folders: Folders) -> None:
        """Open the window on a bench.

        Args:
            name: of the bench, or its file.
            folders: of this person.

        Raises:
            DeviceError: the bench does not exist or cannot be read; the message says what does.
        """
        super().__init__()
        self._folders = folders
        self.window = self._build(name, load_bench(name))

    def _build(self, name: str, bench: Bench) -> Window:
        loaded = load_preferences(self._folders.preferences)
        file = Path(name).resolve() if Path(name).is_file() else None
        session = Session(bench, self._folders, loaded.preferences, bench_file=file)
        window = Window(session)
        for warning in loaded.warnings:
            session.noticed.emit(warning, "attention")
        session.benchWanted.connect(self._on_session_bench_wanted)
        window.painted.connect(session.start)  # the children would take the processor from it
        QTimer.singleShot(UNSEEN_MS, session, session.start)  # a window may begin out of sight
        return window

    def _on_session_bench_wanted(self, name: str) -> None:
        QTimer.singleShot(0, self, lambda: self.open(name))  # not from within the old window

    def open(self, name: str) -> None:
        """Open another bench, or the same one again, in place of the one that is open.

        One that cannot be opened is told about, and the old one stays.
        """
        old = self.window
        try:
            bench = load_bench(name)
        except DeviceError as error:
            old.desk.tell(str(error), "danger")
            return
        old.session.prefer(bench=name)
        new = self._build(name, bench)
        new.setGeometry(old.geometry())
        self.window = new
        new.show()  # first, or the last window would be gone
        old.close()
        old.session.deleteLater()
        old.deleteLater()


def open_studio(options: argparse.Namespace) -> int:
    """Open the window and run until it is closed; returns the exit code.

    Raises:
        DeviceError: the bench does not exist or cannot be read; the message says what does.
    """
    folders = Folders.default(options.data)
    if options.tour is not None:  # it records, trains and ticks off steps: not among a person's own
        folders = Folders(options.data or options.tour / "data", options.tour / "config")
    folders.create()
    preferences = load_preferences(folders.preferences).preferences
    start_logging(folders.logs)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Foresight")
    theme.apply(app, preferences.theme)
    studio = Studio(options.bench or preferences.bench, folders)
    studio.window.show()
    if options.tour is not None:
        from studio.tour import start_tour

        start_tour(studio.window, studio.window.session, options.tour)
    with catch_unexpected(lambda text, details: studio.window.desk.tell(text, "danger", details)):
        return app.exec()
