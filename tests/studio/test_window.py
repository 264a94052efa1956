"""The window without its child processes: pages, keys, STOP, typing."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from devices.bench import load_bench
from devices.commands import PlanProposed
from devices.sim.projection import SimCameras
from devices.sim.world import World
from model.messages import Chunks, decode, encode
from recordings.rig_status import RigPhase, RigStatus, Torque
from recordings.types import (
    Authority,
    DepthTrace,
    Frame,
    Plan,
    PlanCheck,
    PlanReport,
    Verdict,
    frozen_f32,
)
from studio.actions import PAGES
from studio.session import Session
from studio.settings import Folders, Preferences
from studio.window import Window
from widgets import theme


@pytest.fixture
def window(qapp, qtbot, tmp_path, monkeypatch):
    """A window on a bench whose processes were never started; it has the keyboard."""
    theme.apply(qapp)
    session = Session(load_bench("sim"), Folders.default(tmp_path), Preferences())
    monkeypatch.setattr(session, "load", lambda: None)
    window = Window(session)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window, timeout=60_000):
        window.show()
    window.activateWindow()  # no window manager does it on a virtual screen
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)  # or its keys go nowhere
    yield window
    session.close()


def stops(window):
    return window.session.cell.rig._lifeline.stop_count()


def test_ctrl_and_a_number_go_to_the_five_places(window):
    seen = []
    for number in range(1, 6):
        QTest.keyClick(
            window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier
        )
        seen.append(window.page)
    assert seen == list(PAGES)


def test_the_left_rail_shows_where_one_is(window):
    window.go("train")
    assert window.rail.current() == "train"


@pytest.mark.parametrize("key", [Qt.Key.Key_F12, Qt.Key.Key_Pause])
def test_stop_is_one_key_on_every_page(window, key):
    for page in PAGES:
        window.go(page)
        window.bar.stop_button.set_state(True)
        window.bar.stop_button.set_state(False)
        before = stops(window)
        QTest.keyClick(window.windowHandle(), key)
        assert stops(window) == before + 1, page


def test_stop_works_while_typing_and_the_text_stays(window):
    window.go("teach")
    field = window.pages["teach"].task
    field.setFocus()
    text = field.text()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_F12)
    assert stops(window) == 1
    assert field.text() == text


def test_keys_of_a_page_are_letters_while_typing(window):
    window.go("teach")
    field = window.pages["teach"].task
    field.setFocus()
    field.clear()
    QTest.keyClicks(field, "s n r ")
    assert field.text() == "s n r "
    assert window.session.teaching.mark is None


def test_tab_takes_over_on_run_only(window, monkeypatch):
    taken = []
    monkeypatch.setattr(window.session, "take_over", lambda: taken.append(window.page))
    for page in PAGES:
        window.go(page)
        window.setFocus()
        QTest.keyClick(window, Qt.Key.Key_Tab)
    assert taken == ["run"]


def test_the_banner_says_fault_when_the_arm_is_in_fault(window):
    from recordings.types import Fault

    fault = Fault("arm_lost", "so101", "The arm does not answer.", "", 0)
    window.session.statusChanged.emit(RigStatus(phase=RigPhase.FAULT, fault=fault))
    assert window.bar.banner.text == "✕ FAULT"


def test_the_banner_says_who_drives(window):
    window.session.statusChanged.emit(RigStatus(phase=RigPhase.READY, authority=Authority.POLICY))
    assert window.bar.banner.text == "▲ POLICY DRIVES"


def widths(window):
    """Least width of the window on every page, px."""
    found = {}
    for page in PAGES:
        window.go(page)
        QApplication.processEvents()  # a layout that changed is measured again
        found[page] = window.minimumSizeHint().width()
    return found


def test_a_page_is_never_wider_than_a_small_screen(window):
    window.bar.set_recording("take 12", 754.0, unsaved=3)
    window.pages["teach"].state.setText("Recording 754 s · success")
    assert {page: width for page, width in widths(window).items() if width > 1280} == {}


def test_a_page_still_fits_when_every_letter_is_wider(window):
    window.setStyleSheet("QPushButton, QLabel { font-size: 16px; }")
    assert {page: width for page, width in widths(window).items() if width > 1366} == {}


def test_a_list_has_its_own_width_where_there_is_room(window):
    window.resize(1600, 900)
    for page in PAGES:
        window.go(page)
        QApplication.processEvents()
        assert window._splitter.sizes()[0] == window.pages[page].left_px


def test_every_button_that_has_a_key_names_it(window):
    assert "␣" in window.pages["teach"].record.text()
    assert "⇥" in window.pages["run"].take_over.text()


# ── STOP's second stage, who drives, the countdown ─────────────────────────────────────────────


def releases(window):
    return window.session.cell.rig._lifeline.release_count()


def test_a_second_stop_asks_for_letting_go_and_the_bar_says_what_happened(window):
    for asked in (0, 1):
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_F12)
        assert (stops(window), releases(window)) == (1, asked)
    for torque, banner in (
        (Torque.PARKING, "◆ PARKING · STOPPED"),
        (Torque.OFF, "○ LIMP · NO TORQUE"),
        (Torque.ON, "■ HOLDING · STOPPED"),
    ):
        window.session.statusChanged.emit(
            RigStatus(phase=RigPhase.READY, stopped=True, torque=torque)
        )
        assert window.bar.banner.text == banner


def test_the_banner_says_that_the_demonstrator_drives_when_it_does(window):
    def told(leader, is_person):
        status = RigStatus(
            phase=RigPhase.READY,
            authority=Authority.LEADER,
            leader=leader,
            leader_is_person=is_person,
        )
        window.session.statusChanged.emit(status)
        return window.bar.banner.text

    assert told("demonstrator", False) == "● DEMONSTRATOR DRIVES"
    assert told("hand", True) == "● YOU DRIVE"


def proposal(verdict=Verdict.OK):
    plan = Plan(7, 1, frozen_f32(np.zeros((30, 6))), 0.1, 0, "run 14")
    report = PlanReport(7, (PlanCheck("Table", verdict, 3, "jaw", 0.02, -0.01, "m"),))
    return PlanProposed(plan, report, frozen_f32(np.zeros((30, 3))))


@pytest.mark.parametrize(
    ("verdict", "status", "words"),
    [
        (Verdict.OK, {"veto_left_s": 1.4}, "Runs in 1.4 s unless you refuse it."),
        (Verdict.OK, {}, "Nothing moves until you approve."),
        (Verdict.OK, {"active_plan": 6}, "It continues the plan that runs."),
        (Verdict.FAIL, {}, "A check failed: it cannot run. Another one is asked for."),
        (
            Verdict.OK,
            {"authority": Authority.HOLD},
            "What the policy would do now. Hand over to let it.",
        ),
    ],
)
def test_the_card_says_what_happens_with_the_plan(window, verdict, status, words):
    window.go("run")
    window.session.running.on_fact(proposal(verdict))
    told = RigStatus(**({"phase": RigPhase.READY, "authority": Authority.POLICY} | status))
    window.session.statusChanged.emit(told)
    assert window.pages["run"].plan.state == words


def test_after_the_countdown_the_card_is_not_left_counting(window):
    window.go("run")
    window.session.running.on_fact(proposal())
    for left_s in (1.4, 0.0):
        window.session.statusChanged.emit(
            RigStatus(phase=RigPhase.READY, authority=Authority.POLICY, veto_left_s=left_s)
        )
    assert window.pages["run"].plan.state == "Nothing moves until you approve."


def thought(plan_id, **parts):
    """A plan with (or without) depth reasoning that waits."""
    told = proposal()
    plan = replace(told.plan, id=plan_id, **parts)
    return replace(told, plan=plan, report=replace(told.report, plan_id=plan_id))


def test_depth_reasoning_is_shown_with_its_plan(window):
    """Cells and picture with a plan that has them; the reason with one that has not."""
    depth = window.pages["run"].depth
    assert depth.reason == "Depth reasoning is shown with a plan."
    updated = np.zeros((10, 10), np.bool_)
    updated[4:6, 3:6] = True
    codes = np.zeros((10, 10), np.int16)
    trace = DepthTrace(codes, updated, 31.0, frozen_f32(np.mgrid[0:40, 0:40][0]))
    window.session.running.on_fact(thought(8, reasoning=trace))
    window.session.statusChanged.emit(RigStatus(phase=RigPhase.READY))
    assert depth.reason == ""
    assert depth.summary == "6 of 100 cells predicted · 31 ms"
    window.session.running.on_fact(thought(9))
    window.session.statusChanged.emit(RigStatus(phase=RigPhase.READY))
    assert "no depth head" in depth.reason


def test_training_shows_held_out_moments_as_curves(window):
    """The job's own message, through the training's signal, to the plots of the page."""
    window.go("train")
    training, curves = window.session.training, window.pages["train"].curves
    training.started.emit()
    assert not curves.chunks.isVisible()
    joints = window.session.cell.bench.robot.joints
    recorded = np.zeros((2, 30, len(joints)))
    told = Chunks(
        1290, 0.1, [j.name for j in joints], [j.is_gripper for j in joints],
        recorded.tolist(), (recorded + 0.1).tolist(), [[True] * 30] * 2,
    )  # fmt: skip
    training.chunksCompared.emit(decode(encode(told)))
    assert curves.chunks.isVisible()
    assert curves.chunks.titles[0] == "shoulder pan · 5.7° apart"
    assert curves.chunks.titles[-1] == "gripper · 10.0 % apart"
    assert "step 1,290" in curves.chunks.words.text()


def test_a_depth_surface_is_shown_on_request_and_named_a_belief(window):
    """Depth of the bench as a policy would say it: in the scene while its plan is there."""
    world = World(seed=1)
    image = np.zeros((240, 320, 3), np.uint8)
    cameras = SimCameras(world.model)
    metres = cameras.known_depth("front", world.q, width=320, height=240, grid=(40, 40))
    relative = np.nan_to_num(1.0 / metres)
    session, belief = window.session, window.stage.belief
    session.frames["front"] = Frame("front", image, 0, 0)
    cells = np.zeros((10, 10), np.int16)
    trace = DepthTrace(cells, cells == 0, 31.0, frozen_f32(relative))
    told = thought(8, reasoning=trace)
    belief.show(told, world.q)
    assert "belief" not in window.stage.arm.hud
    window.pages["run"].depth.surface_box.click()
    belief.show(told, world.q)
    assert "surface = model's belief, not a measurement" in window.stage.arm.hud
    assert belief.words.startswith("In 3D: the model's belief, not a measurement.")
    flat = replace(trace, relative_depth=frozen_f32(np.ones((40, 40))))
    belief.show(thought(9, reasoning=flat), world.q)
    assert belief.words.startswith("Not in 3D")
    assert "belief" not in window.stage.arm.hud
    belief.show(None, world.q)
    assert belief.words == ""
