"""The process that looks through the cameras of a kit: no camera can make the window wait.

It is told which cameras to look at and tells small pictures, and :class:`LookingAt` once the others
are let go. Knows no Qt.
"""

from __future__ import annotations

import signal
from collections.abc import Collection
from dataclasses import dataclass
from multiprocessing.connection import Connection

from devices.setup.bench_draft import CameraDraft

PERIOD_S = 0.1


@dataclass(frozen=True, slots=True)
class LookingAt:
    """These cameras are held now, and no other one is any more."""

    addresses: frozenset[str]


def run_peek(pipe: Connection) -> None:
    """Body of the process; ends when the window closes the pipe or is gone."""
    from devices.cameras.described import CameraEntry  # loads OpenCV, as the next one
    from devices.cameras.peek import Peek

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the window, which closes the pipe
    peek = Peek()
    try:
        while True:
            if pipe.poll(PERIOD_S):
                drafts: Collection[CameraDraft] = pipe.recv()
                peek.look_at(
                    [CameraEntry(d.address, d.address, d.width, d.height, d.fps) for d in drafts]
                )
                pipe.send(LookingAt(frozenset(draft.address for draft in drafts)))
            for glance in peek.news():
                pipe.send(glance)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the window has gone
    finally:
        peek.close()
