"""A hand sweeps an emulated arm that nobody has calibrated yet; afterwards it can be driven."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from devices.calibration.scale import RAD_PER_STEP
from devices.calibration.store import read_calibration
from devices.emulators.arm_stand import ArmStand
from devices.emulators.orders import BrownOut, Imprint, Push
from devices.emulators.plan import ArmPlan
from devices.emulators.so101 import so101_calibration
from devices.feetech import registers as reg
from devices.feetech.bus import Bus, Patience
from devices.motor_errors import CalibrationMismatch, InvalidCalibration
from devices.sim.robot import sim_robot
from devices.sim.world import HOME
from devices.so101.calibrating import Calibrating, store_in_motors

JOINTS, NAMES = sim_robot().joints, sim_robot().joint_names
SEED = 6
ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0


@pytest.fixture
def new_arm(tmp_path):
    """An arm as it was screwed together: held by hand, its motors as from the factory."""
    plan = ArmPlan("arm", str(tmp_path / "arm"), seed=SEED, light=True, calibrated=False)
    with ArmStand([plan]) as stand:
        yield stand


def ends() -> list[np.ndarray]:
    return [np.array([j.lower for j in JOINTS]), np.array([j.upper for j in JOINTS])]


def hand_to(stand, q, look) -> None:
    """The hand moves the arm there while somebody looks."""
    stand.order(Push("arm", tuple(np.asarray(q, dtype=float))))
    end_s = time.monotonic() + PATIENCE_S
    while np.abs(np.array(stand.truth("arm").q) - q).max() > 1e-3:
        look()
        assert time.monotonic() < end_s
    look()


def stored(stand, register) -> list[int]:
    bus = Bus("looker", stand.ports["arm"], patience=Patience(5.0, 5.0))
    bus.open()
    try:
        return [bus.read(motor, register) for motor in range(1, 7)]
    finally:
        bus.close()


def sweep(stand, arm: Calibrating) -> None:
    for q in (*ends(), np.array(HOME) * [1, 1, 1, 1, 0, 1]):
        hand_to(stand, q, arm.look)


def test_what_was_swept_is_measured_stored_and_fits(new_arm, tmp_path):
    with Calibrating("arm", new_arm.ports["arm"], JOINTS) as arm:
        assert arm.unswept() == tuple(n for n in NAMES if n != "wrist_roll")
        sweep(new_arm, arm)
        assert arm.unswept() == ()
        found = arm.finish()
    for joint in JOINTS[:4]:
        span_rad = found.joints[joint.name].span * RAD_PER_STEP
        assert span_rad == pytest.approx(joint.upper - joint.lower, abs=0.01)
    assert found.joints["wrist_roll"].turns_fully
    assert found.identity == "link:arm"
    assert stored(new_arm, reg.HOMING_OFFSET) == [m.homing_offset for m in found.joints.values()]
    assert stored(new_arm, reg.MIN_ANGLE) == [m.range_min for m in found.joints.values()]
    new_arm.order(BrownOut("arm"))  # it outlives the power
    assert stored(new_arm, reg.HOMING_OFFSET) == [m.homing_offset for m in found.joints.values()]


def test_the_measured_zero_is_the_true_one(new_arm):
    with Calibrating("arm", new_arm.ports["arm"], JOINTS) as arm:
        sweep(new_arm, arm)
        found = arm.finish()
    true = so101_calibration(SEED)
    for name in NAMES[:4]:  # symmetric joints: the middle of the range is 0 rad
        mine, theirs = found.joints[name], true.joints[name]
        shift = mine.middle + mine.homing_offset - theirs.middle - theirs.homing_offset
        assert abs((shift + 2048) % 4096 - 2048) < 12, name


def test_leaving_early_puts_back_what_was_there(stand):
    port = stand.ports["follower"]
    wanted = [m.homing_offset for m in so101_calibration(1).joints.values()]
    with Calibrating("arm", port, JOINTS) as arm:
        assert not any(stand.truth("follower").torque)
        arm.look()
        with pytest.raises(InvalidCalibration, match=r"shoulder_pan swept is .* from end to end"):
            arm.finish()
    bus = Bus("looker", port, patience=Patience(5.0, 5.0))
    bus.open()
    assert [bus.read(motor, reg.HOMING_OFFSET) for motor in range(1, 7)] == wanted
    bus.close()


def test_a_calibration_goes_back_into_motors_that_another_program_changed(stand, make_arm, place):
    offset = reg.HOMING_OFFSET.encode(77)
    stand.order(Imprint("follower", 3, reg.HOMING_OFFSET.address, tuple(offset)))
    with pytest.raises(CalibrationMismatch, match="elbow_flex has offset 77 in its motor"):
        make_arm().connect()
    store_in_motors("arm", place("follower"), JOINTS)
    make_arm().connect()


def test_motors_that_count_turns_are_told_not_to(stand, make_arm):
    stand.order(Imprint("follower", 2, reg.PHASE.address, (12 | reg.MULTI_TURN,)))
    arm = make_arm()
    arm.connect()
    arm.close()
    bus = Bus("looker", stand.ports["follower"], patience=Patience(5.0, 5.0))
    bus.open()
    assert bus.read(2, reg.PHASE) == 12
    bus.close()


class Command:
    """`foresight calibrate` as a person runs it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studio", "calibrate", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def line(self) -> str:
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line

    def enter(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


def test_the_command_leads_through_it_and_can_be_undone(new_arm, tmp_path):
    folder = tmp_path / "files"
    port = new_arm.ports["arm"]
    for _ in range(2):
        command = Command("arm", "--port", port, "--out", str(folder))
        assert "support it" in command.line()
        assert "Move every joint" in command.line()
        for q in ends():
            hand_to(new_arm, q, lambda: None)
        command.enter()
        assert "Turn the wrist roll to the middle" in command.line()
        command.enter()
        code, out, err = command.end()
        assert code == 0, err
        assert "Saved" in out
    first = read_calibration(folder / "arm.previous.toml", names=NAMES)
    assert read_calibration(folder / "arm.json", names=NAMES).joints.keys() == first.joints.keys()
    code, out, _ = Command("arm", "--out", str(folder), "--undo").end()
    assert (code, "is the one before again" in out) == (0, True)
    assert read_calibration(folder / "arm.toml", names=NAMES) == first


def test_a_port_that_is_not_there_is_said_in_one_sentence(tmp_path):
    code, _, err = Command("arm", "--port", str(tmp_path / "none")).end()
    assert code == 2
    assert err.startswith("arm did not open: there is no port")
    assert "Traceback" not in err
