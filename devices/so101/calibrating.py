"""Measuring the ranges of an SO-101's joints: a hand moves them, the motors are told afterwards.

    with Calibrating("follower", port, joints) as arm:  # torque off, offsets 0: support the arm
        arm.look()                                      # all the time a hand sweeps the joints
        calibration = arm.finish()                      # refused while a joint was not moved

Until :meth:`finish` has stored the new numbers, leaving puts back what the motors had before. The
wrist roll has no end stops: where it stands at the end is its middle. Knows no screen.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

from devices.calibration.guide import Guidance, Guide
from devices.calibration.sweep import Sweep
from devices.calibration.types import STEPS, ArmCalibration, MotorCalibration, checked
from devices.feetech import registers as reg
from devices.ports import identity_of
from devices.servos.chain import ArmPort, Setting
from devices.so101.chain import Chain
from recordings.types import JointSpec

FULL_TURN = ("wrist_roll",)


class Calibrating:
    """One arm being measured."""

    def __init__(self, name: str, port: str, joints: Sequence[JointSpec]) -> None:
        """An arm that is not open.

        Args:
            name: of the arm, for errors.
            port: where it is plugged in, or the identity of its adapter.
            joints: of the robot description; their motors have ids 1, 2, 3 … in this order.
        """
        self._name = name
        self._motors = {joint.name: number for number, joint in enumerate(joints, start=1)}
        unknown = {n: MotorCalibration(i, 0, 0, STEPS - 1) for n, i in self._motors.items()}
        self._chain = Chain(name, ArmPort(port, ArmCalibration(unknown)), joints)
        self._before: dict[int, tuple[Setting, ...]] = {}
        self._sweep = Sweep(self._motors)
        self._guide = Guide(joints, full_turn=FULL_TURN)

    def __enter__(self) -> Calibrating:
        """Open it, let go of its torque, and make its motors tell bare encoder counts.

        Raises:
            ConnectFailed: in words what is wrong.
            DeviceError: a motor did not answer or obey.
        """
        self._chain.open(calibrated=False)
        try:
            self._chain.let_go()
            self._before = self._stored()
            bare = MotorCalibration(0, 0, 0, STEPS - 1)
            self._chain.configure(dict.fromkeys(self._chain.motors, _settings(bare)))
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def look(self) -> Guidance:
        """Follow the joints; returns what to move now and how far each was swept.

        Raises:
            ReadFailed: a motor is silent.
        """
        positions = self._chain.positions()
        self._sweep.see(dict(zip(self._motors, positions, strict=True)))
        return self._guide.guidance(self._sweep.tracks)

    def next_joint(self) -> None:
        """The person is done with the joint that is asked for."""
        self._guide.next_joint()

    def unswept(self) -> tuple[str, ...]:
        """Joints that were not moved enough yet."""
        return self._sweep.unswept(FULL_TURN)

    def finish(self) -> ArmCalibration:
        """What was measured, now also stored in the motors and read back from them.

        Raises:
            InvalidCalibration: a joint was not moved, or further than an encoder can tell.
            DeviceError: a motor did not take its numbers.
        """
        self.look()
        measured = self._sweep.finish(where=self._name, full_turn=FULL_TURN)
        calibration = checked(
            replace(
                measured,
                identity=identity_of(self._chain.bus.port_name),
                made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            ),
            where=self._name,
            names=tuple(self._motors),
        )
        self._chain.configure({m.id: _settings(m) for m in calibration.joints.values()})
        self._before = {}
        return calibration

    def _stored(self) -> dict[int, tuple[Setting, ...]]:
        """What the motors have now."""
        offsets, lows, highs = (
            self._chain.values(register)
            for register in (reg.HOMING_OFFSET, reg.MIN_ANGLE, reg.MAX_ANGLE)
        )
        return {
            motor: _settings(MotorCalibration(motor, *numbers))
            for motor, *numbers in zip(self._chain.motors, offsets, lows, highs, strict=True)
        }

    def _leave(self) -> None:
        """Put back what was there before, unless there is something better now."""
        try:
            if self._before:
                self._chain.configure(self._before)
        finally:
            self._before = {}
            self._chain.close()


def store_in_motors(name: str, place: ArmPort, joints: Sequence[JointSpec]) -> None:
    """Write a known calibration into the motors of an arm, after another program changed them.

    Raises:
        ConnectFailed: in words what is wrong.
        DeviceError: a motor did not answer or obey.
    """
    chain = Chain(name, place, joints)
    chain.open(calibrated=False)
    try:
        chain.let_go()
        chain.configure({m.id: _settings(m) for m in place.calibration.joints.values()})
    finally:
        chain.close()


def _settings(motor: MotorCalibration) -> tuple[Setting, ...]:
    return (
        Setting("homing offset", reg.HOMING_OFFSET, motor.homing_offset),
        Setting("smallest angle", reg.MIN_ANGLE, motor.range_min),
        Setting("largest angle", reg.MAX_ANGLE, motor.range_max),
    )
