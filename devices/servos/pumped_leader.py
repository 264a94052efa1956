"""A leader that a hand moves, whose cable is read on a thread of its own.

One that was unplugged comes back by itself when it is plugged in again. How the follower starts
without a jump is decided by whoever engages it. How it is opened and measured is in a subclass.
Knows no follower and no maker.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

from devices.errors import DeviceError, NotConnected, ReadFailed
from devices.motor_errors import PortGone
from devices.servos.pump import Pump
from recordings.types import F32, JointState

REOPEN_S = 0.5  # between two attempts to find an unplugged leader
_NS = 1e9


class PumpedLeader(ABC):
    """A leader. Used from the control thread; the abstract methods run on its own thread too."""

    def __init__(self, name: str, *, device: str, hz: float, stale_s: float) -> None:
        """A leader that is not connected.

        Args:
            name: of the leader, for the person who selects it.
            device: for errors.
            hz: readings per second.
            stale_s: a reading older than this is no reading.
        """
        self._name = name
        self._device = device
        self._hz = hz
        self._stale_s = stale_s
        self._pump = Pump(self._turn, name=f"bus-{device}")
        self._connected = False
        self._is_open = False
        self._state: JointState | None = None
        self._trouble: DeviceError | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def mirrored(self) -> bool:
        """Both arms are built alike: one expects to see the same pose."""
        return True

    @property
    def state(self) -> JointState | None:
        """What its motors measured last, in its own joints; None before ``connect``."""
        return self._state

    def connect(self) -> None:
        """Find and check the motors; a hand must be able to move them.

        Raises:
            ConnectFailed: in words what is wrong.
            DeviceError: a motor did not answer or obey.
        """
        if self._connected:
            return
        self._open()
        self._connected = True
        self._pump.start()

    def engage(self, q: F32) -> None:
        """Nothing to align: the hand is where it is.

        Raises:
            ReadFailed: it does not answer.
        """
        del q
        self._newest()

    def read(self, state: JointState) -> F32:
        """Where the hand holds it, (n,) rad.

        Raises:
            NotConnected: before ``connect``.
            ReadFailed: there is no reading from the last two ticks.
        """
        del state
        return self._newest().q

    def measured(self) -> JointState:
        """Everything its motors measure.

        Raises:
            NotConnected: before ``connect``.
            ReadFailed: there is no reading from the last two ticks.
        """
        return self._newest()

    def close(self) -> None:
        """Let go of the cable; may be called twice."""
        self._connected = False
        self._pump.stop()
        if self._is_open:
            self._say_goodbye()
        self._shut()
        self._is_open = False

    def _newest(self) -> JointState:
        if not self._connected:
            raise NotConnected(self._device)
        state, trouble = self._state, self._trouble
        if isinstance(trouble, PortGone):
            raise trouble
        age_s = float("inf") if state is None else (time.monotonic_ns() - state.t_ns) / _NS
        if state is None or age_s > self._stale_s:
            reason = trouble.message if trouble is not None else "its bus is late"
            raise ReadFailed(self._device, reason=reason)
        return state

    # ── of the maker ───────────────────────────────────────────────────────────────────────

    @abstractmethod
    def _set_up(self) -> JointState:
        """Open and check; returns the first reading. Whatever it raises, ``_shut`` follows."""

    @abstractmethod
    def _measure(self) -> JointState:
        """Where the hand holds it now."""

    @abstractmethod
    def _shut(self) -> None:
        """Give the cable back; may be called twice."""

    def _say_goodbye(self) -> None:  # noqa: B027 - most have nothing to say
        """What its motors are told before the cable is given back; a lost cable is no error."""

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _open(self) -> None:
        try:
            self._state = self._set_up()
        except BaseException:
            self._shut()
            raise
        self._trouble = None
        self._is_open = True

    def _turn(self) -> float:
        """Measure; or, without a cable, look whether it is back. Runs on the pump's thread."""
        try:
            if not self._is_open:
                self._open()
            state = self._measure()
        except PortGone as error:
            self._trouble = error
            self._shut()
            self._is_open = False
            return REOPEN_S
        except DeviceError as error:
            self._trouble = self._trouble if not self._is_open else error
            return 1.0 / self._hz if self._is_open else REOPEN_S
        if self._state is None or state.t_ns > self._state.t_ns:
            self._trouble = None
        self._state = state
        return 1.0 / self._hz
