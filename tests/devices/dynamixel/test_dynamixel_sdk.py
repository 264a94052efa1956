"""The maker's own driver finds, reads and moves the emulated arm: it is no toy of our driver."""

from __future__ import annotations

import dynamixel_sdk as sdk
import pytest

from devices.emulators.arm_stand import ArmStandProcess
from devices.emulators.plan import ArmPlan

IDS = range(1, 7)
MODELS = [1060, 1060, 1200, 1200, 1200, 1200]
TRIES = 20  # its time-out is 34 ms, which a busy test machine exceeds


@pytest.fixture
def stand(tmp_path):
    with ArmStandProcess([ArmPlan("arm", str(tmp_path / "port"), light=True, make="koch")]) as made:
        yield made


@pytest.fixture
def vendor(stand):
    port = sdk.PortHandler(stand.ports["arm"])
    assert port.openPort()
    assert port.setBaudRate(1_000_000)
    yield port, sdk.PacketHandler(2.0)
    port.closePort()


@pytest.fixture
def insist(vendor):
    """The first successful answer of the SDK's (value…, result, error) tuples."""
    port, _ = vendor

    def ask_until_answered(ask):
        for _ in range(TRIES):
            try:
                *values, result, error = ask()
            except IndexError:
                result = sdk.COMM_RX_CORRUPT
            if result == sdk.COMM_SUCCESS:
                return (values[0] if values else None), error
            port.ser.reset_input_buffer()
        raise AssertionError("the emulated arm never answered in time")

    return ask_until_answered


def signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


def test_it_finds_every_motor(vendor, insist):
    port, packets = vendor
    assert [insist(lambda m=m: packets.ping(port, m))[0] for m in IDS] == MODELS


def test_it_finds_them_all_with_one_call(vendor):
    port, packets = vendor
    for _ in range(TRIES):
        found, result = packets.broadcastPing(port)
        if result == sdk.COMM_SUCCESS and len(found) == len(MODELS):
            break
    assert {motor: model for motor, (model, _) in found.items()} == dict(
        zip(IDS, MODELS, strict=True)
    )


def test_it_reads_all_positions_at_once(vendor, insist):
    port, packets = vendor
    group = sdk.GroupSyncRead(port, packets, 132, 4)
    for motor in IDS:
        assert group.addParam(motor)
    for _ in range(TRIES):
        if group.txRxPacket() == sdk.COMM_SUCCESS:
            break
    positions = [group.getData(motor, 132, 4) for motor in IDS]
    singles = [insist(lambda m=m: packets.read4ByteTxRx(port, m, 132))[0] for m in IDS]
    assert positions == singles


def test_it_moves_a_motor(vendor, insist, stand):
    port, packets = vendor
    insist(lambda: packets.write1ByteTxRx(port, 1, 11, 4))
    start = signed(insist(lambda: packets.read4ByteTxRx(port, 1, 132))[0])
    insist(lambda: packets.write4ByteTxRx(port, 1, 116, start + 200))
    insist(lambda: packets.write1ByteTxRx(port, 1, 64, 1))
    for _ in range(500):
        here = signed(insist(lambda: packets.read4ByteTxRx(port, 1, 132))[0])
        if abs(here - start - 200) < 3:
            break
    else:
        pytest.fail("it did not arrive")
    assert stand.truth("arm").torque[0]


def test_lasting_registers_are_closed_while_it_holds(vendor, insist):
    port, packets = vendor
    insist(lambda: packets.write1ByteTxRx(port, 2, 64, 1))
    assert insist(lambda: packets.write1ByteTxRx(port, 2, 11, 4))[1] == 7
    insist(lambda: packets.write1ByteTxRx(port, 2, 64, 0))
    assert insist(lambda: packets.write1ByteTxRx(port, 2, 11, 4))[1] == 0


def test_goals_beyond_the_limits_are_refused_in_position_mode(vendor, insist):
    port, packets = vendor
    insist(lambda: packets.write4ByteTxRx(port, 3, 52, 1000))
    assert insist(lambda: packets.write4ByteTxRx(port, 3, 116, 500))[1] == 6
    insist(lambda: packets.write1ByteTxRx(port, 3, 11, 4))
    assert insist(lambda: packets.write4ByteTxRx(port, 3, 116, 500))[1] == 0
