"""STOP, its second stage and heartbeat between processes: three shared numbers without a lock.

A lock could be held by a process that is killed, and then the control loop would wait for ever.
Each number has one writer (the studio) and is written in one piece. Knows neither rig nor window.
"""

from __future__ import annotations

import threading
import time
from ctypes import c_int64
from multiprocessing.context import SpawnContext

_STOPS, _BEAT, _RELEASES = 0, 1, 2


class SharedLifeline:
    """Made by the studio, handed to the rig process when that is spawned."""

    def __init__(self, context: SpawnContext) -> None:
        self._words = context.RawArray(c_int64, 3)
        self.beat()

    # ── the studio's side ──────────────────────────────────────────────────────────────────

    def stop(self) -> None:
        """STOP; counts up, so that no press is ever lost or taken back by accident."""
        self._words[_STOPS] += 1

    def release(self) -> None:
        """Second stage of STOP: park and let go; counts up like STOP."""
        self._words[_RELEASES] += 1

    def beat(self) -> None:
        """The studio is alive."""
        self._words[_BEAT] = time.monotonic_ns()

    # ── the rig's side ─────────────────────────────────────────────────────────────────────

    def stop_count(self) -> int:
        return self._words[_STOPS]

    def release_count(self) -> int:
        return self._words[_RELEASES]

    def heartbeat_ns(self) -> int:
        return self._words[_BEAT]


class WatchedLifeline:
    """The lifeline inside the rig process, which also knows when the studio is gone."""

    def __init__(self, shared: SharedLifeline) -> None:
        self._shared = shared
        self._orphaned = threading.Event()

    def stop_count(self) -> int:
        return self._shared.stop_count()

    def release_count(self) -> int:
        return self._shared.release_count()

    def heartbeat_ns(self) -> int:
        return self._shared.heartbeat_ns()

    def is_orphaned(self) -> bool:
        return self._orphaned.is_set()

    def cut(self) -> None:
        """The studio is gone."""
        self._orphaned.set()
