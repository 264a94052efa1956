"""Real-time priority for the rig process: asked for, and done without where it is refused.

The control thread comes first. The helper threads follow one step below, because all threads of a
Python process share one lock: a helper that is put aside by the system while it holds that lock
would keep the control thread waiting. Child processes stay ordinary. Knows no rig.
"""

from __future__ import annotations

import os
import threading

CONTROL_PRIORITY = 10  # SCHED_FIFO, 1 … 99
HELPER_PRIORITY = 5


class Realtime:
    """Lifts threads of this process; remembers which."""

    def __init__(self) -> None:
        self._granted = False
        self._lifted: set[int] = set()

    def lift_control_thread(self) -> bool:
        """Lift the calling thread; False where that is refused."""
        self._granted = _lift(threading.get_native_id(), CONTROL_PRIORITY)
        self._lifted = {threading.get_native_id()}
        return self._granted

    def lift_helper_threads(self) -> None:
        """Lift threads that were started since the last call; cheap when there are none."""
        if not self._granted:
            return
        for thread in threading.enumerate():
            number = thread.native_id
            if number is not None and number not in self._lifted:
                self._lifted.add(number)
                _lift(number, HELPER_PRIORITY)


def _lift(thread: int, priority: int) -> bool:
    if not hasattr(os, "sched_setscheduler"):
        return False
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    try:
        os.sched_setscheduler(thread, policy, os.sched_param(priority))
    except OSError:
        return False
    return True
