"""What the rig takes for granted of every arm."""

from __future__ import annotations

import numpy as np
import pytest

from devices.base import Arm
from devices.errors import NotConnected


def test_it_speaks_the_protocol(bench):
    assert isinstance(bench.arm, Arm)
    assert bench.arm.spec.control_hz > 0
    assert all(joint.lower < joint.upper for joint in bench.arm.spec.joints)


@pytest.mark.parametrize("ask", ["read", "hold", "release"])
def test_nothing_answers_before_it_is_connected(bench, ask):
    with pytest.raises(NotConnected, match="is not connected"):
        getattr(bench.arm, ask)()


def test_closing_and_connecting_twice_is_allowed(bench):
    bench.arm.close()
    bench.arm.connect()
    bench.arm.connect()
    bench.arm.close()
    bench.arm.close()
    bench.arm.connect()
    assert len(bench.arm.read().q) == len(bench.arm.spec.joints)


def test_connecting_does_not_move_it(bench):
    bench.arm.connect()
    start = bench.arm.read().q
    bench.wait(0.4)
    assert np.abs(bench.arm.read().q - start)[bench.body].max() < 0.04


def test_time_of_readings_never_goes_back(bench):
    bench.arm.connect()
    times = []
    for _ in range(20):
        times.append(bench.arm.read().t_ns)
        bench.wait(0.01)
    assert times == sorted(times)
    assert times[-1] > times[0]


def test_it_goes_where_it_is_sent(bench, nudge):
    bench.arm.connect()
    start = bench.arm.read().q
    target = start + bench.inward(start, nudge)
    sent = bench.arm.write(target)
    np.testing.assert_allclose(sent, target, atol=1e-6)
    bench.settle(lambda state: bool(np.abs(state.q - target)[bench.body].max() < 0.03))


def test_what_is_sent_is_never_beyond_its_limits(bench):
    if bench.is_real:
        pytest.skip("it would set out for the end of its range")
    bench.arm.connect()
    here = bench.arm.read().q
    spec = bench.arm.spec
    sent = bench.arm.write(np.full(len(here), 99.0, np.float32))
    bench.arm.write(here)
    np.testing.assert_allclose(sent, spec.upper, atol=1e-6)


def test_holding_stops_it_on_its_way(bench, nudge):
    bench.arm.connect()
    start = bench.arm.read().q
    bench.arm.write(start + 10 * bench.inward(start, nudge))
    bench.settle(lambda state: bool(np.abs(state.q - start)[bench.body].max() > 0.03))
    bench.arm.hold()
    held = bench.arm.read().q
    bench.wait(0.4)
    assert np.abs(bench.arm.read().q - held)[bench.body].max() < 0.25


def test_let_go_and_caught_again_it_does_not_jump(bench):
    bench.arm.connect()
    bench.arm.write(bench.arm.read().q)
    bench.arm.release()
    bench.wait(0.3)
    bench.arm.hold()
    caught = bench.arm.read().q
    bench.wait(0.3)
    assert np.abs(bench.arm.read().q - caught)[bench.body].max() < 0.12
