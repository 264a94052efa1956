"""What emulated cameras show: a test card that counts, files, or the simulated scene.

Every source is opened, asked and closed by one thread (off-screen OpenGL wants it so). Knows no
network and no rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from devices.description import F64
from devices.errors import ConnectFailed
from devices.sim.pose_block import PoseBlock, PoseBlockHandle
from recordings.types import U8

if TYPE_CHECKING:  # OpenGL: loaded by the process that draws
    from devices.sim.render import SceneRenderer

COUNTER_BITS = 24
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")


class Pictures(Protocol):
    """A source of pictures for several cameras."""

    def open(self, width: int, height: int) -> None:
        """Get ready on the calling thread."""
        ...

    def draw(self, camera: str, number: int) -> U8:
        """Picture ``number`` of a camera, (h, w, 3) uint8 RGB."""
        ...

    def close(self) -> None: ...


class TestCard:
    """A shaded card with its number as a row of black and white fields at the top.

    The number survives JPEG: :func:`read_number` finds out which picture arrived, so delay and loss
    can be measured end to end.
    """

    __test__ = False  # no test class

    def __init__(self) -> None:
        self._ground: U8 = np.empty((0, 0, 3), np.uint8)

    def open(self, width: int, height: int) -> None:
        self._ground = np.empty((height, width, 3), np.uint8)
        self._ground[..., 0] = np.linspace(40, 200, width).astype(np.uint8)
        self._ground[..., 1] = np.linspace(60, 180, height).astype(np.uint8)[:, None]
        self._ground[..., 2] = 110

    def draw(self, camera: str, number: int) -> U8:
        image = self._ground.copy()
        height, width = image.shape[:2]
        fields = image[: _field_px(image)]
        edges = np.linspace(0, width, COUNTER_BITS + 1).astype(int)
        for bit in range(COUNTER_BITS):
            fields[:, edges[bit] : edges[bit + 1]] = 255 if number >> bit & 1 else 0
        place = (width // 16, height // 2)
        cv2.putText(image, f"{camera} {number}", place, 0, height / 300, (250, 250, 250), 2)
        return image

    def close(self) -> None:
        self._ground = np.empty((0, 0, 3), np.uint8)


def read_number(image: U8) -> int:
    """The number on a :class:`TestCard` picture (h, w, 3)."""
    row = image[_field_px(image) // 2].mean(axis=1)
    edges = np.linspace(0, image.shape[1], COUNTER_BITS + 1)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(int)
    return sum(1 << bit for bit, at in enumerate(middles) if row[at] > 127)


def _field_px(image: U8) -> int:
    return max(8, image.shape[0] // 16)


@dataclass(slots=True)
class Album:
    """Given picture files in a loop, the same for every camera."""

    files: Sequence[Path]
    _loaded: list[U8] = field(default_factory=list)

    def open(self, width: int, height: int) -> None:
        """Load the files, scaled to the size.

        Raises:
            ConnectFailed: there is none, or one cannot be read.
        """
        self._loaded = [_load(path, width, height) for path in self.files]
        if not self._loaded:
            raise ConnectFailed("emulated camera", reason="it was given no pictures")

    def draw(self, camera: str, number: int) -> U8:
        return self._loaded[number % len(self._loaded)]

    def close(self) -> None:
        self._loaded = []


def _load(path: Path, width: int, height: int) -> U8:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ConnectFailed("emulated camera", reason=f"{path} is no picture that can be read")
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(slots=True)
class ScenePictures:
    """The simulated bench; camera names are those of the scene ("front", "wrist").

    Attributes:
        poses: where another process writes the positions of the simulated world.
        qpos: (nq,) drawn when ``poses`` is absent.
    """

    poses: PoseBlockHandle | None = None
    qpos: F64 | None = None
    _renderer: SceneRenderer | None = None
    _block: PoseBlock | None = None

    def open(self, width: int, height: int) -> None:
        """Open an off-screen context.

        Raises:
            RenderFailed: this machine has no off-screen OpenGL.
        """
        from devices.sim.render import SceneRenderer
        from devices.sim.world import World

        if self.poses is not None:
            self._block = PoseBlock.attach(self.poses)
        elif self.qpos is None:
            self.qpos = World(0).qpos()
        self._renderer = SceneRenderer(width, height)

    def draw(self, camera: str, number: int) -> U8:
        assert self._renderer is not None
        qpos = self.qpos if self._block is None else self._block.read()[0]
        assert qpos is not None
        return self._renderer.render(qpos, camera)

    def close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
        if self._block is not None:
            self._block.close()
        self._renderer = self._block = None
