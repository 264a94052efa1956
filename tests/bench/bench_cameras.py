"""What reading network cameras costs: prints one JSON object.

Cameras of 640×480 at 30 Hz from the emulator's own process show a noisy scene (blank pictures would
flatter the decoder) with its number in it, so loss and delay are seen end to end. Read by our
stream, and by OpenCV's FFmpeg reader in the same run. CPU is that of the reading process alone, per
camera. "Late" is the delay over the quickest picture of the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

from devices.base import Camera
from devices.cameras.described import CameraEntry
from devices.emulators.camera_stand import CameraStandProcess, StandPlan
from devices.emulators.pictures import TestCard, read_number

SIZE, FPS = (640, 480), 30.0
PAUSE_S = 2.0
SCENES = 16


class NoisyCard(TestCard):
    """The test card with sensor noise below the number."""

    def open(self, width: int, height: int) -> None:
        super().open(width, height)
        rng = np.random.default_rng(5)
        self._noise = rng.integers(0, 24, (SCENES, height, width, 3), dtype=np.uint8)

    def draw(self, camera: str, number: int) -> np.ndarray:
        image = super().draw(camera, number)
        top = image.shape[0] // 8
        image[top:] += self._noise[number % SCENES, top:]
        return image


Read = Callable[[], np.ndarray | None]


def drain(read: Read, seconds: float) -> tuple[list[int], list[int], float]:
    """Numbers, arrival times [ns] and CPU seconds of pictures read for a while."""
    numbers: list[int] = []
    times: list[int] = []
    cpu_s, end_s = time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end_s:
        image = read()
        if image is not None:
            times.append(time.monotonic_ns())
            numbers.append(read_number(image))
    return numbers, times, time.process_time() - cpu_s


def facts(numbers: list[int], times: list[int], cpu_s: float, seconds: float) -> dict[str, float]:
    due = np.array(times) - np.array(numbers) * 1e9 / FPS
    late_ms = (due - due.min()) / 1e6
    sent = numbers[-1] - numbers[0] + 1
    return {
        "fps": round(len(numbers) / seconds, 2),
        "lost": sent - len(set(numbers)),
        "late_ms_p50": round(float(np.percentile(late_ms, 50)), 2),
        "late_ms_p99": round(float(np.percentile(late_ms, 99)), 2),
        "cpu_of_a_core": round(cpu_s / seconds, 4),
    }


def age_after_pause(read: Read) -> float:
    """Seconds of pictures that the reader is behind after looking away for two seconds."""
    first = number_of(read)
    before_s = time.monotonic()
    threading.Event().wait(PAUSE_S)
    looked_away_s = time.monotonic() - before_s
    return round(looked_away_s - (number_of(read) - first) / FPS, 2)


def number_of(read: Read) -> int:
    image = None
    while image is None:
        image = read()
    return read_number(image)


def ours(camera: Camera) -> Read:
    def read() -> np.ndarray | None:
        frame = camera.read(0.5)
        return None if frame is None else frame.image

    return read


def opencv(capture: cv2.VideoCapture) -> Read:
    def read() -> np.ndarray | None:
        came, image = capture.read()
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if came else None

    return read


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    seconds = parser.parse_args().seconds
    stand = CameraStandProcess(StandPlan(("front",), *SIZE, FPS, pictures=NoisyCard()))
    url = stand.start()["front"]
    result: dict[str, object] = {"seconds": seconds, "load": round(os.getloadavg()[0], 1)}
    try:
        camera = CameraEntry("front", url, *SIZE, FPS).build()
        camera.connect()
        mine = ours(camera)
        result["ours"] = facts(*drain(mine, seconds), seconds)
        result["ours_behind_after_pause_s"] = age_after_pause(mine)
        camera.close()
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
        theirs = opencv(capture)
        result["opencv"] = facts(*drain(theirs, seconds), seconds)
        result["opencv_behind_after_pause_s"] = age_after_pause(theirs)
        capture.release()
    finally:
        stand.stop()
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
