"""Live rings, a recorder, and disks that are full for real."""

from __future__ import annotations

import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from recordings.live import Live
from recordings.recorder import Recorder
from recordings.types import RobotSpec


@pytest.fixture
def live(robot: RobotSpec) -> Iterator[Live]:
    rings = Live.create(robot)
    yield rings
    rings.close()
    rings.unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "episodes"


@pytest.fixture
def recorder(live: Live, folder: Path) -> Iterator[Recorder]:
    recorder = Recorder(live, folder, reserve_bytes=0)
    yield recorder
    recorder.close()


@pytest.fixture
def small_files() -> Iterator[int]:
    """The kernel lets files of this process grow to 20 kB only."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield 20_000
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB; needs the right to mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
