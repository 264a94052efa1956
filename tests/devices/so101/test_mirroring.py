"""A follower comes to stand like its leader, but never moves because of that alone."""

from __future__ import annotations

import numpy as np

from devices.commands import Connect, SetAuthority
from devices.emulators.orders import Push
from devices.sim.world import HOME
from recordings.types import Authority

APART = np.array([0.5, 0.0, 0.0, -0.4, 0.0, 0.3])


def hand_at(stage, stand, q) -> None:
    """The hand moves the leader there; the rig goes on meanwhile."""
    stand.order(Push("leader", tuple(np.asarray(q, dtype=float))))
    stage.until(lambda: np.abs(stage.leader.measured().q - q).max() < 0.01)


def apart(stage, stand) -> float:
    follower = np.array(stand.truth("follower").goal)
    return float(np.abs(follower - stand.truth("leader").q).max())


def test_the_arms_come_together_while_the_hand_moves_and_only_then(stage, stand):
    home = np.array(HOME)
    stage.do(Connect())
    hand_at(stage, stand, home + APART)
    stage.do(SetAuthority(Authority.LEADER))
    stage.run(30)
    np.testing.assert_allclose(stand.truth("follower").q, home, atol=0.02)
    assert apart(stage, stand) > 0.45
    for _ in range(2):
        hand_at(stage, stand, home + APART + [0.6, 0, 0, 0, 0, 0])
        hand_at(stage, stand, home + APART)
    stage.run(30)
    assert stage.rig.authority is Authority.LEADER
    assert apart(stage, stand) < 0.02
    assert stage.largest_step() < 0.06  # 3 rad/s: no faster than the joints may go
