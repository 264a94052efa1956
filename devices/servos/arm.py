"""A follower made of servos: torque comes on where it stands, goals go out on their own thread.

Reading and sending happen in a :class:`Pump`; ``read`` and ``write`` only look at what came last
and post what is wanted. A hiccup on the bus is made good there and counted; only silence that
lasts longer than two ticks is an error. Knows no
authority and no maker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence

import numpy as np

from devices.errors import DeviceError, NotConnected, ReadFailed, WriteFailed
from devices.motor_errors import PortGone, PowerLost
from devices.servos.chain import TORQUE_OFF, TORQUE_ON, ServoChain, Setting
from devices.servos.packet import Register
from devices.servos.pump import Pump
from recordings.types import F32, JointState, RobotSpec, frozen_f32

TRIES = 3  # of a sync write that nobody acknowledges and that must have arrived
TORQUE_LOOK_S = 0.5  # between two looks whether every motor still has its torque
SILENT_TURNS = 2  # readings without any answer: nothing is sent any more
_NS = 1e9


class ServoArm:
    """A follower on one chain of servos. Used from the control thread."""

    def __init__(
        self, spec: RobotSpec, chain: ServoChain, settings: Mapping[int, Sequence[Setting]]
    ) -> None:
        """An arm that is not connected.

        Args:
            spec: joints and limits, narrowed to the calibrated range.
            chain: its motors, not open.
            settings: id → what that motor must have before it may move.
        """
        self._spec = spec
        self._name = chain.name
        self._chain = chain
        self._settings = settings
        self._jaws = np.array([joint.is_gripper for joint in spec.joints])
        self._pump = Pump(self._turn, name=f"bus-{chain.name}")
        self._lock = threading.Lock()  # of the chain: one turn, or one change of torque
        self._connected = False
        self._goal: F32 | None = None  # posted, not sent yet
        self._state: JointState | None = None
        self._trouble: DeviceError | None = None  # why the last turn failed
        self._silent_turns = 0
        self._torque = False
        self._look_due_s = 0.0

    @property
    def spec(self) -> RobotSpec:
        return self._spec

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on the bus since it was connected."""
        return self._chain.counts

    # ── life ───────────────────────────────────────────────────────────────────────────────

    def connect(self) -> None:
        """Find and check the motors, give them their settings, hold where they stand.

        The torque may have been on before, with a goal somewhere else: that goal is replaced first.

        Raises:
            ConnectFailed: in words what is wrong.
            DeviceError: a motor did not answer or obey.
        """
        if self._connected:
            return
        self._chain.open()
        try:
            self._chain.configure(self._settings)
            self._hold_here(torque_known=False)
            self._state = self._chain.read()
        except BaseException:
            self._chain.close()
            raise
        self._chain.be_brisk()
        self._goal, self._trouble, self._silent_turns = None, None, 0
        self._connected = True
        self._pump.start()

    def close(self) -> None:
        """Let go of the bus; the servos keep their last goal. May be called twice."""
        self._connected = False
        self._pump.stop()
        self._chain.close()

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
        if isinstance(trouble, PortGone | PowerLost):
            raise trouble
        if age_s > self._chain.stale_s:
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
            self._hold_here(torque_known=True)

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
            self._set_all(self._chain.layout.torque, [TORQUE_OFF] * len(self._jaws))

    def _check(self) -> None:
        if not self._connected:
            raise NotConnected(self._name)

    # ── torque ─────────────────────────────────────────────────────────────────────────────

    def _hold_here(self, *, torque_known: bool) -> None:
        """Goals to where the joints are, then torque on, each verified.

        A jaw that rests on something keeps its goal, so that it goes on holding it.
        """
        chain, layout = self._chain, self._chain.layout
        torque = np.array(chain.values(layout.torque)) == TORQUE_ON
        speeds = np.abs(chain.values(layout.speed))
        goals = np.array(chain.values(layout.goal))
        here = np.array(chain.positions())
        wanted = chain.goals_of(chain.q_at(here))  # within the calibrated range
        grips = self._jaws & torque & (speeds < layout.resting)
        grips &= self._torque or not torque_known
        wanted = np.where(grips, goals, wanted)
        self._set_all(layout.goal, [int(v) for v in wanted])
        self._set_all(layout.torque, [TORQUE_ON] * len(wanted))
        self._torque = True

    def _set_all(self, register: Register, values: list[int]) -> None:
        """Write to all motors and make sure that it arrived."""
        wanted = dict(zip(self._chain.motors, values, strict=True))
        found: list[int] = []
        for _ in range(TRIES):
            self._chain.bus.sync_write(register, wanted)
            found = self._chain.values(register)
            if found == values:
                return
        wrong = [
            self._chain.joint_of(motor)
            for motor, value in zip(wanted, found, strict=True)
            if value != wanted[motor]
        ]
        raise WriteFailed(self._name, reason=f"{', '.join(wrong)} ignored it {TRIES} times")

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _turn(self) -> float:
        """Send what is wanted, then measure. Runs on the pump's thread."""
        try:
            with self._lock:
                self._send()
                state = self._chain.read()
                self._look_at_torque()
        except DeviceError as error:
            self._trouble = error
            self._silent_turns += 1
            return -1.0 if isinstance(error, PortGone) else 1.0 / self._chain.hz
        fresh = self._state is None or state.t_ns > self._state.t_ns
        self._silent_turns = 0 if fresh else self._silent_turns + 1
        self._state = state
        if fresh:
            self._trouble = None
        return 1.0 / self._chain.hz

    def _send(self) -> None:
        goal, self._goal = self._goal, None
        if goal is None or not self._torque or self._silent_turns >= SILENT_TURNS:
            return
        steps = self._chain.goals_of(goal)
        goals = {m: int(v) for m, v in zip(self._chain.motors, steps, strict=True)}
        self._chain.bus.sync_write(self._chain.layout.goal, goals)

    def _look_at_torque(self) -> None:
        """A motor whose supply dropped out comes back limp and says nothing about it."""
        now_s = time.monotonic()
        if not self._torque or now_s < self._look_due_s:
            return
        self._look_due_s = now_s + TORQUE_LOOK_S
        torque = self._chain.values(self._chain.layout.torque)
        limp = [
            self._chain.joint_of(motor)
            for motor, value in zip(self._chain.motors, torque, strict=True)
            if value != TORQUE_ON
        ]
        if limp:
            self._look_due_s = 0.0
            alarms = self._chain.read().alarms  # they may be younger than the reading before
            raise PowerLost(self._name, limp=tuple(limp), alarms=alarms)
