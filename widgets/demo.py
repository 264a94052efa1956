"""Runs one widget alone: ``python -m widgets.<name> [--light] [--shot FILE.png] [--after S]``.

For people who work on a widget. Knows no product code beyond the theme; numbers are made up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from widgets import theme


def show(
    build: Callable[[], QWidget], *, size: tuple[int, int] = (480, 320), margin_px: int = 16
) -> None:
    """Show what ``build`` returns in a window until it is closed, or save a picture and leave.

    Runs in: the main thread of a process of its own; never returns.
    """
    options = _options()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app, "light" if options.light else "dark")
    window = QWidget()
    window.setProperty("role", "panel")
    window.setWindowTitle("Foresight widget")
    layout = QVBoxLayout(window)
    layout.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
    layout.addWidget(build())
    window.resize(*size)
    window.show()
    if options.shot:
        QTimer.singleShot(int(options.after * 1000), lambda: _save(window, options.shot))
    raise SystemExit(app.exec())


def _save(window: QWidget, path: str) -> None:
    screen: QScreen = window.screen()
    grabbed = screen.grabWindow(window.winId())
    (window.grab() if grabbed.isNull() else grabbed).save(path)
    QApplication.quit()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Shows one widget with made-up values.")
    parser.add_argument("--light", action="store_true", help="light colours")
    parser.add_argument("--shot", default="", help="save a picture here and leave")
    parser.add_argument("--after", type=float, default=0.6, help="seconds before the picture")
    return parser.parse_args()
