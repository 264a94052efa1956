"""Two emulated arms in a thread and a workshop whose reports a test reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from devices.emulators.arm_stand import ArmStand
from devices.emulators.plan import ArmPlan
from devices.setup.messages import Refused, Report
from devices.setup.workshop import Workshop

WITHIN_S = 60.0


class Told:
    """A workshop in this thread and everything it said."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.workshop = Workshop(self.reports.append)

    def ask(self, request) -> None:
        self.reports.clear()
        self.workshop.handle(request)

    def last(self, kind: type):
        """The newest report of this kind; a refusal instead of it fails the test."""
        found = [report for report in self.reports if isinstance(report, kind)]
        refused = [r.fault.message for r in self.reports if isinstance(r, Refused)]
        assert found, refused
        return found[-1]

    def until(self, condition: Callable[[], bool]) -> None:
        end_s = time.monotonic() + WITHIN_S
        while not condition():
            self.workshop.turn()
            assert time.monotonic() < end_s, self.reports[-3:]

    def said(self, kind: type) -> bool:
        return any(isinstance(report, kind) for report in self.reports)


@pytest.fixture
def told() -> Iterator[Told]:
    made = Told()
    yield made
    made.workshop.close()


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    plans = [
        ArmPlan("follower", str(tmp_path / "follower"), seed=1, light=True, wakes_with_torque=True),
        ArmPlan("leader", str(tmp_path / "leader"), seed=2, is_leader=True),
    ]
    with ArmStand(plans) as made:
        yield made
