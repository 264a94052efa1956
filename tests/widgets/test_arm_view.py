"""The 3D view: solid is measured, translucent is planned, and nothing is drawn twice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from widgets import demo_scene, theme
from widgets.arm_view import REDUCED_NOTE, ArmView
from widgets.gl_probe import GlInfo, probe
from widgets.palette import COLORS

PLAN = demo_scene.plan()
START, END = demo_scene.link_poses(PLAN[0]), demo_scene.link_poses(PLAN[-1])

# ── without OpenGL ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def without_gl(shown) -> ArmView:
    return shown(ArmView(gl=GlInfo(False, reason="No OpenGL driver was found.")), 500, 300)


def test_without_opengl_a_sentence_says_why(without_gl: ArmView):
    words = " ".join(w.text() for w in without_gl.findChildren(QLabel) if w.isVisible())
    assert "No 3D view here" in words
    assert "No OpenGL driver was found. Everything else works without it." in words


def test_without_opengl_every_setter_stays_callable(without_gl: ArmView):
    _fill(without_gl)
    without_gl.set_mark([0.1, 0.2, 0.3])
    without_gl.reset_view()
    assert without_gl.canvas is None


@pytest.mark.parametrize(
    ("renderer", "software"),
    [("llvmpipe (LLVM 15.0.6, 256 bits)", True), ("Google SwiftShader", True),
     ("NVIDIA H200/PCIe/SSE2", False), ("Apple M2", False)],
)  # fmt: skip
def test_software_rendering_is_recognised_by_its_renderer(renderer: str, software: bool):
    assert GlInfo(True, renderer=renderer).software is software


def test_the_words_over_the_scene_count_the_phases(without_gl: ArmView):
    without_gl.set_title("Plan 212 · 30 steps · 3.0 s")
    without_gl.set_trace(demo_scene.tips(PLAN), 6, 14)
    for words in ("Plan 212", "committed 6", "executing 14", "may change 10"):
        assert words in without_gl.hud


def test_a_recorded_moment_has_words_of_its_own(without_gl: ArmView):
    without_gl.set_measured_word("recorded")
    without_gl.set_trace(demo_scene.tips(PLAN), 6, 24)
    without_gl.set_fan(demo_scene.fan())
    for words in ("before the cursor 6", "after the cursor 24"):
        assert words in without_gl.hud
    assert "may change" not in without_gl.hud


def test_counts_never_exceed_the_rows_of_the_plan(without_gl: ArmView):
    without_gl.set_trace(demo_scene.tips(PLAN)[:5], 9, 14)
    for words in ("committed 5", "executing 0", "may change 0"):
        assert words in without_gl.hud


# ── with OpenGL ────────────────────────────────────────────────────────────────────────────────


def _fill(view: ArmView) -> None:
    view.set_shapes(demo_scene.shapes())
    view.set_measured(START)
    view.set_ghost(END)
    view.set_trace(demo_scene.tips(PLAN), 6, 14, PLAN[:, 5])
    view.set_fan(demo_scene.fan())
    view.set_objects(demo_scene.objects())


@pytest.fixture
def seen(qtbot: QtBot, pixels: Callable) -> Callable[[ArmView], np.ndarray]:
    """What the view shows once all that is new is drawn: it draws at its own pace."""

    def settled(view: ArmView) -> np.ndarray:
        qtbot.waitUntil(lambda: view.settled, timeout=30_000)
        return pixels(view)

    return settled


@pytest.fixture
def view(shown) -> ArmView:
    return shown(ArmView(), 640, 480)


class _Paints(QObject):
    """Counts how often the scene is really painted."""

    def __init__(self, view: ArmView) -> None:
        super().__init__(view)
        self.count = 0
        scene = view.layout().itemAt(0).widget()
        scene.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def _settled(view: ArmView, paints: _Paints, qtbot: QtBot) -> None:
    """Wait until what was asked for so far is on the screen."""
    qtbot.waitUntil(lambda: view.settled and paints.count > 0, timeout=30_000)
    qtbot.wait(100)  # a paint that is already under way
    paints.count = 0


@pytest.mark.gl
def test_the_measured_arm_is_solid_and_bright(view: ArmView, seen: Callable):
    empty = seen(view)
    view.set_shapes(demo_scene.shapes())
    view.set_measured(START)
    changed = (seen(view) != empty).any(axis=-1)
    assert changed.mean() > 0.02
    assert np.percentile(seen(view)[changed], 90) > 150


@pytest.mark.gl
def test_the_ghost_is_bluish_and_lets_the_table_through(view: ArmView, seen: Callable):
    view.set_shapes(demo_scene.shapes())
    view.set_measured(START)
    before = seen(view).astype(int)
    view.set_ghost(END)
    after = seen(view).astype(int)
    changed = np.abs(after - before).max(axis=-1) > 8
    red, _, blue = after[changed].mean(axis=0)
    assert changed.mean() > 0.01
    assert blue > red + 20


@pytest.mark.gl
def test_taking_the_plan_away_restores_the_picture(view: ArmView, seen: Callable):
    view.set_shapes(demo_scene.shapes())
    view.set_measured(START)
    bare = seen(view)
    _fill(view)
    view.set_objects([])
    view.set_ghost(None)
    view.set_trace(None)
    view.set_fan(None)
    assert np.array_equal(seen(view), bare)


@pytest.mark.gl
@pytest.mark.parametrize("role", ["plan_near", "plan_far"])
def test_phases_of_the_trace_have_their_colours(
    view: ArmView, seen: Callable, share: Callable, role: str
):
    view.set_trace(demo_scene.tips(PLAN), 0, 16)
    assert share(seen(view), getattr(COLORS, role), slack=45) > 0.0003


@pytest.mark.gl
def test_a_cube_is_where_it_lies(view: ArmView, seen: Callable, share: Callable):
    bare = share(seen(view), "#dc4550", slack=60)
    view.set_objects(demo_scene.objects()[:1])
    assert share(seen(view), "#dc4550", slack=60) > bare + 0.0002


@pytest.mark.gl
def test_unchanged_poses_are_not_drawn_again(view: ArmView, qtbot: QtBot):
    paints = _Paints(view)
    _fill(view)
    _settled(view, paints, qtbot)
    for _ in range(20):
        view.set_measured(START)
        view.set_objects(demo_scene.objects())
        view.set_ghost(END)
    qtbot.wait(200)
    assert paints.count == 0


@pytest.mark.gl
def test_many_changes_are_drawn_at_a_rate_the_machine_can_keep(view: ArmView, qtbot: QtBot):
    paints = _Paints(view)
    _fill(view)
    _settled(view, paints, qtbot)
    for row in PLAN:
        view.set_measured(demo_scene.link_poses(row))
    qtbot.waitUntil(lambda: view.settled and paints.count > 0, timeout=30_000)
    assert paints.count <= 3


@pytest.mark.gl
def test_the_light_theme_lights_the_scene(view: ArmView, seen: Callable, qapp: QApplication):
    dark = seen(view).mean()
    theme.apply(qapp, "light")
    assert seen(view).mean() > dark + 100


@pytest.mark.gl
def test_reduced_detail_is_said(view: ArmView):
    words = [w.text() for w in view.findChildren(QLabel) if w.isVisible()]
    assert (REDUCED_NOTE in words) == probe().software == view.software_rendering


@pytest.mark.gl
def test_a_drag_turns_the_scene_and_a_double_click_turns_it_back(view, seen, qtbot: QtBot):
    _fill(view)
    home = seen(view)
    scene, left = view.layout().itemAt(0).widget(), Qt.MouseButton.LeftButton
    qtbot.mousePress(scene, left, pos=QPoint(300, 240))
    _drag(scene, QPoint(300, 240), QPoint(420, 250))
    qtbot.mouseRelease(scene, left, pos=QPoint(420, 250))
    assert (seen(view) != home).any(axis=-1).mean() > 0.03
    qtbot.mouseDClick(scene, left, pos=QPoint(420, 250))
    assert (seen(view) != home).any(axis=-1).mean() < 0.005


def _drag(widget: QWidget, start: QPoint, end: QPoint) -> None:
    """Move with the button down, which ``qtbot.mouseMove`` does not."""
    for share in (0.5, 1.0):
        at = QPointF(start + (end - start) * share)
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
