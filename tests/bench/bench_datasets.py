"""Exporting and reading for training: prints one JSON object.

Two cameras 640×480 at 30 fps of a noisy scene, recorded through the public classes. Export speed is
in times of real time: fast, compact (AV1, as LeRobot's default), and as baseline the older H.264.
Reading is random windows per second; with ``--peer PYTHON`` (an environment that has
LeRobot and torchcodec) the same frames are read from the compact export by LeRobot itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_recording import robot_with, scene

from recordings import library
from recordings.grid import ticks_of
from recordings.lerobot.export import Wanted, export
from recordings.lerobot.layout import Codec, Mode
from recordings.lerobot.video import read_frames
from recordings.live import Live
from recordings.reader import Episode
from recordings.recorder import Recorder
from recordings.types import Authority, Step, frozen_f32
from recordings.windows.moments import Grid
from recordings.windows.reader import WindowReader

PEER = """
import json, os, sys, time
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
root, count = sys.argv[1], int(sys.argv[2])
found = {}
for backend in ("torchcodec", "pyav"):
    data = LeRobotDataset("local/bench", root=root, video_backend=backend)
    order = np.random.default_rng(0).integers(0, len(data), count)
    data[int(order[0])]
    wall, cpu = time.perf_counter(), time.process_time()
    for i in order:
        data[int(i)]
    found[backend] = {
        "windows_per_s": round(count / (time.perf_counter() - wall), 1),
        "cpu_ms": round(1e3 * (time.process_time() - cpu) / count, 2),
    }
print(json.dumps(found))
"""


def record(folder: Path, *, seconds: float, episodes: int) -> None:
    robot = robot_with(640, 480)
    pictures = scene(640, 480)
    live = Live.create(robot)
    recorder = Recorder(live, folder)
    for _ in range(episodes):
        recorder.begin("bench")
        for tick in range(round(seconds * 100)):
            t_ns = 10**9 + tick * 10**7
            if tick * 30 // 100 != (tick - 1) * 30 // 100:
                for ring in live.frames.values():
                    ring.write(pictures[tick * 30 // 100 % len(pictures)], t_ns)
            seen = {name: ring.newest_index for name, ring in live.frames.items()}
            q = frozen_f32(np.sin(np.arange(6) + tick / 50))
            live.steps.write(Step(q, q, Authority.LEADER, t_ns, seen))
            recorder.pump()
        recorder.end()
    recorder.close()
    live.close()
    live.unlink()


def exported(folder: Path, out: Path, wanted: Wanted, *, seconds: float) -> dict[str, float]:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    done = export(folder, out, wanted)
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return {
        "times_real_time": round(seconds / wall_s, 2),
        "times_real_time_on_two_idle_cores": round(2 * seconds / cpu_s, 2),
        "cpu_ms_per_picture": round(1e3 * cpu_s / (2 * done.frames), 2),
        "kb_per_picture": round(size / (2 * done.frames) / 1e3, 1),
    }


def quality_db(folder: Path, out: Path) -> float:
    """Worst PSNR of the compact pictures against the recorded ones, over some rows."""
    with Episode.open(library.list_episodes(folder)[0].path) as episode:
        numbers = ticks_of(episode, fps=30).picture["front"][:60]
        path = out / "videos/observation.images.front/chunk-000/file-000.mp4"
        frames = read_frames(path, from_s=0.0, count=60, fps=30)
        errors = [
            np.square(frame.astype(float) - episode.image("front", int(number))).mean()
            for frame, number in zip(frames, numbers, strict=True)
        ]
    return round(float(10 * np.log10(255**2 / max(errors))), 1)


def reading(folder: Path, *, count: int) -> dict[str, float]:
    with WindowReader.open(library.list_episodes(folder), Grid(1 / 30, 30), threads=1) as reader:
        order = np.random.default_rng(0).integers(0, len(reader), count)
        reader.read(order[:8])
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        for start in range(0, count, 8):
            reader.read(order[start : start + 8])
        return {
            "windows_per_s": round(count / (time.perf_counter() - wall_s), 1),
            "cpu_ms": round(1e3 * (time.process_time() - cpu_s) / count, 2),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--episodes", type=int, default=2)
    parser.add_argument("--windows", type=int, default=160)
    parser.add_argument("--peer", metavar="PYTHON", help="reads the same frames with LeRobot")
    options = parser.parse_args()
    total_s = options.seconds * options.episodes
    result: dict[str, object] = {
        "seconds": total_s,
        "load": round(os.getloadavg()[0], 1),
        "cores": len(os.sched_getaffinity(0)),
    }
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "episodes"
        record(folder, seconds=options.seconds, episodes=options.episodes)
        compact = Path(top) / "compact"
        kinds = {"fast": Wanted(), "compact": Wanted(mode=Mode.COMPACT)}
        kinds["baseline_h264"] = Wanted(mode=Mode.COMPACT, codec=Codec.H264)
        for name, wanted in kinds.items():
            result[name] = exported(folder, Path(top) / name, wanted, seconds=total_s)
        result["compact_psnr_db"] = quality_db(folder, compact)
        result["reading"] = reading(folder, count=options.windows)
        if options.peer:
            words = [options.peer, "-c", PEER, str(compact), str(options.windows)]
            answer = subprocess.run(words, capture_output=True, text=True, check=True)
            result["reading_lerobot"] = json.loads(answer.stdout.splitlines()[-1])
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
