"""LeRobot's calibration files: read them as they are, write them so that LeRobot reads them.

One JSON object per joint: id, drive_mode, homing_offset, range_min, range_max. The file does not
say which arm it belongs to; its name does. Old releases called the folders by arm model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devices.calibration.types import LARGEST_OFFSET, ArmCalibration, MotorCalibration, checked
from devices.motor_errors import InvalidCalibration
from recordings.whole_file import write_whole

FIELDS = ("id", "drive_mode", "homing_offset", "range_min", "range_max")
FOLDERS = {
    "follower": tuple(
        f"robots/{name}" for name in ("so_follower", "so101_follower", "so100_follower")
    ),
    "leader": tuple(
        f"teleoperators/{name}" for name in ("so_leader", "so101_leader", "so100_leader")
    ),
}


def read_lerobot(
    path: Path, *, names: tuple[str, ...], largest_offset: int = LARGEST_OFFSET
) -> ArmCalibration:
    """The calibration in a LeRobot file.

    Args:
        path: of the JSON file.
        names: joints that the arm has.
        largest_offset: that its motors can hold, steps.

    Raises:
        InvalidCalibration: it cannot be read, or cannot be true.
    """
    where = str(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidCalibration(
            where, field="file", value=str(error), expected="a LeRobot calibration (JSON)"
        ) from error
    if not isinstance(content, dict):
        raise InvalidCalibration(where, field="file", value=content, expected="one JSON object")
    joints = {str(name): _motor(where, name, table) for name, table in content.items()}
    return checked(ArmCalibration(joints), where=where, names=names, largest_offset=largest_offset)


def write_lerobot(path: Path, calibration: ArmCalibration) -> None:
    """Write it so that LeRobot finds what it expects, whole or not at all."""
    content = {
        name: {field: getattr(motor, field) for field in FIELDS}
        for name, motor in calibration.joints.items()
    }
    write_whole(path, json.dumps(content, indent=4))


def find_lerobot(role: str, *, environment: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """LeRobot's own calibration files of a ``"leader"`` or ``"follower"`` on this machine."""
    environment = os.environ if environment is None else environment
    cache = environment.get("HF_HOME", "") or str(Path.home() / ".cache" / "huggingface")
    root = Path(environment.get("HF_LEROBOT_CALIBRATION", "") or f"{cache}/lerobot/calibration")
    found = [path for folder in FOLDERS[role] for path in (root / folder).glob("*.json")]
    return tuple(sorted(found, key=lambda path: path.name))


def _motor(where: str, name: str, table: Any) -> MotorCalibration:  # noqa: ANN401 - from a file
    if not isinstance(table, dict) or not set(FIELDS) <= set(table):
        raise InvalidCalibration(where, field=name, value=table, expected=", ".join(FIELDS))
    for field in FIELDS:
        if type(table[field]) is not int:
            raise InvalidCalibration(
                where, field=f"{name}.{field}", value=table[field], expected="a whole number"
            )
    return MotorCalibration(**{field: table[field] for field in FIELDS})
