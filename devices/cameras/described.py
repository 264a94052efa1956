"""A camera as a bench file describes it: its address, mode and picture controls; and the camera.

An address names one camera for good: a link under /dev/v4l, a serial number, a URL, a file. A
number like 0 or /dev/video0 is refused: it means another camera after the next restart. Knows no
bench file's place, only its table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from devices.base import Camera
from devices.cameras.address import DEVICE, FILE, REALSENSE, STREAMS, check_address
from devices.cameras.controls import PictureControls
from devices.cameras.drained import DrainedCamera, Source
from devices.cameras.realsense import DepthCamera, RealSenseStream
from devices.errors import InvalidBench
from recordings.types import CameraSpec

_RECORDINGS = (".bag", ".db3")
_RULES: Mapping[str, tuple[str, float, float]] = {
    "width": ("px, 16 to 7680", 16, 7680),
    "height": ("px, 16 to 4320", 16, 4320),
    "fps": ("pictures per second, 1 to 240", 1, 240),
    "exposure_ms": ("ms, above 0", 1e-3, 1e4),
    "white_balance_k": ("K, 1000 to 15000", 1000, 15000),
    "gain": ("a number from 0", 0, 1e6),
    "focus": ("a number from 0", 0, 1e6),
}
_NEEDED = ("address", "width", "height", "fps")
_CONTROLS = ("exposure_ms", "white_balance_k", "gain", "focus")
_KNOWN = (*_NEEDED, *_CONTROLS, "fourcc", "lock", "depth")


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """One camera of a bench. Picklable."""

    name: str  # its role: "front", "wrist"
    address: str
    width: int  # px
    height: int  # px
    fps: float
    fourcc: str = ""  # "" for compressed where the camera has it
    depth: bool = False  # RealSense only
    controls: PictureControls = field(default_factory=PictureControls)

    @property
    def spec(self) -> CameraSpec:
        return CameraSpec(self.name, self.width, self.height, self.fps)

    @classmethod
    def from_table(cls, source: str, name: str, table: object) -> CameraEntry:
        """The camera a bench file's table describes.

        Args:
            source: path of the file, for errors.
            name: of the camera.
            table: straight from the file.

        Raises:
            InvalidBench: something in it is missing or impossible.
            InvalidAddress: the address names no camera for good.
        """
        where = f"cameras.{name}"
        if not isinstance(table, dict):
            raise InvalidBench(source, field=where, value=table, expected="a table")
        for key in table:
            if key not in _KNOWN:
                expected = f"one of {', '.join(_KNOWN)}"
                raise InvalidBench(source, field=where, value=key, expected=expected)
        for key in _NEEDED:
            if key not in table:
                raise InvalidBench(
                    source, field=f"{where}.{key}", value="missing", expected="a value"
                )
        numbers = {
            key: _number(source, f"{where}.{key}", table[key], _RULES[key])
            for key in _RULES
            if key in table
        }
        address = table["address"]
        if not isinstance(address, str):
            expected = "the address of a camera, as text"
            raise InvalidBench(source, field=f"{where}.address", value=address, expected=expected)
        check_address(address)
        return cls(
            name,
            address,
            int(numbers["width"]),
            int(numbers["height"]),
            numbers["fps"],
            fourcc=_fourcc(source, where, table.get("fourcc", "")),
            depth=_flag(source, f"{where}.depth", table.get("depth", False)),
            controls=PictureControls(
                **{key: numbers.get(key) for key in _CONTROLS},
                lock=_flag(source, f"{where}.lock", table.get("lock", False)),
            ),
        )

    def to_table(self) -> dict[str, Any]:
        """What :meth:`from_table` reads, without what is left to the camera."""
        table: dict[str, Any] = {key: getattr(self, key) for key in _NEEDED}
        table |= {key: v for key in ("fourcc", "depth") if (v := getattr(self, key))}
        return table | {k: v for k, v in asdict(self.controls).items() if v not in (None, False)}

    def build(self) -> Camera:
        """The camera, closed, in the process that will own it."""
        if self.depth:
            return DepthCamera(self.spec, self._source)
        path = Path(self.address) if self.address.startswith(DEVICE) else None
        return DrainedCamera(self.spec, self._source, node=path)

    def _source(self) -> Source:
        spec, address = self.spec, self.address
        if address.startswith(STREAMS):
            from devices.cameras.http_stream import HttpStream

            return HttpStream(spec, address)
        if address.startswith(REALSENSE):
            return RealSenseStream(spec, address.removeprefix(REALSENSE), depth=self.depth)
        if address.startswith(FILE):
            return self._file(Path(address.removeprefix(FILE)))
        from devices.cameras.device import DeviceStream

        return DeviceStream(spec, Path(address), fourcc=self.fourcc, controls=self.controls)

    def _file(self, path: Path) -> Source:
        if path.suffix.lower() in _RECORDINGS:
            return RealSenseStream(self.spec, "", depth=self.depth, recording=path)
        from devices.cameras.files import FileStream

        return FileStream(self.spec, path)


def _number(
    source: str,
    where: str,
    value: Any,  # noqa: ANN401 - straight from a file
    rule: tuple[str, float, float],
) -> float:
    expected, low, high = rule
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:
        raise InvalidBench(source, field=where, value=value, expected=expected)
    return float(value)


def _flag(source: str, where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidBench(source, field=where, value=value, expected="true or false")
    return value


def _fourcc(source: str, where: str, value: Any) -> str:  # noqa: ANN401
    if value == "" or (isinstance(value, str) and len(value) == 4 and value.isascii()):
        return value
    expected = 'four letters like "MJPG"'
    raise InvalidBench(source, field=f"{where}.fourcc", value=value, expected=expected)
