"""A bus with six emulated motors on a pseudo-terminal, and a driver's end of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devices.emulators.arm_stand import ArmStand
from devices.emulators.plan import ArmPlan
from devices.feetech.bus import Bus, Patience

CALM = Patience(first_s=5.0, again_s=5.0, retries=4)  # a busy test machine is no bus failure


@pytest.fixture
def stand(tmp_path) -> Iterator[ArmStand]:
    with ArmStand([ArmPlan("arm", str(tmp_path / "port"), light=True)]) as made:
        yield made


@pytest.fixture
def open_bus(stand):
    """``open_bus(patience=CALM)``: buses on the emulated port, closed at the end."""
    opened: list[Bus] = []

    def make(patience: Patience = CALM) -> Bus:
        bus = Bus("arm", stand.ports["arm"], patience=patience)
        opened.append(bus)
        bus.open()
        return bus

    yield make
    for bus in opened:
        bus.close()
