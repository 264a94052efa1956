"""Calibrations as files: one TOML per arm, readable, with the arm's identity, and the one before.

Writing keeps the calibration that was there, so that it can be compared and taken back.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from devices.calibration.lerobot import read_lerobot
from devices.calibration.types import LARGEST_OFFSET, ArmCalibration, MotorCalibration, checked
from devices.motor_errors import InvalidCalibration
from recordings.whole_file import write_whole

VERSION = 1
FIELDS = ("id", "homing_offset", "range_min", "range_max")


def read_calibration(
    path: Path, *, names: tuple[str, ...], largest_offset: int = LARGEST_OFFSET
) -> ArmCalibration:
    """The calibration of one arm, from a file of ours or (``.json``) of LeRobot.

    Args:
        path: of the file.
        names: joints that the arm has.
        largest_offset: that its motors can hold, steps.

    Raises:
        InvalidCalibration: it cannot be read, or cannot be true.
    """
    if path.suffix == ".json":
        return read_lerobot(path, names=names, largest_offset=largest_offset)
    where = str(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidCalibration(
            where, field="file", value=str(error), expected="a calibration (TOML)"
        ) from error
    if content.get("version") != VERSION:
        raise InvalidCalibration(
            where, field="version", value=content.get("version"), expected=str(VERSION)
        )
    tables = content.get("joints")
    if not isinstance(tables, dict):
        raise InvalidCalibration(where, field="joints", value=tables, expected="a table per joint")
    joints = {name: _motor(where, name, table) for name, table in tables.items()}
    identity, made = str(content.get("identity", "")), str(content.get("made", ""))
    return checked(
        ArmCalibration(joints, identity, made),
        where=where,
        names=names,
        largest_offset=largest_offset,
    )


def write_calibration(path: Path, calibration: ArmCalibration) -> None:
    """Write it whole or not at all; what was there before becomes the previous one."""
    content = {
        "version": VERSION,
        "identity": calibration.identity,
        "made": calibration.made,
        "joints": {name: _table(motor) for name, motor in calibration.joints.items()},
    }
    if path.exists():
        shutil.copyfile(path, previous_of(path))
    write_whole(path, tomli_w.dumps(content))


def previous_of(path: Path) -> Path:
    """Where the calibration before this one is kept."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def take_back(path: Path) -> bool:
    """Swap a calibration with the one before it; False when there is none."""
    before = previous_of(path)
    if not before.exists():
        return False
    kept = path.with_suffix(".tmp")
    os.replace(path, kept)
    os.replace(before, path)
    os.replace(kept, before)
    return True


def _table(motor: MotorCalibration) -> dict[str, int]:
    table = {field: getattr(motor, field) for field in FIELDS}
    return table | {"drive_mode": motor.drive_mode} if motor.drive_mode else table


def _motor(where: str, name: str, table: Any) -> MotorCalibration:  # noqa: ANN401 - from a file
    known = {*FIELDS, "drive_mode"}
    if not isinstance(table, dict) or not set(FIELDS) <= set(table) <= known:
        raise InvalidCalibration(where, field=name, value=table, expected=", ".join(FIELDS))
    for field, value in table.items():
        if type(value) is not int:
            raise InvalidCalibration(
                where, field=f"{name}.{field}", value=value, expected="a whole number"
            )
    return MotorCalibration(**table)
