"""Primitive shapes as the 3D view wants them.

Any object with the same fields will do (a robot description has its own class): the view reads
``link``, ``kind``, ``size``, ``pose`` and ``rgba`` and never asks for a type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


class LinkShapeLike(Protocol):
    """What the 3D view reads of a shape."""

    @property
    def link(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def size(self) -> tuple[float, ...]: ...
    @property
    def pose(self) -> npt.NDArray[np.float64]: ...
    @property
    def rgba(self) -> tuple[float, float, float, float]: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """One primitive that moves with a link."""

    link: int  # row of the pose array
    kind: str  # "box", "capsule", "cylinder", "sphere"
    size: tuple[float, ...]  # m: box half sizes x y z; capsule and cylinder radius, half length (z)
    pose: npt.NDArray[np.float64]  # (4, 4) link_from_shape
    rgba: tuple[float, float, float, float]
