"""What the rig takes for granted of every leader."""

from __future__ import annotations

import time

import numpy as np
import pytest

from devices.base import Leader
from devices.sim.world import HOME
from recordings.types import JointState, frozen_f32

START = frozen_f32(HOME)


def state() -> JointState:
    return JointState(START, t_ns=time.monotonic_ns())


def test_it_speaks_the_protocol(leader):
    assert isinstance(leader, Leader)
    assert leader.name


def test_connecting_and_closing_twice_is_allowed(leader):
    leader.connect()
    leader.connect()
    leader.close()
    leader.close()
    leader.connect()


def test_it_proposes_finite_joints_of_the_follower(leader):
    leader.connect()
    leader.engage(START)
    for _ in range(5):
        proposed = leader.read(state())
        assert proposed.shape == START.shape
        assert np.isfinite(proposed).all()


@pytest.mark.parametrize("again", [1, 2])
def test_what_it_proposes_does_not_jump_when_it_is_engaged_again(leader, again):
    leader.connect()
    leader.engage(START)
    first = leader.read(state())
    for _ in range(again):
        leader.engage(START)
    assert np.abs(leader.read(state()) - first).max() < 0.05
