"""kill -9 at many random instants while recording and sealing: prints one JSON object.

A child records short episodes one after the other, every step carrying its number; the parent kills
it at a random moment, completes what was left and looks for every number the child had handed over.
Lost may be at most the last half second, and no episode from before may change by a byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import select
import signal
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_recording import robot_with, scene

from recordings import library
from recordings.live import Live
from recordings.reader import Episode
from recordings.recorder import Recorder
from recordings.types import Authority, Step, frozen_f32

TICK_S = 0.01
EPISODE_TICKS = 40


def record_for_ever(live: Live, folder: Path, pictures: list[np.ndarray], out: int) -> None:
    """Body of the child: never returns."""
    recorder = Recorder(live, folder, reserve_bytes=0)
    clock = select.poll()
    start_s = time.monotonic()
    tick = 0
    while True:
        recorder.begin("crash")
        for _ in range(EPISODE_TICKS):
            if tick % 3 == 0:
                for ring in live.frames.values():
                    ring.write(pictures[tick % len(pictures)], time.monotonic_ns())
            seen = {name: ring.newest_index for name, ring in live.frames.items()}
            q = frozen_f32(np.full(6, tick))
            live.steps.write(Step(q, q, Authority.LEADER, time.monotonic_ns(), seen))
            recorder.pump()
            os.write(out, struct.pack("<q", tick))
            tick += 1
            clock.poll(max(0.0, 1e3 * (start_s + tick * TICK_S - time.monotonic())))
        recorder.end()
        recorder.poll()


def killed_once(folder: Path, pictures: list[np.ndarray], after_s: float) -> int:
    """Record in a child, kill it; returns the last step it had handed to the recorder."""
    live = Live.create(robot_with(160, 120))
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        record_for_ever(live, folder, pictures, write_end)
    os.close(write_end)
    select.select([], [], [], after_s)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    data = b""
    while part := os.read(read_end, 65536):
        data += part
    os.close(read_end)
    live.close()
    live.unlink()
    ticks = struct.unpack(f"<{len(data) // 8}q", data[: len(data) // 8 * 8])
    return ticks[-1] if ticks else -1


def found_ticks(folder: Path) -> list[int]:
    """Every step number in every episode of the folder; raises when one cannot be read."""
    ticks: list[int] = []
    for info in library.list_episodes(folder):
        if info.problem:
            raise AssertionError(info.problem)
        with Episode.open(info.path) as episode:
            ticks += [int(q) for q in episode.state[:, 0]]
            for camera in episode.robot.camera_names:
                for number in range(episode.frame_count(camera)):
                    episode.image(camera, number)
    return ticks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    pictures = scene(160, 120)
    lost_s: list[float] = []
    unreadable = touched = holes = 0
    with tempfile.TemporaryDirectory() as top:
        old = Path(top) / "old"
        old.mkdir()
        killed_once(old, pictures, 1.0)
        library.recover_journals(old)
        before = {p: hashlib.sha256(p.read_bytes()).digest() for p in old.glob("*.h5")}
        for number in range(options.kills):
            folder = Path(top) / f"{number}"
            folder.mkdir()
            for path in before:
                os.link(path, folder / path.name)
            last = killed_once(folder, pictures, rng.uniform(0.3, 2.0))
            library.recover_journals(folder)
            for path, digest in before.items():
                mine = folder / path.name
                touched += hashlib.sha256(mine.read_bytes()).digest() != digest
                mine.unlink()
            try:
                ticks = sorted(found_ticks(folder))
            except AssertionError as error:
                sys.stderr.write(f"{error}\n")
                unreadable += 1
                continue
            holes += ticks != list(range(len(ticks)))
            lost_s.append(max(0, last + 1 - len(ticks)) * TICK_S)
    result = {
        "kills": options.kills,
        "seed": options.seed,
        "unreadable": unreadable,
        "episodes_with_holes": holes,
        "other_episodes_touched": touched,
        "lost_s_max": round(max(lost_s, default=0.0), 3),
        "lost_s_mean": round(float(np.mean(lost_s)), 4) if lost_s else 0.0,
        "allowed_lost_s": 0.5,
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return int(unreadable + holes + touched > 0 or max(lost_s, default=0.0) > 0.5)


if __name__ == "__main__":
    sys.exit(main())
