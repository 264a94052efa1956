"""Calibrations of a bench as a pair of files: ours and LeRobot's, kept and taken back together.

What the command line and the Connect page both do with a finished calibration. Knows no motor.
"""

from __future__ import annotations

import math
from pathlib import Path

from devices.calibration.compare import Difference, differences
from devices.calibration.lerobot import write_lerobot
from devices.calibration.store import read_calibration, take_back, write_calibration
from devices.calibration.types import LARGEST_OFFSET, ArmCalibration
from devices.motor_errors import InvalidCalibration


def keep(
    path: Path, calibration: ArmCalibration, *, largest_offset: int = LARGEST_OFFSET
) -> tuple[Difference, ...] | None:
    """Write both files; the calibration that was there becomes the previous one.

    Args:
        path: of our file; LeRobot's is beside it.
        calibration: to keep.
        largest_offset: that motors of this make hold, steps.

    Returns:
        What is noticeably different from the one before; None when there was none that could be
        read.
    """
    old = _readable(path, tuple(calibration.joints), largest_offset)
    write_calibration(path, calibration)
    write_lerobot(path.with_suffix(".json"), calibration)
    if old is None:
        return None
    return tuple(change for change in differences(calibration, old) if change.noticeable)


def undo(
    path: Path, *, names: tuple[str, ...], largest_offset: int = LARGEST_OFFSET
) -> ArmCalibration | None:
    """Swap it with the one before, in both files; None when there is none before it.

    Args:
        path: of our file.
        names: joints that the arm has.
        largest_offset: that motors of this make hold, steps.

    Raises:
        InvalidCalibration: the one before cannot be read.
    """
    if not take_back(path):
        return None
    calibration = read_calibration(path, names=names, largest_offset=largest_offset)
    write_lerobot(path.with_suffix(".json"), calibration)
    return calibration


def in_words(change: Difference) -> str:
    """One joint that was measured otherwise."""
    shift, span = math.degrees(change.shift_rad), math.degrees(change.span_rad)
    return f"{change.joint}: zero moved by {shift:+.1f}°, range {span:+.1f}°"


def _readable(path: Path, names: tuple[str, ...], largest_offset: int) -> ArmCalibration | None:
    if not path.exists():
        return None
    try:
        return read_calibration(path, names=names, largest_offset=largest_offset)
    except InvalidCalibration:  # it is replaced; a copy stays as the previous one
        return None
