"""What a camera's lens does, found from pictures of the board, with its quality in plain words.

Refuses what only looks like a result: too few views, all from one side or in one corner, pictures
that do not fit one lens. A print of a wrong size goes unnoticed here: it changes distances, not the
lens. Knows no camera and no robot.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from devices.cameras.board import BoardView
from devices.errors import DeviceError
from devices.projection import F64

FEWEST_VIEWS = 8
FEWEST_CELLS = 6  # of 3 × 3 parts of the picture in which corners were seen
SMALLEST_SPREAD_RAD = 0.45  # between the most different tilts of the board (26°)
LARGEST_ERROR = 1.0 / 640  # reprojection error as a fraction of the picture's width
FAIR_ERROR, GOOD_ERROR = 0.6 / 640, 0.3 / 640
LARGEST_DOUBT = 0.02  # standard deviation of the focal length as a fraction of it
_GRID = 3


class Quality(enum.Enum):
    """How well the lens is known."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class CalibrationRefused(DeviceError):  # noqa: N818 - says what happened
    """Pictures from which no lens can be told."""

    code = "calibration_refused"

    def __init__(self, *, reason: str, hint: str) -> None:
        super().__init__("cameras", f"No calibration: {reason}.", hint)


@dataclass(frozen=True, slots=True)
class Lens:
    """Intrinsics of one camera at one picture size."""

    width: int  # px
    height: int  # px
    intrinsics: F64  # (3, 3) px, top left pixel's centre at (0.5, 0.5)
    distortion: tuple[float, ...]  # k1 k2 p1 p2 k3
    error_px: float  # root mean square reprojection error
    views: int

    @property
    def quality(self) -> Quality:
        share = self.error_px / self.width
        if share <= GOOD_ERROR:
            return Quality.GOOD
        return Quality.FAIR if share <= FAIR_ERROR else Quality.POOR

    @property
    def words(self) -> str:
        """One sentence for a person."""
        across = 2 * np.degrees(np.arctan(self.width / 2 / self.intrinsics[0, 0]))
        return (
            f"{self.quality.value.capitalize()}: points land {self.error_px:.2f} px from where "
            f"they are seen, over {self.views} views; the camera sees {across:.0f}° across."
        )

    def camera_from_board(self, view: BoardView) -> F64:
        """(4, 4) pose of the board in the camera frame.

        Raises:
            CalibrationRefused: the picture has another size, or the corners fit no pose.
        """
        self.check_size(view.size)
        found, turn, shift = cv2.solvePnP(
            view.points, view.pixels - 0.5, self.opencv_matrix, np.array(self.distortion)
        )
        if not found:
            hint = "Show more of the board."
            raise CalibrationRefused(reason="the board's corners fit no place", hint=hint)
        pose = np.eye(4)
        pose[:3, :3] = cv2.Rodrigues(turn)[0]
        pose[:3, 3] = shift.reshape(3)
        return pose

    def check_size(self, size: tuple[int, int]) -> None:
        """Refuse pictures of another size: the camera may crop, then this lens is wrong.

        Raises:
            CalibrationRefused: with both sizes.
        """
        if size != (self.width, self.height):
            reason = (
                f"the lens was calibrated at {self.width}×{self.height}, "
                f"the picture is {size[0]}×{size[1]}"
            )
            raise CalibrationRefused(reason=reason, hint="Calibrate at the size you use.")

    @property
    def opencv_matrix(self) -> F64:
        """(3, 3) px as OpenCV counts: the top left pixel's centre at (0, 0)."""
        matrix = self.intrinsics.copy()
        matrix[:2, 2] -= 0.5
        return matrix


def calibrate_lens(views: Sequence[BoardView]) -> Lens:
    """Intrinsics from views of one board.

    Args:
        views: of one camera at one picture size.

    Raises:
        CalibrationRefused: too few, too alike, or they do not fit one lens; says what to show.
    """
    _check_number(views)
    _check_cover(views)
    size = views[0].size
    error, matrix, distortion, turns, doubts = _solve(views, size)
    _check_tilts(turns)
    focal = float(matrix[0, 0])
    if error > LARGEST_ERROR * size[0] or not np.isfinite(error):
        reason = f"points land {error:.1f} px from where they are seen"
        hint = (
            "Glue the print to something flat, hold it still, and keep the camera's focus fixed; "
            "very wide (fisheye) lenses do not fit this model."
        )
        raise CalibrationRefused(reason=reason, hint=hint)
    if doubts[0] > LARGEST_DOUBT * focal:
        reason = f"the focal length could be off by {100 * doubts[0] / focal:.1f} %"
        hint = "Add views with the board tilted more, and closer to the camera."
        raise CalibrationRefused(reason=reason, hint=hint)
    intrinsics = matrix.copy()
    intrinsics[:2, 2] += 0.5
    coefficients = tuple(float(k) for k in distortion[:5])
    return Lens(*size, intrinsics, coefficients, error, len(views))


def covered(views: Sequence[BoardView]) -> npt.NDArray[np.bool_]:
    """(3, 3) in which parts of the picture corners were seen, top row first."""
    seen = np.zeros((_GRID, _GRID), bool)
    for view in views:
        cells = (view.pixels / np.array(view.size) * _GRID).astype(int).clip(0, _GRID - 1)
        seen[cells[:, 1], cells[:, 0]] = True
    return seen


def missing_places(views: Sequence[BoardView]) -> list[str]:
    """Where the board has not been yet, in words."""
    rows, columns = ("top", "middle", "bottom"), ("left", "centre", "right")
    return [
        f"{rows[row]} {columns[column]}" for row, column in np.argwhere(~covered(views)).tolist()
    ]


def _solve(
    views: Sequence[BoardView], size: tuple[int, int]
) -> tuple[float, F64, F64, list[Any], F64]:
    points = [view.points.astype(np.float32) for view in views]
    pixels = [(view.pixels - 0.5).astype(np.float32) for view in views]
    try:
        error, matrix, distortion, turns, _, doubts, _, _ = cv2.calibrateCameraExtended(
            points, pixels, size, np.eye(3), np.zeros(5)
        )
    except cv2.error as error:
        hint = "Tilt the board in every direction and start again."
        raise CalibrationRefused(reason="the views fit no lens", hint=hint) from error
    found, bends, unsure = (np.asarray(a, np.float64) for a in (matrix, distortion, doubts))
    return float(error), found, bends.reshape(-1), list(turns), unsure.reshape(-1)


def _check_number(views: Sequence[BoardView]) -> None:
    if len(views) < FEWEST_VIEWS:
        reason = f"{len(views)} views of the board, at least {FEWEST_VIEWS} are needed"
        raise CalibrationRefused(reason=reason, hint="Show the board from more sides.")
    if len({view.size for view in views}) > 1:
        sizes = sorted({f"{w}×{h}" for w, h in (view.size for view in views)})
        reason = f"the pictures have different sizes ({', '.join(sizes)})"
        raise CalibrationRefused(reason=reason, hint="Take all of them in one session.")


def _check_cover(views: Sequence[BoardView]) -> None:
    missing = missing_places(views)
    if _GRID * _GRID - len(missing) < FEWEST_CELLS:
        reason = "the board was only seen in one part of the picture"
        hint = f"Show it in the {', '.join(missing)} of the picture too."
        raise CalibrationRefused(reason=reason, hint=hint)


def _check_tilts(turns: Sequence[Any]) -> None:
    normals = np.array([cv2.Rodrigues(turn)[0][:, 2] for turn in turns])
    spread = float(np.arccos(np.clip(normals @ normals.T, -1, 1)).max())
    if spread < SMALLEST_SPREAD_RAD:
        reason = f"the board was always held alike (its tilts differ by {np.degrees(spread):.0f}°)"
        hint = "Tilt it by about 30° to the left, right, towards you and away from you."
        raise CalibrationRefused(reason=reason, hint=hint)
