"""Where a camera is: fixed in the base frame, or riding on the tool. From the board to that place.

Three ways: the board lies at a known place, the tool touched some of its corners, or the camera
rides on the arm and looked at one board from several poses. Knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from devices.cameras.lens import CalibrationRefused
from devices.projection import F64

FEWEST_TOUCHES = 3
LARGEST_TOUCH_MISS_M = 0.006  # root mean square; arms of this class are worse than their numbers
FEWEST_POSES = 4
LARGEST_RIDE_MISS_M = 0.010
SMALLEST_TURN_RAD = 0.35  # between poses of the arm, else the place is not determined (20°)


@dataclass(frozen=True, slots=True)
class Place:
    """A camera's pose and how well the measurements agree with it."""

    pose: F64  # (4, 4) base_from_camera, or tool_from_camera when it rides
    rides: bool
    miss_m: float  # root mean square; 0 when nothing could be compared

    def base_from_camera(self, base_from_tool: npt.ArrayLike | None = None) -> F64:
        """(4, 4) now.

        Args:
            base_from_tool: (4, 4), needed when the camera rides on the tool.
        """
        if not self.rides:
            return self.pose
        if base_from_tool is None:
            message = "a camera that rides on the tool needs the tool's pose"
            raise ValueError(message)
        return np.asarray(base_from_tool, np.float64) @ self.pose


def flat_board(x_m: float, y_m: float, turn_rad: float, *, z_m: float = 0.0) -> F64:
    """(4, 4) base_from_board of a board that lies face up.

    Args:
        x_m: of its printed top left corner, base frame.
        y_m: of the same.
        turn_rad: direction of its long edge, from the base's x axis towards y.
        z_m: height of the paper over the table.
    """
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    return np.array([[c, s, 0, x_m], [s, -c, 0, y_m], [0, 0, -1, z_m], [0, 0, 0, 1]])


def fixed_place(base_from_board: npt.ArrayLike, camera_from_board: npt.ArrayLike) -> Place:
    """A camera that does not move, from one look at a board whose place is known."""
    pose = np.asarray(base_from_board) @ np.linalg.inv(np.asarray(camera_from_board))
    return Place(pose, rides=False, miss_m=0.0)


def touched_board(touched: npt.ArrayLike, corners: npt.ArrayLike) -> tuple[F64, float]:
    """base_from_board (4, 4) and the miss in m, from corners the tool's tip was led to.

    The best rigid fit in the sense of least squares (Kabsch).

    Args:
        touched: (k, 3) m, the tip in the base frame.
        corners: (k, 3) m, the same corners in the board frame.

    Raises:
        CalibrationRefused: too few, in one line, or they fit no board.
    """
    there, here = np.asarray(touched, np.float64), np.asarray(corners, np.float64)
    if len(there) < FEWEST_TOUCHES:
        reason = f"{len(there)} corners were touched, at least {FEWEST_TOUCHES} are needed"
        raise CalibrationRefused(reason=reason, hint="Touch corners far apart.")
    centre_there, centre_here = there.mean(axis=0), here.mean(axis=0)
    left, strength, right = np.linalg.svd((here - centre_here).T @ (there - centre_there))
    if strength[1] < 1e-4 * max(strength[0], 1e-9):
        reason = "the touched corners lie in one line"
        raise CalibrationRefused(reason=reason, hint="Touch corners of three sides of the board.")
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(right.T @ left.T))])
    rotation = right.T @ mirror @ left.T
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, centre_there - rotation @ centre_here
    miss_m = _rms(there - (here @ rotation.T + pose[:3, 3]))
    if miss_m > LARGEST_TOUCH_MISS_M:
        reason = f"the touched corners do not fit the board, they miss by {1000 * miss_m:.1f} mm"
        hint = "Touch them again with the tip; check the print's size and the arm's calibration."
        raise CalibrationRefused(reason=reason, hint=hint)
    return pose, miss_m


def riding_place(base_from_tools: Sequence[F64], camera_from_boards: Sequence[F64]) -> Place:
    """A camera on the tool, from looks at one board that does not move.

    Solves AX = XB over all pairs of poses: rotations by their logarithms (Park and Martin 1994),
    then the shift by least squares.

    Args:
        base_from_tools: (4, 4) each, where the tool was.
        camera_from_boards: (4, 4) each, the board in the pictures taken there.

    Raises:
        CalibrationRefused: too few poses, too alike, or they contradict each other.
    """
    if len(base_from_tools) < FEWEST_POSES:
        reason = f"{len(base_from_tools)} poses of the arm, at least {FEWEST_POSES} are needed"
        raise CalibrationRefused(reason=reason, hint="Look at the board from more sides.")
    pairs = _motions(base_from_tools, camera_from_boards)
    of_tool = np.array([_log(a) for a, _ in pairs])
    of_camera = np.array([_log(b) for _, b in pairs])
    rotation = _turn_that_maps(of_camera, of_tool)
    rows = np.concatenate([a[:3, :3] - np.eye(3) for a, _ in pairs])
    shifts = np.concatenate([rotation @ b[:3, 3] - a[:3, 3] for a, b in pairs])
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = np.linalg.lstsq(rows, shifts, rcond=None)[0]
    miss_m = _disagreement(pose, base_from_tools, camera_from_boards)
    if miss_m > LARGEST_RIDE_MISS_M:
        reason = f"the poses put the board in places {1000 * miss_m:.0f} mm apart"
        hint = "Keep the board still, stop the arm for each picture, check the arm's calibration."
        raise CalibrationRefused(reason=reason, hint=hint)
    return Place(pose, rides=True, miss_m=miss_m)


def _motions(tools: Sequence[F64], boards: Sequence[F64]) -> list[tuple[F64, F64]]:
    """For every pair of poses: how the tool moved and how the camera moved, each in itself."""
    pairs = [
        (np.linalg.inv(tools[i]) @ tools[j], boards[i] @ np.linalg.inv(boards[j]))
        for i in range(len(tools))
        for j in range(i + 1, len(tools))
    ]
    turned = [pair for pair in pairs if np.linalg.norm(_log(pair[0])) > SMALLEST_TURN_RAD]
    axes = np.array([_log(a) for a, _ in turned]).reshape(-1, 3)
    strength = np.linalg.svd(axes, compute_uv=False) if len(axes) > 1 else np.zeros(3)
    if len(axes) < 2 or strength[1] < 0.1 * strength[0]:
        reason = "the arm turned about one axis only"
        hint = "Look at the board with the wrist rolled and with the wrist bent, 30° or more."
        raise CalibrationRefused(reason=reason, hint=hint)
    return turned


def _turn_that_maps(source: F64, target: F64) -> F64:
    """(3, 3) rotation with target ≈ rotation · source, rows (m, 3)."""
    left, _, right = np.linalg.svd(source.T @ target)
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(right.T @ left.T))])
    return right.T @ mirror @ left.T


def _disagreement(pose: F64, tools: Sequence[F64], boards: Sequence[F64]) -> float:
    """How far apart the poses put the board, m (root mean square about the mean)."""
    places = [(t @ pose @ b)[:3, 3] for t, b in zip(tools, boards, strict=True)]
    return _rms(np.array(places) - np.mean(places, axis=0))


def _log(motion: F64) -> F64:
    return np.asarray(cv2.Rodrigues(motion[:3, :3])[0], np.float64).reshape(3)


def _rms(errors: F64) -> float:
    return float(np.sqrt((errors**2).sum(axis=1).mean()))
