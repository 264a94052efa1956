"""A leader made of servos: an arm that a hand moves, read on a thread of its own.

Its joints are measured in the follower's radians, because both arms are built alike and both zeros
are the middle of the range. How the follower starts without a jump is decided by whoever engages
it. A leader that was unplugged comes back by itself when it is plugged in again. Knows no follower
and no maker.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from devices.errors import DeviceError, NotConnected, ReadFailed
from devices.motor_errors import PortGone
from devices.servos.chain import ServoChain, Setting
from devices.servos.pump import Pump
from recordings.types import F32, JointState

REOPEN_S = 0.5  # between two attempts to find an unplugged leader
_NS = 1e9


class ServoLeader:
    """A leader on one chain of servos without torque. Used from the control thread."""

    def __init__(
        self,
        name: str,
        chain: ServoChain,
        settings: Mapping[int, Sequence[Setting]],
        *,
        springs: Mapping[str, float] | None = None,
    ) -> None:
        """A leader that is not connected.

        Args:
            name: of the leader, for the person who selects it.
            chain: its motors, not open.
            settings: id → what that motor must have.
            springs: joint → where its motor pulls it back to, weakly: a trigger.
        """
        self._name = name
        self._chain = chain
        self._settings = settings
        self._springs = dict(springs or {})
        self._pump = Pump(self._turn, name=f"bus-{chain.name}")
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

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on the bus since it was connected."""
        return self._chain.counts

    def connect(self) -> None:
        """Find and check the motors and let go of their torque: a hand must be able to move them.

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
        """Let go of the bus, and of a trigger; may be called twice."""
        self._connected = False
        self._pump.stop()
        if self._springs and self._is_open:
            with suppress(DeviceError):  # without a cable it keeps its weak pull
                self._chain.let_go()
        self._chain.close()
        self._is_open = False

    def _newest(self) -> JointState:
        if not self._connected:
            raise NotConnected(self._chain.name)
        state, trouble = self._state, self._trouble
        if isinstance(trouble, PortGone):
            raise trouble
        age_s = float("inf") if state is None else (time.monotonic_ns() - state.t_ns) / _NS
        if state is None or age_s > self._chain.stale_s:
            reason = trouble.message if trouble is not None else "its bus is late"
            raise ReadFailed(self._chain.name, reason=reason)
        return state

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _open(self) -> None:
        self._chain.open()
        try:
            self._chain.let_go()
            self._chain.configure(self._settings)
            self._chain.pull(self._springs)
            self._state = self._chain.read()
        except BaseException:
            self._chain.close()
            raise
        self._chain.be_brisk()
        self._trouble = None
        self._is_open = True

    def _turn(self) -> float:
        """Measure; or, without a cable, look whether it is back. Runs on the pump's thread."""
        try:
            if not self._is_open:
                self._open()
            state = self._chain.read()
        except PortGone as error:
            self._trouble = error
            self._chain.close()
            self._is_open = False
            return REOPEN_S
        except DeviceError as error:
            self._trouble = self._trouble if not self._is_open else error
            return 1.0 / self._chain.hz if self._is_open else REOPEN_S
        if self._state is None or state.t_ns > self._state.t_ns:
            self._trouble = None
        self._state = state
        return 1.0 / self._chain.hz
