"""A bench file is written and extended by the program, and what a person wrote in it stays."""

from __future__ import annotations

import pytest

from devices.bench import load_bench
from devices.calibration.store import write_calibration
from devices.emulators.so101 import so101_calibration
from devices.errors import InvalidBench
from devices.motor_errors import InvalidCalibration
from devices.setup.bench_draft import (
    FOLLOWER,
    MAIN_LEADER,
    ArmDraft,
    BenchDraft,
    CameraDraft,
    read_draft,
    write_bench,
)
from studio.setting_up.kit import Kit

BY_HAND = """# my bench, in the kitchen
version = 1
kind = "so101"

[follower]   # the one with the black gripper
port = "/dev/a"  # left socket
calibration = "follower.toml"

[leaders.main]
port = "/dev/b"
calibration = "leader.toml"

[cameras.front]
address = "http://127.0.0.1:1/video"
width = 640
height = 480
fps = 30
lock = true   # the sun moves

[bus]
stale_ms = 40  # a slow computer
"""


@pytest.fixture
def path(tmp_path):
    write_calibration(tmp_path / "follower.toml", so101_calibration(1))
    write_calibration(tmp_path / "leader.toml", so101_calibration(2))
    return tmp_path / "bench.toml"


def test_a_new_file_can_be_opened_and_explains_itself(path):
    draft = (
        BenchDraft()
        .with_arm(ArmDraft(MAIN_LEADER, "/dev/b", "leader.toml"))
        .with_arm(ArmDraft(FOLLOWER, "/dev/a", "follower.toml"))
        .with_camera(CameraDraft("front", "http://127.0.0.1:1/video"))
    )
    write_bench(path, draft)
    bench = load_bench(str(path))
    assert bench.arms.follower.place.port == "/dev/a"
    assert bench.main_leader == "main"
    assert bench.robot.camera_names == ("front",)
    assert path.read_text().startswith("# What is on this bench")
    assert read_draft(path) == draft


def test_what_was_written_by_hand_stays(path):
    path.write_text(BY_HAND)
    draft = read_draft(path)
    write_bench(path, draft)
    assert path.read_text() == BY_HAND
    write_bench(path, draft.swapped(FOLLOWER, MAIN_LEADER))
    said = path.read_text()
    assert said == BY_HAND.replace("/dev/a", "/dev/?").replace("/dev/b", "/dev/a").replace(
        "/dev/?", "/dev/b"
    )


def test_a_camera_comes_and_another_goes(path):
    path.write_text(BY_HAND)
    draft = read_draft(path).with_camera(CameraDraft("wrist", "http://127.0.0.1:2/video"))
    write_bench(path, draft)
    assert load_bench(str(path)).robot.camera_names == ("front", "wrist")
    assert "lock = true   # the sun moves" in path.read_text()
    write_bench(path, draft.without_camera("http://127.0.0.1:1/video"))
    assert load_bench(str(path)).robot.camera_names == ("wrist",)
    assert "stale_ms = 40  # a slow computer" in path.read_text()


def test_an_address_has_one_role():
    draft = BenchDraft().with_camera(CameraDraft("front", "here"))
    assert draft.with_camera(CameraDraft("wrist", "here")).cameras == (
        CameraDraft("wrist", "here"),
    )


def test_the_last_leader_can_go(path):
    path.write_text(BY_HAND)
    write_bench(path, read_draft(path).without_arm(MAIN_LEADER))
    assert load_bench(str(path)).arms.leader_names == ()


@pytest.mark.parametrize("port", ["", "/dev/b"])
def test_a_file_that_could_not_be_opened_is_not_written(path, port):
    path.write_text(BY_HAND)
    draft = read_draft(path).with_arm(ArmDraft(FOLLOWER, port, "follower.toml"))
    with pytest.raises(InvalidBench, match=r"bench\.toml: .*port"):
        write_bench(path, draft)
    assert path.read_text() == BY_HAND
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "bench.toml", "follower.toml", "leader.toml",
    ]  # fmt: skip


def test_an_arm_without_calibration_is_refused_with_its_name(path):
    draft = BenchDraft().with_arm(ArmDraft(FOLLOWER, "/dev/a", "none.toml"))
    with pytest.raises(InvalidCalibration, match=r"none\.toml"):
        write_bench(path, draft)
    assert not path.exists()


def test_a_file_that_is_no_toml_is_left_alone(path):
    path.write_text("[follower\n")
    with pytest.raises(InvalidBench, match="readable TOML"):
        write_bench(path, BenchDraft())
    assert path.read_text() == "[follower\n"


def test_two_arms_side_by_side(path):
    for name in ("left_follower", "left_leader", "right_follower", "right_leader"):
        write_calibration(path.with_name(f"{name}.toml"), so101_calibration(1))
    draft = BenchDraft().with_two_arms(True)
    for number, role in enumerate(
        ("right.leaders.main", "left.follower", "right.follower", "left.leaders.main")
    ):
        arm = ArmDraft(role, f"/dev/{number}", kind="so101")
        draft = draft.with_arm(ArmDraft(role, arm.port, arm.file_name, "so101"))
    write_bench(path, draft)
    bench = load_bench(str(path))
    assert bench.arms.left.follower.place.port == "/dev/1"
    assert bench.arms.right.leaders["main"].place.port == "/dev/0"
    again = read_draft(path)
    assert [arm.name for arm in again.arms] == [
        "left follower", "left leader", "right follower", "right leader",
    ]  # fmt: skip
    write_bench(path, again)
    assert read_draft(path) == again
    assert again.with_two_arms(False).arms == ()


def test_a_leader_of_another_make_says_so(path):
    path.write_text(BY_HAND)
    draft = read_draft(path).with_arm(ArmDraft(MAIN_LEADER, "/dev/b", "leader.toml", "so100"))
    write_bench(path, draft)
    assert read_draft(path).arm(MAIN_LEADER).kind == "so100"
    assert load_bench(str(path)).main_leader == "main"


@pytest.mark.parametrize(
    "arms",
    [
        'kind = "yam"\n[follower]\nport = "can0"\n[leaders.main]\nport = "can1"\n',
        'kind = "franka"\n[follower]\naddress = "172.16.0.2"\n',
    ],
)
def test_arms_that_are_not_set_up_here_stay_as_they_are(path, arms):
    path.write_text(f"version = 1\n{arms}")
    draft = read_draft(path).with_camera(CameraDraft("front", "http://127.0.0.1:1/video"))
    write_bench(path, draft)
    assert path.read_text().startswith(f"version = 1\n{arms}")
    assert load_bench(str(path)).robot.camera_names == ("front",)
    assert Kit(path.parent, draft).missing == ""
