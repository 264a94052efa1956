"""Released tags on benches: units and cameras by name; what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.embodiments import BY_TAG, SO_JOINTS, YAM_JOINTS, fitted, frame_of
from model.errors import RobotMismatch
from model.joint_frame import JointFrame, old_so_frame
from model.norm_stats import NormStats
from model.tags import ABSOLUTE, TagMetadata, Tags
from model.transforms import UnitTransform
from recordings.types import CameraSpec, JointSpec, RobotSpec

SO = "so100_so101_molmoact2"


def bench(
    name: str = "so101",
    joints: tuple[str, ...] = SO_JOINTS,
    cameras: tuple[str, ...] = ("front", "wrist"),
) -> RobotSpec:
    specs = tuple(JointSpec(j, -2, 2, 1, is_gripper=j.endswith("gripper")) for j in joints)
    return RobotSpec(name, specs, tuple(CameraSpec(c, 64, 48, 30.0) for c in cameras), 100.0)


def released(size: int, *, low: float = -100.0, high: float = 100.0, **fields: object):
    stats = NormStats(q01=(low,) * size, q99=(high,) * size)
    made = TagMetadata(
        state=stats, action=stats, setup_type="single arm", control_mode=ABSOLUTE, **fields
    )
    return replace(made, normalize_gripper=True)


def test_the_so_checkpoint_speaks_old_degrees_to_a_bench_in_radians() -> None:
    tag = fitted(SO, released(6), bench())
    assert tag.frame == old_so_frame()
    assert tag.robot == bench()
    state = np.array([0, np.pi / 2, -np.pi / 2, 0, 0, 0.5], np.float32)
    normalised = UnitTransform(tag).normalise_state(state)
    np.testing.assert_allclose(normalised, [0, 0, 0, 0, 0, 0.5], atol=1e-5)


def test_pictures_of_any_two_cameras_are_taken_in_bench_order() -> None:
    assert fitted(SO, released(6), bench(cameras=("side", "top"))).camera_keys == ()


def test_cameras_of_the_same_names_are_taken_in_training_order() -> None:
    yam = bench("bimanual_yam", YAM_JOINTS, ("right", "top", "left"))
    tag = fitted("yam_dual_molmoact2", released(14), yam)
    assert tag.camera_keys == ("top", "left", "right")
    assert tag.frame == JointFrame.identity(14)


def test_the_droid_gripper_closes_towards_one() -> None:
    frame = BY_TAG["franka_droid"].frame
    assert frame.to_checkpoint(np.zeros(8, np.float32))[7] == 1.0
    assert BY_TAG["franka_droid"].hz == 15.0


def test_without_a_bench_the_checkpoint_describes_its_robot() -> None:
    robot = fitted(SO, released(6), None).robot
    assert robot is not None
    assert robot.joint_names == SO_JOINTS
    assert robot.camera_names == ("cam0", "cam1")
    assert robot.lower[5] == pytest.approx(-1.0)
    assert robot.joints[5].is_gripper


@pytest.mark.parametrize(
    ("robot", "said"),
    [
        (bench(name="koch"), r"robot: SO-100/SO-101 in training, 'koch' on this bench"),
        (bench(joints=SO_JOINTS[::-1]), r"joints: shoulder_pan, .* in training, gripper, .* on"),
        (bench(joints=SO_JOINTS[:5]), r"joints: .*gripper in training, .*wrist_roll on this bench"),
        (bench(cameras=("front",)), r"cameras: any 2 in training, front on this bench"),
        (bench(cameras=()), r"cameras: any 2 in training, none on this bench"),
    ],
)
def test_a_bench_that_does_not_fit_is_refused_with_both_sides(robot: RobotSpec, said: str) -> None:
    with pytest.raises(RobotMismatch, match=said):
        fitted(SO, released(6), robot)


def test_other_named_cameras_are_refused_with_both_sides() -> None:
    yam = bench("bimanual_yam", YAM_JOINTS, ("top", "left", "wrist"))
    with pytest.raises(RobotMismatch, match="top, left, right in training, top, left, wrist on"):
        fitted("yam_dual_molmoact2", released(14), yam)


def test_actions_that_are_no_joint_positions_are_refused() -> None:
    tag = replace(released(7), control_mode="delta end-effector pose")
    with pytest.raises(RobotMismatch, match="'delta end-effector pose' in training, joint pos"):
        fitted("libero", tag, bench())


def test_a_tag_nobody_knows_is_refused() -> None:
    with pytest.raises(RobotMismatch, match="does not say which robot"):
        fitted("mine", released(6), bench())


def test_statistics_for_another_number_of_joints_are_refused() -> None:
    with pytest.raises(RobotMismatch, match=r"6 joints \(SO-100/SO-101\), 7 state and 7 action"):
        fitted(SO, released(7), bench())


def test_a_tag_of_our_own_is_compared_with_the_bench() -> None:
    own = replace(released(6), robot=bench())
    assert fitted("bench", own, bench()) == own
    with pytest.raises(RobotMismatch, match="cameras"):
        fitted("bench", own, bench(cameras=("front", "side")))


def test_a_lerobot_policy_for_an_so_arm_keeps_its_own_units() -> None:
    frame = JointFrame.degrees((False,) * 5 + (True,))
    tag = fitted("lerobot", released(6, frame=frame, camera_keys=("front", "wrist")), bench())
    assert tag.frame == frame
    assert tag.camera_keys == ("front", "wrist")


def test_what_is_fine_tuned_keeps_the_units_the_network_knows() -> None:
    assert frame_of(Tags({SO: released(6)}), bench()) == old_so_frame()
    again = replace(released(6), robot=bench(), frame=old_so_frame())
    assert frame_of(Tags({"mine": again}), bench()) == old_so_frame()


def test_a_network_that_never_met_the_robot_learns_it_in_robot_units() -> None:
    assert frame_of(Tags({}), bench()) is None
    assert frame_of(Tags({SO: released(6)}), bench("koch")) is None
