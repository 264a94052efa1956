"""The health report: each defect is found where it was put, and a good take has none."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from recordings import library
from recordings.health.alike import POINTS, Shape, alike
from recordings.health.coverage import coverage, coverage_sentences
from recordings.health.motion import motion_health
from recordings.health.pictures import View, camera_health, moved_px
from recordings.health.report import folder_health
from recordings.health.sentences import Weight, camera_remarks, motion_remarks
from recordings.reader import Episode
from recordings.types import RobotSpec
from tests.conftest import MakeEpisode

T_NS = np.arange(500, dtype=np.int64) * 10_000_000


def swing(robot: RobotSpec) -> np.ndarray:
    """(500, n) a calm movement of five seconds, gripper between 0.3 and 0.7."""
    t = T_NS[:, None] / 1e9
    return (0.5 + 0.2 * np.sin(t + np.arange(len(robot.joints)))).astype(np.float32)


def sentences(robot: RobotSpec, *, t_ns=T_NS, state=None, action=None) -> list[str]:
    state = swing(robot) if state is None else state
    action = state if action is None else action
    return [r.sentence for r in motion_remarks(motion_health(t_ns, state, action, robot=robot))]


def test_a_good_take_has_no_remark(robot: RobotSpec) -> None:
    assert sentences(robot) == []


def test_a_gap_is_named_with_length_and_time(robot: RobotSpec) -> None:
    late = T_NS + np.where(np.arange(500) >= 200, 150_000_000, 0)
    (sentence,) = sentences(robot, t_ns=late)
    assert "1 gaps" in sentence
    assert "160 ms, at 2.0 s" in sentence


def test_a_slow_rate_is_named(robot: RobotSpec) -> None:
    assert "at 80.0 instead of 100 Hz" in sentences(robot, t_ns=T_NS * 5 // 4)[0]


def test_a_clock_that_jumps_back_is_bad(robot: RobotSpec) -> None:
    jumped = T_NS - np.where(np.arange(500) >= 300, 1_000_000_000, 0)
    health = motion_health(jumped, swing(robot), swing(robot), robot=robot)
    remarks = list(motion_remarks(health))
    assert remarks[0].weight is Weight.BAD
    assert "backwards 1 times" in remarks[0].sentence


def test_missing_numbers_jumps_and_end_stops_are_named(robot: RobotSpec) -> None:
    state = swing(robot)
    state[100, 2] = np.nan
    state[250:, 1] += 0.8
    state[:, 3] = 1.9
    found = "\n".join(sentences(robot, state=state))
    assert "1 joint values are not numbers" not in found  # counted in state and in action
    assert "2 joint values are not numbers" in found
    assert "0.80 rad of shoulder lift, at 2.5 s" in found
    assert "The wrist flex rests against the end of its range in 100% of the steps" in found


def test_a_gripper_out_of_range_or_clipped_is_named(robot: RobotSpec) -> None:
    action = swing(robot)
    action[:, 5] = 1.08
    assert "0.08 beyond its range" in sentences(robot, action=action)[0]
    action[:, 5] = np.where(np.arange(500) < 300, 1.0, 0.5)
    assert "fully open or closed in 60% of the steps" in sentences(robot, action=action)[0]


def test_pauses_at_both_ends_are_measured(robot: RobotSpec) -> None:
    state = swing(robot)
    state[:250], state[400:] = state[250], state[400]
    health = motion_health(T_NS, state, state, robot=robot)
    assert health.idle_start_s == pytest.approx(2.5, abs=0.3)
    assert health.idle_end_s == pytest.approx(1.0, abs=0.3)


def rewrite(path: Path, name: str, change) -> None:
    with h5py.File(path, "r+") as file:
        file[name][...] = change(file[name][()])


def test_missed_and_frozen_pictures_are_found(episode_file: Path) -> None:
    late = np.where(np.arange(30) >= 10, 100_000_000, 0)
    rewrite(episode_file, "streams/front/t_mono_ns", lambda t: t + late)
    rewrite(episode_file, "streams/wrist/crc32", lambda c: np.where(np.arange(30) >= 8, c[8], c))
    with Episode.open(episode_file) as episode:
        front, wrist = camera_health(episode, "front"), camera_health(episode, "wrist")
    assert (front.missed, front.longest_gap.at_s) == (3, pytest.approx(0.3, abs=0.02))
    assert any("missed 3 pictures" in r.sentence for r in camera_remarks(front))
    assert wrist.frozen.value == pytest.approx(0.7, abs=0.02)
    assert any("frozen for 0.7 s at 0.3 s" in r.sentence for r in camera_remarks(wrist))


def test_the_same_picture_of_an_arm_that_rests_is_not_frozen(episode_file: Path) -> None:
    rewrite(episode_file, "streams/wrist/crc32", np.zeros_like)
    rewrite(episode_file, "steps/state", np.zeros_like)
    with Episode.open(episode_file) as episode:
        assert camera_health(episode, "wrist").frozen.value == 0.0


@pytest.mark.parametrize("shift", [(0, 0), (7, -4), (-12, 3)])
def test_a_moved_camera_is_found_with_its_distance(shift: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    scene = np.kron(rng.normal(size=(30, 40)), np.ones((6, 6))).astype(np.float32)  # 180 × 240
    noise = rng.normal(scale=0.05, size=(2, 120, 160)).astype(np.float32)
    dx, dy = shift
    before = View("front", scene[20:140, 30:190] + noise[0], moves=False, width=640)
    now = View("front", scene[20 + dy : 140 + dy, 30 + dx : 190 + dx] + noise[1], False, 640)
    assert moved_px(before, now) == pytest.approx(4 * np.hypot(dx, dy), abs=3)
    assert moved_px(before, replace(now, moves=True)) == 0.0


def shape(name: str, path: np.ndarray, *, content: str = "", duration_s: float = 5.0) -> Shape:
    return Shape(name, content or name, path.astype(np.float32), duration_s)


def test_identical_and_nearly_identical_episodes_are_paired_others_not() -> None:
    rng = np.random.default_rng(1)
    base, other = rng.random(6 * POINTS), rng.random(6 * POINTS)
    near = base + 0.003 * rng.normal(size=base.shape)
    shapes = [
        shape("a", base),
        shape("b", other),
        shape("c", near),
        shape("d", base, content="a", duration_s=5.0),
        shape("e", base, duration_s=9.0),
    ]
    pairs = {(p.first, p.second): p.identical for p in alike(shapes)}
    assert pairs == {("a", "c"): False, ("a", "d"): True, ("c", "d"): False}


def test_many_episodes_are_compared_in_blocks() -> None:
    rng = np.random.default_rng(2)
    shapes = [shape(str(i), rng.random(6 * POINTS)) for i in range(1200)]
    shapes.append(shape("copy", shapes[7].path))
    assert [(p.first, p.second) for p in alike(shapes)] == [("7", "copy")]


def test_coverage_says_where_starts_are_missing(robot: RobotSpec) -> None:
    low, high = np.full(6, -1.0), np.full(6, 1.0)
    low[5] = high[5] = 0.0
    starts = [np.zeros(6), np.array([0.8, 0, 0, 0, 0, 0])]
    found = coverage(starts, [(low, high), (low / 2, high / 2)], robot=robot)
    assert found.joints[0].start_share == pytest.approx(0.4)
    assert found.joints[0].visited_share == pytest.approx(2 / 3.8)
    told = list(coverage_sentences(found))
    assert told[0].startswith("Always starting at the same place: shoulder_lift")
    assert told[1] == "Never moved in any episode: gripper."


def test_a_folder_is_judged_with_what_can_be_read(
    make_episode: MakeEpisode, robot: RobotSpec, tmp_path: Path
) -> None:
    twin = make_episode(tmp_path, robot, seconds=0.4, phase_rad=0.0)
    make_episode(tmp_path, robot, seconds=0.4, phase_rad=1.0)
    make_episode(tmp_path, replace(robot, name="yam"), seconds=0.4, phase_rad=0.0)
    (tmp_path / "twin.h5").write_bytes(twin.read_bytes())
    (tmp_path / "torn.h5").write_bytes(twin.read_bytes()[:5000])
    found = folder_health(library.list_episodes(tmp_path))
    assert len(found.episodes) == 5
    assert len(found.mixed) == 1
    assert "'so101' here, 'yam' there" in found.mixed[0]
    assert [p.identical for p in found.alike] == [True]
    bad = {e.episode for e in found.episodes if e.weight is Weight.BAD}
    assert bad == {"torn"}
    assert found.coverage is not None
    assert found.coverage.starts.shape == (3, 6)
