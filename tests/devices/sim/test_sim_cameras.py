"""The process that draws the simulated cameras, from the outside: real process, real memory."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from devices.base import Camera
from devices.errors import NotConnected, ReadFailed
from devices.sim.assembly import build_sim
from devices.sim.camera import CameraRoom, SimCamera
from devices.sim.pose_block import PoseBlock
from devices.sim.robot import sim_robot

ORPHAN = """
import sys
from devices.sim.assembly import build_sim
from devices.sim.robot import sim_robot

if __name__ == "__main__":
    bench = build_sim(sim_robot())
    camera = bench.cameras["front"]
    camera.connect()
    sys.stdout.write(f"{camera.room.pid}\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def blocks_of(pid):
    return {p.name for p in Path("/dev/shm").glob(f"foresight_{pid}_*")}


def read_until_it_fails(camera):
    for _ in range(100):
        camera.read(0.5)


@pytest.fixture(scope="module")
def bench():
    made = build_sim(sim_robot(), seed=3)
    made.arm.connect()
    for camera in made.cameras.values():
        camera.connect()
    yield made
    for camera in made.cameras.values():
        camera.close()


def test_camera_speaks_the_protocol(bench):
    assert isinstance(bench.cameras["front"], Camera)


def test_pictures_come_one_after_the_other_at_their_rate(bench):
    frames = [bench.cameras["front"].read(2.0) for _ in range(31)]
    indices = [f.index for f in frames]
    assert indices == list(range(indices[0], indices[0] + 31))
    seconds = (frames[-1].t_ns - frames[0].t_ns) / 1e9
    assert 0.9 < seconds < 3.0  # 1.0 on an idle machine; slots are skipped on a busy one


def test_pictures_show_what_the_world_does(bench, renderer):
    bench.scene.reset(11)
    bench.arm.read()
    camera = bench.cameras["wrist"]
    frames = [camera.read(2.0) for _ in range(12)]
    expected = renderer.render(bench.world.qpos(), "wrist").astype(int)
    assert np.abs(frames[-1].image.astype(int) - expected).mean() < 2.0


def test_a_slow_reader_gets_newer_pictures_not_a_backlog(bench):
    slow, quick = bench.cameras["front"], bench.cameras["wrist"]
    quick_frames = [quick.read(2.0) for _ in range(30)]
    late = slow.read(2.0)
    assert late.t_ns > quick_frames[-1].t_ns - 0.6e9


def test_reading_before_connect_says_so():
    room = CameraRoom(sim_robot().cameras, qpos=np.zeros(27))
    with pytest.raises(NotConnected, match="camera front"):
        SimCamera(sim_robot().cameras[0], room=room).read(0.1)


def test_a_killed_renderer_is_an_error_and_reconnecting_repairs_it():
    bench = build_sim(sim_robot(camera_size=(160, 120)))
    camera = bench.cameras["front"]
    camera.connect()
    os.kill(camera.room.pid, signal.SIGKILL)
    with pytest.raises(ReadFailed, match="render process ended"):
        read_until_it_fails(camera)
    camera.close()
    camera.connect()
    assert camera.read(2.0).image.shape == (120, 160, 3)
    camera.close()


def test_closing_leaves_no_shared_memory_behind():
    before = blocks_of(os.getpid())
    camera = build_sim(sim_robot(camera_size=(160, 120))).cameras["front"]
    camera.connect()
    assert blocks_of(os.getpid()) > before
    camera.close()
    camera.close()
    assert blocks_of(os.getpid()) == before


def test_renderer_ends_with_its_killed_parent_and_cleans_up_after_it(tmp_path):
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        text=True,
    )
    renderer_pid = int(parent.stdout.readline())
    assert blocks_of(parent.pid)
    watch = os.pidfd_open(renderer_pid)
    parent.kill()
    parent.wait()
    assert ended(watch, timeout_s=30.0)
    assert blocks_of(parent.pid) == set()


def ended(pidfd, *, timeout_s):
    readable, _, _ = select.select([pidfd], [], [], timeout_s)
    os.close(pidfd)
    return bool(readable)


def test_pose_block_gives_back_what_was_written():
    block = PoseBlock.create(27)
    qpos = np.random.default_rng(0).normal(size=27)
    block.write(qpos, 123)
    other = PoseBlock.attach(block.handle)
    got, t_ns = other.read()
    np.testing.assert_array_equal(got, qpos)
    assert t_ns == 123
    other.close()
    block.close()
    block.unlink()
