"""Pictures with questions and true answers, from the file that the simulator made.

The file carries its own questions; nothing here knows what a cube is. Gives batches of robot
prompts with all their answers for the grounding head, and where things are in the pictures for the
pointing head. Answers are whole numbers, 0 … 99.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from model.errors import TrainingDataUnusable
from model.stored_pictures import decode_all
from recordings.errors import RecordingError
from recordings.stored import Stored
from recordings.types import F32, U8

ANSWERS = 100  # an answer is one of so many numbers
QUARTER_TURN = 90  # numbers of a circle: a cube looks the same after a quarter turn
CIRCLE = 0.3  # radius of the circle that such numbers are put on
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
    weight: float = 1.0  # of its answers, beside those of other questions


@dataclass(frozen=True, slots=True)
class Column:
    """One number that an answer consists of."""

    text: str
    unit: str
    is_goal: bool  # about the thing that the row's task is about
    number: int  # which number of the answer; of a circle: 0 cosine, 1 sine
    turns: bool
    weight: float

    def place(self, share: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """The column's value for an answer, 0 … 1 of its range."""
        if not self.turns:
            return share
        angle = 2 * np.pi * share * ANSWERS / QUARTER_TURN
        return 0.5 + CIRCLE * (np.sin(angle) if self.number else np.cos(angle))


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
        per_camera = [decode_all(file.group(camera), size=image_size) for camera in cameras]
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

    @property
    def columns(self) -> tuple[Column, ...]:
        """What :meth:`targets` holds, in order: general questions, then those about the goal."""
        texts = dict.fromkeys((bool(q.task), q.text) for q in self.questions)
        return tuple(
            Column(q.text, q.unit, is_goal, number=number, turns=q.turns, weight=q.weight)
            for is_goal, text in sorted(texts)
            for q in [next(q for q in self.questions if (bool(q.task), q.text) == (is_goal, text))]
            for number in range(2 if q.turns else q.numbers)
        )

    def targets(self, rows: npt.NDArray[np.integer], tasks: Sequence[str]) -> F32:
        """(rows, columns) every answer under each row's task, 0 … 1, NaN where there is none.

        Numbers that run in a circle take two columns, as a point on a small circle.
        """
        asked = np.array(tasks)
        found = np.full((len(rows), len(self.columns)), np.nan, np.float32)
        for i, column in enumerate(self.columns):
            for question in self.questions:
                if (question.text, bool(question.task)) != (column.text, column.is_goal):
                    continue
                index = 0 if column.turns else column.number
                answer = self.answers[rows, question.index, index]
                fits = (answer >= 0) & ((asked == question.task) | (not column.is_goal))
                found[fits, i] = column.place((answer[fits] + 0.5) / ANSWERS)
        return found

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
