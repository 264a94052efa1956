"""The window on the simulated bench: start to first paint, tick, pictures shown. One JSON object.

    python tests/bench/bench_window.py [--seconds 15]

Starts the real program twice (the second start is the warm one), each in an own process with own
settings, and looks from inside: time from process start to the first paint, to live cameras, and
then for some seconds of driving how long ticks take and how many pictures per second are shown.
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

ROOT = Path(__file__).resolve().parents[2]


def inside(started_s: float, seconds: float, data: str) -> int:
    """Runs in the measured process."""
    import numpy as np
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    from recordings.rig_status import RigPhase
    from studio.__main__ import main
    from studio.walk import Wait, Walk, pause

    result: dict[str, object] = {}

    class FirstPaint(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint:
                result["first_paint_s"] = round(time.time() - started_s, 3)
                result["first_paint_cpu_s"] = round(time.process_time(), 3)
                app.removeEventFilter(self)
            return False

    def script(window):
        session = window.session
        yield Wait("the arm", lambda: session.status.phase is RigPhase.READY, 120.0)
        yield Wait("pictures", lambda: len(session.frames) == 2, 60.0)
        result["live_s"] = round(time.time() - started_s, 3)
        window.go("teach")
        session.teaching.demonstrate(100)
        yield pause(3.0)
        session.tick_ms.clear()
        yield pause(seconds)
        p50, p99 = np.percentile(session.tick_ms, [50, 99])
        result["tick_p50_ms"], result["tick_p99_ms"] = round(float(p50), 2), round(float(p99), 2)
        result["ticks_per_s"] = round(len(session.tick_ms) / seconds, 1)
        result["camera_fps"] = {n: round(r.fps, 1) for n, r in window.stage.rates.items()}
        result["arm_fps"] = round(window.stage.arm_rate.fps, 1)
        result["software_3d"] = window.stage.arm.software_rendering
        result["control"] = {
            "hz": round(session.status.loop.hz, 2),
            "p99_ms": round(session.status.loop.p99_ms, 3),
            "realtime": session.status.loop.realtime,
        }
        result["missed_frames"] = {c.name: c.missed for c in session.status.cameras}

    app = QApplication(sys.argv[:1])
    paint = FirstPaint()
    app.installEventFilter(paint)

    def begin() -> None:
        window = next(w for w in app.topLevelWidgets() if hasattr(w, "session"))
        walk = Walk(script(window), window)
        walk.ended.connect(lambda problem: (result.update(problem=problem), window.close()))
        walk.start()

    QTimer.singleShot(1500, begin)
    code = main(["--data", data])
    sys.stdout.write(json.dumps(result) + "\n")
    return code


def measure(seconds: float) -> dict[str, object]:
    """One start in a fresh process."""
    with tempfile.TemporaryDirectory() as data:
        home = {f"XDG_{name}_HOME": data for name in ("CONFIG", "DATA", "CACHE", "STATE")}
        command = [sys.executable, __file__, "--inside", str(time.time())]
        command += ["--seconds", str(seconds), "--data", data]
        env = {**os.environ, **home, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--inside", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--data", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        return inside(options.inside, options.seconds, options.data)
    first = measure(0.5)
    warm = measure(options.seconds)
    report = {"bench": "window", "first_start_s": first.get("first_paint_s"), **warm}
    report["load_1min"] = os.getloadavg()[0]
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
