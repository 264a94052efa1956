"""What a policy answered about a recorded moment, and how far that is from what was recorded.

Pure values, read from the file that ``foresight plan`` leaves. Knows no process and no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model import plan_file
from recordings.types import F32, frozen_f32

Tips = Callable[[npt.ArrayLike], F32]  # (h, n) rad → (h, 3) m, tool tip in the base frame


@dataclass(frozen=True, slots=True)
class Difference:
    """Planned against recorded, over the rows that were recorded under one driver."""

    rows: int  # how many could be compared
    per_joint: tuple[float, ...]  # mean, rad; grippers opening fraction
    tip_mean_m: float
    tip_most_m: float
    tip_most_s: float  # after the asked moment


@dataclass(frozen=True, slots=True)
class Answer:
    """The chunk a policy would have begun at ``at_s``; row i is for ``at_s + i * dt_s``."""

    policy: str
    at_s: float  # since the start of the episode
    dt_s: float
    joints: tuple[str, ...]
    planned: F32  # (h, n) rad
    samples: F32  # (k, h, n) rad, ``planned`` is one of them
    recorded: F32  # (h, n) rad, as sent
    valid: npt.NDArray[np.bool_]  # (h,) rows that were really recorded, under one driver
    timings_ms: dict[str, float]
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Answer:
        """The answer in ``file``.

        Raises:
            model.errors.PlanFileInvalid: it holds none.
            OSError: it cannot be read.
        """
        found = plan_file.read(file)
        return cls(
            policy=str(found["policy"]),
            at_s=float(found["at_s"]),
            dt_s=float(found["dt_s"]),
            joints=tuple(found["joints"]),
            planned=frozen_f32(found["planned"]),
            samples=frozen_f32(found["samples"]),
            recorded=frozen_f32(found["recorded"]),
            valid=np.asarray(found["valid"], np.bool_),
            timings_ms={str(k): float(v) for k, v in found["timings_ms"].items()},
            notes=tuple(found.get("notes", ())),
        )

    @property
    def seconds(self) -> float:
        """Time the chunk covers."""
        return len(self.planned) * self.dt_s

    def row_at(self, cursor_s: float) -> float | None:
        """Which row belongs to a moment of the episode; None before and after the chunk."""
        row = (cursor_s - self.at_s) / self.dt_s
        return row if -0.5 <= row <= len(self.planned) else None

    def difference(self, tips: Tips) -> Difference | None:
        """How far apart; None where nothing was recorded to be compared with."""
        rows = np.flatnonzero(self.valid)
        if not len(rows):
            return None
        planned, recorded = self.planned[rows], self.recorded[rows]
        apart_m = np.linalg.norm(tips(planned) - tips(recorded), axis=1)
        most = int(apart_m.argmax())
        return Difference(
            rows=len(rows),
            per_joint=tuple(float(v) for v in np.abs(planned - recorded).mean(axis=0)),
            tip_mean_m=float(apart_m.mean()),
            tip_most_m=float(apart_m[most]),
            tip_most_s=float(rows[most] * self.dt_s),
        )
