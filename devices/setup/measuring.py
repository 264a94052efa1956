"""Calibrations of a kit: measured by hand, taken over from a file, taken back; each in its file.

Knows no window. What a calibration is and how it is measured stands elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from devices.arm_make import ArmMake, ArmSeen
from devices.calibration.keeping import in_words, keep, undo
from devices.calibration.store import read_calibration
from devices.calibration.types import ArmCalibration
from devices.motor_errors import CalibrationMismatch, InvalidCalibration
from devices.ports import current_port, identity_of
from devices.setup.makes import names_of
from devices.setup.messages import Calibrated, Measured, Report, TakeBack, TakeOver

TELL_S = 0.08  # between two reports of a sweep


class MeasuringArm:
    """One arm whose ranges are being measured."""

    def __init__(
        self, make: ArmMake, name: str, port: str, path: Path, tell: Callable[[Report], None]
    ) -> None:
        """Let go of the arm and begin.

        Args:
            make: of the arm.
            name: of the arm, for errors.
            port: where it is plugged in.
            path: of the calibration to write at the end.
            tell: told how far the sweep is.

        Raises:
            DeviceError: it could not be opened or let go of.
        """
        self.words = f"{name} is limp: support it."
        self._make = make
        self._name = name
        self._path = path
        self._tell = tell
        self._told_s = 0.0
        with ExitStack() as stack:
            self._arm = stack.enter_context(make.measure(name, port))
            self._stack = stack.pop_all()

    def turn(self) -> None:
        """Follow the joints.

        Raises:
            DeviceError: a motor is silent.
        """
        guidance = self._arm.look()
        now_s = time.monotonic()
        if now_s - self._told_s >= TELL_S:
            self._told_s = now_s
            self._tell(Measured(self._name, self._make.kind, guidance))

    def next_joint(self) -> None:
        """The person is done with the joint that is asked for."""
        self._arm.next_joint()

    def finish(self) -> Calibrated:
        """Store what was measured in the motors and in its files.

        Raises:
            InvalidCalibration: it cannot be true; the hand may go on.
            DeviceError: a motor did not take its numbers.
        """
        calibration = self._arm.finish()
        return _kept(self._make, self._name, self._path, calibration)

    def close(self) -> None:
        """Let go of the port; what was not stored is put back as it was.

        Raises:
            DeviceError: a motor did not take back what it had.
        """
        self._stack.close()


def take_over(make: ArmMake, asked: TakeOver) -> Calibrated:
    """Make a calibration from a file that of an arm.

    Raises:
        InvalidCalibration: the file cannot be read, or cannot be true.
        CalibrationMismatch: the motors hold other numbers, and they are not to be overwritten.
        DeviceError: the arm does not answer or obey.
    """
    calibration = read_calibration(
        asked.source, names=names_of(make), largest_offset=make.largest_offset
    )
    if asked.port:
        calibration = _fitted(make, asked, calibration)
    return _kept(make, asked.name, asked.path, calibration)


def take_back(make: ArmMake, asked: TakeBack) -> Calibrated:
    """The calibration before the last one again, in the motors first, then in its files.

    Raises:
        InvalidCalibration: there is none, or it cannot be read.
        DeviceError: the arm does not answer or obey.
    """
    names = names_of(make)
    calibration = undo(asked.path, names=names, largest_offset=make.largest_offset)
    if calibration is None:
        raise InvalidCalibration(
            asked.name, field="calibration before", value="missing", expected="one to go back to"
        )
    try:
        make.store(asked.name, asked.port, calibration)
    except BaseException:
        undo(
            asked.path, names=names, largest_offset=make.largest_offset
        )  # file and motors go together
        raise
    return Calibrated(asked.name, asked.path, changes=(), undone=True)


def _kept(make: ArmMake, name: str, path: Path, calibration: ArmCalibration) -> Calibrated:
    changes = keep(path, calibration, largest_offset=make.largest_offset)
    return Calibrated(name, path, None if changes is None else tuple(map(in_words, changes)))


def _fitted(make: ArmMake, asked: TakeOver, calibration: ArmCalibration) -> ArmCalibration:
    """The calibration with the identity of the arm, which holds the same numbers."""
    seen = make.look(asked.port)
    wrong = () if seen is None else _differs(seen, calibration)
    if seen is None or wrong:
        if not asked.store:
            reason = "; ".join(wrong) or "no arm answers there"
            raise CalibrationMismatch(asked.name, reason=reason)
        make.store(asked.name, asked.port, replace(calibration, identity=""))
    return replace(calibration, identity=identity_of(current_port(asked.port)))


def _differs(seen: ArmSeen, calibration: ArmCalibration) -> tuple[str, ...]:
    """Joints whose motors hold another offset than the file says."""
    return tuple(
        f"{motor.joint} has offset {motor.offset} in its motor, "
        f"{calibration.joints[motor.joint].homing_offset} in the file"
        for motor in seen.motors
        if calibration.joints[motor.joint].homing_offset != motor.offset
    )
