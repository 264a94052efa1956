"""What recording costs: prints one JSON object.

Two and three cameras at 30 fps and 100 Hz steps for a few seconds, through the real recorder
process, with 320×240 and 640×480 pictures of a moving, noisy scene (blank pictures would flatter
the encoder). CPU seconds are those of the recorder process alone. ``memory`` records many short
episodes one after the other; once the ring of the last minute is full nothing may grow.

Baseline in the same run: ``encode_only`` is what the JPEGs alone cost, without any recording.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import simplejpeg

from recordings.live import Live
from recordings.types import (
    Authority,
    CameraSpec,
    EpisodeInfo,
    EpisodePhase,
    Fault,
    JointSpec,
    RobotSpec,
    Step,
    frozen_f32,
)
from studio.recorder_host import RecorderHost

TICK_S = 0.01
SCENES = 30


def scene(width: int, height: int) -> list[np.ndarray]:
    """Pictures (h, w, 3) uint8 of soft shapes that move, with sensor noise."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:height, 0:width] / height
    pictures: list[np.ndarray] = []
    for number in range(SCENES):
        phase = number / SCENES * 2 * np.pi
        planes = [
            110 + 60 * np.sin(9 * x + phase + k) + 40 * np.cos(13 * y - 2 * phase + k * x)
            for k in range(3)
        ]
        picture = np.stack(planes, axis=-1) + rng.normal(0, 4, (height, width, 3))
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return pictures


def robot_with(width: int, height: int, *, cameras: int = 2) -> RobotSpec:
    joints = tuple(JointSpec(f"j{i}", -2.0, 2.0, 3.0) for i in range(6))
    names = ("front", "wrist", "side")[:cameras]
    cameras = tuple(CameraSpec(name, width, height, 30.0) for name in names)
    return RobotSpec("bench", joints, cameras, control_hz=1 / TICK_S)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def feed(live: Live, pictures: list[np.ndarray], seconds: float) -> tuple[int, int]:
    """Write steps and frames at their rates on absolute deadlines; (steps, frames per camera)."""
    clock = threading.Event()  # never set: a wait with a deadline
    start_s = time.perf_counter()
    steps = round(seconds / TICK_S)
    frames = 0
    for tick in range(steps):
        now_ns = time.monotonic_ns()
        while frames <= tick * TICK_S * 30:
            for ring in live.frames.values():
                ring.write(pictures[frames % SCENES], now_ns)
            frames += 1
        seen = {name: ring.newest_index for name, ring in live.frames.items()}
        q = frozen_f32(np.sin(np.arange(6) + tick / 50))
        live.steps.write(Step(q, q, Authority.LEADER, now_ns, seen))
        clock.wait(max(0.0, start_s + (tick + 1) * TICK_S - time.perf_counter()))
    return steps, frames


def until(host: RecorderHost, wanted: Callable[[EpisodeInfo], bool], faults: list[Fault]) -> float:
    """Waits for a report; returns when it came (perf_counter seconds)."""
    while True:
        for report in host.poll(timeout_s=1.0):
            if isinstance(report, Fault):
                faults.append(report)
            elif wanted(report):
                return time.perf_counter()


def memory_mb(pid: int) -> float:
    """Resident memory of a process without what it shares."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") / 1e6


def encode_only(pictures: list[np.ndarray], *, cameras: int) -> float:
    """CPU seconds per recorded second of the JPEGs alone."""
    start_s = time.process_time()
    for picture in pictures:
        simplejpeg.encode_jpeg(picture, quality=90, colorsubsampling="420")
    return cameras * 30 * (time.process_time() - start_s) / len(pictures)


def flat_memory(*, episodes: int, seconds: float) -> dict[str, object]:
    """Resident memory after every fifth of ``episodes`` short episodes."""
    robot = robot_with(320, 240)
    pictures = scene(320, 240)
    live = Live.create(robot)
    seen: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        host = RecorderHost(live.handle, robot, Path(folder), recent_s=5.0)
        host.start()
        for number in range(episodes):
            name = host.begin("bench")
            feed(live, pictures, seconds)
            host.end()
            until(host, lambda info, name=name: info.id == name and info.sealed, [])
            if (number + 1) % max(1, episodes // 5) == 0 and host.pid is not None:
                seen.append(round(memory_mb(host.pid), 1))
        host.close()
        live.close()
        live.unlink()
    return {"episodes": episodes, "mb": seen}


def measure(width: int, height: int, *, cameras: int, seconds: float) -> dict[str, float | int]:
    robot = robot_with(width, height, cameras=cameras)
    pictures = scene(width, height)
    faults: list[Fault] = []
    live = Live.create(robot)
    with tempfile.TemporaryDirectory() as folder:
        host = RecorderHost(live.handle, robot, Path(folder))
        host.start()
        first = host.begin("bench")
        until(host, lambda info: info.phase is EpisodePhase.RECORDING, faults)
        assert host.pid is not None
        cpu_before_s = cpu_s(host.pid)
        started_s = time.perf_counter()
        steps, frames = feed(live, pictures, seconds)
        fed_s = time.perf_counter() - started_s
        recording_cpu_s = cpu_s(host.pid) - cpu_before_s
        journal = (Path(folder) / f"{first}.journal").stat().st_size
        ended_s = time.perf_counter()
        host.end()
        second = host.begin("the next")
        sealed_at_s: list[float] = []
        files: list[EpisodeInfo] = []

        def next_began(info: EpisodeInfo) -> bool:
            if info.id == first and info.sealed:
                sealed_at_s.append(time.perf_counter())
                files.append(info)
            return info.id == second

        began_s = until(host, next_began, faults)
        if not sealed_at_s:
            until(host, lambda i: i.id == first and i.sealed and not files.append(i), faults)
            sealed_at_s.append(time.perf_counter())
        total_cpu_s = cpu_s(host.pid) - cpu_before_s
        host.close()
        live.close()
        live.unlink()
    return {
        "cpu_s_per_recorded_s": round(recording_cpu_s / seconds, 3),
        "cpu_s_per_recorded_s_with_sealing": round(total_cpu_s / seconds, 3),
        "encode_only": round(encode_only(pictures, cameras=cameras), 3),
        "ticks_per_s": round(steps / fed_s, 2),
        "frames_dropped": cameras * frames - files[0].frames,
        "steps_dropped": steps - files[0].steps,
        "faults": len(faults),
        "journal_bytes_per_s": round(journal / seconds),
        "next_episode_start_ms": round(1e3 * (began_s - ended_s), 1),
        "seal_s": round(sealed_at_s[0] - ended_s, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--episodes", type=int, default=15)
    options = parser.parse_args()
    seconds = options.seconds
    result: dict[str, object] = {"seconds": seconds, "load": round(os.getloadavg()[0], 1)}
    for cameras, width, height in ((2, 320, 240), (2, 640, 480), (3, 640, 480)):
        name = f"{cameras}x{width}x{height}"
        result[name] = measure(width, height, cameras=cameras, seconds=seconds)
    result["memory"] = flat_memory(episodes=options.episodes, seconds=1.0)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
