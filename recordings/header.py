"""What an episode says about itself before its first step. Knows no file.

Wall-clock time appears here once; everything else is monotonic.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata

from recordings.bench_note import BenchNote
from recordings.types import RobotSpec

JOURNAL_SCHEMA = "foresight-journal/1"


@dataclass(frozen=True, slots=True)
class EpisodeHeader:
    """First record of every journal."""

    id: str  # file name without suffix, never used twice
    task: str
    robot: RobotSpec
    created_wall_ns: int  # time.time_ns() …
    created_mono_ns: int  # … at this time.monotonic_ns()
    bench: BenchNote = field(default_factory=BenchNote)
    host: str = ""
    software: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_bytes(self) -> bytes:
        """JSON."""
        return json.dumps(
            {
                "schema": JOURNAL_SCHEMA,
                "id": self.id,
                "task": self.task,
                "robot": self.robot.to_dict(),
                "created_wall_ns": self.created_wall_ns,
                "created_mono_ns": self.created_mono_ns,
                "bench": self.bench.to_dict(),
                "host": self.host,
                "software": dict(self.software),
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> EpisodeHeader:
        """Inverse of :meth:`to_bytes`.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: it is no header of a journal we know.
        """
        found = json.loads(data)
        if (schema := found["schema"]) != JOURNAL_SCHEMA:
            message = f"schema {schema!r}, this version reads {JOURNAL_SCHEMA!r}"
            raise ValueError(message)
        del found["schema"]
        old = {"operator": found.pop("operator", "")}  # before benches were noted
        bench = BenchNote.from_dict(found.pop("bench", old))
        return cls(**{**found, "robot": RobotSpec.from_dict(found["robot"]), "bench": bench})


def new_header(
    task: str, *, robot: RobotSpec, episode_id: str = "", bench: BenchNote | None = None
) -> EpisodeHeader:
    """A header for an episode that begins now."""
    return EpisodeHeader(
        id=episode_id or new_episode_id(),
        task=task,
        robot=robot,
        created_wall_ns=time.time_ns(),
        created_mono_ns=time.monotonic_ns(),
        bench=bench or BenchNote(),
        host=socket.gethostname(),
        software={"name": "foresight", "version": software_version()},
    )


def new_episode_id() -> str:
    """Local date and time, so that names sort, and a random part, so that none comes twice."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def software_version() -> str:
    """Version of the installed studio; "source" when it runs from a checkout."""
    try:
        return metadata.version("foresight-studio")
    except metadata.PackageNotFoundError:
        return "source"
