"""Emulated SO-101 arms: a follower on the simulated bench, a leader held by a hand.

Their horns are mounted at random (seeded), their motors are calibrated as LeRobot would have left
them, unless asked otherwise; the calibration that fits is handed out with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from devices.calibration.types import ArmCalibration, MotorCalibration
from devices.emulators.bodies import Body, HeldBody, Mounting, so101_joints
from devices.emulators.faults import FaultDice
from devices.emulators.feetech_bus import FeetechBus
from devices.emulators.plan import ArmPlan, assembled
from devices.emulators.servo import Servo
from devices.emulators.station import EmulatedArm
from devices.feetech import registers as reg
from devices.sim.robot import HOME

if TYPE_CHECKING:  # MuJoCo: only arms with weight need it
    from devices.emulators.world_body import PosesShown

CENTRE = reg.STEPS // 2
FACTORY_ID = 1


def emulated(plan: ArmPlan, *, on_moved: PosesShown | None = None) -> EmulatedArm:
    """One arm, its cable not plugged in yet.

    Args:
        plan: what it is.
        on_moved: told the positions of the simulated bench after every step of a follower.
    """
    joints = so101_joints()
    mounting, calibration = _built(plan.seed)
    servos = [Servo(FACTORY_ID if plan.fresh else motor) for motor in calibration.motors]
    if plan.calibrated and not plan.fresh:
        for servo, motor in zip(servos, calibration.joints.values(), strict=True):
            servo.factory_set(reg.HOMING_OFFSET, motor.homing_offset)
            servo.factory_set(reg.MIN_ANGLE, motor.range_min)
            servo.factory_set(reg.MAX_ANGLE, motor.range_max)
    if plan.is_leader or plan.light:
        body: Body = HeldBody(joints, mounting, q=HOME)
    else:
        body = _with_weight(plan.seed, mounting, on_moved)
    bus = FeetechBus(servos, dice=FaultDice(seed=plan.seed))
    return assembled(plan, bus, body, home=HOME)


def _with_weight(seed: int, mounting: Mounting, on_moved: PosesShown | None) -> Body:
    from devices.emulators.world_body import WorldBody
    from devices.sim.world import World

    return WorldBody(World(seed), mounting, on_moved=on_moved)


def so101_calibration(seed: int) -> ArmCalibration:
    """The calibration that fits the emulated arm of this seed."""
    return _built(seed)[1]


def _built(seed: int) -> tuple[Mounting, ArmCalibration]:
    joints = so101_joints()
    rng = np.random.default_rng(seed)
    zero = rng.integers(1300, 2800, len(joints)).astype(float)
    mounting = Mounting(joints, zero_steps=zero)
    motors: dict[str, MotorCalibration] = {}
    for number, joint in enumerate(joints):
        reach = min(-joint.lower, joint.upper)
        ends = (0.0, 1.0) if joint.is_gripper else (-reach, reach)
        low, high = (zero[number] + mounting.per_unit[number] * end for end in ends)
        offset = round((low + high) / 2) - CENTRE
        motors[joint.name] = MotorCalibration(
            number + 1, offset, round(low) - offset, round(high) - offset
        )
    return mounting, ArmCalibration(motors)
