"""A kit is looked at, found by hand, measured and numbered, without a window."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import serial

from devices.calibration.lerobot import read_lerobot, write_lerobot
from devices.calibration.store import read_calibration, write_calibration
from devices.emulators.orders import Imprint, Push, Unplug
from devices.emulators.so101 import so101_calibration
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.ports import PortInfo
from devices.setup.around import ALIKE, NOT_OURS, look_around
from devices.setup.makes import MAKES, names_of
from devices.setup.messages import (
    ArmMoved,
    Calibrated,
    Doing,
    Done,
    FindByMoving,
    Finish,
    Leave,
    Limp,
    LookAround,
    LookedAround,
    Measure,
    Measured,
    NextJoint,
    Refused,
    TakeBack,
    TakeOver,
)
from devices.setup.moving import MovedArm
from devices.sim.robot import HOME

MAKE = MAKES["so101"]
JOINTS, NAMES = MAKE.joints, names_of(MAKE)


def looks(told, stand, *, taken=()):
    told.ask(LookAround(extra=tuple(stand.ports.values()), taken=taken))
    found = told.last(LookedAround).ports
    return {name: next(p for p in found if p.port == port) for name, port in stand.ports.items()}


def stored(port, register):
    bus = Bus("looker", port, patience=Patience(5.0, 5.0))
    bus.open()
    try:
        return [bus.read(motor, register) for motor in range(1, 7)]
    finally:
        bus.close()


# ── looking ────────────────────────────────────────────────────────────────────────────────────


def test_looking_tells_who_is_there_and_moves_and_writes_nothing(told, stand):
    before, torque = stand.truth("follower").q, stand.truth("follower").torque
    found = looks(told, stand)
    arm = found["follower"].arm
    assert found["follower"].make == "so101"
    assert [(m.id, m.joint, m.model) for m in arm.motors[:2]] == [
        (1, "shoulder_pan", 777), (2, "shoulder_lift", 777),
    ]  # fmt: skip
    assert arm.motors[0].voltage_v == pytest.approx(7.4)
    assert [m.offset for m in found["leader"].arm.motors] == [
        m.homing_offset for m in so101_calibration(2).joints.values()
    ]
    assert torque == stand.truth("follower").torque == (True,) * 6
    assert np.allclose(before, stand.truth("follower").q, atol=1e-3)
    assert told.reports[-2:] == [Doing(""), Done()]


def test_an_arm_that_was_driven_before_is_known_as_a_follower(told, stand):
    torque = tuple(reg.MAX_TORQUE.encode(500))
    stand.order(Imprint("follower", 6, reg.MAX_TORQUE.address, torque))
    found = looks(told, stand)
    assert (found["follower"].arm.role, found["leader"].arm.role) == ("follower", "")


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        (Imprint("follower", 3, reg.MODEL.address, (5, 9)), "wrong_motor", "elbow_flex (id 3)"),
        (Imprint("follower", 3, reg.FIRMWARE_MINOR.address, (9,)), "mixed_firmware", "3.9"),
        (Imprint("follower", 3, reg.ID.address, (4,)), "motors_collide", "id 4"),
        (Imprint("follower", 3, reg.ID.address, (9,)), "motors_missing", "elbow_flex (id 3)"),
    ],
)
def test_what_is_wrong_with_an_arm_is_a_sentence_with_a_fix(told, stand, order, code, says):
    stand.order(order)
    trouble = looks(told, stand)["follower"].trouble
    assert trouble.code == code
    assert says in trouble.message
    assert trouble.hint.endswith(".")


def test_a_port_in_use_and_a_port_of_the_rig(told, stand):
    taken = (stand.ports["leader"],)
    with serial.Serial(stand.ports["follower"], exclusive=True):
        requests = stand.truth("leader").requests
        found = looks(told, stand, taken=taken)
        assert found["follower"].trouble.code == "port_busy"
        assert "fuser" in found["follower"].trouble.hint
        assert (found["leader"].taken, found["leader"].arm) == (True, None)
        assert stand.truth("leader").requests == requests  # it was not even asked


def test_a_port_that_vanished(told, stand):
    stand.order(Unplug("leader"))
    assert looks(told, stand)["leader"].trouble.code == "port_missing"


def test_strange_adapters_are_not_opened_and_twins_are_told_apart_by_socket(stand):
    infos = [
        PortInfo("/dev/ttyUSB9", "usb:2341:0043:1", "Arduino", "1-1"),
        PortInfo(stand.ports["leader"], "usb:1A86:7523:7", "serial adapter (CH340)", "1-2"),
        PortInfo(stand.ports["follower"], "usb:1A86:7523:7", "serial adapter (CH340)", "1-3"),
    ]
    strange, leader, follower = look_around(MAKES, listing=lambda: infos)
    assert (strange.note, strange.trouble, strange.arm) == (NOT_OURS, None, None)
    assert leader.note == follower.note == ALIKE
    assert leader.address == stand.ports["leader"]  # not the identity, which both have
    assert leader.arm
    assert follower.arm


# ── which is which ─────────────────────────────────────────────────────────────────────────────


def test_the_arm_that_a_hand_moves_is_named(told, stand):
    told.ask(FindByMoving(tuple(("so101", port) for port in stand.ports.values())))
    assert told.said(Limp)
    assert not any(stand.truth("follower").torque)
    stand.order(Push("leader", (HOME[0] + 0.5, *HOME[1:])))
    told.until(lambda: told.said(ArmMoved))
    moved = told.last(ArmMoved)
    assert (moved.port, moved.joint) == (stand.ports["leader"], "shoulder_pan")
    told.reports.clear()
    stand.order(Push("follower", (*HOME[:3], HOME[3] - 0.5, *HOME[4:])))
    told.until(lambda: any(r.port == stand.ports["follower"] for r in told.reports
                           if isinstance(r, ArmMoved)))  # fmt: skip
    told.ask(Leave())
    assert told.reports == [Doing(""), Done()]
    assert stored(stand.ports["leader"], reg.ID) == [1, 2, 3, 4, 5, 6]  # its port is free again


def test_a_bumped_table_and_two_hands_name_nobody():
    watch = MovedArm()

    def moved(at_s, a, b):
        return watch.moved({"a": {"j": a}, "b": {"j": b}}, at_s=at_s)

    assert moved(0.0, 0.0, 0.0) is None
    assert moved(0.1, 0.1, 0.0) is None
    assert moved(0.2, 0.6, -0.5) is None
    assert moved(0.3, 0.6, 0.1).arm == "a"
    assert moved(0.4, 0.6, 0.1) is None  # it is told once
    assert moved(0.5, 0.6, 0.4).arm == "b"


def test_what_was_long_ago_does_not_count():
    watch = MovedArm()
    for tenth in range(40):  # 3° each second is no hand that means it
        assert watch.moved({"a": {"j": 0.005 * tenth}}, at_s=tenth / 10) is None


def test_a_joint_that_crosses_the_seam_has_moved_a_little_only():
    watch = MovedArm()
    assert watch.moved({"a": {"j": 6.25}}, at_s=0.0) is None
    assert watch.moved({"a": {"j": 0.03}}, at_s=0.1) is None


def test_an_arm_that_is_unplugged_while_it_is_watched(told, stand):
    told.ask(FindByMoving((("so101", stand.ports["leader"]),)))
    stand.order(Unplug("leader"))
    told.until(lambda: told.said(Refused))
    assert told.last(Refused).fault.code == "port_gone"
    assert told.reports[-1] == Doing("")


# ── calibration ────────────────────────────────────────────────────────────────────────────────


def sweep(told, stand, name):
    """A hand moves every joint to both ends, as it is told to."""
    ends = [[j.lower for j in JOINTS], [j.upper for j in JOINTS]]
    for q in (*ends, [*HOME[:4], 0.0, HOME[5]]):
        stand.order(Push(name, tuple(float(v) for v in q)))
        told.until(lambda q=q: np.abs(np.array(stand.truth(name).q) - q).max() < 1e-3)
    told.reports.clear()
    told.until(lambda: told.said(Measured))


def test_measured_kept_compared_and_taken_back(told, stand, tmp_path):
    port, path = stand.ports["leader"], tmp_path / "files/leader.toml"
    old = so101_calibration(2)
    write_calibration(path, old)
    told.ask(Measure("so101", "leader", port, path))
    told.until(lambda: told.said(Measured))
    first = told.last(Measured).guidance
    assert first.joint == "shoulder_pan"
    assert not first.may_finish
    sweep(told, stand, "leader")
    guidance = told.last(Measured).guidance
    assert guidance.joint == "wrist_roll"
    assert guidance.advice.startswith("Turn the wrist roll to the middle")
    assert (guidance.may_finish, guidance.remark) == (True, "")
    assert guidance.q == pytest.approx((*HOME[:4], 0.0, HOME[5]), abs=0.5)
    told.ask(Finish())
    assert told.last(Calibrated).changes is not None
    new = read_calibration(path, names=NAMES)
    assert new.joints.keys() == old.joints.keys()
    assert stored(port, reg.HOMING_OFFSET) == [m.homing_offset for m in new.joints.values()]
    assert read_lerobot(path.with_suffix(".json"), names=NAMES).joints == dict(new.joints)
    told.ask(TakeBack("so101", "leader", port, path))
    assert told.last(Calibrated).undone
    assert read_calibration(path, names=NAMES) == old
    assert stored(port, reg.HOMING_OFFSET) == [m.homing_offset for m in old.joints.values()]


def test_a_sweep_that_is_not_done_is_refused_and_goes_on(told, stand, tmp_path):
    told.ask(Measure("so101", "leader", stand.ports["leader"], tmp_path / "leader.toml"))
    told.ask(Finish())
    assert "from end to end" in told.last(Refused).fault.message
    told.reports.clear()
    told.until(lambda: told.said(Measured))
    told.ask(NextJoint())
    told.until(lambda: told.said(Measured))
    told.until(lambda: told.last(Measured).guidance.joint == "shoulder_lift")
    assert not (tmp_path / "leader.toml").exists()


def test_leaving_a_sweep_puts_the_motors_back(told, stand, tmp_path):
    port = stand.ports["leader"]
    before = stored(port, reg.HOMING_OFFSET)
    told.ask(Measure("so101", "leader", port, tmp_path / "leader.toml"))
    told.until(lambda: told.said(Measured))
    told.ask(Leave())
    assert stored(port, reg.HOMING_OFFSET) == before


def test_there_is_nothing_to_take_back(told, stand, tmp_path):
    told.ask(TakeBack("so101", "leader", stand.ports["leader"], tmp_path / "leader.toml"))
    assert "calibration before" in told.last(Refused).fault.message


def test_taking_back_into_an_arm_that_is_gone_changes_no_file(told, stand, tmp_path):
    path = tmp_path / "files/leader.toml"
    write_calibration(path, so101_calibration(3))
    write_calibration(path, so101_calibration(2))
    stand.order(Unplug("leader"))
    told.ask(TakeBack("so101", "leader", stand.ports["leader"], path))
    assert told.last(Refused).fault.code == "port_missing"
    assert read_calibration(path, names=NAMES) == so101_calibration(2)


def test_lerobots_file_of_this_very_arm_is_taken_over_with_its_identity(told, stand, tmp_path):
    source, path = tmp_path / "mine.json", tmp_path / "leader.toml"
    write_lerobot(source, so101_calibration(2))
    told.ask(TakeOver("so101", "leader", stand.ports["leader"], path, source))
    assert told.last(Calibrated).changes is None
    found = read_calibration(path, names=NAMES)
    assert (found.joints, found.identity) == (so101_calibration(2).joints, "link:leader")


def test_a_file_of_another_arm_is_refused_unless_it_shall_go_into_the_motors(told, stand, tmp_path):
    source, path, port = tmp_path / "other.json", tmp_path / "leader.toml", stand.ports["leader"]
    write_lerobot(source, so101_calibration(1))
    told.ask(TakeOver("so101", "leader", port, path, source))
    refused = told.last(Refused).fault
    assert refused.code == "calibration_mismatch"
    assert "in its motor" in refused.message
    assert not path.exists()
    told.ask(TakeOver("so101", "leader", port, path, source, store=True))
    wanted = [m.homing_offset for m in so101_calibration(1).joints.values()]
    assert told.last(Calibrated)
    assert stored(port, reg.HOMING_OFFSET) == wanted


def test_nonsense_in_a_file_is_refused_with_the_field(told, stand, tmp_path):
    source = tmp_path / "bad.json"
    write_lerobot(source, so101_calibration(1))
    content = json.loads(source.read_text())
    content["elbow_flex"]["range_max"] = content["elbow_flex"]["range_min"]
    source.write_text(json.dumps(content))
    shutil.copy(source, tmp_path / "copy.json")
    told.ask(TakeOver("so101", "leader", "", tmp_path / "leader.toml", source))
    assert "elbow_flex.range_max" in told.last(Refused).fault.message
