"""Pucks, gamepads and pedals on a machine: found, opened, unplugged, plugged in again, driving."""

import errno
import os
import re
import struct
import subprocess

import numpy as np
import pytest

from devices.base import Leader
from devices.bench import load_bench
from devices.driving.leading import Leading
from devices.errors import DeviceError, LeaderLost, NotConnected
from devices.inputs import access
from devices.inputs.described import (
    pad_listener,
    pedal_listener,
    puck_listener,
    tool_leader,
)
from devices.inputs.entry import InputEntry
from devices.inputs.errors import (
    InputAmbiguous,
    InputForbidden,
    InputLost,
    InputMissing,
    InvalidInput,
)
from devices.inputs.listing import JOYSTICK, PAD, PEDAL, PUCK, FoundInput, find_input
from devices.inputs.reports import _refusal
from devices.inputs.speed import ToolSpeed
from devices.inputs.tool_leader import ToolLeader, motion_of
from devices.inputs.wish import Wish, eased, from_pad, from_puck
from devices.rig_settings import RigSettings
from devices.sim.world import HOME
from recordings.types import JointState, frozen_f32

COMPACT, DS4, XBOX_WIRED, XBOX_AIR, FOOT = (
    (0x256F, 0xC635),
    (0x054C, 0x09CC),
    (0x045E, 0x02EA),
    (0x045E, 0x0B13),
    (0x0C45, 0x7404),
)
PUCK_ADDRESS, DS4_ADDRESS = "hid:256f:c635", "hid:054c:09cc"
START = frozen_f32([*HOME[:5], 0.3])
TICK_NS = 10_000_000
STILL = bytes.fromhex("01 00 00 00 00 00 00")
AWAY = bytes.fromhex("01 00 00 A2 FE 00 00")  # pushed away from the person to the end stop
PAD_STILL = bytes.fromhex("01 80 80 80 80 08 00 00 00 00")
PAD_AWAY = bytes.fromhex("01 80 00 80 80 08 00 00 00 00")
PAD_AWAY_CLUTCHED = bytes.fromhex("01 80 00 80 80 08 02 00 00 00")


# ── finding ────────────────────────────────────────────────────────────────────────────────────


def test_what_is_plugged_in_is_told_by_kind(machine):
    machine.plug_hid(FOOT, "FootSwitch")
    machine.plug_hid((0x046D, 0xC077), "a mouse")
    machine.plug_hid(DS4, "Wireless Controller", serial="aa:bb")
    machine.plug_hid(COMPACT, "SpaceMouse Compact")
    machine.plug_joystick(XBOX_WIRED, "Microsoft X-Box One S pad")
    found = machine.present()
    assert [f.kind for f in found] == [PUCK, PAD, JOYSTICK, PEDAL]
    assert found[0].name == "SpaceMouse Compact"
    assert found[1].address == "hid:054c:09cc:aa:bb"


def test_a_puck_that_is_too_new_is_known_by_what_it_says_it_is(machine):
    machine.plug_hid((0x256F, 0xFFFF), "SpaceMouse 2030", descriptor=b"\x05\x01\x09\x08\xa1\x01")
    assert [f.kind for f in machine.present()] == [PUCK]


def test_a_pad_with_raw_reports_is_not_listed_as_joystick_too(machine):
    machine.plug_hid(DS4, "Wireless Controller")
    machine.plug_joystick(DS4, "Wireless Controller")
    machine.plug_joystick(COMPACT, "SpaceMouse Compact")  # the kernel offers pucks as joysticks
    assert [f.kind for f in machine.present()] == [PAD]


def found(serial="", ids=COMPACT):
    return FoundInput("SpaceMouse", PUCK, *ids, serial, "/dev/hidraw3")


@pytest.mark.parametrize("address", ["puck", "hid:256f", "hid:256g:c635", "/dev/hidraw0", ""])
def test_an_address_that_names_no_input(address):
    with pytest.raises(InvalidInput, match="hid:256f:c635"):
        puck_listener("puck", address)


def test_missing_tells_what_is_there():
    with pytest.raises(InputMissing, match="Plugged in: hid:256f:c635"):
        find_input("pad", DS4_ADDRESS, [found()])


def test_two_alike_need_a_serial_number():
    present = [found("1"), found("2")]
    with pytest.raises(InputAmbiguous, match="hid:256f:c635:1, hid:256f:c635:2"):
        find_input("puck", PUCK_ADDRESS, present)
    assert find_input("puck", PUCK_ADDRESS + ":2", present).serial == "2"


# ── permission ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM])
def test_no_permission_tells_the_exact_rule(code):
    error = _refusal("puck", found(), OSError(code, "Permission denied"))
    assert isinstance(error, InputForbidden)
    assert 'KERNEL=="hidraw*", ATTRS{idVendor}=="256f", TAG+="uaccess"' in error.hint
    assert "sudo tee -a /etc/udev/rules.d/70-foresight.rules" in error.hint
    assert "udevadm control --reload" in error.hint
    assert "no permission to open /dev/hidraw3" in error.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_node_without_permission(machine):
    machine.plug_hid(COMPACT, "SpaceMouse Compact").node.chmod(0)
    with pytest.raises(InputForbidden):
        puck_listener("puck", PUCK_ADDRESS, present=machine.present).open()


def test_a_rule_opens_pucks_of_their_maker_but_of_others_one_product_alone():
    command = access.install_command([(0x256F, 0xC635), (0x046D, 0xC216), (0x256F, 0xC652)])
    assert command.count('ATTRS{idVendor}=="256f", TAG') == 1
    assert 'ATTRS{idVendor}=="046d", ATTRS{idProduct}=="c216", TAG+="uaccess"' in command
    assert 'KERNELS=="0005:046D:C216.*"' in command


def test_the_command_writes_the_rules_it_says(tmp_path):
    command = access.install_command([(0x054C, 0x09CC), (0x256F, 0xC635)])
    printing = command.partition(" | ")[0]
    written = subprocess.run(["sh", "-c", printing], capture_output=True, text=True, check=True)
    lines = written.stdout.splitlines()
    assert len(lines) == 4
    assert all(re.fullmatch(r'KERNEL=="hidraw\*", .+, TAG\+="uaccess"', line) for line in lines)


# ── listening ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def puck(machine):
    """A plugged-in puck and who listens to it."""
    plugged = machine.plug_hid(COMPACT, "SpaceMouse Compact")
    listener = puck_listener("puck", PUCK_ADDRESS, present=machine.present)
    listener.open()
    yield plugged, listener
    listener.close()


def test_reports_become_state(puck):
    plugged, listener = puck
    plugged.send(AWAY, bytes.fromhex("03 02"))
    assert listener.wait_for_reports(2, timeout_s=20)
    assert listener.state().buttons == {1}


def test_a_silent_puck_counts_as_let_go(puck, until):
    plugged, listener = puck
    plugged.send(AWAY)
    assert listener.wait_for_reports(1, timeout_s=20)
    until(lambda: listener.state().translation == (0.0, 0.0, 0.0))


def test_a_joystick_that_is_held_still_stays_held(machine, until):
    plugged = machine.plug_joystick(XBOX_WIRED, "Xbox pad")
    listener = pad_listener("pad", "hid:045e:02ea", present=machine.present)
    listener.open()
    plugged.send(struct.pack("<IhBB", 0, 32767, 2, 0), struct.pack("<IhBB", 0, 1, 1, 5))
    assert listener.wait_for_reports(2, timeout_s=20)
    assert listener.state().left == (1.0, 0.0)
    assert listener.state().buttons == {"rb"}
    listener.close()


def test_pedals_raw(machine):
    plugged = machine.plug_hid(FOOT, "FootSwitch")
    listener = pedal_listener("foot", "hid:0c45:7404", present=machine.present)
    listener.open()
    plugged.send(bytes.fromhex("00 00 05 00 00 00 00 00"))
    assert listener.wait_for_reports(1, timeout_s=20)
    assert listener.state().keys == {"B"}
    listener.close()


def test_unplugged_is_told_and_plugged_in_again_it_is_found(machine, puck, until):
    plugged, listener = puck
    plugged.send(AWAY)
    plugged.unplug()
    until(lambda: listener.losses == 1)
    with pytest.raises(InputLost, match="unplugged or switched off"):
        listener.state()
    again = machine.plug_hid(COMPACT, "SpaceMouse Compact")  # under another number
    until(lambda: not is_lost(listener))
    assert listener.state().translation == (0.0, 0.0, 0.0)  # what was held before is forgotten
    before = listener.reports
    again.send(AWAY)
    assert listener.wait_for_reports(before + 1, timeout_s=20)


def is_lost(listener):
    try:
        listener.state()
    except InputLost:
        return True
    return False


def test_not_plugged_in(machine):
    with pytest.raises(InputMissing, match="hid:256f:c635 was not found"):
        puck_listener("puck", PUCK_ADDRESS, present=machine.present).open()


def test_asking_before_opening(machine):
    with pytest.raises(NotConnected):
        puck_listener("puck", PUCK_ADDRESS, present=machine.present).state()


# ── what a hand wants ──────────────────────────────────────────────────────────────────────────


def test_the_dead_band_is_nothing_and_full_scale_is_all():
    assert eased(0.05, 0.05) == 0.0
    assert eased(-0.04, 0.05) == 0.0
    assert eased(1.0, 0.05) == 1.0
    assert eased(-1.0, 0.05) == -1.0
    assert 0 < eased(0.3, 0.05) < 0.3


def test_puck_axes():
    from devices.inputs.spacemouse import Puck

    assert from_puck(Puck(translation=(0, -1, 0))).linear == (0, 1, 0)  # away
    assert from_puck(Puck(translation=(0, 0, -1))).linear == (0, 0, 1)  # lifted
    assert from_puck(Puck(translation=(1, 0, 0))).linear == (1, 0, 0)
    assert from_puck(Puck(buttons=frozenset({0}))).gripper == -1
    assert from_puck(Puck(buttons=frozenset({1}))).gripper == 1
    assert from_puck(Puck(translation=(0, -1, 0), buttons=frozenset({0, 1}))) == Wish(clutch=False)


def test_pad_axes():
    from devices.inputs.gamepad import Pad

    held = frozenset({"rb"})
    assert not from_pad(Pad(left=(0, 1))).clutch
    assert from_pad(Pad(left=(0, 1), buttons=held)).linear == (0, 1, 0)
    assert from_pad(Pad(right=(0, 1), buttons=held)).angular == (1, 0, 0)
    assert from_pad(Pad(right=(0, 1), buttons=held | {"lb"})).linear == (0, 0, 1)
    assert from_pad(Pad(left_trigger=1.0, buttons=held)).gripper == 1
    assert from_pad(Pad()).is_still


@pytest.mark.parametrize(
    ("seat_rad", "linear"), [(0.0, (0.15, 0, 0)), (np.pi, (-0.15, 0, 0)), (np.pi / 2, (0, 0.15, 0))]
)
def test_away_from_the_person_wherever_it_sits(seat_rad, linear):
    motion = motion_of(Wish(linear=(0, 1, 0)), ToolSpeed(seat_rad=seat_rad))
    assert motion.linear == pytest.approx(linear, abs=1e-9)


def test_right_of_a_person_behind_the_arm_is_minus_y():
    assert motion_of(Wish(linear=(1, 0, 0)), ToolSpeed()).linear == pytest.approx((0, -0.15, 0))


# ── driving ────────────────────────────────────────────────────────────────────────────────────


class Drive:
    """A leader on a clock of the test's own."""

    def __init__(self, plugged, leader):
        self.plugged, self.leader = plugged, leader
        self.now_ns = TICK_NS

    @property
    def reports(self):
        return self.leader._listener.reports

    def hold(self, *reports):
        """Send reports and wait until they are heard."""
        before = self.reports
        self.plugged.send(*reports)
        assert self.leader._listener.wait_for_reports(before + len(reports), timeout_s=20)

    def tick(self):
        self.now_ns += TICK_NS
        return self.leader.read(JointState(q=START, t_ns=self.now_ns))


@pytest.fixture(params=["puck", "gamepad"])
def drive(request, machine, kinematics):
    """Each kind of leader, connected and let go."""
    is_puck = request.param == "puck"
    ids, address = (COMPACT, PUCK_ADDRESS) if is_puck else (DS4, DS4_ADDRESS)
    plugged = machine.plug_hid(ids, request.param)
    leader = tool_leader("hand held", request.param, address, kinematics, present=machine.present)
    made = Drive(plugged, leader)
    leader._hand._clock = lambda: made.now_ns
    leader._listener._silence_s = None  # the test's hand does not repeat itself
    leader.connect()
    made.still = STILL if is_puck else PAD_STILL
    made.away = AWAY if is_puck else PAD_AWAY_CLUTCHED
    made.hold(made.still)
    yield made
    leader.close()
    leader.close()


def test_every_leader_speaks_the_protocol(drive):
    assert isinstance(drive.leader, Leader)
    assert isinstance(drive.leader, ToolLeader)
    assert drive.leader.name == "hand held"


def test_engaging_does_not_jump(drive):
    drive.leader.engage(START)
    for _ in range(5):
        np.testing.assert_array_equal(drive.tick(), START)


def test_pushing_away_moves_the_tool_ahead_at_full_speed(drive, kinematics):
    drive.leader.engage(START)
    drive.tick()
    drive.hold(drive.away)
    for _ in range(50):
        q = drive.tick()
    gone = kinematics.tip_pose(q)[:3, 3] - kinematics.tip_pose(START)[:3, 3]
    np.testing.assert_allclose(gone, (0.075, 0, 0), atol=0.006)


def test_no_joint_is_ever_faster_than_it_may(drive, kinematics):
    drive.leader.engage(START)
    drive.tick()
    drive.hold(drive.away)
    speeds = np.array([j.max_speed for j in kinematics.joints])
    before = START
    for _ in range(150):
        q = drive.tick()
        assert (np.abs(q - before) <= speeds * 0.01 + 1e-4).all()
        before = q


def test_what_was_held_before_engaging_does_not_start_the_arm(drive):
    drive.hold(drive.away)
    drive.leader.engage(START)
    assert drive.leader.waits_for_release
    for _ in range(20):
        np.testing.assert_array_equal(drive.tick(), START)
    drive.hold(drive.still)
    drive.tick()
    assert not drive.leader.waits_for_release
    drive.hold(drive.away)
    for _ in range(5):
        q = drive.tick()
    assert np.abs(q - START).max() > 0.001


def test_an_open_clutch_stops_the_tool(drive):
    drive.leader.engage(START)
    drive.tick()
    drive.hold(drive.away)
    for _ in range(5):
        drive.tick()
    opened = [PAD_AWAY] if drive.away is PAD_AWAY_CLUTCHED else [bytes.fromhex("03 03")]
    drive.hold(*opened)
    stopped = drive.tick()
    for _ in range(5):
        np.testing.assert_array_equal(drive.tick(), stopped)


def test_unplugged_while_driving_is_lost_after_three_reads(drive, until):
    """The fault table: three failed reads, then the arm holds; nothing is followed meanwhile."""
    leading = Leading({"hand held": drive.leader}, settings=RigSettings())
    leading.engage(START, np.zeros(6))
    state = JointState(q=START, t_ns=drive.now_ns)
    before = leading.target(state, 0.01)
    drive.plugged.unplug()
    until(lambda: drive.leader._listener.losses == 1)
    for _ in range(2):
        np.testing.assert_allclose(leading.target(state, 0.01), before, atol=1e-6)
    with pytest.raises(LeaderLost, match="unplugged"):
        leading.target(state, 0.01)
    with pytest.raises(LeaderLost):
        leading.engage(START, np.zeros(6))


def test_plugged_in_again_it_drives_from_where_the_arm_is(machine, drive, until):
    drive.leader.engage(START)
    drive.plugged.unplug()
    until(lambda: drive.leader._listener.losses == 1)
    ids = COMPACT if drive.still is STILL else DS4
    drive.plugged = machine.plug_hid(ids, "again")
    until(lambda: not is_lost(drive.leader._listener))
    drive.hold(drive.still)
    elsewhere = frozen_f32(np.array(START) + 0.1)
    drive.leader.engage(elsewhere)
    np.testing.assert_array_equal(drive.tick(), elsewhere)


def test_a_leader_of_unknown_kind(kinematics):
    with pytest.raises(InvalidInput, match="kind 'puck' or 'gamepad'"):
        tool_leader("x", "wheel", PUCK_ADDRESS, kinematics)


def test_engaging_before_connecting(machine, kinematics):
    leader = tool_leader("x", "puck", PUCK_ADDRESS, kinematics, present=machine.present)
    with pytest.raises(NotConnected):
        leader.engage(START)


# ── in a bench file ────────────────────────────────────────────────────────────────────────────

BENCH = """
version = 1
kind = "sim"
[inputs.puck]
kind = "puck"
device = "hid:256f:c635"
linear_m_s = 0.05
"""


def bench_of(tmp_path, text):
    path = tmp_path / "bench.toml"
    path.write_text(text)
    return load_bench(str(path))


def test_a_bench_file_gives_the_simulated_arm_a_puck(tmp_path):
    bench = bench_of(tmp_path, BENCH)
    assert bench.inputs == (InputEntry("puck", "puck", "hid:256f:c635", ToolSpeed(0.05)),)
    leaders = bench.build().leaders
    assert list(leaders)[-1] == "puck"
    assert isinstance(leaders["puck"], Leader)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind = "puck"', 'kind = "wheel"', r"inputs.puck.kind is 'wheel', expected 'puck' or"),
        ("hid:256f:c635", "/dev/hidraw0", r"'/dev/hidraw0' is no address of an input"),
        ("linear_m_s = 0.05", "linear_m_s = 9", r"linear_m_s is 9, expected a number from 0.01"),
        ("linear_m_s", "speed", r"inputs.puck is 'speed', expected one of kind, device"),
    ],
)
def test_an_input_of_a_bench_file_that_cannot_be(tmp_path, old, new, says):
    with pytest.raises(DeviceError, match=says):
        bench_of(tmp_path, BENCH.replace(old, new))
