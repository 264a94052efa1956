"""One pinhole camera with a real lens: from points in the base frame to pixels. Plain numpy.

Camera frame: x right, y down, z into the picture. Pixel (u, v): u to the right, v down, the centre
of the top left pixel is (0.5, 0.5). (OpenCV puts it at (0, 0): its cx and cy are half a pixel
smaller.) Knows no camera and no robot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

NO_DISTORTION = (0.0, 0.0, 0.0, 0.0, 0.0)
NEAREST_M = 1e-4  # closer points are behind the camera


@dataclass(frozen=True, slots=True)
class CameraMatrix:
    """One camera at one moment."""

    intrinsics: F64  # (3, 3) px
    base_from_camera: F64  # (4, 4)
    distortion: tuple[float, ...] = NO_DISTORTION  # k1 k2 p1 p2 k3 (Brown and Conrady, as OpenCV)

    def project(self, points: npt.ArrayLike) -> F64:
        """(m, 3) m in the base frame → (m, 2) px; NaN for points that no pixel can see.

        These lie behind the camera, or so far aside that the lens model folds back.
        """
        rows = np.atleast_2d(np.asarray(points, dtype=np.float64))
        rotation, origin = self.base_from_camera[:3, :3], self.base_from_camera[:3, 3]
        seen = (rows - origin) @ rotation
        ahead = np.where(seen[:, 2:] > NEAREST_M, seen[:, 2:], np.nan)
        flat = seen / ahead
        if any(self.distortion):
            flat = distorted(flat, self.distortion)
        return flat @ self.intrinsics[:2].T

    def rays(self, rows: int, columns: int) -> F64:
        """(rows, columns, 3) base frame: through the middles of equal parts, 1 m along the view.

        For an ideal lens whose axis meets the middle of the picture.
        """
        width, height = 2 * self.intrinsics[0, 2], 2 * self.intrinsics[1, 2]  # the centre's double
        v, u = np.meshgrid(
            (np.arange(rows) + 0.5) * height / rows,
            (np.arange(columns) + 0.5) * width / columns,
            indexing="ij",
        )
        pixels = np.stack([u, v, np.ones_like(u)], axis=-1)
        ahead = pixels @ np.linalg.inv(self.intrinsics).T
        return ahead @ self.base_from_camera[:3, :3].T

    def lift(self, depth_m: npt.ArrayLike) -> F64:
        """(rows, columns) m along the view axis → (rows, columns, 3) m, base frame."""
        depth = np.asarray(depth_m, dtype=np.float64)
        return self.base_from_camera[:3, 3] + depth[..., None] * self.rays(*depth.shape)


def distorted(flat: F64, coefficients: tuple[float, ...]) -> F64:
    """(m, 3) x/z, y/z, 1 of an ideal camera → the same through a lens k1 k2 p1 p2 k3.

    NaN beyond the radius at which the radial polynomial turns back.
    """
    k1, k2, p1, p2, k3 = coefficients
    x, y = flat[:, 0], flat[:, 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = 1 + r2 * (3 * k1 + r2 * (5 * k2 + r2 * 7 * k3))
    radial = np.where(slope > 0, radial, np.nan)
    return np.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
            np.ones_like(x),
        ],
        axis=1,
    )
