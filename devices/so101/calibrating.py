"""Measuring the ranges of an SO-101's joints: :class:`ServoCalibrating` over its six motors.

with Calibrating("follower", port, joints) as arm:  # torque off, offsets 0: support the arm
arm.look()                                      # all the time a hand sweeps the joints
calibration = arm.finish()                      # refused while a joint was not moved
"""

from __future__ import annotations

from collections.abc import Sequence

from devices.servos.calibrating import ServoCalibrating, store, unknown_calibration
from devices.servos.chain import ArmPort
from devices.so101.chain import Chain
from recordings.types import JointSpec

FULL_TURN = ("wrist_roll",)  # without end stops


class Calibrating(ServoCalibrating):
    """One SO-101 being measured."""

    def __init__(self, name: str, port: str, joints: Sequence[JointSpec]) -> None:
        """An arm that is not open.

        Args:
            name: of the arm, for errors.
            port: where it is plugged in, or the identity of its adapter.
            joints: of the robot description; their motors have ids 1, 2, 3 … in this order.
        """
        chain = Chain(name, ArmPort(port, unknown_calibration(joints)), joints)
        super().__init__(chain, joints, full_turn=FULL_TURN)


def store_in_motors(name: str, place: ArmPort, joints: Sequence[JointSpec]) -> None:
    """Write a known calibration into the motors of an arm, after another program changed them.

    Raises:
        ConnectFailed: in words what is wrong.
        DeviceError: a motor did not answer or obey.
    """
    store(Chain(name, place, joints), place.calibration)
