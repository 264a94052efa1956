"""A follower made of servos: torque comes on where it stands, goals go out in one packet.

The servos keep their last goal without the computer. Knows no authority and no maker.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from devices.errors import WriteFailed
from devices.motor_errors import PowerLost
from devices.servos.chain import TORQUE_OFF, TORQUE_ON, ServoChain, Setting
from devices.servos.packet import Register
from devices.servos.pumped_arm import PumpedArm
from recordings.types import F32, JointState, RobotSpec

TRIES = 3  # of a sync write that nobody acknowledges and that must have arrived
TORQUE_LOOK_S = 0.5  # between two looks whether every motor still has its torque


class ServoArm(PumpedArm):
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
        super().__init__(spec, name=chain.name, hz=chain.hz, stale_s=chain.stale_s)
        self._chain = chain
        self._settings = settings
        self._jaws = np.array([joint.is_gripper for joint in spec.joints])
        self._look_due_s = 0.0

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on the bus since it was connected."""
        return self._chain.counts

    def _set_up(self) -> JointState:
        self._torque = False  # that it is on now says nothing: a jaw may hold an old goal
        self._chain.open()
        self._chain.configure(self._settings)
        self._hold(torque_known=False)
        state = self._chain.read()
        self._chain.be_brisk()
        return state

    def _shut(self) -> None:
        self._chain.close()

    # ── torque ─────────────────────────────────────────────────────────────────────────────

    def _hold_here(self) -> None:
        self._hold(torque_known=True)

    def _let_go(self) -> None:
        self._set_all(self._chain.layout.torque, [TORQUE_OFF] * len(self._jaws))

    def _hold(self, *, torque_known: bool) -> None:
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

    def _exchange(self, goal: F32 | None) -> JointState:
        if goal is not None:
            steps = self._chain.goals_of(goal)
            goals = {m: int(v) for m, v in zip(self._chain.motors, steps, strict=True)}
            self._chain.bus.sync_write(self._chain.layout.goal, goals)
        state = self._chain.read()
        self._look_at_torque()
        return state

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
