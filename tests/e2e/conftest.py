"""Opens the real studio from ``main()`` and walks through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio.__main__ import main
from studio.walk import Wait, Walk
from studio.window import Window

Script = Callable[[Window], Iterator[Wait]]


@pytest.fixture
def studio(qapp, tmp_path, monkeypatch):
    """``studio(script)`` runs ``foresight`` on the simulated bench and the script in its window.

    Returns the exit code; a wait that takes too long fails the test with its sentence and with what
    the window said meanwhile.
    """
    monkeypatch.setenv("QT_QPA_PLATFORM", qapp.platformName())
    problems: list[str] = []
    said: list[str] = []

    def begin(script: Script) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, Window)]
        if len(windows) != 1:
            problems.append(f"{len(windows)} studio windows are open, expected 1")
            QApplication.quit()
            return
        (window,) = windows
        walk = Walk(script(window), window)
        window.session.noticed.connect(lambda text, level: said.append(f"{level}: {text}"))

        def end(problem: str) -> None:
            problems.append(problem)
            window.close()

        walk.ended.connect(end)
        walk.start()

    def run(script: Script, *arguments: str) -> int:
        QTimer.singleShot(0, lambda: begin(script))
        code = main(["--data", str(tmp_path / "data"), *arguments])
        assert problems == [""], "\n".join([*problems, *said])
        return code

    return run
