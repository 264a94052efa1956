"""``python -m studio.make_foundation_data OUT.h5``: pictures with questions and true answers.

Pointing (where in the picture), depth (how far), place (where on the table) about the cubes, the
tool and the tray of the simulated bench. :mod:`model.foundation` learns from the file; it needs to
know nothing about cubes, because the file carries its own questions. Reproducible from the seed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np

from devices.description import F64
from devices.sim.render import SceneRenderer
from devices.sim.scene_layout import CUBES
from devices.sim.world import load_bench_model
from recordings.types import F32
from studio.foundation_scenes import HEIGHT, THINGS, WIDTH, SceneDrawer, Truth
from studio.teaching_file import draw, write_common

SCHEMA = "foresight-foundation/1"
CAMERAS = ("front", "wrist")
TOP = 99  # answers are whole numbers 0 … 99
METRES_PER_ANSWER = 0.005  # distances and places come in half centimetres
FORWARD_FROM_M, LEFT_FROM_M = 0.0, -0.25  # what answer 0 means on the table
TOOL_REACH_M = 0.25  # offsets from the tool count from minus this
HIDDEN_M = 0.035  # a surface this much in front of a thing's centre hides it
NO_ANSWER = -1
HALVES = "half centimetres"
PERCENT = "% of the picture"
ASIDE = 0.02  # weight of what is not about the goal
TOOL = 0.5  # weight of where the tool is: nobody can say how far the goal is without knowing


@dataclass(frozen=True, slots=True)
class Question:
    """One question all pictures are asked; the answers are its column."""

    text: str
    numbers: int  # how many numbers answer it
    task: str = ""  # asked only under this task, "" under any
    picture: int = -1  # points into this camera's picture, in percent of width and height
    unit: str = ""  # of one step of the answer
    turns: bool = False  # the numbers run in a circle of 90
    weight: float = 1.0  # how much its answers count; the last token of a prompt cannot hold all


def words(thing: str) -> str:
    """A thing as people call it."""
    return f"{thing} cube" if thing in CUBES else thing


def task_of(cube: str) -> str:
    """The task that names this cube."""
    return f"put the {cube} cube in the tray"


def questions() -> list[Question]:
    """All questions, in the order :func:`answers` fills them."""
    found = [
        Question(f"{words(thing)} in {camera}", 2, picture=k, unit=PERCENT, weight=ASIDE)
        for k, camera in enumerate(CAMERAS)
        for thing in THINGS
    ]
    found += [
        Question(f"depth of {words(thing)} in {camera}", 1, unit=HALVES, weight=ASIDE)
        for camera in CAMERAS
        for thing in THINGS
    ]
    found += [
        Question(
            f"{words(thing)} on the table",
            2,
            unit=HALVES,
            weight=TOOL if thing == "tool" else ASIDE,
        )
        for thing in THINGS
    ]
    for cube in CUBES:
        found += [
            Question(f"from tool to {words(cube)}", 3, unit=HALVES, weight=ASIDE),
            Question(f"turn to {words(cube)}", 1, unit="°", turns=True, weight=ASIDE),
        ]
    for cube in CUBES:
        task = task_of(cube)
        found += [
            Question(f"goal in {camera}", 2, task=task, picture=k, unit=PERCENT)
            for k, camera in enumerate(CAMERAS)
        ]
        found += [
            Question("goal on the table", 2, task=task, unit=HALVES),
            Question("from tool to goal", 3, task=task, unit=HALVES),
            Question("turn to goal", 1, task=task, unit="°", turns=True),
        ]
    return [*found, Question("held cube", 1, weight=ASIDE)]


def answers(truth: Truth, depths: dict[str, F32]) -> list[list[int]]:
    """True answers to :func:`questions`, [] where a question makes no sense."""
    points: dict[tuple[str, str], list[int]] = {}
    ranges: dict[tuple[str, str], list[int]] = {}
    for camera in CAMERAS:
        for thing in THINGS:
            points[camera, thing], ranges[camera, thing] = _seen(truth, camera, thing, depths)
    table = {t: _halves(truth.places[t][:2] - (FORWARD_FROM_M, LEFT_FROM_M)) for t in THINGS}
    offset = {
        cube: _halves(truth.places[cube] - truth.places["tool"] + TOOL_REACH_M) for cube in CUBES
    }
    turn = {cube: [int(np.degrees(truth.turns[cube]))] for cube in CUBES}
    found = [
        *(points[camera, thing] for camera in CAMERAS for thing in THINGS),
        *(ranges[camera, thing] for camera in CAMERAS for thing in THINGS),
        *(table[thing] for thing in THINGS),
    ]
    for cube in CUBES:
        found += [offset[cube], turn[cube]]
    for cube in CUBES:
        found += [points[camera, cube] for camera in CAMERAS]
        found += [table[cube], offset[cube], turn[cube]]
    return [*found, [("", *CUBES).index(truth.held)]]


def _seen(
    truth: Truth, camera: str, thing: str, depths: dict[str, F32]
) -> tuple[list[int], list[int]]:
    """Where in the picture and how far away, [] and [] when out of the picture or hidden."""
    view, place = truth.views[camera], truth.places[thing]
    u, v = view.project(place)[0]
    if not (0 <= u < WIDTH and 0 <= v < HEIGHT):
        return [], []
    away_m = float((place - view.base_from_camera[:3, 3]) @ view.base_from_camera[:3, 2])
    if away_m - depths[camera][int(v), int(u)] > HIDDEN_M:
        return [], []
    point = [int(u / WIDTH * (TOP + 1)), int(v / HEIGHT * (TOP + 1))]
    return point, _halves(np.array([away_m]))


def _halves(metres: F64) -> list[int]:
    """Metres as whole half centimetres, 0 … 99."""
    return [int(n) for n in np.clip(np.rint(metres / METRES_PER_ANSWER), 0, TOP)]


def make(path: Path, *, count: int, seed: int) -> None:
    """Write ``count`` moments to ``path``."""
    asked = questions()
    columns = max(question.numbers for question in asked)
    found = np.full((count, len(asked), columns), NO_ANSWER, np.int16)
    states = np.empty((count, 6), np.float32)
    pictures: dict[str, list[bytes]] = {camera: [] for camera in CAMERAS}
    model = load_bench_model()
    drawer = SceneDrawer(model, cameras=CAMERAS, seed=seed)
    with SceneRenderer(WIDTH, HEIGHT, model=model) as renderer:
        for row in range(count):
            truth = drawer.draw()
            depths = {camera: renderer.depth(truth.qpos, camera) for camera in CAMERAS}
            states[row] = truth.q
            for column, numbers in enumerate(answers(truth, depths)):
                found[row, column, : len(numbers)] = numbers
            for camera in CAMERAS:
                pictures[camera].append(draw(renderer, truth.qpos, camera))
            if row % 1000 == 0:
                sys.stdout.write(f"{row} of {count}\n")
                sys.stdout.flush()
    _write(path, pictures=pictures, states=states, found=found, asked=asked, seed=seed)


def _write(
    path: Path,
    *,
    pictures: dict[str, list[bytes]],
    states: F32,
    found: np.ndarray,
    asked: list[Question],
    seed: int,
) -> None:
    tasks = [task_of(cube) for cube in CUBES]
    with h5py.File(path, "w") as file:
        write_common(file, schema=SCHEMA, seed=seed, tasks=tasks, states=states, pictures=pictures)
        file.attrs["questions"] = json.dumps([asdict(question) for question in asked])
        file["answers"] = found


def main(argv: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="studio.make_foundation_data", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    make(options.out, count=options.count, seed=options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
