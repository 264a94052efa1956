"""Measuring the ranges of an arm's joints: a hand moves them, the motors are told afterwards.

    with ServoCalibrating(chain, joints) as arm:  # torque off, offsets 0: support the arm
        arm.look()                                # all the time a hand sweeps the joints
        calibration = arm.finish()                # refused while a joint was not moved

Until :meth:`finish` has stored the new numbers, leaving puts back what the motors had before. A
joint without end stops has its middle where it stands at the end. Knows no screen and no maker.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from devices.calibration.guide import Guidance, Guide
from devices.calibration.sweep import Sweep
from devices.calibration.types import STEPS, ArmCalibration, MotorCalibration, checked
from devices.ports import identity_of
from devices.servos.chain import ServoChain, Setting
from recordings.types import JointSpec


class ServoCalibrating:
    """One arm being measured."""

    def __init__(
        self,
        chain: ServoChain,
        joints: Sequence[JointSpec],
        *,
        full_turn: tuple[str, ...],
        turned: Collection[str] = (),
    ) -> None:
        """An arm that is not open.

        Args:
            chain: its motors, with any calibration.
            joints: of the robot description, in the order of the motors.
            full_turn: those without end stops.
            turned: those whose motors are to count the other way round.
        """
        self._name = chain.name
        self._chain = chain
        self._motors = {j.name: motor for j, motor in zip(joints, chain.motors, strict=True)}
        self._full_turn = full_turn
        self._turned = frozenset(turned)
        self._before: dict[int, tuple[Setting, ...]] = {}
        self._sweep = Sweep(self._motors)
        self._guide = Guide(joints, full_turn=full_turn)

    def __enter__(self) -> Self:
        """Open it, let go of its torque, and make its motors tell bare encoder counts.

        Raises:
            ConnectFailed: in words what is wrong.
            DeviceError: a motor did not answer or obey.
        """
        self._chain.open(calibrated=False)
        try:
            self._chain.let_go()
            self._before = self._stored()
            for joint, motor in self._motors.items():
                bare = MotorCalibration(motor, 0, 0, STEPS - 1, self._mode(joint))
                self._chain.configure({motor: self._chain.numbers(bare)})
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
        return self._sweep.unswept(self._full_turn)

    def finish(self) -> ArmCalibration:
        """What was measured, now also stored in the motors and read back from them.

        Raises:
            InvalidCalibration: a joint was not moved, or further than an encoder can tell.
            DeviceError: a motor did not take its numbers.
        """
        self.look()
        measured = self._sweep.finish(where=self._name, full_turn=self._full_turn)
        calibration = checked(
            replace(
                measured,
                joints={name: self._stored_as(name, m) for name, m in measured.joints.items()},
                identity=identity_of(self._chain.bus.port_name),
                made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            ),
            where=self._name,
            names=tuple(self._motors),
        )
        numbers = self._chain.numbers
        self._chain.configure({m.id: numbers(m) for m in calibration.joints.values()})
        self._before = {}
        return calibration

    def _stored_as(self, joint: str, motor: MotorCalibration) -> MotorCalibration:
        """What was swept, as its maker's motors mean it."""
        offset = self._chain.layout.offset_sign * motor.homing_offset
        return replace(motor, homing_offset=offset, drive_mode=self._mode(joint))

    def _mode(self, joint: str) -> int:
        return int(joint in self._turned)

    def _stored(self) -> dict[int, tuple[Setting, ...]]:
        """What the motors have now."""
        registers = [setting.register for setting in self._chain.numbers(_ANY)]
        found = [self._chain.values(register) for register in registers]
        return {
            motor: tuple(
                Setting("number from before", register, values[place])
                for register, values in zip(registers, found, strict=True)
            )
            for place, motor in enumerate(self._chain.motors)
        }

    def _leave(self) -> None:
        """Put back what was there before, unless there is something better now."""
        try:
            if self._before:
                self._chain.configure(self._before)
        finally:
            self._before = {}
            self._chain.close()


_ANY = MotorCalibration(0, 0, 0, STEPS - 1)


def unknown_calibration(joints: Sequence[JointSpec]) -> ArmCalibration:
    """Of an arm nobody has measured; its motors have ids 1, 2, 3 … in the order of the joints."""
    return ArmCalibration(
        {j.name: MotorCalibration(i, 0, 0, STEPS - 1) for i, j in enumerate(joints, start=1)}
    )


def store(chain: ServoChain, calibration: ArmCalibration) -> None:
    """Write a known calibration into the motors of an arm, after another program changed them.

    Raises:
        ConnectFailed: in words what is wrong.
        DeviceError: a motor did not answer or obey.
    """
    chain.open(calibrated=False)
    try:
        chain.let_go()
        chain.configure({m.id: chain.numbers(m) for m in calibration.joints.values()})
    finally:
        chain.close()
