"""One rotating JSON-lines log file per studio, and the top that catches what nobody expected.

Does not decide what is worth logging; control loops log nothing per tick (rates are numbers in
``LoopStats``).
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

MAX_BYTES = 2_000_000
KEPT_FILES = 5
REMEMBERED = 200  # records kept in memory for "Details"


class JsonLines(logging.Formatter):
    """One record per line, with the clock all processes of a machine share."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "t_ns": time.monotonic_ns(),
            "wall": self.formatTime(record),
            "level": record.levelname,
            "process": record.processName,
            "thread": record.threadName,
            "logger": record.name,
            "text": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class RecentLines(logging.Handler):
    """The newest records in memory, as a person reads them; for what stands behind an error."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
        self._lines: deque[str] = deque(maxlen=REMEMBERED)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def last(self, count: int) -> list[str]:
        """Up to ``count`` records, oldest first; tracebacks are part of theirs."""
        return list(self._lines)[-count:]


def start_logging(folder: Path, *, name: str = "studio") -> Path:
    """Log INFO and above of all packages to ``folder/name.jsonl``; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
    )
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    return path


@contextmanager
def catch_unexpected(tell: Callable[[str, str], None]) -> Iterator[None]:
    """Send what nobody catches meanwhile to the log and to ``tell(sentence, traceback)``.

    The window lives on. Also written to stderr: in a terminal and in tests a defect must be seen.
    """
    log = logging.getLogger(__name__)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("uncaught %s", kind.__name__, exc_info=(kind, error, trace))
        sys.stderr.write(details)
        tell(f"Something went wrong: {kind.__name__}: {error}", details)

    before, sys.excepthook = sys.excepthook, hook
    try:
        yield
    finally:
        sys.excepthook = before
