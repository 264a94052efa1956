"""What the window's process loads before it is on screen."""

from __future__ import annotations

import json
import subprocess
import sys

from devices.description import JointMap, joint_specs, robot_folder
from devices.sim.world import load_bench_model

LOOK = """
import json, sys
from studio.app import load_bench, Session, Window
load_bench("sim")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_nothing_heavy_is_loaded_before_the_window_is_there():
    found = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    loaded = set(json.loads(found.stdout))
    assert "PySide6" in loaded
    assert not loaded & {"cv2", "mujoco", "mink", "pyqtgraph", "torch", "transformers", "scipy"}


def test_the_joints_of_the_description_are_those_of_the_compiled_model():
    written = joint_specs(robot_folder("so101") / "robot.xml")
    assert written == JointMap.of(load_bench_model()).specs
