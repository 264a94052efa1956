"""Laws of the live rings, with a real writer process."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recordings.errors import SharedMemoryFull, WrongPicture
from recordings.live import FrameRing, Live, LiveHandle, StepRing, remove_stale_blocks
from recordings.shared_block import block_name, create_block
from recordings.types import Authority, CameraSpec, RobotSpec, Step, frozen_f32

SPEC = CameraSpec("front", width=64, height=48, fps=30.0)
spawn = multiprocessing.get_context("spawn")


def flat(value: int, spec: CameraSpec = SPEC) -> np.ndarray:
    return np.full((spec.height, spec.width, 3), value % 256, np.uint8)


def step(robot: RobotSpec, number: int) -> Step:
    q = np.full(len(robot.joints), number, np.float32)
    return Step(q, -q, Authority.LEADER, number, {"front": number, "wrist": -1}, plan_id=number)


@pytest.fixture
def frames() -> Iterator[FrameRing]:
    ring = FrameRing.create(SPEC, name=block_name("t"), slots=4)
    yield ring
    ring.close()
    ring.unlink()


@pytest.fixture
def steps(robot: RobotSpec) -> Iterator[StepRing]:
    ring = StepRing.create(robot, name=block_name("t"), slots=16)
    yield ring
    ring.close()
    ring.unlink()


def test_an_empty_frame_ring_has_no_frame(frames: FrameRing) -> None:
    assert (frames.newest(), frames.newest_index, frames.read(0)) == (None, -1, None)


def test_a_frame_comes_back_as_it_was_written(frames: FrameRing) -> None:
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    index = frames.write(image, 77, seq=9)
    frame = frames.read(index)
    assert frame is not None
    assert (frame.camera, frame.t_ns, frame.index, frame.seq) == ("front", 77, 0, 9)
    assert np.array_equal(frame.image, image)


def test_a_frame_read_is_a_read_only_copy(frames: FrameRing) -> None:
    frame = frames.read(frames.write(flat(1), 0))
    for later in range(2, 10):
        frames.write(flat(later), 0)
    assert frame is not None
    assert not frame.image.flags.writeable
    assert np.all(frame.image == 1)


def test_an_overwritten_frame_is_gone_and_the_last_ones_are_there(frames: FrameRing) -> None:
    for number in range(10):
        frames.write(flat(number), number)
    assert [i for i in range(-2, 12) if frames.read(i) is not None] == [6, 7, 8, 9]


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((48, 63, 3), np.uint8),
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 3), np.float32),
    ],
)
def test_a_picture_of_another_kind_is_refused_and_names_both(
    frames: FrameRing, image: np.ndarray
) -> None:
    with pytest.raises(WrongPicture, match=r"front.*delivered.*expected \(48, 64, 3\) uint8"):
        frames.write(image, 0)
    assert frames.newest_index == -1


def test_a_step_comes_back_as_it_was_written(steps: StepRing, robot: RobotSpec) -> None:
    written = Step(
        state=frozen_f32(np.linspace(-1, 1, 6)),
        action=frozen_f32(np.linspace(1, -1, 6)),
        authority=Authority.POLICY,
        t_ns=2**60 + 1,
        frames={"front": 5},
        plan_id=12,
        guard_bits=0b1010,
    )
    steps.write(written)
    read = steps.newest()
    assert read is not None
    assert np.array_equal(read.state, written.state)
    assert np.array_equal(read.action, written.action)
    assert (read.authority, read.t_ns, read.plan_id, read.guard_bits, read.frames) == (
        Authority.POLICY,
        2**60 + 1,
        12,
        0b1010,
        {"front": 5, "wrist": -1},
    )


@given(reads=st.lists(st.integers(0, 40), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_whoever_reads_on_gets_every_step_once_or_is_told_how_many_are_lost(
    steps: StepRing, robot: RobotSpec, reads: list[int]
) -> None:
    at = steps.newest_index
    number = at + 1
    for writes in reads:
        for _ in range(writes):
            steps.write(step(robot, number))
            number += 1
        block = steps.read_since(at)
        assert block.lost == max(0, writes - 16)
        assert block.first_index == at + 1 + block.lost
        assert [s.t_ns for s in block.steps] == list(range(block.first_index, number))
        at = number - 1


def test_columns_and_window_show_the_same_last_steps(steps: StepRing, robot: RobotSpec) -> None:
    for number in range(20):
        steps.write(step(robot, number))
    columns = steps.columns(5)
    assert columns.t_ns.tolist() == [s.t_ns for s in steps.window(5)] == [15, 16, 17, 18, 19]
    assert columns.action[:, 0].tolist() == [-15, -16, -17, -18, -19]
    assert not columns.state.flags.writeable


def test_a_window_larger_than_what_is_there_is_shorter(steps: StepRing, robot: RobotSpec) -> None:
    assert steps.window(3) == []
    steps.write(step(robot, 0))
    assert [s.t_ns for s in steps.window(3)] == [0]


def test_a_step_of_another_arm_is_refused(steps: StepRing) -> None:
    q = frozen_f32([0.0])
    with pytest.raises(ValueError, match="so101 needs 6 joints"):
        steps.write(Step(q, q, Authority.HOLD, 0))


def write_flat_out(handle: LiveHandle, go: Event, stop: Event) -> None:
    """Child: constant pictures and constant steps as fast as it can."""
    rings = Live.attach(handle)
    go.set()
    number = 0
    while not stop.is_set():
        rings.frames["front"].write(flat(number, handle.robot.cameras[0]), number)
        for _ in range(50):
            rings.steps.write(step(handle.robot, number))
        number += 1
    rings.close()


def test_no_torn_slot_is_ever_returned_while_a_process_writes_flat_out(live: Live) -> None:
    go, stop = spawn.Event(), spawn.Event()
    child = spawn.Process(target=write_flat_out, args=(live.handle, go, stop))
    child.start()
    assert go.wait(30)
    torn = seen = at = 0
    end_s = time.monotonic() + 3.0
    while time.monotonic() < end_s:
        # the slot that is overwritten next is where a torn picture would be found
        oldest = live.frames["front"].newest_index - 31
        for frame in (live.frames["front"].read(oldest), live.frames["front"].newest()):
            if frame is not None:
                seen += 1
                torn += bool(np.any(frame.image != frame.t_ns % 256))
        block = live.steps.rows_since(at)
        rows = block.rows
        seen += len(rows)
        torn += int(np.sum(rows["state"] != rows["t_mono_ns"][:, None]))
        torn += int(np.sum(rows["action"] != -rows["t_mono_ns"][:, None]))
        at = live.steps.newest_index - 2000
    stop.set()
    child.join(30)
    assert child.exitcode == 0
    assert seen > 1000
    assert torn == 0


def test_live_rings_go_through_a_pipe_and_name_every_camera(live: Live) -> None:
    other = Live.attach(live.handle)
    live.frames["wrist"].write(np.full((240, 320, 3), 7, np.uint8), 5)
    frame = other.frames["wrist"].newest()
    other.close()
    assert list(other.frames) == ["front", "wrist"]
    assert frame is not None
    assert np.all(frame.image == 7)


def test_closing_twice_is_fine_and_unlinking_leaves_nothing(robot: RobotSpec) -> None:
    live = Live.create(robot)
    name = live.steps.handle.name
    live.close()
    live.close()
    live.unlink()
    assert not os.path.exists(f"/dev/shm/{name}")


def test_a_block_that_does_not_fit_is_refused_with_both_sizes_and_nothing_remains() -> None:
    name = block_name("big")
    with pytest.raises(SharedMemoryFull, match=r"needs .* MiB, only .* MiB are free"):
        create_block(name, size=2**46)
    assert not os.path.exists(f"/dev/shm/{name}")


def test_blocks_of_dead_owners_are_removed_and_those_of_the_living_stay(live: Live) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = f"/dev/shm/foresight_{dead.pid}_abc_f0"
    with open(stale, "wb") as file:
        file.write(b"left over")
    removed = remove_stale_blocks()
    assert os.path.basename(stale) in removed
    assert not os.path.exists(stale)
    assert os.path.exists(f"/dev/shm/{live.steps.handle.name}")
