"""Listens to one input in a thread: the newest state, or the reason why there is none.

A device that is unplugged is looked for again by its address until it is back; nothing needs to be
restarted. Knows no report's meaning and no robot.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from devices.errors import DeviceError, NotConnected
from devices.inputs.errors import InputLost
from devices.inputs.reports import Reports

PATIENCE_S = 0.05  # how soon a closing thread and a silent device are noticed
LOOK_AGAIN_S = 0.5  # between searches for a device that is gone
OPEN_TIMEOUT_S = 2.0
_NS = 1e9


class State(Protocol):
    """What an input tells."""

    def at_rest(self) -> Self:
        """The same device, let go."""
        ...


S = TypeVar("S", bound=State)


class Listener(Generic[S]):
    """CLOSED → LISTENING ⇄ LOOKING, → CLOSED."""

    def __init__(
        self,
        name: str,
        *,
        open_device: Callable[[], Reports],
        parse: Callable[[bytes, S], S],
        rest: S,
        silence_s: float | None = None,
    ) -> None:
        """A listener that is closed.

        Args:
            name: of the input on the bench.
            open_device: finds and opens it; raises DeviceError.
            parse: a report and the state before → the state.
            rest: nothing held.
            silence_s: without a report for this long it counts as let go; None: it is silent when
                nothing changes.
        """
        self._name = name
        self._open_device = open_device
        self._parse = parse
        self._rest = rest
        self._silence_s = silence_s
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._state = rest
        self._problem: DeviceError | None = None
        self._count = 0
        self._heard_ns = 0
        self._losses = 0

    @property
    def reports(self) -> int:
        """Reports since it was opened."""
        return self._count

    @property
    def losses(self) -> int:
        """How often the device went away since it was opened."""
        return self._losses

    def open(self) -> None:
        """Open the device and listen; may be called twice.

        Raises:
            DeviceError: it is not there or may not be opened.
        """
        if self._thread is not None:
            return
        device = self._open_device()
        self._state, self._problem, self._count, self._losses = self._rest, None, 0, 0
        self._closing.clear()
        self._thread = threading.Thread(
            target=self._run, args=(device,), name=f"input-{self._name}", daemon=True
        )
        self._thread.start()

    def state(self) -> S:
        """What is held now.

        Raises:
            NotConnected: before ``open``.
            InputLost: the device is gone; it is looked for.
        """
        if self._thread is None:
            raise NotConnected(self._name)
        with self._changed:
            if self._problem is not None:
                raise self._problem
            return self._state

    def wait_for_reports(self, count: int, *, timeout_s: float) -> bool:
        """Wait until so many reports came; False when they did not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, timeout_s)

    def close(self) -> None:
        """End; may be called twice."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _run(self, device: Reports) -> None:
        found: Reports | None = device
        while found is not None:
            try:
                self._listen(found)
            except DeviceError as error:
                self._lose(error)
            finally:
                found.close()
            found = self._look_again()

    def _listen(self, device: Reports) -> None:
        while not self._closing.is_set():
            report = device.read(PATIENCE_S)
            if report is None:
                self._let_go_when_silent()
                continue
            with self._changed:
                self._state = self._parse(report, self._state)
                self._heard_ns = time.monotonic_ns()
                self._count += 1
                self._changed.notify_all()

    def _let_go_when_silent(self) -> None:
        if self._silence_s is None:
            return
        if (time.monotonic_ns() - self._heard_ns) / _NS > self._silence_s:
            with self._changed:
                self._state = self._state.at_rest()

    def _lose(self, error: DeviceError) -> None:
        with self._changed:
            self._problem = error if isinstance(error, InputLost) else InputLost(self._name)
            self._state = self._rest
            self._losses += 1
            self._changed.notify_all()

    def _look_again(self) -> Reports | None:
        """The device when it is back; None when the listener closes."""
        while not self._closing.wait(LOOK_AGAIN_S):
            try:
                device = self._open_device()
            except DeviceError:  # still away; ``state`` tells
                continue
            with self._changed:
                self._problem = None
                self._heard_ns = time.monotonic_ns()
                self._changed.notify_all()
            return device
        return None
