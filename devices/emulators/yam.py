"""Emulated YAM arms: DM motors and a teaching handle on a CAN bus behind a serial adapter.

The follower has weight, lies folded until it is driven, and sinks when nobody pushes. A leader has
no weight: a hand moves it. Motors count from a zero that is off by whole turns, and the gripper's
anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from devices.damiao.handle import (
    GIVE_REPORT,
    REPORT,
    REQUEST,
    HandleReport,
    position_of,
    report_frame,
)
from devices.damiao.mit import Limits
from devices.emulators.bodies import SOFT_HAND_RAD_S, Body, BodyClock
from devices.emulators.dm_motor import DmMotor
from devices.emulators.faults import FaultDice
from devices.emulators.motor import Motor
from devices.emulators.plan import ArmPlan, swaying_about
from devices.emulators.pty_port import PtyPort
from devices.emulators.slcan_wire import SlcanWire
from devices.emulators.station import EmulatedArm
from devices.yam.parts import (
    BODY,
    GRIPPER_MOTOR,
    GRIPPERS,
    MOTORS,
    ROBOT,
    described_joints,
)
from recordings.types import F32

DM4310, DM4340 = Limits(12.5, 30.0, 10.0), Limits(12.5, 10.0, 28.0)
LIMITS = (DM4340, DM4340, DM4340, DM4310, DM4310, DM4310, DM4310)
HOME = (0.0, 1.047, 1.047, 0.0, 0.0, 0.0, 0.5)  # rad: the hand ahead, 0.4 m above the table
REST = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1)  # folded
HEAVIER = 1.1  # than its description: cables, screws, a camera
STROKE_RAD = GRIPPERS["linear_4310"].stroke_rad


def emulated(plan: ArmPlan) -> EmulatedArm:
    """One arm, its cable not plugged in yet."""
    count = BODY if plan.is_leader else BODY + 1
    zero = _zeros(plan.seed)
    ids = (*MOTORS, GRIPPER_MOTOR)[:count]
    motors = [DmMotor(id_, limits) for id_, limits in zip(ids, LIMITS, strict=False)]
    start = HOME if plan.is_leader else REST
    body: Body = HeldYam(zero, start)
    if not plan.is_leader and not plan.light:
        body = WeighingYam(zero, start)
    boards = (Handle(body).hear,) if plan.is_leader else ()
    bus = SlcanWire(motors, boards=boards, dice=FaultDice(seed=plan.seed))
    body.step_to(0, motors)
    path = swaying_about(HOME) if plan.sways else None
    return EmulatedArm(plan.name, PtyPort(Path(plan.link)), bus, body, path)


def _zeros(seed: int) -> npt.NDArray[np.float64]:
    """(7,) rad that motors count more than their joints: a turn after some power-ups."""
    rng = np.random.default_rng(seed)
    turns = rng.integers(-1, 2, BODY) * 2 * math.pi
    return np.append(turns, rng.uniform(-3.0, 3.0))


class Handle:
    """The trigger board of a leader."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def hear(self, can_id: int, data: bytes) -> tuple[int, bytes] | None:
        """Answers when it is asked for a report; acknowledges other requests."""
        if can_id != REQUEST or len(data) < 2:
            return None
        if data[1] == GIVE_REPORT:
            opening = float(self._body.q[BODY])
            return REPORT, report_frame(HandleReport(0, position_of(opening), 0, 0))
        return REQUEST, bytes([0, data[1] | 0x80])


class HeldYam:
    """An arm without weight: it stays where a hand puts it, or goes where its motors drive it."""

    def __init__(self, zero: npt.ArrayLike, start: Sequence[float]) -> None:
        joints = described_joints()
        self._limits = np.array([(joint.lower, joint.upper) for joint in joints]).T
        self._zero = np.asarray(zero, dtype=np.float64)
        self._ratio = np.array([*(BODY * (1.0,)), STROKE_RAD])  # rad of the motor per unit
        self._q = np.asarray(start, dtype=np.float64)
        self._hand = self._q.copy()
        self._clock = BodyClock()

    @property
    def q(self) -> F32:
        return self._q.astype(np.float32)

    def push(self, q: npt.ArrayLike) -> None:
        self._hand = np.clip(np.asarray(q, dtype=np.float64), *self._limits)

    def angles(self, steps: Sequence[float]) -> tuple[float, ...]:
        count = len(steps)
        return tuple(float(v) for v in (np.array(steps) - self._zero[:count]) / self._ratio[:count])

    def step_to(self, now_ns: int, servos: Sequence[Motor]) -> None:
        seconds = self._clock.elapsed_s(now_ns)
        motors = cast("Sequence[DmMotor]", servos)
        before, reach = self._q.copy(), SOFT_HAND_RAD_S * seconds
        self._q += np.clip(self._hand - self._q, -reach, reach)
        for i, motor in enumerate(motors):
            self._q[i] = self._moved(i, motor, before[i], seconds)
        for i, motor in enumerate(motors):
            ratio = self._ratio[i]
            speed = (self._q[i] - before[i]) * ratio / seconds if seconds else 0.0
            actual = self._q[i] * ratio + self._zero[i]
            resting = motor.told.kp == 0.0 and abs(speed) < 1e-6
            torque = motor.told.torque_nm if resting else 0.0
            motor.feel(actual=float(actual), speed=float(speed), torque=torque, seconds=seconds)

    def _moved(self, i: int, motor: DmMotor, before: float, seconds: float) -> float:
        told, ratio = motor.told, self._ratio[i]
        low, high = self._limits[0][i], self._limits[1][i]
        if motor.stuck:
            return before
        if told.kp > 0.0:
            goal = (told.position_rad - self._zero[i]) / ratio
            reach = motor.limits.speed_rad_s * seconds / ratio
            return float(np.clip(before + np.clip(goal - before, -reach, reach), low, high))
        if i == BODY and told.torque_nm:  # its jaws weigh nothing: any push moves them
            speed = math.copysign(motor.limits.speed_rad_s / 2, told.torque_nm)
            return float(np.clip(before + speed * seconds / ratio, low, high))
        return self._q[i]


class WeighingYam:
    """An arm that MuJoCo moves as its motors push it."""

    def __init__(self, zero: npt.ArrayLike, start: Sequence[float]) -> None:
        from devices.robot_model import on_a_table
        from devices.sim.arm_physics import ArmPhysics

        model = on_a_table(ROBOT)
        model.actuator_ctrllimited[:] = 0
        model.body_mass[:] *= HEAVIER
        model.body_inertia[:] *= HEAVIER
        self._model = model
        self._world = ArmPhysics(model)
        self._world.stand(start)
        span_m = float(self._world.joint_map.scale[BODY])
        self._zero = np.asarray(zero, dtype=np.float64)
        self._per_q = np.array([*(BODY * (1.0,)), STROKE_RAD])  # rad of the motor per unit of q
        self._per_m = np.array([*(BODY * (1.0,)), STROKE_RAD / span_m])  # and per rad or m
        self._stuck = (False,) * (BODY + 1)
        self._clock = BodyClock()

    @property
    def q(self) -> F32:
        return self._world.q

    def push(self, q: npt.ArrayLike) -> None:
        """Hands do not move this arm: it is driven."""

    def angles(self, steps: Sequence[float]) -> tuple[float, ...]:
        return tuple(float(v) for v in (np.array(steps) - self._zero) / self._per_q)

    def step_to(self, now_ns: int, servos: Sequence[Motor]) -> None:
        seconds = self._clock.elapsed_s(now_ns)
        motors = cast("Sequence[DmMotor]", servos)
        stuck = tuple(motor.stuck for motor in motors)
        if stuck != self._stuck:
            self._stuck = stuck
            self._world.jam(stuck)
        for i, motor in enumerate(motors):
            self._drive(i, motor)
        self._world.step_to(now_ns)
        position = self._world.q * self._per_q + self._zero
        speed, force = self._world.speed * self._per_q, self._world.force / self._per_m
        for i, motor in enumerate(motors):
            motor.feel(
                actual=float(position[i]),
                speed=float(speed[i]),
                torque=float(force[i]),
                seconds=seconds,
            )

    def _drive(self, i: int, motor: DmMotor) -> None:
        """The law of the motor as a MuJoCo actuator, so that its damping is integrated well."""
        told, ratio = motor.told, self._per_m[i]
        kp, kd = told.kp * ratio**2, told.kd * ratio**2
        bias = told.torque_nm * ratio + kd * told.speed_rad_s / ratio
        self._model.actuator_gainprm[i, 0] = kp
        self._model.actuator_biasprm[i, :3] = (bias, -kp, -kd)
        self._world.set_control(i, (told.position_rad - self._zero[i]) / ratio)
