"""A follower whose cable has a thread of its own: it measures and sends there, steadily.

``read`` and ``write`` only look at what came last and post what is wanted. A hiccup on the cable is
made good there and counted; only silence that lasts longer than two ticks is an error. What is sent
and how torque comes on is in a subclass. Knows no authority and no maker.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod

import numpy as np

from devices.errors import DeviceError, NotConnected, ReadFailed, WriteFailed
from devices.motor_errors import ArmStopped, PortGone, PowerLost
from devices.servos.pump import Pump
from recordings.types import F32, JointState, RobotSpec, frozen_f32

SILENT_TURNS = 2  # readings without any answer: nothing new is sent any more
_NS = 1e9


class PumpedArm(ABC):
    """A follower. Used from the control thread; the abstract methods run under its lock."""

    def __init__(self, spec: RobotSpec, *, name: str, hz: float, stale_s: float) -> None:
        """An arm that is not connected.

        Args:
            spec: joints and limits.
            name: for errors.
            hz: readings per second.
            stale_s: a reading older than this is no reading.
        """
        self._spec = spec
        self._name = name
        self._hz = hz
        self._stale_s = stale_s
        self._pump = Pump(self._turn, name=f"bus-{name}")
        self._lock = threading.Lock()  # of the cable: one turn, or one change of torque
        self._connected = False
        self._goal: F32 | None = None  # posted, not sent yet
        self._state: JointState | None = None
        self._trouble: DeviceError | None = None  # why the last turn failed
        self._silent_turns = 0
        self._torque = False

    @property
    def spec(self) -> RobotSpec:
        return self._spec

    # ── life ───────────────────────────────────────────────────────────────────────────────

    def connect(self) -> None:
        """Find and check the motors, hold where they stand.

        The torque may have been on before, with a goal somewhere else: that goal is replaced first.

        Raises:
            ConnectFailed: in words what is wrong.
            DeviceError: a motor did not answer or obey.
        """
        if self._connected:
            return
        try:
            self._state = self._set_up()
        except BaseException:
            self._shut()
            raise
        self._goal, self._trouble, self._silent_turns = None, None, 0
        self._connected = True
        self._pump.start()

    def close(self) -> None:
        """Let go of the cable. May be called twice."""
        self._connected = False
        self._pump.stop()
        self._shut()

    # ── every tick ─────────────────────────────────────────────────────────────────────────

    def read(self) -> JointState:
        """The newest reading, a few milliseconds old.

        Raises:
            NotConnected: before ``connect``.
            ReadFailed: there is no reading from the last two ticks.
        """
        self._check()
        state, trouble = self._state, self._trouble
        assert state is not None
        age_s = (time.monotonic_ns() - state.t_ns) / _NS
        if isinstance(trouble, PortGone | PowerLost | ArmStopped):
            raise trouble
        if age_s > self._stale_s:
            reason = trouble.message if trouble is not None else "its bus is late"
            raise ReadFailed(self._name, reason=f"{reason} ({1000 * age_s:.0f} ms ago)")
        return state

    def write(self, q: F32) -> F32:
        """Post targets (n,) rad; they go out at once. Returns them clipped to the limits.

        Raises:
            NotConnected: before ``connect``.
            WriteFailed: nothing can be sent any more.
        """
        self._check()
        if isinstance(self._trouble, PortGone):
            raise WriteFailed(self._name, reason=self._trouble.message)
        taken = frozen_f32(np.clip(q, self._spec.lower, self._spec.upper))
        self._goal = taken
        self._pump.hurry()
        return taken

    def hold(self) -> None:
        """Keep the present position with torque on; the goal is there before the torque is.

        Raises:
            NotConnected: before ``connect``.
            DeviceError: a motor did not answer or obey.
        """
        self._check()
        with self._lock:
            self._goal = None
            self._hold_here()

    def release(self) -> None:
        """Torque off.

        Raises:
            NotConnected: before ``connect``.
            WriteFailed: a motor still has its torque.
        """
        self._check()
        with self._lock:
            self._goal = None
            self._torque = False
            self._let_go()

    def _check(self) -> None:
        if not self._connected:
            raise NotConnected(self._name)

    # ── of the maker ───────────────────────────────────────────────────────────────────────

    @abstractmethod
    def _set_up(self) -> JointState:
        """Open, check, hold; returns the first reading. Whatever it raises, ``_shut`` follows."""

    @abstractmethod
    def _shut(self) -> None:
        """Give the cable back; may be called twice."""

    @abstractmethod
    def _hold_here(self) -> None:
        """Torque on where the joints are; sets ``_torque``."""

    @abstractmethod
    def _let_go(self) -> None:
        """Torque off."""

    @abstractmethod
    def _exchange(self, goal: F32 | None) -> JointState:
        """Send a new goal, if there is one, and measure."""

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _turn(self) -> float:
        """Send what is wanted, then measure. Runs on the pump's thread."""
        try:
            with self._lock:
                goal, self._goal = self._goal, None
                heard = self._torque and self._silent_turns < SILENT_TURNS
                state = self._exchange(goal if heard else None)
        except DeviceError as error:
            self._trouble = error
            self._silent_turns += 1
            return -1.0 if isinstance(error, PortGone) else 1.0 / self._hz
        fresh = self._state is None or state.t_ns > self._state.t_ns
        self._silent_turns = 0 if fresh else self._silent_turns + 1
        self._state = state
        if fresh:
            self._trouble = None
        return 1.0 / self._hz
