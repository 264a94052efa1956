"""How much the views cost: 3D, camera pictures, joint curves. Prints one JSON object.

Run with a display (``xvfb-run -s "-screen 0 1600x1000x24 +extension GLX"`` will do):
``python tests/bench/bench_widgets.py [--seconds 3]``. Without OpenGL the 3D part says why.
Every number comes from the real widget in a shown window, painted through Qt's own event loop.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from widgets import demo_scene, theme
from widgets.arm_view import ArmView
from widgets.camera_view import CameraView
from widgets.gl_probe import probe
from widgets.joint_plot import JointPlot
from widgets.picture_canvas import PictureCanvas


def per_frame(widget: QWidget, step: Callable[[int], None], seconds: float) -> dict[str, float]:
    """Call ``step`` and paint, as fast as it goes: wall ms and CPU ms (all threads) per frame."""
    app = QApplication.instance()
    assert app is not None
    for warm in range(3):
        step(warm)
        widget.repaint()
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
    walls = []
    cpu_start, begin = time.process_time(), time.perf_counter()
    frame = 3
    while time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        step(frame)
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        walls.append(1000 * (time.perf_counter() - start))
        frame += 1
    cpu_ms = 1000 * (time.process_time() - cpu_start) / len(walls)
    return {
        "frames": len(walls),
        "wall_ms_p50": round(float(np.median(walls)), 2),
        "wall_ms_p99": round(float(np.percentile(walls, 99)), 2),
        "cpu_ms": round(cpu_ms, 2),
        "fps": round(1000 / float(np.median(walls)), 1),
    }


def arm(seconds: float) -> dict[str, object]:
    """ArmView at 800×600 with arm, ghost, trace, fan and objects; the arm moves every frame."""
    info = probe()
    if not info.available:
        return {"absent": info.reason}
    view = ArmView()
    view.resize(800, 600)
    plan = demo_scene.plan()
    view.set_shapes(demo_scene.shapes())
    view.set_objects(demo_scene.objects())
    view.set_measured(demo_scene.link_poses(plan[0]))
    view.set_ghost(demo_scene.link_poses(plan[-1]))
    view.set_trace(demo_scene.tips(plan), 6, 14, plan[:, 5])
    view.set_fan(demo_scene.fan())
    view.show()
    picture = view.findChild(PictureCanvas)
    assert view.canvas is not None
    scene = picture or view.canvas.native
    poses = [demo_scene.link_poses(plan[i % 30]) for i in range(30)]

    def step(frame: int) -> None:
        view.set_measured(poses[frame % 30])
        if picture is not None:
            picture.redraw()  # the view itself would wait: it draws no faster than is sensible
        scene.repaint()

    result: dict[str, object] = dict(per_frame(view, step, seconds))
    still = per_frame(view, lambda _: view.set_measured(poses[0]), 0.5)
    view.close()
    return result | {"renderer": info.renderer, "cpu_ms_unchanged": still["cpu_ms"]}


def camera(seconds: float, size: tuple[int, int], picture: tuple[int, int]) -> dict[str, float]:
    """CameraView of ``size`` px showing pictures of ``picture`` px with a trace."""
    view = CameraView("front")
    view.resize(*size)
    view.show()
    images = [np.roll(demo_scene.picture(*picture), i, axis=1) for i in range(8)]
    view.set_trace(demo_scene.picture_trace(), 6, 14)

    def step(frame: int) -> None:
        view.set_frame(images[frame % 8], 30.0, 20.0)
        view.repaint()

    result = per_frame(view, step, seconds)
    view.close()
    return result


def joints(seconds: float) -> dict[str, float]:
    """JointPlot with six joints, 10 s at 100 Hz measured and sent, and a plan."""
    view = JointPlot()
    view.resize(640, 220)
    view.set_joints(demo_scene.JOINTS, demo_scene.IS_GRIPPER)
    view.show()
    t = np.linspace(0, 10, 1000)
    q = 0.6 * np.sin(t[:, None] + np.arange(6))
    plan = demo_scene.plan()

    def step(frame: int) -> None:
        rolled = np.roll(q, -frame, axis=0)
        view.set_history(t + 0.05 * frame, rolled, rolled)
        view.set_plan(t[-1] + 0.05 * frame + 0.1 * np.arange(30), plan)

    result = per_frame(view, step, seconds)
    view.close()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description="Costs of the views as JSON.")
    parser.add_argument("--seconds", type=float, default=3.0, help="per measurement")
    seconds = parser.parse_args().seconds
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app)
    report = {
        "load": os.getloadavg()[0],
        "platform": app.platformName(),
        "arm_view_800x600": arm(seconds),
        "camera_320x240_in_306x230": camera(seconds, (306, 230), (320, 240)),
        "camera_640x480_1to1": camera(seconds, (640, 480), (640, 480)),
        "camera_640x480_in_960x720": camera(seconds, (960, 720), (640, 480)),
        "joint_plot_640x220": joints(seconds),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
