"""What every test gets: an own home, and a check that it leaves nothing behind.

Left behind means: shared-memory blocks of ours, child processes, threads. Each of them has once
survived a green test run of somebody and broken the next one.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from recordings.bench_note import BenchNote
from recordings.live import Live
from recordings.recorder import Recorder
from recordings.shared_block import PREFIX
from recordings.types import (
    Authority,
    CameraSpec,
    EpisodeInfo,
    JointSpec,
    RobotSpec,
    Step,
    frozen_f32,
)

GRACE_S = 10.0  # a process or thread that was told to end may take this long, on a busy machine

MakeEpisode = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--hardware",
        metavar="BENCH",
        help="run the conformance tests on the real arms of this bench.toml: they will move",
    )


# ── nothing is left behind ─────────────────────────────────────────────────────────────────────


def _blocks() -> set[str]:
    """Ours: the name of a block tells which process made it."""
    folder = Path("/dev/shm")
    return (
        {path.name for path in folder.glob(f"{PREFIX}_{os.getpid()}_*")}
        if folder.is_dir()
        else set()
    )


def _children() -> dict[int, str]:
    """Living child processes of this one, by id, except Python's own resource tracker."""
    children: dict[int, str] = {}
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            pids = listing.read_text().split()
        except FileNotFoundError:  # that thread has just ended
            continue
        for pid in pids:
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:  # it has just ended
                continue
            command = b" ".join(words).decode(errors="replace").strip()
            if command and "resource_tracker" not in command:  # a zombie has no command
                children[int(pid)] = command
    return children


def _wait_for_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], GRACE_S)
    finally:
        os.close(descriptor)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves shared memory, child processes or threads."""
    blocks, children, threads = _blocks(), set(_children()), set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(GRACE_S)
    for pid in set(_children()) - children:
        _wait_for_end(pid)
    left = [f"thread {t.name}" for t in threading.enumerate() if t not in threads]
    left += [f"process {pid}: {what}" for pid, what in _children().items() if pid not in children]
    left += [f"shared memory {name}" for name in sorted(_blocks() - blocks)]
    assert not left, "the test left behind: " + "; ".join(left)


# ── an own home ────────────────────────────────────────────────────────────────────────────────


def _use_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    patch.setenv("HOME", str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    patch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session", autouse=True)
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixtures that live longer than a test do not see the person's settings either."""
    with pytest.MonkeyPatch.context() as patch:
        _use_home(patch, tmp_path_factory.mktemp("session-home"))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home with empty settings, data and cache folders."""
    folder = tmp_path_factory.mktemp("home")
    _use_home(monkeypatch, folder)
    return folder


# ── a robot and what it recorded ───────────────────────────────────────────────────────────────

_JOINTS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll")


@pytest.fixture(scope="session")
def robot() -> RobotSpec:
    """Like the simulated arm: five joints and a gripper, two cameras 320×240 at 30 fps, 100 Hz."""
    arm = tuple(JointSpec(name, lower=-1.9, upper=1.9, max_speed=3.0) for name in _JOINTS)
    gripper = JointSpec("gripper", lower=0.0, upper=1.0, max_speed=2.5, is_gripper=True)
    cameras = tuple(
        CameraSpec(name, width=320, height=240, fps=30.0) for name in ("front", "wrist")
    )
    return RobotSpec("so101", joints=(*arm, gripper), cameras=cameras, control_hz=100.0)


def picture(number: int, *, width: int = 320, height: int = 240) -> np.ndarray:
    """(h, w, 3) uint8: a red square that moves over a shaded ground; ``number`` says where."""
    image = np.empty((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(40, 120, width).astype(np.uint8)
    image[..., 1] = np.linspace(60, 160, height).astype(np.uint8)[:, None]
    image[..., 2] = 90
    left = 8 + 5 * number % (width - 60)
    image[height // 3 : height // 3 + 40, left : left + 40] = (210, 30, 25)
    return image


@pytest.fixture(scope="session")
def make_episode() -> MakeEpisode:
    """Records a real episode through the public classes; returns the path of its file.

    ``make_episode(folder, robot, seconds=1.0, task=…, authority=…, success=True, phase_rad=0.0)``:
    joints swing as sines, pictures show a moving square, all on a made-up clock.
    """

    def make(
        folder: Path,
        robot: RobotSpec,
        *,
        seconds: float = 1.0,
        task: str = "put the red cube in the tray",
        authority: Authority = Authority.LEADER,
        success: bool | None = True,
        phase_rad: float = 0.0,
        bench: BenchNote | None = None,
    ) -> Path:
        live = Live.create(robot)
        recorder = Recorder(live, folder, reserve_bytes=0)
        episode_id = recorder.begin(task, bench=bench)
        assert episode_id is not None
        dt_ns = round(1e9 / robot.control_hz)
        written = dict.fromkeys(robot.camera_names, -1)
        try:
            for tick in range(round(seconds * robot.control_hz)):
                t_ns = 1_000_000_000 + tick * dt_ns
                for camera in robot.cameras:
                    due = int(tick * camera.fps / robot.control_hz)
                    if written[camera.name] < due:
                        image = picture(due, width=camera.width, height=camera.height)
                        written[camera.name] = live.frames[camera.name].write(image, t_ns)
                angle = 2.0 * tick / robot.control_hz + phase_rad
                swing = 0.5 + 0.4 * np.sin(angle + np.arange(len(robot.joints)))
                live.steps.write(
                    Step(
                        state=frozen_f32(swing),
                        action=frozen_f32(swing + 0.01),
                        authority=authority,
                        t_ns=t_ns,
                        frames=dict(written),
                    )
                )
                recorder.pump()
            recorder.end(success=success)
        finally:
            recorder.close()
            live.close()
            live.unlink()
        sealed = [r for r in recorder.poll() if isinstance(r, EpisodeInfo) and r.sealed]
        return Path(sealed[-1].path)

    return make


@pytest.fixture(scope="session")
def _recorded_once(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return make_episode(tmp_path_factory.mktemp("recorded"), robot)


@pytest.fixture
def episode_file(_recorded_once: Path, tmp_path: Path) -> Path:
    """A sealed episode of one second, a fresh copy in an own folder ``episodes``."""
    folder = tmp_path / "episodes"
    folder.mkdir()
    return Path(shutil.copy(_recorded_once, folder))


@pytest.fixture
def read_only(episode_file: Path) -> Iterator[Path]:
    """A folder with one episode on a file system that cannot be written; needs mount rights."""
    folder = str(episode_file.parent)
    steps = (["--bind", folder, folder], ["-o", "remount,ro,bind", folder])
    if subprocess.run(["mount", *steps[0]], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", *steps[1]], check=True)
        yield episode_file.parent
    finally:
        subprocess.run(["umount", folder], check=True)
