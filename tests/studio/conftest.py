"""What the studio's tests share: jobs that are small scripts, a session without processes."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from studio.jobs import foresight_environment

SAY = """
import sys
sys.path.insert(0, {root!r})
from model import messages
def say(event):
    sys.stdout.write(messages.encode(event) + "\\n")
    sys.stdout.flush()
"""


@pytest.fixture
def script():
    """``script(body)``: the command of a job that runs ``body``, with ``say(event)`` at hand."""
    root = foresight_environment()["PYTHONPATH"].split(":")[0]

    def command(body: str) -> list[str]:
        return [sys.executable, "-c", SAY.format(root=root) + body]

    return command


@pytest.fixture(autouse=True)
def windows_really_go():
    """A window that was closed is deleted at once: hundreds of widgets would pile up per test."""
    yield
    if not isinstance(QApplication.instance(), QApplication):
        return
    for window in [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow)]:
        window.deleteLater()
        QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
