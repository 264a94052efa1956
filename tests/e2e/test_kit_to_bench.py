"""From the simulated bench to a kit on real ports and back, in one program that stays open."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from devices.calibration.store import write_calibration
from devices.emulators.arm_stand import ArmStandProcess
from devices.emulators.plan import ArmPlan
from devices.emulators.so101 import so101_calibration
from devices.setup.bench_draft import FOLLOWER, MAIN_LEADER
from recordings.rig_status import RigPhase
from studio.app import Studio
from studio.settings import Folders, load_preferences
from widgets import theme

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400, method="thread")]
PATIENCE_MS = 120_000
BUS = "\n[bus]\nreply_ms = 100\nretry_ms = 100\nstale_ms = 2000\n[rig]\nbus_lost_s = 5.0\n"


@pytest.fixture
def kit(tmp_path):
    plans = [
        ArmPlan("follower", str(tmp_path / "ports/follower"), seed=1, light=True),
        ArmPlan("leader", str(tmp_path / "ports/leader"), seed=2, is_leader=True),
    ]
    with ArmStandProcess(plans) as stand:
        yield stand


@pytest.fixture
def studio(qapp, tmp_path, monkeypatch):
    theme.apply(qapp)
    file = tmp_path / "config/bench.toml"
    file.parent.mkdir()
    file.write_text(f'# a slow computer\nversion = 1\nkind = "so101"\n{BUS}')
    monkeypatch.setattr("studio.pages.stage.Stage.build", lambda _: None)  # no 3D is needed here
    made = Studio("sim", Folders(tmp_path / "data", tmp_path / "config"))
    made.window.show()
    yield made
    made.window.close()
    made.window.session.deleteLater()
    made.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # nobody else's loop finds it


def test_a_kit_becomes_the_bench_and_its_motors_are_seen(studio, kit, qtbot, tmp_path):
    def until(condition):
        qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    for name, seed in (("follower", 1), ("leader", 2)):
        write_calibration(tmp_path / f"config/{name}.toml", so101_calibration(seed))
    first = studio.window
    until(lambda: first.session.status.phase is RigPhase.READY)
    page, part = first.pages["connect"], first.session.setting_up
    page.set_up.click()
    for name, role in (("follower", FOLLOWER), ("leader", MAIN_LEADER)):
        until(lambda: not part.busy)
        page.setup.arms.port.setText(kit.ports[name])
        page.setup.arms.add.click()
        until(lambda name=name: part.kit.ports and not part.busy
              and any(p.port == kit.ports[name] for p in part.kit.ports))  # fmt: skip
        part.assign(kit.ports[name], role)
    page.setup.bench.save.click()
    until(lambda: studio.window is not first)
    window = studio.window
    assert "# a slow computer" in (tmp_path / "config/bench.toml").read_text()
    until(lambda: window.session.status.phase is RigPhase.READY)
    assert not window.session.cell.bench.is_simulated
    page = window.pages["connect"]
    for device in ("arm", "main"):  # the leader has motors too
        until(lambda device=device: page.motors[device].isVisibleTo(window))
        assert page.motors[device].texts("elbow flex")[2] == "7.4"
    assert load_preferences(tmp_path / "config/preferences.toml").preferences.bench == str(
        tmp_path / "config/bench.toml"
    )

    part = window.session.setting_up  # the rig has the ports: they are not touched
    page.set_up.click()
    until(lambda: not part.busy and part.kit.ports)
    assert all(look.taken for look in part.kit.ports)
    page.setup.arms.disconnect_button.click()
    until(lambda: all(look.arm is not None for look in part.kit.ports))  # free, and looked at again
    window.session.connect_rig()
    until(lambda: window.session.status.phase is RigPhase.READY)

    window.session.open_simulation()
    until(lambda: studio.window is not window)
    until(lambda: studio.window.session.status.phase is RigPhase.READY)
    assert studio.window.session.cell.bench.is_simulated


def test_a_bench_that_cannot_be_opened_is_told_and_the_old_one_stays(studio, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("version = 1\nkind = 'so101'\n")
    before = studio.window
    studio.open(str(bad))
    assert studio.window is before
    assert "bad.toml: follower is None" in before.desk.troubles.text
