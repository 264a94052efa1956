"""``python -m studio.make_depth_data OUT.h5``: pictures of the bench with their true depth.

:mod:`model.teach_depth_tokenizer` and :mod:`model.teach_think` learn from the file. Depth is kept
as depth reasoning means it: inverse depth of the main picture, 0 (farthest) … 255 (nearest). The
scale is that of the bench, not of each frame: where nothing moves, nothing changes, whatever comes
near elsewhere, so that codes of unchanged cells may be kept. Reproducible from the seed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from devices.sim.render import SceneRenderer
from devices.sim.scene_layout import CUBES
from devices.sim.world import load_bench_model
from recordings.types import F32, U8
from studio.foundation_scenes import HEIGHT, WIDTH, SceneDrawer
from studio.make_foundation_data import CAMERAS, task_of
from studio.teaching_file import draw, write_common

SCHEMA = "foresight-depth/1"
DEPTH_PX = 80  # side of the square depth is kept at
NEAR_M, FAR_M = 0.25, 3.0  # what counts as nearest and farthest on the bench


def relative_depth(depth_m: F32) -> U8:
    """(h, w) metres from the camera's plane → (DEPTH_PX, DEPTH_PX) uint8, larger = nearer."""
    metres = depth_m[_middles(depth_m.shape[0])][:, _middles(depth_m.shape[1])]
    inverse = 1.0 / np.clip(metres, NEAR_M, FAR_M)
    low, high = 1.0 / FAR_M, 1.0 / NEAR_M
    return np.rint((inverse - low) / (high - low) * 255).astype(np.uint8)


def _middles(size: int) -> npt.NDArray[np.intp]:
    """Which of ``size`` pixels lie in the middle of each of DEPTH_PX equal parts."""
    return ((np.arange(DEPTH_PX) + 0.5) * size / DEPTH_PX).astype(np.intp)


def make(path: Path, *, count: int, seed: int) -> None:
    """Write ``count`` moments to ``path``."""
    states = np.empty((count, 6), np.float32)
    depths = np.empty((count, DEPTH_PX, DEPTH_PX), np.uint8)
    pictures: dict[str, list[bytes]] = {camera: [] for camera in CAMERAS}
    model = load_bench_model()
    drawer = SceneDrawer(model, cameras=CAMERAS, seed=seed)
    with SceneRenderer(WIDTH, HEIGHT, model=model) as renderer:
        for row in range(count):
            truth = drawer.draw()
            states[row] = truth.q
            depths[row] = relative_depth(renderer.depth(truth.qpos, CAMERAS[0]))
            for camera in CAMERAS:
                pictures[camera].append(draw(renderer, truth.qpos, camera))
    tasks = [task_of(cube) for cube in CUBES]
    with h5py.File(path, "w") as file:
        write_common(file, schema=SCHEMA, seed=seed, tasks=tasks, states=states, pictures=pictures)
        file["depth"] = depths


def main(argv: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="studio.make_depth_data", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args(argv)
    make(options.out, count=options.count, seed=options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
