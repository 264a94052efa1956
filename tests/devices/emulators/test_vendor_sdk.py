"""The maker's own driver finds, reads and moves the emulated arm: it is no toy of our driver."""

from __future__ import annotations

import time

import pytest
import scservo_sdk as sdk

from devices.emulators.arm_stand import ArmStandProcess
from devices.emulators.plan import ArmPlan

IDS = range(1, 7)
TRIES = 20  # its time-out is 34 ms, which a busy test machine exceeds
ARRIVE_S = 20.0  # for 18 degrees


@pytest.fixture
def stand(tmp_path):
    with ArmStandProcess([ArmPlan("arm", str(tmp_path / "port"), light=True)]) as made:
        yield made


@pytest.fixture
def vendor(stand):
    port = sdk.PortHandler(stand.ports["arm"])
    assert port.openPort()
    yield port, sdk.PacketHandler(0)
    port.closePort()


@pytest.fixture
def insist(vendor):
    """The first successful answer of the SDK's (value…, result, error) tuples.

    After one of its time-outs the late answer is mistaken for the next one, of another length.
    """
    port, _ = vendor

    def ask_until_answered(ask):
        for _ in range(TRIES):
            try:
                *values, result, error = ask()
            except IndexError:
                result = sdk.COMM_RX_CORRUPT
            if result == sdk.COMM_SUCCESS:
                assert error == 0
                return values[0] if values else None
            port.ser.reset_input_buffer()
        raise AssertionError("the emulated arm never answered in time")

    return ask_until_answered


def test_it_finds_every_motor(vendor, insist):
    port, packets = vendor
    assert [insist(lambda m=m: packets.ping(port, m)) for m in IDS] == [777] * 6


def test_it_reads_all_positions_at_once(vendor, insist):
    port, packets = vendor
    group = sdk.GroupSyncRead(port, packets, 56, 2)
    for motor in IDS:
        assert group.addParam(motor)
    for _ in range(TRIES):
        if group.txRxPacket() == sdk.COMM_SUCCESS:
            break
    positions = [group.getData(motor, 56, 2) for motor in IDS]
    singles = [insist(lambda m=m: packets.read2ByteTxRx(port, m, 56)) for m in IDS]
    assert positions == singles
    assert all(0 < position < 4096 for position in positions)


def test_it_moves_a_motor(vendor, insist, stand):
    port, packets = vendor
    start = insist(lambda: packets.read2ByteTxRx(port, 1, 56))
    insist(lambda: packets.write2ByteTxRx(port, 1, 42, start + 200))
    insist(lambda: packets.write1ByteTxRx(port, 1, 40, 1))
    due_s = time.monotonic() + ARRIVE_S
    while abs(insist(lambda: packets.read2ByteTxRx(port, 1, 56)) - start - 200) >= 3:
        assert time.monotonic() < due_s, "it did not arrive"
    assert stand.truth("arm").torque[0]
