"""What every episode says about the bench that is open."""

from __future__ import annotations

import numpy as np
import pytest

from devices.bench import load_bench
from devices.calibration.store import write_calibration
from devices.cameras.calibration import CalibrationShelf, CameraCalibration
from devices.cameras.lens import Lens
from devices.emulators.so101 import so101_calibration
from devices.sim.render import SceneRenderer
from devices.sim.world import World
from studio.bench_note import note_of

URL = "http://mara:secret@127.0.0.1:1/video"
BENCH = f"""version = 1
kind = "so101"
[follower]
port = "/dev/a"
calibration = "follower.toml"
[leaders.main]
port = "/dev/b"
calibration = "leader.toml"
[cameras.front]
address = "{URL}"
width = 640
height = 480
fps = 30
"""


@pytest.fixture
def bench(tmp_path):
    for seed, name in enumerate(("follower", "leader")):
        write_calibration(tmp_path / f"{name}.toml", so101_calibration(seed))
    (tmp_path / "bench.toml").write_text(BENCH)
    return load_bench(str(tmp_path / "bench.toml"))


def test_arms_are_told_apart_by_their_calibrations(bench, tmp_path):
    note = note_of(bench, tmp_path, operator="Mara")
    assert (note.name, note.operator) == (bench.name, "Mara")
    assert set(note.calibrations) == {"follower", "leader main"}
    assert note.calibrations["follower"] == so101_calibration(0).fingerprint
    assert note.calibrations["follower"] != note.calibrations["leader main"]


def test_a_calibrated_camera_brings_its_lens_and_no_password(bench, tmp_path):
    assert note_of(bench, tmp_path, operator="").cameras["front"].lens is None
    matrix = np.array([[600.0, 0, 320], [0, 601, 240], [0, 0, 1]])
    lens = Lens(640, 480, matrix, (0.1, 0.0, 0.0, 0.0, 0.0), 0.3, 12)
    CalibrationShelf(tmp_path).save(CameraCalibration(URL, lens))
    front = note_of(bench, tmp_path, operator="").cameras["front"]
    assert front.identity == "http://127.0.0.1:1/video"
    assert front.lens is not None
    np.testing.assert_allclose(np.reshape(front.lens.intrinsics, (3, 3)), matrix)
    assert front.lens.distortion[0] == pytest.approx(0.1)


def test_simulated_cameras_know_their_lens_exactly(tmp_path):
    world = World(0)
    note = note_of(load_bench("sim"), tmp_path, operator="")
    with SceneRenderer(320, 240) as renderer:
        for name, camera in note.cameras.items():
            known = renderer.camera_matrix(name, world.qpos()).intrinsics
            assert camera.lens is not None
            np.testing.assert_allclose(np.reshape(camera.lens.intrinsics, (3, 3)), known, atol=0.01)
