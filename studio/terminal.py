"""Progress bars and headings for a terminal, plain lines where the output is a file.

Knows nothing of what progresses. Writes to the stream it is given (stderr, so that stdout stays
clean for results).
"""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 28  # characters of a bar
EIGHTHS = " ▏▎▍▌▋▊▉█"


class Progress:
    """One bar: a name, how far it is, a remark, the time left."""

    def __init__(self, name: str, total: float, stream: TextIO | None = None) -> None:
        self._name = name
        self._total = max(total, 1e-9)
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._started_s = time.monotonic()
        self._told = -1  # tenths already written as lines

    def show(self, done: float, remark: str = "", eta_s: float | None = None) -> None:
        """Show ``done`` of the total; ``eta_s`` replaces the own estimate."""
        share = min(1.0, max(0.0, done / self._total))
        spent_s = time.monotonic() - self._started_s
        left_s = eta_s
        if left_s is None and share > 0.02:
            left_s = spent_s / share - spent_s
        left = "" if left_s is None or share >= 1 else f" · {clock(left_s)} left"
        text = f"{self._name:<12} {bar(share)} {share:4.0%}  {remark}{left}"
        if self._live:
            self._stream.write(f"\r\x1b[2K{text}")
            self._stream.flush()
        elif int(share * 10) > self._told:
            self._told = int(share * 10)
            self._stream.write(text + "\n")
            self._stream.flush()

    def end(self, remark: str) -> None:
        """Close the bar with what came of it."""
        spent = clock(time.monotonic() - self._started_s)
        text = f"{self._name:<12} {bar(1.0)} done  {remark} · {spent}"
        self._stream.write(f"\r\x1b[2K{text}\n" if self._live else text + "\n")
        self._stream.flush()


def bar(share: float, width: int = WIDTH) -> str:
    """A bar of ``width`` characters filled to ``share`` 0…1, in eighths of a character."""
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width, "░")[:width]


def clock(seconds: float) -> str:
    """Seconds as ``m:ss``, or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
