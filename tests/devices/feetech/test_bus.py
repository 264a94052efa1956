"""Our driver's bus against an emulated chain of motors on a real pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from devices.emulators.faults import FaultRates
from devices.emulators.orders import BrownOut, Mute, Plug, RaiseAlarm, SetRates, Unplug
from devices.errors import NotConnected, ReadFailed, WriteFailed
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.feetech.packets import Alarm
from devices.motor_errors import PortBusy, PortGone, PortMissing

IDS = (1, 2, 3, 4, 5, 6)
BRISK = Patience(first_s=0.05, again_s=0.05, retries=8)  # where answers really go missing
BLOCK = (reg.TELEMETRY_START, reg.TELEMETRY_SIZE)


def test_every_motor_answers_a_ping_and_others_do_not(open_bus):
    bus = open_bus(Patience(first_s=0.5, again_s=0.5))
    assert bus.scan(range(8)) == IDS


def test_registers_are_read_and_written(open_bus):
    bus = open_bus()
    assert bus.read(3, reg.MODEL) == reg.MODEL_NUMBER
    bus.write(3, reg.ACCELERATION, 50)
    assert bus.read(3, reg.ACCELERATION) == 50
    assert bus.read(4, reg.ACCELERATION) == 0


def test_one_request_reads_the_telemetry_of_all(open_bus):
    bus = open_bus()
    before = bus.tally.exchanges
    answers = bus.sync_read(IDS, *BLOCK)
    assert tuple(answers.packets) == IDS
    assert answers.missing == ()
    assert bus.tally.exchanges == before + 1
    block = answers.packets[1].body
    assert reg.PRESENT_VOLTAGE.within(block, start=reg.TELEMETRY_START) == 74


def test_one_packet_writes_to_all(open_bus):
    bus = open_bus()
    bus.sync_write(reg.GOAL_POSITION, {motor: 1000 + motor for motor in IDS})
    assert [bus.read(motor, reg.GOAL_POSITION) for motor in IDS] == [1000 + m for m in IDS]


def test_eeprom_keeps_only_what_was_written_unlocked(stand, open_bus):
    bus = open_bus()
    bus.write(1, reg.GAIN_P, 16)
    bus.write(2, reg.LOCK, 0)
    bus.write(2, reg.GAIN_P, 16)
    bus.write(2, reg.LOCK, 1)
    stand.order(BrownOut("arm"))
    assert (bus.read(1, reg.GAIN_P), bus.read(2, reg.GAIN_P)) == (32, 16)


def test_a_complaint_comes_with_the_data(stand, open_bus):
    bus = open_bus()
    stand.order(RaiseAlarm("arm", motor=4, bits=int(Alarm.OVERLOAD)))
    answers = bus.sync_read(IDS, *BLOCK)
    alarms = {motor: packet.alarm for motor, packet in answers.packets.items() if packet.alarm}
    assert alarms == {4: Alarm.OVERLOAD}
    assert len(answers.packets[4].body) == reg.TELEMETRY_SIZE
    assert bus.tally.alarms == 1


def test_only_the_missing_are_asked_again(stand, open_bus):
    bus = open_bus(Patience(first_s=0.3, again_s=0.3, retries=2))
    stand.order(Mute("arm", motor=3))
    answers = bus.sync_read(IDS, *BLOCK)
    assert answers.missing == (3,)
    assert set(answers.packets) == set(IDS) - {3}
    assert (bus.tally.retried, bus.tally.lost, bus.tally.lost_by_motor[3]) == (2, 1, 1)
    assert bus.tally.timeouts >= 3


@pytest.mark.parametrize("motor", [1, 6])
def test_a_silent_motor_is_named(stand, open_bus, motor):
    bus = open_bus(Patience(first_s=0.2, again_s=0.2, retries=1))
    stand.order(Mute("arm", motor=motor))
    with pytest.raises(ReadFailed, match=rf"motor {motor} is silent after 2 tries"):
        bus.read(motor, reg.MODEL)
    with pytest.raises(WriteFailed, match=rf"motor {motor}, register 40: no acknowledgement"):
        bus.write(motor, reg.TORQUE_ENABLE, 1)


def test_on_a_dirty_bus_every_failure_is_counted_and_none_gets_through(stand, open_bus):
    bus = open_bus(BRISK)
    rates = FaultRates(drop=0.02, corrupt=0.02, cut=0.01, noise=0.02)
    stand.order(SetRates("arm", rates))
    for _ in range(150):
        answers = bus.sync_read(IDS, *BLOCK)
        assert answers.missing == ()
        for packet in answers.packets.values():  # the voltage of a healthy motor
            assert packet.body[reg.PRESENT_VOLTAGE.address - reg.TELEMETRY_START] == 74
    spoiled = stand.truth("arm").spoiled
    injected = spoiled["dropped"] + spoiled["corrupted"] + spoiled["cut"]
    assert injected > 10
    # a packet can be hit twice; a busy machine can add time-outs; an answer can be lost with its
    # neighbour when its header is
    assert bus.tally.failures >= injected - spoiled["cut"] - 3
    assert bus.tally.retried >= bus.tally.failures
    assert bus.tally.lost == 0
    assert bus.tally.garbled > 0
    assert bus.tally.timeouts > 0


def test_a_pulled_cable_is_an_error_and_a_new_one_works(stand, open_bus):
    bus = open_bus()
    stand.order(Unplug("arm"))
    with pytest.raises(PortGone, match=r"its port .*port has vanished") as caught:
        bus.sync_read(IDS, *BLOCK)
    assert "Servos keep their last goal" in caught.value.hint
    bus.close()
    with pytest.raises(PortMissing, match="there is no port"):
        bus.open()
    stand.order(Plug("arm"))
    bus.open()
    assert bus.sync_read(IDS, *BLOCK).missing == ()


def test_a_port_has_one_master(open_bus):
    first = open_bus()
    second = Bus("other", first.port_name)
    with pytest.raises(PortBusy, match=r"another program is using .*port\. Close the other"):
        second.open()
    first.close()
    second.open()
    second.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs to become nobody")
def test_no_permission_says_which_command_helps(stand):
    terminal = Path(stand.ports["arm"]).resolve()
    terminal.chmod(0o600)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[2])\n"
        "from devices.feetech.bus import Bus\n"
        "from devices.errors import DeviceError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: Bus('follower', sys.argv[1]).open()\n"
        "except DeviceError as error: print(error.code, error)\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code, str(terminal), root],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("port_denied follower did not open"), done.stderr
    assert "sudo usermod -aG dialout $USER" in done.stdout


def test_nothing_answers_before_it_is_open(tmp_path):
    with pytest.raises(NotConnected, match="arm is not connected"):
        Bus("arm", str(tmp_path / "none")).ping(1)


def test_several_threads_share_a_bus_exchange_by_exchange(open_bus):
    bus = open_bus()
    seen: list[int] = []

    def read(motor: int) -> None:
        seen.extend(bus.read(motor, reg.ID) - motor for _ in range(30))

    threads = [threading.Thread(target=read, args=(motor,)) for motor in IDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [0] * 180


def test_a_dead_bus_costs_no_more_than_its_patience(stand, open_bus):
    bus = open_bus(Patience(first_s=0.02, again_s=0.01, retries=2))
    for motor in IDS:
        stand.order(Mute("arm", motor=motor))
    began_s = time.monotonic()
    assert bus.sync_read(IDS, *BLOCK).missing == IDS
    assert time.monotonic() - began_s >= 0.04
    assert bus.tally.timeouts == 18
