"""Pictures with their true depth, from the file that the simulator made.

Knows no network; depth is relative and inverse: 0 farthest … 255 nearest on that bench.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch.nn import functional

from model.errors import TrainingDataUnusable
from model.stored_pictures import decode_all
from recordings.errors import RecordingError
from recordings.stored import Stored
from recordings.types import F32, U8

SCHEMA = "foresight-depth/1"
HELDOUT = 256  # moments at the front of a file that nothing is taught from


@dataclass(frozen=True, slots=True)
class DepthData:
    """A depth file in memory; rows before ``first`` are kept aside."""

    images: U8  # (m, cameras, s, s, 3) RGB, already squashed; empty when not asked for
    depth: U8  # (m, d, d) of the first camera's picture
    states: F32  # (m, n) rad
    cameras: tuple[str, ...]
    tasks: tuple[str, ...]
    source: dict[str, Any]

    def __len__(self) -> int:
        return len(self.depth)

    @property
    def first(self) -> int:
        """First row to learn from."""
        return min(HELDOUT, len(self) // 2)

    def pictures(self, rows: np.ndarray | slice, *, side: int) -> torch.Tensor:
        """(b, 1, side, side) float32 −1…1, as a depth tokenizer of that size wants them."""
        chosen = torch.from_numpy(np.array(self.depth[rows]))[:, None].float() / 127.5 - 1.0
        return functional.interpolate(chosen, (side, side), mode="nearest")

    @classmethod
    def load(cls, path: Path, *, image_size: int | None) -> DepthData:
        """Read a depth file.

        Args:
            path: made by ``python -m studio.make_depth_data``.
            image_size: side of the network's input; None leaves the pictures in the file.

        Raises:
            TrainingDataUnusable: missing, or another kind of file.
        """
        try:
            with h5py.File(path) as file:
                return cls._read(Stored(file, path=path), image_size, path)
        except (OSError, RecordingError) as error:
            raise TrainingDataUnusable(path, reason=str(error)) from error

    @classmethod
    def _read(cls, file: Stored, image_size: int | None, path: Path) -> DepthData:
        if (schema := file.text("schema")) != SCHEMA:
            raise TrainingDataUnusable(path, reason=f"it is {schema!r}, not {SCHEMA!r}")
        cameras = tuple(file.json("cameras"))
        depth = file.array("depth", dtype=np.uint8, shape=(None, None, None))
        images = np.empty((len(depth), 0), np.uint8)
        if image_size is not None:
            columns = [decode_all(file.group(camera), size=image_size) for camera in cameras]
            images = np.stack(columns, axis=1)
        return cls(
            images=images,
            depth=depth,
            states=file.array("states", dtype=np.float32, shape=(len(depth), None)),
            cameras=cameras,
            tasks=tuple(file.json("tasks")),
            source={"moments": len(depth), "seed": file.integer("seed")},
        )
