"""What an export remembers about itself, in ``foresight/export.json`` of the dataset.

It says which episode became which row range, so that the next export adds only what is new, and
which files belong to the set, so that what a crash left behind is found. LeRobot ignores it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from recordings.errors import NotADataset
from recordings.joint_units import Units
from recordings.lerobot.layout import SIDECAR, Codec, Mode, Place
from recordings.types import RobotSpec
from recordings.whole_file import write_whole

SCHEMA: Final = "foresight-export/1"


@dataclass(frozen=True, slots=True)
class Exported:
    """One episode of the set."""

    id: str
    content: str  # recordings.health.alike.content_hash when it was exported
    length: int  # rows
    created_wall_ns: int
    operator: str
    success: bool | None
    bench: dict[str, Any] = field(default_factory=dict[str, Any])  # BenchNote; {}: exported before


@dataclass(slots=True)
class Sidecar:
    """The state of a dataset; grows while an export runs."""

    robot: RobotSpec
    fps: int
    mode: Mode
    codec: Codec
    units: Units
    extra: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    episodes: list[Exported] = field(default_factory=list[Exported])
    tasks: list[str] = field(default_factory=list[str])
    files: list[str] = field(default_factory=list[str])  # data, videos, meta/episodes
    pixels: dict[str, list[list[int]]] = field(default_factory=dict[str, list[list[int]]])
    pictures: dict[str, int] = field(default_factory=dict[str, int])  # counted in ``pixels``

    @property
    def frames(self) -> int:
        return sum(episode.length for episode in self.episodes)

    def task_number(self, task: str) -> int:
        """Its number; a new task gets the next one."""
        if task not in self.tasks:
            self.tasks.append(task)
        return self.tasks.index(task)

    def next_place(self, prefix: str) -> Place:
        """The first free file number under ``prefix`` ("data", "videos/<key>", …)."""
        place = Place()
        while any(name.startswith(f"{prefix}/{place.stem}.") for name in self.files):
            place = place.after
        return place

    def write(self, root: Path) -> None:
        """Put it into the dataset folder, complete or not at all."""
        plain = {**asdict(self), "schema": SCHEMA, "robot": self.robot.to_dict()}
        plain |= {"mode": self.mode.value, "codec": self.codec.value, "units": self.units.value}
        write_whole(root / SIDECAR, json.dumps(plain))

    @classmethod
    def read(cls, root: Path) -> Sidecar | None:
        """That of a dataset we exported; None when there is none.

        Raises:
            NotADataset: it is damaged or of a newer version.
        """
        path = root / SIDECAR
        if not path.exists():
            return None
        try:
            return cls._parse(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            why = f"{SIDECAR} is damaged or of another version ({error})"
            raise NotADataset(root, why=why, hint="export to a new folder") from error

    @classmethod
    def _parse(cls, found: Mapping[str, Any]) -> Sidecar:
        if found["schema"] != SCHEMA:
            message = f"schema {found['schema']!r}, this version reads {SCHEMA!r}"
            raise ValueError(message)
        return cls(
            robot=RobotSpec.from_dict(found["robot"]),
            fps=int(found["fps"]),
            mode=Mode(found["mode"]),
            codec=Codec(found["codec"]),
            units=Units(found["units"]),
            extra=dict(found["extra"]),
            episodes=[Exported(**one) for one in found["episodes"]],
            tasks=list(found["tasks"]),
            files=list(found["files"]),
            pixels=dict(found["pixels"]),
            pictures=dict(found["pictures"]),
        )
