"""The process in which a kit is set up: the window never waits for a cable.

Runs a :class:`devices.setup.workshop.Workshop` until the window closes its pipe or is gone; then
whatever was being measured is put back. Knows no Qt.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from multiprocessing.connection import Connection

from devices.setup.messages import Refused
from devices.setup.workshop import Workshop
from recordings.types import Fault

log = logging.getLogger(__name__)


def main(pipe: Connection) -> None:
    """Target of the spawned process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the window, which closes the pipe
    workshop = Workshop(pipe.send)
    try:
        while True:
            if pipe.poll(workshop.pause_s):
                workshop.handle(pipe.recv())
            workshop.turn()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the window has gone
    except Exception as error:
        log.exception("setting up")
        text = f"Setting up failed: {error}"
        hint = "Try again; if it happens again, send the log."
        pipe.send(Refused("", Fault("setup_failed", "setup", text, hint, time.monotonic_ns())))
        sys.exit(1)
    finally:
        workshop.tell = _to_nobody
        workshop.close()


def _to_nobody(_: object) -> None:
    """What is told while the window is gone."""
