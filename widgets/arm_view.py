"""The 3D view: the arm as measured, the plan before it runs, the things on the table.

Receives poses and points, draws, and nothing else: no kinematics, no robot, no clock. Where there
is no OpenGL a sentence stands in its place and every setter stays callable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import icons
from widgets.card import label
from widgets.gl_probe import GlInfo, probe
from widgets.palette import COLORS
from widgets.picture_canvas import PictureCanvas, off_screen_canvas
from widgets.shapes import LinkShapeLike

if TYPE_CHECKING:
    from vispy.scene import SceneCanvas

    from widgets.arm_scene import ArmScene, SceneObject, Surface

REDUCED_NOTE = "software 3D: reduced detail"
_SHARE = 2.5  # software: drawing takes at most one part of so many of the window's time
_SOFTWARE_MS, _CARD_MS = 60, 16  # shortest time between two pictures
_EDGE_PX = 16
_PHASE_WORDS = {
    "measured": ("committed", "executing", "may change"),
    "recorded": ("before the cursor", "after the cursor", ""),
}


class ArmView(QWidget):
    """Solid = measured, translucent = planned. A double click looks at everything again."""

    def __init__(
        self, *, gl: GlInfo | None = None, later: bool = False, parent: QWidget | None = None
    ) -> None:
        """A view.

        Args:
            gl: which OpenGL there is; asked for when absent.
            later: the scene is made by :meth:`build`, not here: that takes half a second.
            parent: of the widget.
        """
        super().__init__(parent)
        self._gl = gl or GlInfo(False)
        self._built = False
        self._scene: ArmScene | None = None
        self._canvas: SceneCanvas | None = None
        self._picture: PictureCanvas | None = None
        self._since_draw = QElapsedTimer()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._draw)
        self._title, self._phases, self._samples = "", (0, 0, 0), 0
        self._measured_word = "measured"
        self._has_ghost, self._has_way, self._has_surface = False, False, False
        self.setProperty("role", "view")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._hud = _overlay(self)
        self._note = _overlay(self)
        self._note.setVisible(False)
        if not later:
            self.build()

    def build(self) -> None:
        """Make the scene; setters before this show nothing. May be called twice."""
        if self._built:
            return
        self._built = True
        if not self._gl.available and not self._gl.reason:
            self._gl = probe()
        if self._gl.available:
            picture = self._build_picture() if self._gl.software else None
            self._column.addWidget(picture or self._build_canvas())
        else:
            self._column.addWidget(_Placeholder(self._gl.reason))
        self._note.setText(REDUCED_NOTE if self.software_rendering else "")
        self._note.setVisible(self.software_rendering)
        for overlay in (self._hud, self._note):
            overlay.raise_()
        self._refresh_hud()

    def _build_picture(self) -> QWidget | None:
        """The scene drawn off-screen by the processor; None where that is not possible."""
        canvas = off_screen_canvas()
        if canvas is None:
            return None
        from widgets.arm_scene import ArmScene

        self._canvas = canvas
        self._scene = ArmScene(canvas, reduced=True)
        self._picture = PictureCanvas(canvas)
        self._picture.camera = self._scene.camera
        self._picture.doubleClicked.connect(self.reset_view)
        return self._picture

    def _build_canvas(self) -> QWidget:
        import vispy

        vispy.use(app="pyside6", gl="gl2")
        from vispy.scene import SceneCanvas

        from widgets.arm_scene import ArmScene

        config = {"depth_size": 24, "samples": 0 if self._gl.software else 4}
        self._canvas = SceneCanvas(keys=None, show=False, config=config, autoswap=True)
        self._scene = ArmScene(self._canvas, reduced=self._gl.software)
        events: Any = self._canvas.events  # vispy makes its signals at run time
        events.mouse_double_click.connect(self._on_double_click)
        native: QWidget = self._canvas.native
        native.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys belong to the page
        native.setMinimumSize(1, 1)
        return native

    # ── setters ────────────────────────────────────────────────────────────────────────────

    def set_shapes(self, shapes: Sequence[LinkShapeLike]) -> None:
        """What the arm is made of: link, kind, size (m), pose (4, 4) in its link, rgba."""
        if self._scene is not None:
            self._changed(self._scene.set_shapes(shapes))

    def set_measured(self, poses: npt.ArrayLike) -> None:
        """Where the links are now, (l, 4, 4) base_from_link."""
        if self._scene is not None:
            self._changed(self._scene.set_measured(poses))

    def set_ghost(self, poses: npt.ArrayLike | None) -> None:
        """Where the links will be at the end of the plan, (l, 4, 4); None: no ghost."""
        self._has_ghost = poses is not None
        self._refresh_hud()
        if self._scene is not None:
            self._changed(self._scene.set_ghost(poses))

    def set_trace(
        self,
        tip: npt.ArrayLike | None,
        committed: int = 0,
        executing: int = 0,
        gripper: npt.ArrayLike | None = None,
    ) -> None:
        """The planned way of the tool tip.

        Args:
            tip: (h, 3) m in the base frame, of several tools (t, h, 3); None: no plan.
            committed: rows that can no longer change.
            executing: rows after those that run unless replaced; the rest may still change.
            gripper: (h,) opening 0…1, for the open and close glyphs; of several tools (t, h).
        """
        rows = 0 if tip is None else np.shape(tip)[-2]
        self._phases = (min(committed, rows), min(executing, max(rows - committed, 0)), rows)
        self._refresh_hud()
        if self._scene is not None:
            self._changed(self._scene.set_trace(tip, committed, executing, gripper))

    def set_mark(self, at: npt.ArrayLike | None, tone: str = "danger") -> None:
        """A ball at (3,) m where a check fails ("danger") or is close ("attention")."""
        if self._scene is not None:
            self._changed(self._scene.set_mark(at, tone))

    def set_fan(self, ways: npt.ArrayLike | None) -> None:
        """Ways of the tool tip of all samples, (k, h, 3) m, drawn faintly; None: none."""
        self._samples = 0 if ways is None else len(np.asarray(ways))
        self._refresh_hud()
        if self._scene is not None:
            self._changed(self._scene.set_fan(ways))

    def set_recorded_way(self, tip: npt.ArrayLike | None) -> None:
        """The way of the tool tip that was recorded, (h, 3) m, beside a plan; None: none."""
        self._has_way = tip is not None and len(np.asarray(tip)) > 1
        self._refresh_hud()
        if self._scene is not None:
            self._changed(self._scene.set_recorded_way(tip))

    def set_surface(self, surface: Surface | None) -> None:
        """What a policy believes of the scene: points (r, c, 3) m, rgba (r, c, 4), joined cells."""
        self._has_surface = surface is not None
        self._refresh_hud()
        if self._scene is not None:
            self._changed(self._scene.set_surface(surface))

    def set_objects(self, objects: Sequence[SceneObject]) -> None:
        """Things on the table: (name, kind, size m, pose (4, 4), rgb 0…1)."""
        if self._scene is not None:
            self._changed(self._scene.set_objects(objects))

    def set_title(self, title: str) -> None:
        """First line over the scene, e.g. ``Plan 212 · 30 steps · 3.0 s``."""
        if title != self._title:
            self._title = title
            self._refresh_hud()

    def set_measured_word(self, word: str) -> None:
        """What the solid arm is: "measured" now, or "recorded"."""
        if word != self._measured_word:
            self._measured_word = word
            self._refresh_hud()

    def reset_view(self) -> None:
        if self._scene is not None:
            self._scene.reset_view()
            self._changed(True)

    @property
    def software_rendering(self) -> bool:
        """True when the processor draws instead of a graphics card."""
        return self._gl.available and self._gl.software

    @property
    def hud(self) -> str:
        """The words over the scene."""
        return self._hud.text()

    @property
    def settled(self) -> bool:
        """False while something new waits for its turn to be drawn."""
        return not self._later.isActive()

    @property
    def canvas(self) -> SceneCanvas | None:
        """The vispy canvas, for pictures and benchmarks; None without OpenGL."""
        return self._canvas

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    # ── drawing ────────────────────────────────────────────────────────────────────────────

    def _changed(self, really: bool) -> None:
        """Draw soon, but never faster than the machine can."""
        if not really or self._canvas is None:
            return
        shortest = self._shortest_ms()
        passed = self._since_draw.elapsed() if self._since_draw.isValid() else shortest
        if passed >= shortest:
            self._draw()
        elif not self._later.isActive():
            self._later.start(int(shortest - passed))

    def _shortest_ms(self) -> float:
        """Between two pictures; a busy processor draws fewer, so that cameras are not starved."""
        if not self._gl.software:
            return _CARD_MS
        return max(_SOFTWARE_MS, _SHARE * self._picture.drawn_ms if self._picture else 0.0)

    def _draw(self) -> None:
        self._since_draw.start()
        if self._picture is not None:
            self._picture.redraw()
        elif self._canvas is not None and self.isVisible():
            self._canvas.update()

    def _refresh_hud(self) -> None:
        committed, executing, rows = self._phases
        lines = [f"<b style='color:{COLORS.strong}'>{self._title}</b>"] if self._title else []
        if rows:
            counts = zip(
                ("committed", "plan_text", "plan_far_text"),
                ("┄", "━", "━"),
                _PHASE_WORDS.get(self._measured_word, _PHASE_WORDS["measured"]),
                (committed, executing, rows - committed - executing),
                strict=True,
            )
            lines.append(
                " &nbsp; ".join(
                    f"<span style='color:{getattr(COLORS, role)}'>{mark} {word} {n}</span>"
                    for role, mark, word, n in counts
                    if word
                )
            )
        legend = [f"solid = {self._measured_word}"]
        legend += ["blue ghost = end of plan"] if self._has_ghost else []
        legend += [f"fan = {self._samples} samples"] if self._samples else []
        legend += ["thin line = recorded way"] if self._has_way else []
        legend += ["surface = model's belief, not a measurement"] if self._has_surface else []
        if self._gl.available:
            lines.append(" · ".join(legend))
        rows_html = "".join(f"<div style='margin-bottom:3px'>{line}</div>" for line in lines)
        self._hud.setText(rows_html)
        self._place_overlays()

    def _place_overlays(self) -> None:
        for overlay in (self._hud, self._note):
            overlay.adjustSize()
        self._hud.move(_EDGE_PX, 12)
        note = self._note.size()
        self._note.move(self.width() - note.width() - _EDGE_PX, 12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and self._scene is not None:
            self._scene.refresh_colors()
            self._refresh_hud()
            self._changed(True)
        super().changeEvent(event)

    def _on_double_click(self, event: object) -> None:
        self.reset_view()


class _Placeholder(QWidget):
    def __init__(self, reason: str) -> None:
        super().__init__()
        mark = QLabel()
        mark.setPixmap(icons.pixmap("cube", COLORS.quiet, size_px=40))
        title = label("No 3D view here", role="subtitle")
        words = label(f"{reason} Everything else works without it.", role="quiet", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(words)
        column.addStretch(1)


def _overlay(parent: QWidget) -> QLabel:
    result = label("", role="quiet", rich=True)
    result.setParent(parent)
    result.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return result


def main() -> None:
    """Show the made-up arm with a plan."""
    from widgets import demo, demo_scene

    def build() -> QWidget:
        view = ArmView()
        plan = demo_scene.plan()
        view.set_shapes(demo_scene.shapes())
        view.set_measured(demo_scene.link_poses(plan[0]))
        view.set_ghost(demo_scene.link_poses(plan[-1]))
        view.set_trace(demo_scene.tips(plan), 6, 14, plan[:, 5])
        view.set_fan(demo_scene.fan())
        view.set_objects(demo_scene.objects())
        view.set_title("Plan 212 · 30 steps · 3.0 s")
        return view

    demo.show(build, size=(1000, 640), margin_px=0)


if __name__ == "__main__":
    main()
