"""What an episode says about the bench it was recorded on, beside the robot itself.

Enough to know later whether two episodes belong together: the same arms, calibrated the same way,
seen by the same cameras through the same lenses. Knows no file and no device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class LensNote:
    """How one camera maps directions to pixels, at the size it was calibrated for."""

    width: int  # px
    height: int  # px
    intrinsics: tuple[float, ...]  # 9 numbers, px, row by row; (0.5, 0.5) is the top left pixel
    distortion: tuple[float, ...] = ()  # k1 k2 p1 p2 k3
    error_px: float = 0.0  # root mean square reprojection error; 0: known exactly


@dataclass(frozen=True, slots=True)
class CameraNote:
    """Which camera had a role."""

    identity: str  # what names it for good: its address; "simulated"
    lens: LensNote | None = None  # None: not calibrated


@dataclass(frozen=True, slots=True)
class BenchNote:
    """The bench of one episode."""

    name: str = ""
    operator: str = ""  # who worked at it
    calibrations: Mapping[str, str] = field(default_factory=dict[str, str])
    """Arm ("follower", "left leader main") → what tells its calibration from every other one."""
    cameras: Mapping[str, CameraNote] = field(default_factory=dict[str, CameraNote])
    """Role → the camera that had it."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> BenchNote:
        """Inverse of :meth:`to_dict`; {} is a bench nobody noted.

        Raises:
            KeyError, TypeError, AttributeError: when it is no such note.
        """
        cameras = {role: _camera(note) for role, note in found.get("cameras", {}).items()}
        return cls(**{**found, "cameras": cameras})


def _camera(found: Mapping[str, Any]) -> CameraNote:
    lens = found.get("lens")
    if lens is None:
        return CameraNote(found["identity"])
    numbers = {key: tuple(lens[key]) for key in ("intrinsics", "distortion")}
    return CameraNote(found["identity"], LensNote(**{**lens, **numbers}))
