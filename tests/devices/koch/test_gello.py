"""A GELLO in front of an arm: signs, offsets, forgotten turns, its trigger, and its bench table."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.bench import load_bench
from devices.calibration.lerobot import write_lerobot
from devices.dynamixel import registers as reg
from devices.emulators.arm_stand import ArmStand
from devices.emulators.koch import HOME, gello_of, koch_calibration
from devices.emulators.orders import Imprint, Push
from devices.emulators.plan import ArmPlan
from devices.errors import InvalidBench
from devices.gello.leader import GelloLeader, GelloPlace
from devices.gello.scale import GelloScale, Trigger
from devices.koch.parts import BAUD, described_joints
from devices.servos.bus import Patience
from recordings.types import JointState, frozen_f32

JOINTS = described_joints()
SEED = 3
CALM = Patience(first_s=5.0, again_s=5.0, retries=4)


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    plan = ArmPlan(
        "gello", str(tmp_path / "gello"), seed=SEED, is_leader=True, make="koch", calibrated=False
    )
    with ArmStand([plan]) as made:
        yield made


@pytest.fixture
def leader(stand) -> Iterator[GelloLeader]:
    signs, offsets, trigger = gello_of(SEED)
    ids = tuple(range(1, 7))
    place = GelloPlace(
        stand.ports["gello"], signs, offsets, trigger, ids, BAUD, CALM, stale_s=20.0, hz=200.0
    )
    made = GelloLeader(JOINTS, place, name="gello")
    yield made
    made.close()


def follows(leader, stand, hand: np.ndarray) -> None:
    stand.order(Push("gello", tuple(hand)))
    state = JointState(frozen_f32(HOME), t_ns=time.monotonic_ns())
    end_s = time.monotonic() + 60
    while np.abs(leader.read(state) - hand).max() > 0.01:
        assert time.monotonic() < end_s, (leader.read(state), hand)


def test_it_tells_the_joints_of_the_arm_it_is_a_copy_of(leader, stand):
    leader.connect()
    follows(leader, stand, np.array(HOME) + np.array([0.5, -0.3, 0.4, 0.2, -0.5, 0.6]))
    assert not any(stand.truth("gello").torque)


@pytest.mark.parametrize("turns", [-2, 1])
def test_turns_that_its_motors_count_differently_today_do_not_matter(leader, stand, turns):
    data = reg.HOMING_OFFSET.encode(turns * reg.STEPS)
    for motor in (1, 3):
        stand.order(Imprint("gello", motor, reg.HOMING_OFFSET.address, tuple(data)))
    leader.connect()
    follows(leader, stand, np.array(HOME) + np.array([-0.4, 0.2, -0.4, 0.1, 0.3, 0.2]))


def test_the_trigger_is_an_opening_between_its_ends():
    scale = GelloScale((), (), Trigger(math.radians(-34.2), math.radians(25.3)))
    steps = [[math.radians(a) / (2 * math.pi) * 4096] for a in (-90.0, -34.2, -4.45, 25.3, 90.0)]
    opening = [float(scale.q_of(step)[0]) for step in steps]
    np.testing.assert_allclose(opening, [1.0, 1.0, 0.5, 0.0, 0.0], atol=1e-3)


@given(
    st.lists(st.sampled_from((1, -1)), min_size=6, max_size=6),
    st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6),
    st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6),
)
def test_joints_become_steps_and_joints_again(signs, offsets, q):
    scale = GelloScale(signs, offsets, None)
    np.testing.assert_allclose(scale.q_of(scale.steps_of(q)), q, atol=math.pi / 4096 + 1e-6)


GOOD = """version = 1
kind = "koch"
[follower]
port = "/dev/follower"
calibration = "follower.json"
[leaders.gello]
kind = "gello"
port = "/dev/gello"
signs = [1, -1, 1, 1, -1]
offsets = [0.0, 3.14, 1.57, 0.0, 1.57]
trigger = [-0.6, 0.44]
"""


@pytest.fixture
def load(tmp_path):
    write_lerobot(tmp_path / "follower.json", koch_calibration(1))

    def read(text: str):
        (tmp_path / "bench.toml").write_text(text)
        return load_bench(str(tmp_path / "bench.toml"))

    return read


def test_a_gello_leads_an_arm_of_another_kind(load):
    bench = load(GOOD)
    assert bench.main_leader == "gello"
    assert isinstance(bench.build().leaders["gello"], GelloLeader)
    assert bench.arms.leaders["gello"].place.baud == 57_600


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "signs = [1, -1, 1, 1, -1]",
            "signs = [1, -1, 1]",
            r"signs is .* expected 5 times 1 or -1",
        ),
        ("signs = [1, -1, 1, 1, -1]", "signs = [1, -1, 1, 2, 1]", r"gello\.signs is \[1, -1, 1, 2"),
        ("trigger = [-0.6, 0.44]", "", r"trigger is None, expected two numbers, rad"),
        ("trigger = [-0.6, 0.44]", "trigger = [0.4, 0.4]", r"trigger is .*, apart"),
        ("trigger = [", "ids = [1, 1, 2, 3, 4, 5]\ntrigger = [", r"ids is .* 6 different ids"),
        ("trigger = [", "baud = 1234\ntrigger = [", r"baud is 1234, expected 9600 or 57600"),
        ('kind = "koch"', 'kind = "gello"', r"kind is 'gello', expected 'sim' or 'bimanual'"),
    ],
)
def test_what_is_wrong_is_named(load, old, new, said):
    assert old in GOOD
    with pytest.raises(InvalidBench, match=said):
        load(GOOD.replace(old, new, 1))
