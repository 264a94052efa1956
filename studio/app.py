"""Puts the studio together: bench, session, window. The composition root of the Qt process.

Loads no torch, no MuJoCo and no pyqtgraph, and starts no process, before the window is on screen.
"""

from __future__ import annotations

import argparse
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from devices.bench import load_bench
from studio.log import catch_unexpected, start_logging
from studio.session import Session
from studio.settings import Folders, load_preferences
from studio.window import Window
from widgets import theme

UNSEEN_MS = 5000  # a window not painted by then is minimised or on another screen


def open_studio(options: argparse.Namespace) -> int:
    """Open the window and run until it is closed; returns the exit code.

    Raises:
        DeviceError: the bench does not exist or cannot be read; the message says what does.
    """
    folders = Folders.default(options.data)
    if options.tour is not None:  # it records, trains and ticks off steps: not among a person's own
        folders = Folders(options.data or options.tour / "data", options.tour / "config")
    folders.create()
    loaded = load_preferences(folders.preferences)
    bench = load_bench(options.bench or loaded.preferences.bench)
    start_logging(folders.logs)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Foresight")
    session = Session(bench, folders, loaded.preferences)
    theme.apply(app, loaded.preferences.theme)
    window = Window(session)
    for warning in loaded.warnings:
        session.noticed.emit(warning, "attention")
    window.painted.connect(session.start)  # the children would take the processor from the paint
    QTimer.singleShot(UNSEEN_MS, session, session.start)  # a window may begin out of sight
    window.show()
    if options.tour is not None:
        from studio.tour import start_tour

        start_tour(window, session, options.tour)
    with catch_unexpected(lambda text, details: window.desk.tell(text, "danger", details)):
        return app.exec()
