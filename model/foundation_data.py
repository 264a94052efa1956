"""Pictures with questions and true answers, from the file that the simulator made.

The file carries its own questions; nothing here knows what a cube is. Gives batches of robot
prompts followed by several questions, each with its numbers, and where things are in the pictures
for the pointing head. Numbers are whole, 0 … 99: one token each.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import simplejpeg

from model.errors import TrainingDataUnusable
from model.images import squash
from recordings.errors import RecordingError
from recordings.stored import Stored
from recordings.types import F32, U8

ANSWERS = 100  # an answer is one of so many numbers
GOAL_WEIGHT = 3.0  # how much rather a question about the task's own object is asked
I16 = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the file; the columns of its answers are ``answers[:, index]``."""

    index: int
    text: str
    numbers: int
    task: str = ""  # asked only under this task, "" under any
    picture: int = -1  # it points into this picture, −1: it does not point
    unit: str = ""  # of one step of the answer, for scores
    turns: bool = False  # the numbers run in a circle of 90


@dataclass(frozen=True, slots=True)
class FoundationData:
    """Everything in memory; pictures already squashed to the network's size."""

    images: U8  # (m, cameras, s, s, 3)
    states: F32  # (m, n) rad
    answers: I16  # (m, questions, 3), −1 = no answer
    questions: tuple[Question, ...]
    tasks: tuple[str, ...]
    source: dict[str, Any]  # what the card tells about the file

    def __len__(self) -> int:
        return len(self.states)

    @classmethod
    def load(cls, path: Path, *, image_size: int) -> FoundationData:
        """Read and decode the whole file.

        Raises:
            TrainingDataUnusable: no such file, or another kind of file.
        """
        try:
            with h5py.File(path) as file:
                return cls._read(Stored(file, path=path), image_size=image_size)
        except (OSError, RecordingError) as error:
            raise TrainingDataUnusable(path, reason=str(error)) from error

    @classmethod
    def _read(cls, file: Stored, *, image_size: int) -> FoundationData:
        cameras = file.json("cameras")
        states = file.array("states", dtype=np.float32, shape=(None, None))
        per_camera = [_decode(file.group(camera), image_size) for camera in cameras]
        return cls(
            images=np.stack(per_camera, axis=1),
            states=states,
            answers=file.array("answers", dtype=np.int16, shape=(len(states), None, 3)),
            questions=tuple(
                Question(index=i, **fields) for i, fields in enumerate(file.json("questions"))
            ),
            tasks=tuple(file.json("tasks")),
            source={"schema": file.text("schema"), "seed": file.integer("seed")},
        )

    def choose(
        self, row: int, *, task: str, count: int, rng: np.random.Generator
    ) -> list[Question]:
        """Up to ``count`` questions that have an answer in this row, in random order."""
        fits = [
            q for q in self.questions if q.task in ("", task) and self.answers[row, q.index, 0] >= 0
        ]
        weight = np.array([GOAL_WEIGHT if q.task else 1.0 for q in fits])
        count = min(count, len(fits))
        order = rng.choice(len(fits), count, replace=False, p=weight / weight.sum())
        return [fits[i] for i in order]

    def reply(self, row: int, questions: list[Question]) -> str:
        """Questions with their numbers, one after the other."""
        return "".join(
            f" {q.text}" + "".join(f" {a}" for a in self.answers[row, q.index, : q.numbers])
            for q in questions
        )

    def points(self, rows: npt.NDArray[np.integer]) -> F32:
        """(rows, cameras, things, 2) where things are, 0 … 1 of width and height, NaN unseen."""
        cameras = self.images.shape[1]
        found = [
            [
                self.answers[rows, q.index, :2]
                for q in self.questions
                if q.picture == camera and not q.task
            ]
            for camera in range(cameras)
        ]
        numbers = np.array(found).transpose(2, 0, 1, 3).astype(np.float32)
        return np.where(numbers >= 0, (numbers + 0.5) / ANSWERS, np.nan).astype(np.float32)


def _decode(group: Stored, image_size: int) -> U8:
    """All pictures of one camera, (m, s, s, 3)."""
    data = group.array("bytes", dtype=np.uint8, shape=(None,))
    ends = group.array("end", dtype=np.int64, shape=(None,)).tolist()
    pictures = np.empty((len(ends), image_size, image_size, 3), np.uint8)
    for i, (start, end) in enumerate(pairwise([0, *ends])):
        pictures[i] = squash(simplejpeg.decode_jpeg(data[start:end].tobytes()), size=image_size)
    return pictures
