"""Forward and inverse kinematics of the SO-101 against the numbers of its designers, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.description import joint_specs, robot_folder
from devices.errors import UnknownRobot, UnreachablePose
from devices.kinematics import Kinematics

ARM = Kinematics.of("so101")
HOME = np.array([0.0, -0.6, 0.2, 1.35, 0.0, 0.3], dtype=np.float32)
JOINTS = st.tuples(*(st.floats(0.9 * j.lower, 0.9 * j.upper) for j in ARM.joints))

# q (pan, lift, elbow, wrist flex, wrist roll) → tip in m and quaternion x y z w, from the URDF of
# TheRobotStudio (SO-ARM100, Apache-2.0).
CHECKS = [
    ((0, 0, 0, 0, 0), (0.39136, 0, 0.22647), (0.01721, 0.70690, 0.01721, 0.70690)),
    ((0.5, 0, 0, 0, 0), (0.34820, -0.16902, 0.22647), (0.19156, 0.68066, -0.15822, 0.68918)),
    ((0, -1, 1, 0, 0), (0.28377, 0, 0.19828), (0.01721, 0.70690, 0.01721, 0.70690)),
    ((0, 0.5, -0.5, 0.8, 0), (0.38794, 0, 0.08744), (0.02255, 0.92637, 0.00915, 0.37582)),
    ((0.3, -0.4, 0.6, 0.2, 1), (0.31441, -0.0923, 0.14342), (-0.26666, 0.78968, -0.32358, 0.44787)),
]


def rotation(x, y, z, w):
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@pytest.fixture(scope="module", params=["so101", "so100"])
def described(request):
    """Both arms have the same joints at the same distances."""
    return Kinematics.of(request.param)


@pytest.mark.parametrize(("q", "position", "quaternion"), CHECKS)
def test_tip_is_where_the_designers_put_it(described, q, position, quaternion):
    pose = described.tip_pose([*q, 0.0])
    assert np.abs(pose[:3, 3] - position).max() < 5e-4
    assert np.abs(pose[:3, :3] - rotation(*quaternion)).max() < 1e-3


# The Koch's URDF row by row: xyz in m, fixed-axis rpy and limits in rad; every axis is z.
KOCH = [
    ((0.0402, 0.0326, 0.0167), (0, 0, 0), (-1.74, 1.74)),
    ((-0.0188, 0, 0.0154), (np.pi, -np.pi / 2, 0), (-1.57, 0.69)),
    ((0.1083, -0.0148, 0.00425), (0, 0, np.pi / 2), (-1.57, 1.57)),
    ((-0.1005, -0.0027, 0.02925), (-np.pi, 0, np.pi / 2), (-1.4835, 1.7453)),
    ((0, -0.0450, 0.0134), (-np.pi / 2, -np.pi / 2, 0), (-1.5708, 1.2217)),
    ((0.00755, -0.01475, -0.0130), (-np.pi / 2, 0, 0), (-1.74, 0)),
]


def turned(axis: int, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    i, j = (k for k in range(3) if k != axis)
    sign = -1 if axis == 1 else 1
    rotation = np.eye(3)
    rotation[i, i] = rotation[j, j] = c
    rotation[i, j], rotation[j, i] = -sign * s, sign * s
    return rotation


def koch_links(q) -> list[np.ndarray]:
    """(4, 4) per moving link from the table, in our base frame: x forward, pan above it."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turned(2, -np.pi / 2), (0, 0.0402, 0)
    poses = []
    for (xyz, (roll, pitch, yaw), (low, high)), angle in zip(KOCH, q, strict=True):
        step = np.eye(4)
        step[:3, :3] = turned(2, yaw) @ turned(1, pitch) @ turned(0, roll)
        step[:3, 3] = xyz
        ours = -1.74 * angle if high == 0 else angle + (low + high) / 2  # jaw: 0 closed, 1 open
        step[:3, :3] = step[:3, :3] @ turned(2, ours)
        pose = pose @ step
        poses.append(pose)
    return poses


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-0.95, 0.95), min_size=6, max_size=6))
def test_every_link_of_the_koch_is_where_its_table_puts_it(shares):
    koch = Kinematics.of("koch")
    q = [
        j.lower + (s + 1) / 2 * (j.upper - j.lower)
        for j, s in zip(koch.joints, shares, strict=True)
    ]
    for found, wanted in zip(koch.link_poses(q)[1:], koch_links(q), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_the_koch_points_forward_in_the_zero_of_its_designers():
    koch = Kinematics.of("koch")
    middles = [(low + high) / 2 for _, _, (low, high) in KOCH[:5]]
    tip = koch.tip_pose([-middle for middle in middles] + [0.0])
    np.testing.assert_allclose(tip[:3, 2], (1, 0, 0), atol=1e-3)
    assert tip[0, 3] > 0.25
    assert abs(tip[1, 3]) < 0.02


def test_an_arm_that_pans_the_other_way_round_turns_to_its_target_too():
    koch = Kinematics.of("koch")
    start = np.array([0.0, 0.35, -0.35, 0.3, 0.17, 0.1], dtype=np.float32)
    aside = start.copy()
    aside[0] = 1.6
    found = koch.inverse(koch.tip_pose(aside), start)
    assert found[0] == pytest.approx(1.6, abs=0.01)


YAM_CHECKS = [  # joints → flange and tool, m, as the maker's own model has them
    ((0, 0, 0, 0, 0, 0), (0.1106, 0, 0.1735), (0.2453, 0, 0.1735)),
    ((0, 1.047, 1.047, 0, 0, 0), (0.24255, 0, 0.40211), (0.37725, 0, 0.40211)),
    ((0.5, 1, 1, -0.3, 0.2, 0.4), (0.20206, 0.10233, 0.36347), (0.32557, 0.13931, 0.32446)),
]
YAM_TURN = ((-0.3570, 0.1784, -0.9169), (0.2399, -0.9312, -0.2745), (-0.9028, -0.3179, 0.2896))


@pytest.mark.parametrize(("q", "flange", "tool"), YAM_CHECKS)
def test_the_yam_is_where_its_maker_says(q, flange, tool):
    yam = Kinematics.of("yam")
    hand = yam.link_poses((*q, 0.5))[yam.link_names.index("gripper")]
    np.testing.assert_allclose(hand[:3, 3], flange, atol=2e-5)
    np.testing.assert_allclose(yam.tip_pose((*q, 0.5))[:3, 3], tool, atol=2e-5)
    if q[0]:
        np.testing.assert_allclose(hand[:3, :3], YAM_TURN, atol=1e-4)


def test_both_fingers_of_the_yam_open():
    yam = Kinematics.of("yam")
    left, right = (yam.link_names.index(f"{side}_finger") for side in ("left", "right"))
    shut, wide = (yam.link_poses((*6 * (0.0,), opening)) for opening in (0.0, 1.0))
    for finger in (left, right):
        moved = np.linalg.norm(wide[finger][:3, 3] - shut[finger][:3, 3])
        assert moved == pytest.approx(0.04695, abs=1e-6)


def test_the_yam_finds_joints_for_a_pose_and_rests_clear_of_itself():
    yam = Kinematics.of("yam")
    start = np.array([0, 1.047, 1.047, 0, 0, 0, 0.5], dtype=np.float32)
    wanted = np.array([0.2, 1.2, 1.2, 0.1, 0.1, 0.1, 0.5])
    np.testing.assert_allclose(yam.inverse(yam.tip_pose(wanted), start), wanted, atol=0.01)
    assert yam.collisions(np.zeros(7)).smallest_m > 0.005


def test_batch_and_single_forward_agree():
    rows = np.random.default_rng(0).uniform(-1, 1, (5, 6))
    singles = [ARM.tip_pose(row)[:3, 3] for row in rows]
    np.testing.assert_allclose(ARM.tip_positions(rows), singles, atol=1e-6)


@pytest.mark.parametrize("robot", ["so101", "so100", "koch", "yam"])
def test_joints_are_the_same_with_and_without_mujoco(robot):
    assert joint_specs(robot_folder(robot) / "robot.xml") == Kinematics.of(robot).joints


def test_gripper_is_a_fraction_of_its_range():
    gripper = ARM.joints[-1]
    assert (gripper.is_gripper, gripper.lower, gripper.upper) == (True, 0.0, 1.0)
    np.testing.assert_allclose(
        ARM.joint_map.to_mujoco([0, 0, 0, 0, 0, 0.5])[-1], -0.1745 + 0.5 * 1.9199, atol=1e-3
    )


@settings(max_examples=40, deadline=None)
@given(JOINTS)
def test_units_go_to_mujoco_and_back(q):
    back = ARM.joint_map.from_mujoco(ARM.joint_map.to_mujoco(q))
    np.testing.assert_allclose(back, q, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(JOINTS, st.integers(0, 1000))
def test_inverse_finds_the_pose_that_forward_made(q, seed):
    nearby = np.array(q) + np.random.default_rng(seed).uniform(-0.15, 0.15, 6)
    found = ARM.inverse(ARM.tip_pose(q), nearby)
    assert np.linalg.norm(ARM.tip_pose(found)[:3, 3] - ARM.tip_pose(q)[:3, 3]) <= 5e-4


def test_inverse_keeps_the_gripper_and_the_limits():
    q = ARM.inverse(ARM.tip_pose(HOME), HOME + np.float32(0.1))
    assert q[-1] == pytest.approx(0.4)
    assert all(j.lower - 1e-6 <= v <= j.upper + 1e-6 for j, v in zip(ARM.joints, q, strict=True))


def test_inverse_turns_to_a_target_behind_its_shoulder():
    turned = HOME.copy()
    turned[0] = 1.7
    found = ARM.inverse(ARM.tip_pose(turned), HOME)
    assert found[0] == pytest.approx(1.7, abs=0.01)


def test_unreachable_pose_names_place_and_distance():
    far = ARM.tip_pose(HOME)
    far[:3, 3] = (0.9, 0.0, 0.2)
    with pytest.raises(UnreachablePose, match=r"cannot reach \(0\.900, 0\.000, 0\.200\) m.*mm"):
        ARM.inverse(far, HOME)


def test_a_small_step_follows_a_target_that_moved_a_little():
    target = ARM.tip_pose(HOME)
    target[:3, 3] += (0.001, 0.001, -0.001)
    reached = ARM.tip_pose(ARM.step_towards(HOME, target, orientation_weight=0.01))
    assert np.linalg.norm(reached[:3, 3] - target[:3, 3]) < 1e-4


def test_every_shape_hangs_on_a_link_that_forward_kinematics_places():
    links = {shape.link for shape in ARM.shapes()}
    assert links <= set(range(len(ARM.link_poses(HOME))))
    assert links >= {ARM.link_names.index(n) for n in ("base", "upper_arm", "gripper", "jaw")}


def test_opening_the_gripper_moves_only_the_jaw():
    opened = HOME.copy()
    opened[-1] = 0.9
    moved = np.abs(ARM.link_poses(opened) - ARM.link_poses(HOME)).max(axis=(1, 2)) > 1e-6
    assert [ARM.link_names[i] for i in np.flatnonzero(moved)] == ["jaw"]


def test_clearance_is_positive_at_home_and_names_the_link_that_hits_the_table():
    assert ARM.collisions(HOME).smallest_m > 0.005
    pushed = ARM.collisions([0, 1.2, 0.3, 1.0, 0, 0.3])
    assert pushed.table_m < 0
    assert pushed.table_link in ("gripper", "jaw", "wrist")


def test_clearance_notices_an_arm_folded_into_itself():
    folded = ARM.collisions([0, -1.7, 1.69, 1.6, 0, 0])
    assert folded.self_m < 0
    assert set(folded.self_links) & {"base", "shoulder"}


def test_unknown_robot_lists_the_known_ones():
    with pytest.raises(UnknownRobot, match=r"no robot description 'r2d2'\. Known: .*so100, so101"):
        Kinematics.of("r2d2")
