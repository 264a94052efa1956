"""Laws of the smooth path through joint poses."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.joint_path import JointPath

KNOTS = st.lists(st.tuples(st.floats(0.1, 2.0), st.floats(-2, 2)), min_size=2, max_size=8)


def path_of(knots):
    times = np.cumsum([k[0] for k in knots])
    q = np.array([[k[1]] for k in knots])
    return JointPath(times, q), times, q


@given(KNOTS)
def test_path_meets_every_knot(knots):
    path, times, q = path_of(knots)
    np.testing.assert_allclose([path.at(t) for t in times], q, atol=1e-9)


@given(KNOTS)
def test_path_never_leaves_the_range_of_two_neighbouring_knots(knots):
    path, times, q = path_of(knots)
    for i in range(len(times) - 1):
        between = np.array([path.at(t) for t in np.linspace(times[i], times[i + 1], 20)])
        assert between.min() >= q[i : i + 2].min() - 1e-9
        assert between.max() <= q[i : i + 2].max() + 1e-9


@given(KNOTS)
def test_path_stands_still_outside_its_times(knots):
    path, times, q = path_of(knots)
    np.testing.assert_array_equal(path.at(times[0] - 1), q[0])
    np.testing.assert_allclose(path.at(times[-1] + 1), q[-1], atol=1e-12)
