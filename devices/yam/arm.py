"""The YAM follower: held up by torque that is computed here, two hundred times a second.

It has no brakes. While it is connected, motors are told what to do without a pause; when nobody
tells them anything for 0.4 s they only damp, and the arm sinks. Let go, it sinks damped as well, so
it is parked first. The ends of its gripper are found when it is connected: the jaws move then, and
nothing else does. Knows no authority.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from devices.damiao.errors import JawsBlocked
from devices.damiao.mit import Push
from devices.servos.pumped_arm import PumpedArm
from devices.yam.carry import Carry
from devices.yam.chain import YamChain, YamPlace
from devices.yam.jaws import TIMEOUT_S, Jaws, Stall, is_plausible, seek
from devices.yam.parts import (
    BODY,
    GRIPPER_MOTOR,
    KD,
    KP,
    LIMP_KD,
    MOTORS,
    Gripper,
)
from recordings.types import F32, JointState, RobotSpec, frozen_f32


class YamArm(PumpedArm):
    """A YAM follower with its gripper. Used from the control thread."""

    def __init__(
        self, spec: RobotSpec, place: YamPlace, gripper: Gripper, *, name: str = "arm"
    ) -> None:
        """An arm that is not connected.

        Args:
            spec: joints and limits.
            place: its bus.
            gripper: what is mounted.
            name: for errors.
        """
        super().__init__(spec, name=name, hz=place.hz, stale_s=place.stale_s)
        self._chain = YamChain(name, place, spec.joints, (*MOTORS, GRIPPER_MOTOR))
        self._gripper = gripper
        self._carry = Carry()
        self._sent = np.zeros(BODY + 1)  # (n,) rad, opening: what the motors are told to hold
        self._jaws = Jaws(gripper, 0.0, gripper.stroke_rad * gripper.direction)

    @property
    def counts(self) -> Mapping[str, int]:
        """What went wrong on the bus since it was connected."""
        return self._chain.bus.tally.as_counts()

    def _set_up(self) -> JointState:
        self._torque = False
        self._chain.open()
        self._sent[:BODY] = self._angles()
        self._chain.enable(self._body_pushes() | {GRIPPER_MOTOR: Push(kd=self._gripper.kd)})
        self._torque = True
        self._jaws = self._find_jaws()
        self._sent[BODY] = np.clip(self._opening(), 0.0, 1.0)
        self._chain.push(self._pushes())
        self._chain.be_brisk()
        return self._measured()

    def _shut(self) -> None:
        self._chain.close()

    def _hold_here(self) -> None:
        """What holds something goes on holding it."""
        if not self._torque or self._chain.limp():
            self._chain.clear_silence()
            self._sent[BODY] = np.clip(self._opening(), 0.0, 1.0)
        self._sent[:BODY] = np.clip(self._angles(), *self._ends())
        self._chain.enable(self._pushes())
        self._torque = True

    def _let_go(self) -> None:
        self._chain.push(self._pushes())

    def _exchange(self, goal: F32 | None) -> JointState:
        if goal is not None:
            self._sent[:] = goal
        self._chain.push(self._pushes())
        if self._torque:
            self._chain.refuse_limp()
        return self._measured()

    # ── what the motors are told ───────────────────────────────────────────────────────────

    def _pushes(self) -> dict[int, Push]:
        if not self._torque:
            damped = dict(zip(MOTORS, LIMP_KD, strict=True)) | {GRIPPER_MOTOR: self._gripper.kd}
            return {motor: Push(kd=kd) for motor, kd in damped.items()}
        told = self._chain.heard(GRIPPER_MOTOR)
        return self._body_pushes() | {GRIPPER_MOTOR: self._jaws.push(self._sent[BODY], told)}

    def _body_pushes(self) -> dict[int, Push]:
        weight = self._carry.torques(self._angles())
        return {
            motor: Push(float(self._sent[i]), kp=KP[i], kd=KD[i], torque_nm=float(weight[i]))
            for i, motor in enumerate(MOTORS)
        }

    # ── what they tell ─────────────────────────────────────────────────────────────────────

    def _angles(self) -> list[float]:
        return self._chain.angles(MOTORS)

    def _opening(self) -> float:
        return self._jaws.opening(self._chain.angle(GRIPPER_MOTOR))

    def _ends(self) -> tuple[list[float], list[float]]:
        joints = self._spec.joints[:BODY]
        return [joint.lower for joint in joints], [joint.upper for joint in joints]

    def _measured(self) -> JointState:
        return JointState(
            frozen_f32([*self._angles(), self._opening()]),
            t_ns=self._chain.heard_ns,
            temperature_c=frozen_f32(self._chain.temperatures),
            load=frozen_f32(self._chain.loads),
            alarms=self._chain.alarms,
        )

    # ── the gripper ────────────────────────────────────────────────────────────────────────

    def _find_jaws(self) -> Jaws:
        """Close gently, open gently; the arm is held meanwhile."""
        closed, opened = self._seek(opening=False), self._seek(opening=True)
        moved = opened - closed
        if not is_plausible(self._gripper, moved):
            raise JawsBlocked(
                self._name, moved_rad=abs(moved), expected_rad=self._gripper.stroke_rad
            )
        return Jaws(self._gripper, closed, opened)

    def _seek(self, *, opening: bool) -> float:
        """Where the motor stands at one end, rad as it counts."""
        stall, began_s = Stall(), time.monotonic()
        push = seek(self._gripper, opening=opening)
        while time.monotonic() - began_s < TIMEOUT_S:
            self._chain.push(self._body_pushes() | {GRIPPER_MOTOR: push})
            if stall.is_at_end(self._chain.heard(GRIPPER_MOTOR).speed_rad_s, time.monotonic()):
                break
        return self._chain.angle(GRIPPER_MOTOR)
