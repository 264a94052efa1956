"""One zip with what somebody needs to help: logs, settings, versions, bench, loop statistics.

Pictures only when asked for; the name of the home folder is replaced by ``~`` in every text. Knows
no Qt. The file is written whole or not at all.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import io
import json
import os
import platform
import sys
import time
import zipfile
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import simplejpeg

from devices.bench import Bench
from recordings.rig_status import RigStatus
from recordings.types import U8
from studio.settings import Folders, Preferences

LAST_MINUTE = 1200  # reports of the rig, 20 Hz
MOST_LOG_BYTES = 2_000_000  # of each file, the end of it
MOST_RUNS = 5  # newest ones whose job logs go in
PACKAGES = (
    "foresight-studio", "numpy", "h5py", "mujoco", "mink", "pyside6", "pyside6-essentials",
    "pyqtgraph", "vispy", "PyOpenGL", "websockets", "msgpack", "torch", "transformers",
)  # fmt: skip


class LoopHistory:
    """The control loop's statistics of the last minute, as reported."""

    def __init__(self) -> None:
        self._rows: deque[dict[str, Any]] = deque(maxlen=LAST_MINUTE)

    def add(self, status: RigStatus) -> None:
        """Remember one report."""
        self._rows.append(
            {
                "t_ns": status.t_ns,
                "phase": status.phase.name,
                "authority": status.authority.name,
                "stopped": status.stopped,
                "plan_age_ms": round(status.plan_age_ms, 1),
                **{k: _rounded(v) for k, v in dataclasses.asdict(status.loop).items()},
                "cameras": {c.name: round(c.fps, 1) for c in status.cameras},
            }
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self._rows)


def write_bundle(
    target: Path,
    *,
    folders: Folders,
    preferences: Preferences,
    bench: Bench,
    loop: list[dict[str, Any]],
    troubles: str,
    images: Mapping[str, U8] | None = None,
) -> list[str]:
    """Write the bundle and return the names in it.

    Args:
        target: the zip file; its folder must exist.
        folders: where logs and runs lie.
        preferences: as in use, saved or not.
        bench: as connected.
        loop: rows of :class:`LoopHistory`.
        troubles: the errors a person saw, with details.
        images: newest picture per camera, (h, w, 3) uint8 RGB; None: none are wanted.

    Raises:
        OSError: the target cannot be written; nothing is left behind then.
    """
    home = str(Path.home())
    texts = {
        "versions.json": _json(versions()),
        "preferences.json": _json(dataclasses.asdict(preferences)),
        "bench.json": _json(dataclasses.asdict(bench)),
        "loop_last_minute.json": _json(loop),
        "errors.txt": troubles or "No error was shown in this session.\n",
        **_logs(folders),
    }
    temporary = target.with_suffix(".tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in texts.items():
                bundle.writestr(name, text.replace(home, "~"))
            for camera, image in (images or {}).items():
                bundle.writestr(f"images/{camera}.jpg", simplejpeg.encode_jpeg(image))
            names = bundle.namelist()
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return names


def versions() -> dict[str, Any]:
    """Program, interpreter, machine and the libraries that matter."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "written": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "python": sys.version,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": found,
    }


def bundle_name() -> str:
    """A name with the time in it."""
    return time.strftime("foresight-support-%Y-%m-%d-%H%M%S.zip")


def _logs(folders: Folders) -> dict[str, str]:
    texts = {f"logs/{path.name}": _tail(path) for path in sorted(folders.logs.glob("*.jsonl*"))}
    runs = sorted(folders.runs.glob("*/job.json"), key=_age, reverse=True)[:MOST_RUNS]
    for record in runs:
        for job in (record.parent, record.parent / "serve"):
            for path in (job / "job.log", job / "job.jsonl"):
                if path.is_file():
                    name = path.relative_to(folders.runs).as_posix()
                    texts[f"runs/{name}"] = _tail(path)
    return texts


def _tail(path: Path) -> str:
    """The end of a file that other processes may be writing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - MOST_LOG_BYTES))
            return file.read().decode("utf-8", errors="replace")
    except OSError as error:
        return f"(cannot be read: {error})\n"


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def _json(value: object) -> str:
    return json.dumps(value, indent=1, default=str) + "\n"
