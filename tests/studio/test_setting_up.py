"""A kit of emulated arms is set up in the real window, with the real worker process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton

from devices.bench import load_bench
from devices.calibration.lerobot import read_lerobot, write_lerobot
from devices.calibration.store import read_calibration, write_calibration
from devices.emulators.arm_stand import ArmStand
from devices.emulators.orders import Imprint, Push, Wire
from devices.emulators.plan import ArmPlan
from devices.emulators.so101 import so101_calibration
from devices.feetech import registers as reg
from devices.setup.bench_draft import FOLLOWER, MAIN_LEADER
from devices.setup.makes import MAKES, names_of
from devices.sim.robot import HOME
from recordings.rig_status import RigPhase, RigStatus
from recordings.types import Fault, JointState, frozen_f32
from studio.session import Session
from studio.settings import Folders, Preferences
from studio.window import Window
from widgets import theme

PATIENCE_MS = 90_000
JOINTS, NAMES = MAKES["so101"].joints, names_of(MAKES["so101"])


class Bench:
    """A window whose rig never starts, and two arms on a desk."""

    def __init__(self, window, stand, qtbot) -> None:
        self.window, self.stand, self._qtbot = window, stand, qtbot
        self.part = window.session.setting_up
        self.page = window.pages["connect"]
        window.session.setupOpened.emit()
        self.panel = self.page.setup

    def until(self, condition) -> None:
        def so() -> bool:
            self.part.tick(0)
            return bool(condition())

        self._qtbot.waitUntil(so, timeout=PATIENCE_MS)

    def idle(self) -> None:
        self.until(lambda: not self.part.busy)

    def open(self) -> None:
        """As a person does: the button, then the ports typed in."""
        self.page.set_up.click()
        self.idle()
        for port in self.stand.ports.values():
            self.panel.arms.port.setText(port)
            self.panel.arms.add.click()
            self.idle()

    def name(self, arm: str, role: str) -> None:
        """Choose a role in the box of an arm's row."""
        row = self.row(arm)
        (box,) = row.findChildren(QComboBox)
        box.setCurrentIndex(box.findData(role))
        box.activated.emit(box.currentIndex())

    def row(self, arm: str):
        port = self.stand.ports[arm]
        layout = self.panel.arms.list.layout()
        rows = [layout.itemAt(i).widget() for i in range(layout.count())]
        return next(row for row in rows if row.toolTip() == port)

    def press(self, arm: str, text: str) -> None:
        next(b for b in self.row(arm).findChildren(QPushButton) if b.text() == text).click()

    def words(self) -> str:
        QApplication.processEvents()  # rows that are new are shown by the layout
        panel = self.panel.panel
        return "\n".join(w.text() for w in panel.findChildren(QLabel) if w.isVisibleTo(panel))

    def hand_to(self, arm: str, q) -> None:
        self.stand.order(Push(arm, tuple(float(v) for v in q)))
        self.until(lambda: np.abs(np.array(self.stand.truth(arm).q) - q).max() < 1e-3)


def arms(tmp_path: Path, **changes) -> list[ArmPlan]:
    return [
        ArmPlan("follower", str(tmp_path / "ports/follower"), seed=1, light=True, **changes),
        ArmPlan("leader", str(tmp_path / "ports/leader"), seed=2, is_leader=True, **changes),
    ]


@pytest.fixture
def plans(tmp_path):
    return arms(tmp_path)


@pytest.fixture
def bench(qapp, qtbot, tmp_path, plans, monkeypatch):
    theme.apply(qapp)
    session = Session(
        load_bench("sim"), Folders(tmp_path / "data", tmp_path / "config"), Preferences()
    )
    monkeypatch.setattr(session, "load", lambda: None)
    window = Window(session)
    monkeypatch.setattr(window.stage, "build", lambda: None)  # the 3D view has tests of its own
    qtbot.addWidget(window)
    with qtbot.waitExposed(window, timeout=60_000):
        window.show()
    with ArmStand(plans) as stand:
        yield Bench(window, stand, qtbot)
        session.close()


def test_from_a_desk_with_two_arms_to_a_bench_file(bench, tmp_path):
    """Found, named by moving one, calibrated by hand, the other from LeRobot, written."""
    bench.open()
    assert bench.words().count("SO-101 arm") == 2
    assert "Say which arm is the follower." in bench.words()
    assert not bench.panel.bench.save.isEnabled()
    assert bench.panel.arms.role.currentText() == "Leader"
    bench.panel.arms.finder.click()
    bench.until(lambda: bench.part.watching)
    assert "support them. Move the leader now." in bench.words()
    bench.stand.order(Push("leader", (HOME[0] + 0.6, *HOME[1:])))
    bench.idle()
    kit = bench.part.kit
    assert kit.look_of(MAIN_LEADER).port == bench.stand.ports["leader"]
    assert kit.look_of(FOLLOWER).port == bench.stand.ports["follower"]
    assert "Calibrate the follower" in bench.words()

    bench.press("leader", "Calibrate")
    bench.until(lambda: bench.part.progress is not None)
    assert bench.panel.sweep.advice.startswith("Move the shoulder pan")
    assert not bench.panel.sweep.store_button.isEnabled()
    for q in ([j.lower for j in JOINTS], [j.upper for j in JOINTS], [*HOME[:4], 0.0, HOME[5]]):
        bench.hand_to("leader", q)
    bench.until(bench.panel.sweep.store_button.isEnabled)
    assert bench.panel.sweep.advice.startswith("Turn the wrist roll to the middle")
    bench.panel.sweep.store_button.click()
    bench.until(lambda: not bench.part.measuring and not bench.part.busy)
    path = tmp_path / "config/leader.toml"
    assert "Calibration: leader.toml, made 20" in bench.words()
    assert read_lerobot(path.with_suffix(".json"), names=NAMES).joints == dict(
        read_calibration(path, names=NAMES).joints
    )

    source = tmp_path / "my_follower.json"
    write_lerobot(source, so101_calibration(1))
    bench.panel.arms.choose_file = lambda *_: str(source)
    bench.press("follower", "Import")
    bench.idle()
    assert bench.part.fault is None
    bench.panel.bench.address.setText("http://127.0.0.1:9/video")
    bench.panel.bench.add.click()
    written = []
    bench.window.session.benchWanted.connect(written.append)
    bench.panel.bench.save.click()
    assert written == [str(tmp_path / "config/bench.toml")]
    found = load_bench(written[0])
    assert found.arms.follower.place.port == bench.stand.ports["follower"]
    assert found.arms.leader_names == ("main",)
    assert found.robot.camera_names == ("front",)


def test_a_calibration_is_taken_back_and_saved_for_lerobot(bench, tmp_path):
    config = tmp_path / "config"
    write_calibration(config / "leader.toml", so101_calibration(2))
    write_calibration(config / "leader.toml", so101_calibration(5))
    bench.open()
    bench.name("leader", MAIN_LEADER)
    assert "hold other offsets than its calibration file" in bench.words()
    bench.press("leader", "Undo")
    bench.idle()
    assert read_calibration(config / "leader.toml", names=NAMES) == so101_calibration(2)
    assert "hold other offsets" not in bench.words()
    bench.panel.arms.choose_file = lambda *_: str(tmp_path / "out")
    bench.press("leader", "Export")
    assert json.loads((tmp_path / "out.json").read_text())["gripper"]["id"] == 6


def test_a_file_of_another_arm_may_be_written_into_the_motors(bench, tmp_path):
    bench.open()
    bench.name("leader", MAIN_LEADER)
    source = tmp_path / "other.json"
    write_lerobot(source, so101_calibration(7))
    bench.panel.arms.choose_file = lambda *_: str(source)
    bench.press("leader", "Import")
    bench.idle()
    assert "in its motor" in bench.words()
    bench.panel.arms.store.click()
    bench.idle()
    offsets = [m.homing_offset for m in so101_calibration(7).joints.values()]
    assert [m.offset for m in bench.part.kit.look_of(MAIN_LEADER).arm.motors] == offsets
    assert bench.part.fault is None


def test_swapped_arms_are_noticed_and_swapped_back(bench, tmp_path):
    for name, seed in (("follower", 1), ("leader", 2)):
        write_calibration(tmp_path / f"config/{name}.toml", so101_calibration(seed))
    bench.open()
    bench.name("leader", FOLLOWER)
    bench.name("follower", MAIN_LEADER)
    assert "Follower and leader are swapped" in bench.words()
    bench.panel.arms.swap.click()
    assert "are swapped" not in bench.words()
    assert bench.part.kit.look_of(FOLLOWER).port == bench.stand.ports["follower"]


def test_two_arms_have_four_roles_and_each_its_calibration(bench, tmp_path):
    bench.open()
    bench.panel.arms.two_arms.click()
    assert "Say which arm is the left follower." in bench.words()
    bench.name("follower", "left.follower")
    bench.name("leader", "right.follower")
    assert "Calibrate the left follower" in bench.words()
    kit = bench.part.kit
    assert kit.path_of("right.follower").name == "right_follower.toml"
    assert list(kit.roles.values()) == [
        "Left follower", "Left leader", "Right follower", "Right leader",
    ]  # fmt: skip
    for seed, role in ((1, "left.follower"), (2, "right.follower")):
        write_calibration(kit.path_of(role), so101_calibration(seed))
    bench.panel.arms.look.click()
    bench.idle()
    bench.panel.bench.save.click()
    found = load_bench(str(tmp_path / "config/bench.toml"))
    assert found.arms.right.follower.place.port == bench.stand.ports["leader"]


def test_cancelling_a_sweep_puts_the_motors_back(bench):
    bench.open()
    bench.name("leader", MAIN_LEADER)
    bench.press("leader", "Calibrate")
    bench.until(lambda: bench.part.progress is not None)
    bench.panel.sweep.cancel_button.click()
    bench.idle()
    bench.panel.arms.look.click()
    bench.idle()
    offsets = [m.homing_offset for m in so101_calibration(2).joints.values()]
    assert [m.offset for m in bench.part.kit.look_of(MAIN_LEADER).arm.motors] == offsets


def test_closing_the_window_in_the_middle_of_a_sweep_puts_the_motors_back(bench):
    bench.open()
    bench.name("leader", MAIN_LEADER)
    bench.press("leader", "Calibrate")
    bench.until(lambda: bench.part.progress is not None)
    bench.window.session.close()
    arm = MAKES["so101"].look(bench.stand.ports["leader"])
    offsets = [m.homing_offset for m in so101_calibration(2).joints.values()]
    assert [m.offset for m in arm.motors] == offsets


def test_what_is_wrong_with_an_arm_is_said_in_its_row(bench):
    bench.stand.order(Imprint("leader", 3, reg.FIRMWARE_MINOR.address, (9,)))
    bench.stand.order(Imprint("follower", 4, reg.ID.address, (5,)))
    bench.open()
    assert "its motors run different firmware" in bench.words()
    assert "Probably two motors have the same id" in bench.words()
    assert "set them up one at a time" in bench.words()


def test_a_worker_that_dies_is_said_and_the_next_request_starts_another(bench):
    bench.open()
    bench.name("leader", MAIN_LEADER)
    bench.press("leader", "Calibrate")
    bench.until(lambda: bench.part.progress is not None)
    bench.part._work._host._process.kill()
    bench.idle()
    assert "process that sets up the kit is gone" in bench.words()
    bench.panel.arms.look.click()
    bench.idle()
    assert bench.part.kit.look_of(MAIN_LEADER).arm is not None


def test_while_the_rig_has_the_ports_nobody_else_touches_them(bench, monkeypatch):
    bench.open()
    bench.name("leader", MAIN_LEADER)
    part = bench.part
    part._opened = (bench.stand.ports["leader"],)
    monkeypatch.setattr(part, "_rig_holds_ports", lambda: True)
    requests = bench.stand.truth("leader").requests
    bench.until(lambda: "Leader of this bench" in bench.words() and not part.busy)
    assert bench.stand.truth("leader").requests == requests
    assert bench.panel.arms.disconnect_button.isVisibleTo(bench.panel.panel)
    assert not any(b.isEnabled() for b in bench.row("leader").findChildren(QPushButton)
                   if b.text() == "Calibrate")  # fmt: skip


class TestNewMotors:
    @pytest.fixture
    def plans(self, tmp_path):
        return arms(tmp_path, fresh=True)[:1]

    def test_they_get_their_numbers_one_at_a_time(self, bench):
        bench.open()
        assert "New motors are all id 1" in bench.words()
        card = bench.panel.motors
        card.fold.click()
        assert "Plug in the motor of the gripper." in bench.words()
        bench.stand.order(Wire("follower", (5, 6)))
        card.go.click()
        bench.idle()
        assert "Unplug all but one" in bench.words()
        for place in (6, 5):
            bench.stand.order(Wire("follower", tuple(range(place, 7))))
            card.go.click()
            bench.idle()
        assert bench.part.fault is None
        assert "✓ gripper: id 6 (was 1 at 1000000 bit/s)" in bench.words()
        assert card.go.text() == "Set up the wrist flex"


def test_a_fault_that_setting_up_mends_leads_there(bench):
    fault = Fault(
        "calibration_mismatch", "arm", "its calibration does not fit.", "Calibrate it.", 0
    )
    session = bench.window.session
    session.cell.status = RigStatus(phase=RigPhase.FAULT, fault=fault)
    bench.page.enter()
    QApplication.processEvents()
    words = [w.text() for w in bench.page.blockers.findChildren(QLabel)]
    assert "its calibration does not fit. Calibrate it." in words
    buttons = {b.text(): b for b in bench.page.blockers.findChildren(QPushButton)}
    buttons["Set up"].click()
    bench.idle()
    assert bench.part.shown
    assert bench.page.shows_left


# ── while connected ────────────────────────────────────────────────────────────────────────────


def test_the_motors_of_the_running_arm_are_shown_from_what_the_rig_tells(bench):
    card = bench.page.motors["arm"]
    assert not card.isVisibleTo(bench.window)
    ones = np.ones(6, np.float32)
    state = JointState(
        q=frozen_f32(0 * ones), t_ns=0, temperature_c=frozen_f32(31 * ones),
        current_a=frozen_f32(0.2 * ones), load=frozen_f32(-0.1 * ones),
        voltage_v=frozen_f32(7.4 * ones), alarms={"gripper": "overload"},
    )  # fmt: skip
    status = RigStatus(
        phase=RigPhase.READY, state=state, notes={"arm retried": 4, "arm retried elbow_flex": 4}
    )
    for _ in range(5):
        bench.window.session.statusChanged.emit(status)
    assert card.texts("elbow flex") == ("elbow flex", "31", "7.4", "0.20", "10 %", "4")
    assert card.texts("gripper")[-1] == "0"
    assert any("gripper: overload" in w.text() for w in card.findChildren(QLabel))
    for _ in range(5):
        bench.window.session.statusChanged.emit(RigStatus())
    assert not card.isVisibleTo(bench.window)
