"""An arm as one mesh whose links move: merged once, then only vertices are recomputed.

Pure numpy. Knows shapes and link poses, no joint and no robot.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from widgets.mesh import F32, Detail, Mesh, merged, primitive
from widgets.shapes import LinkShapeLike


class ArmMesh:
    """The shapes of an arm sorted by link."""

    def __init__(self, shapes: Sequence[LinkShapeLike], detail: Detail) -> None:
        ordered = sorted(shapes, key=lambda shape: shape.link)
        parts = [
            primitive(shape.kind, shape.size, detail).colored(shape.rgba).moved(shape.pose)
            for shape in ordered
        ]
        self.rest = merged(parts)
        counts: dict[int, int] = {}
        for shape, part in zip(ordered, parts, strict=True):
            counts[shape.link] = counts.get(shape.link, 0) + len(part.points)
        ends = np.cumsum(list(counts.values()))
        self._slices = [
            (link, slice(int(end) - count, int(end)))
            for (link, count), end in zip(counts.items(), ends, strict=True)
        ]

    @property
    def links(self) -> int:
        """How many link poses are needed."""
        return 1 + max((link for link, _ in self._slices), default=-1)

    def posed(self, poses: npt.ArrayLike) -> tuple[F32, F32]:
        """Vertices (v, 3) m and normals (v, 3) in the base frame for poses (l, 4, 4).

        Raises:
            ValueError: fewer poses than the shapes have links.
        """
        matrices = np.asarray(poses, dtype=np.float32)
        if matrices.ndim != 3 or matrices.shape[1:] != (4, 4) or len(matrices) < self.links:
            raise ValueError(
                f"link poses have shape {matrices.shape}; expected ({self.links} or more, 4, 4)"
            )
        points = np.empty_like(self.rest.points)
        normals = np.empty_like(self.rest.normals)
        for link, part in self._slices:
            rotation = matrices[link, :3, :3].T
            points[part] = self.rest.points[part] @ rotation + matrices[link, :3, 3]
            normals[part] = self.rest.normals[part] @ rotation
        return points, normals

    def mesh(self, poses: npt.ArrayLike) -> Mesh:
        """The whole mesh for poses (l, 4, 4)."""
        points, normals = self.posed(poses)
        return Mesh(points, normals, self.rest.colors, self.rest.faces)
