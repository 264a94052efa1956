"""What the rig takes for granted of every leader."""

from __future__ import annotations

import time

import numpy as np
import pytest

from devices.base import Leader
from recordings.types import JointState


def state(led) -> JointState:
    return JointState(led.start, t_ns=time.monotonic_ns())


def test_it_speaks_the_protocol(led):
    assert isinstance(led.leader, Leader)
    assert led.leader.name


def test_connecting_and_closing_twice_is_allowed(led):
    led.leader.connect()
    led.leader.connect()
    led.leader.close()
    led.leader.close()
    led.leader.connect()


def test_it_proposes_finite_joints_of_the_follower(led):
    led.leader.connect()
    led.leader.engage(led.start)
    for _ in range(5):
        proposed = led.leader.read(state(led))
        assert proposed.shape == led.start.shape
        assert np.isfinite(proposed).all()


@pytest.mark.parametrize("again", [1, 2])
def test_what_it_proposes_does_not_jump_when_it_is_engaged_again(led, again):
    led.leader.connect()
    led.leader.engage(led.start)
    first = led.leader.read(state(led))
    for _ in range(again):
        led.leader.engage(led.start)
    assert np.abs(led.leader.read(state(led)) - first).max() < 0.05
