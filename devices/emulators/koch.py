"""Emulated Koch v1.1 arms, and a GELLO leader of the same motors in front of any arm.

Their horns are mounted at random (seeded), their motors are calibrated as LeRobot would have left
them; the calibration that fits is handed out with them. The follower has weight, but no bench.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from devices.calibration.types import STEPS, ArmCalibration, MotorCalibration
from devices.dynamixel import registers as reg
from devices.emulators.bodies import Body, HeldBody, Mounting
from devices.emulators.dynamixel_bus import DynamixelBus
from devices.emulators.dynamixel_servo import DynamixelServo
from devices.emulators.faults import FaultDice
from devices.emulators.plan import ArmPlan, assembled
from devices.emulators.station import EmulatedArm
from devices.gello.scale import Trigger
from devices.koch.parts import FOLLOWER_MODELS, LEADER_MODELS, TURNED_IN_LEADER, described_joints

HOME = (0.0, 0.35, -0.35, 0.30, 0.17, 0.10)  # rad: the tip ahead, a hand above the table
JAW_SPAN_RAD = 1.74  # from closed to open
CENTRE = STEPS // 2
FACTORY_ID, FACTORY_BAUD = 1, 57_600


def emulated(plan: ArmPlan) -> EmulatedArm:
    """One arm, its cable not plugged in yet."""
    mounting, calibration = _built(plan.seed, is_leader=plan.is_leader)
    models = LEADER_MODELS if plan.is_leader else FOLLOWER_MODELS
    servos = [
        DynamixelServo(FACTORY_ID, models[name], baud=FACTORY_BAUD)
        if plan.fresh
        else DynamixelServo(motor.id, models[name])
        for name, motor in calibration.joints.items()
    ]
    if plan.calibrated and not plan.fresh:
        _calibrate(servos, calibration)
    body: Body = HeldBody(described_joints(), mounting, q=HOME)
    if not plan.is_leader and not plan.light:
        body = _with_weight(mounting)
    bus = DynamixelBus(servos, dice=FaultDice(seed=plan.seed))
    return assembled(plan, bus, body, home=HOME)


def koch_calibration(seed: int, *, is_leader: bool = False) -> ArmCalibration:
    """The calibration that fits the emulated arm of this seed."""
    return _built(seed, is_leader=is_leader)[1]


def gello_of(seed: int) -> tuple[tuple[int, ...], tuple[float, ...], Trigger]:
    """Signs, offsets and trigger that fit the emulated leader of this seed as a GELLO."""
    mounting, _ = _built(seed, is_leader=True)
    signs = tuple(int(s) for s in np.sign(mounting.per_unit[:-1]))
    zero = mounting.zero * 2 * math.pi / STEPS
    closed = float(zero[-1])
    trigger = Trigger(open_rad=closed + JAW_SPAN_RAD, closed_rad=closed)
    return signs, tuple(float(v) for v in zero[:-1]), trigger


def _calibrate(servos: Sequence[DynamixelServo], calibration: ArmCalibration) -> None:
    for servo, motor in zip(servos, calibration.joints.values(), strict=True):
        servo.factory_set(reg.DRIVE_MODE, motor.drive_mode)
        servo.factory_set(reg.HOMING_OFFSET, motor.homing_offset)
        servo.factory_set(reg.MIN_POSITION, motor.range_min)
        servo.factory_set(reg.MAX_POSITION, motor.range_max)


def _with_weight(mounting: Mounting) -> Body:
    from devices.description import Standing
    from devices.emulators.world_body import WorldBody
    from devices.robot_model import model_of
    from devices.sim.arm_physics import ArmPhysics

    physics = ArmPhysics(model_of((Standing("koch"),)))
    physics.stand(HOME)
    return WorldBody(physics, mounting, jaw_force=1.0)


def _built(seed: int, *, is_leader: bool) -> tuple[Mounting, ArmCalibration]:
    joints = described_joints()
    rng = np.random.default_rng(seed)
    zero = rng.integers(1300, 2800, len(joints)).astype(float)
    turned = (TURNED_IN_LEADER,) if is_leader else ()
    mounting = Mounting(joints, zero_steps=zero, jaw_span_rad=JAW_SPAN_RAD, turned=turned)
    motors: dict[str, MotorCalibration] = {}
    for number, joint in enumerate(joints):
        ends = (0.0, 1.0) if joint.is_gripper else (joint.lower, joint.upper)
        sign = -1 if joint.name in turned else 1  # the motor counts the other way round then
        low, high = (sign * (zero[number] + mounting.per_unit[number] * end) for end in ends)
        offset = CENTRE - round((low + high) / 2)
        motors[joint.name] = MotorCalibration(
            number + 1, offset, round(low) + offset, round(high) + offset, int(sign < 0)
        )
    return mounting, ArmCalibration(motors)
