"""The way of a grasp: where it may go astray, and where it must not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.pick_and_place import CLEAR_M, GRASP_HEIGHT_M, Manner, waypoints

AXIS = (0.02, 0.0)
TRAY = np.array([0.125, -0.195, 0.0])
HIGH, LOW = np.array([0.2, 0.0, 0.14]), np.array([0.19, 0.06, 0.02])

cubes = st.builds(
    lambda far, turn: np.array([AXIS[0] + far * np.cos(turn), far * np.sin(turn), 0.0125]),
    st.floats(0.14, 0.22),
    st.floats(-0.6, 0.6),
)


def way(cube, *, start=HIGH, seed=0):
    manner = Manner.draw(np.random.default_rng(seed))
    return manner, waypoints(start, cube, TRAY, manner=manner, axis_xy=AXIS)


@given(cubes, st.integers(0, 10_000))
def test_jaws_close_on_the_cube_however_it_was_approached(cube, seed):
    _, plan = way(cube, seed=seed)
    shut = next(i for i, w in enumerate(plan) if w.opening == 0.0)
    assert plan[shut - 1].after_s > 0.1  # it waits there, low and still
    grasp, before = plan[shut], plan[shut - 1]
    np.testing.assert_array_equal(grasp.position, before.position)
    assert np.abs(grasp.position[:2] - cube[:2]).max() <= 0.0015
    assert grasp.position[2] == pytest.approx(GRASP_HEIGHT_M)


@given(cubes, st.integers(0, 10_000))
def test_the_last_look_is_beside_the_grasp_across_the_jaws_only(cube, seed):
    manner, plan = way(cube, seed=seed)
    shut = next(i for i, w in enumerate(plan) if w.opening == 0.0)
    near, grasp = plan[shut - 3].position, plan[shut].position
    out = (grasp[:2] - AXIS) / np.linalg.norm(grasp[:2] - AXIS)
    beside = near[:2] - grasp[:2]
    assert beside @ out == pytest.approx(0.0, abs=1e-9)  # along the jaws there is no room
    assert np.linalg.norm(beside) == pytest.approx(abs(manner.near_across_m))
    assert 0.0 < near[2] - grasp[2] < 0.04


@pytest.mark.parametrize(("start", "rises"), [(HIGH, False), (LOW, True)])
def test_from_among_the_cubes_it_first_goes_straight_up_shut(start, rises):
    manner, plan = way(np.array([0.2, 0.02, 0.0125]), start=start)
    straight = bool(np.allclose(plan[0].position[:2], start[:2]))
    assert straight is rises
    assert plan[0].position[2] > CLEAR_M
    assert plan[0].opening == (0.0 if rises else manner.open)
