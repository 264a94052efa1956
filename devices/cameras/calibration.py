"""A camera's calibration: lens and place together, kept in one readable file per camera.

Stored under the camera's address, which follows the camera and not a number. A file that says
something impossible blocks using it: a plan drawn in the wrong place is worse than none. Knows no
camera and no window.
"""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import numpy.typing as npt
import tomli_w

from devices.cameras.errors import InvalidCalibration
from devices.cameras.lens import CalibrationRefused, Lens
from devices.cameras.place import Place
from devices.projection import CameraMatrix
from recordings.whole_file import write_whole

VERSION = 1
_ORTHOGONAL = 1e-3  # how far a rotation in a file may be from one


@dataclass(frozen=True, slots=True)
class CameraCalibration:
    """What is known about one camera."""

    address: str
    lens: Lens
    place: Place | None = None  # None: only the lens is known

    def matrix(
        self, *, size: tuple[int, int], base_from_tool: npt.ArrayLike | None = None
    ) -> CameraMatrix:
        """The camera now, for projecting points of the base frame into its picture.

        Args:
            size: (width, height) px of that picture.
            base_from_tool: (4, 4), needed when the camera rides on the tool.

        Raises:
            CalibrationRefused: calibrated at another size, or its place is not known.
        """
        self.lens.check_size(size)
        if self.place is None:
            hint = "Show it the board at a known place, or touch the board with the tool."
            raise CalibrationRefused(reason="the camera's place is not known", hint=hint)
        pose = self.place.base_from_camera(base_from_tool)
        return CameraMatrix(self.lens.intrinsics, pose, self.lens.distortion)


class CalibrationShelf:
    """A folder of calibration files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, address: str) -> Path:
        """Where the calibration of the camera at ``address`` is kept, whether there is one or not.

        The name tells a person which camera it is; eight digits keep similar ones apart.
        """
        identity = without_password(address)
        words = re.sub(r"[^A-Za-z0-9]+", "-", identity).strip("-")[-60:].strip("-")
        digits = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return self._folder / f"{words}-{digits}.toml"

    def load(self, address: str) -> CameraCalibration | None:
        """The calibration of that camera; None when it has none.

        Raises:
            InvalidCalibration: its file says something impossible, or is another camera's.
        """
        path = self.path_of(address)
        if not path.is_file():
            return None
        found = read_calibration(path)
        if found.address != without_password(address):
            raise InvalidCalibration(
                str(path), field="address", value=repr(found.address), expected=repr(address)
            )
        return found

    def save(self, calibration: CameraCalibration) -> Path:
        """Write it, replacing the camera's previous one, which is kept beside as ``.before``.

        Raises:
            OSError: the folder cannot be written.
        """
        path = self.path_of(calibration.address)
        if path.exists():
            shutil.copyfile(path, path.with_suffix(".before"))
        write_whole(path, tomli_w.dumps(_table(calibration)))
        return path


def without_password(address: str) -> str:
    """The address without user and password, if it is a URL with them."""
    if "@" not in address or "://" not in address:
        return address
    url = urlsplit(address)
    return urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2]))


def read_calibration(path: Path) -> CameraCalibration:
    """The calibration in a file.

    Raises:
        InvalidCalibration: it cannot be read, or says something impossible.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidCalibration(
            str(path), field="the file", value=str(error), expected="readable TOML"
        ) from error
    reader = _Reader(str(path), content)
    version = content.get("version")
    if version != VERSION:
        raise reader.wrong("version", version, str(VERSION))
    address = content.get("address")
    if not isinstance(address, str) or not address:
        raise reader.wrong("address", address, "the camera's address")
    place = reader.table("place") if "place" in content else None
    return CameraCalibration(
        address,
        _lens(reader.table("lens")),
        None if place is None else _place(place),
    )


def _table(calibration: CameraCalibration) -> dict[str, Any]:
    lens = calibration.lens
    matrix = lens.intrinsics
    table: dict[str, Any] = {
        "version": VERSION,
        "address": without_password(calibration.address),
        "lens": {
            "width": lens.width,
            "height": lens.height,
            "fx": float(matrix[0, 0]),
            "fy": float(matrix[1, 1]),
            "cx": float(matrix[0, 2]),
            "cy": float(matrix[1, 2]),
            "distortion": list(lens.distortion),
            "error_px": lens.error_px,
            "views": lens.views,
        },
    }
    place = calibration.place
    if place is not None:
        table["place"] = {
            "rides_on_tool": place.rides,
            "rotation": place.pose[:3, :3].tolist(),
            "position_m": place.pose[:3, 3].tolist(),
            "miss_m": place.miss_m,
        }
    return table


class _Reader:
    """Fields of one table, each checked."""

    def __init__(self, source: str, content: dict[str, Any], where: str = "") -> None:
        self._source = source
        self._content = content
        self._where = where

    def wrong(self, name: str, value: object, expected: str) -> InvalidCalibration:
        field = f"{self._where}{name}"
        shown = "missing" if value is None else repr(value)
        return InvalidCalibration(self._source, field=field, value=shown, expected=expected)

    def table(self, name: str) -> _Reader:
        value = self._content.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, value, "a table")
        return _Reader(self._source, cast("dict[str, Any]", value), f"{name}.")

    def number(self, name: str, *, low: float, high: float = math.inf) -> float:
        value: Any = self._content.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not low <= value <= high:
            limits = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
            raise self.wrong(name, value, f"a number, {limits}")
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._content.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, value, "true or false")
        return value

    def array(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        value = self._content.get(name)
        expected = " × ".join(str(size) for size in shape) + " finite numbers"
        try:
            array = np.array(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self.wrong(name, value, expected) from error
        if array.shape != shape or not np.isfinite(array).all():
            raise self.wrong(name, value, expected)
        return array


def _lens(table: _Reader) -> Lens:
    width, height = (table.number(side, low=16, high=1e5) for side in ("width", "height"))
    fx, fy = (table.number(name, low=width / 20, high=width * 50) for name in ("fx", "fy"))
    cx, cy = table.number("cx", low=0, high=width), table.number("cy", low=0, high=height)
    return Lens(
        int(width),
        int(height),
        np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]]),
        tuple(table.array("distortion", (5,)).tolist()),
        table.number("error_px", low=0),
        int(table.number("views", low=1)),
    )


def _place(table: _Reader) -> Place:
    rotation = table.array("rotation", (3, 3))
    off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if off > _ORTHOGONAL or np.linalg.det(rotation) < 0:
        raise table.wrong("rotation", rotation.tolist(), "a rotation matrix")
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, table.array("position_m", (3,))
    return Place(pose, table.flag("rides_on_tool"), table.number("miss_m", low=0))
