"""A vispy canvas that the processor draws off-screen and that is shown as a plain picture.

For machines without a graphics card: a window that holds an OpenGL widget is put together by OpenGL
as a whole whenever anything in it changes (measured with llvmpipe: 44 ms of processor time per
camera picture instead of 3). Drawn off-screen, only the 3D view pays for itself. Turns and zooms
the camera of its scene; knows nothing about what is drawn.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from vispy.scene import SceneCanvas

GL_DEPTH_COMPONENT24 = 0x81A6
DEGREES_PER_PX = 0.4
ZOOM_PER_STEP = 0.9  # of the visible height, per notch of the wheel


def off_screen_canvas() -> SceneCanvas | None:
    """A vispy canvas without a window, None where this machine has no EGL.

    Runs in: the GUI thread, before any OpenGL widget exists.
    """
    import vispy

    before = os.environ.get("EGL_PLATFORM")
    os.environ["EGL_PLATFORM"] = "surfaceless"  # read once, when EGL is opened; not for children
    try:
        vispy.use(app="egl", gl="gl2")
        from vispy.scene import SceneCanvas

        config = {"depth_size": 24, "samples": 0}
        return SceneCanvas(keys=None, show=True, config=config, size=(64, 64))
    except (RuntimeError, OSError, ImportError):
        return None
    finally:
        with suppress(KeyError):
            del os.environ["EGL_PLATFORM"]
        if before is not None:
            os.environ["EGL_PLATFORM"] = before


def render_target(width: int, height: int) -> Any:  # noqa: ANN401 - vispy is not typed
    """A frame buffer with 24 bits of depth (vispy's own has 16: surfaces bleed into each other)."""
    from vispy import gloo

    depth = gloo.RenderBuffer((height, width))
    target = gloo.FrameBuffer(color=gloo.RenderBuffer((height, width)), depth=depth)
    depth.resize((height, width), GL_DEPTH_COMPONENT24)
    return target


class PictureCanvas(QWidget):
    """Shows ``canvas``; draws when it is painted after :meth:`redraw`, so only while visible."""

    doubleClicked = Signal()

    def __init__(self, canvas: SceneCanvas, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._picture: QImage | None = None
        self._pixels: np.ndarray | None = None  # (h, w, 4) uint8, kept alive for the picture
        self._target: Any = None  # vispy FrameBuffer of the present size
        self._stale = True
        self._grabbed: QPointF | None = None
        self.drawn_ms = 0.0  # what the last picture took
        self.camera: Any = None  # vispy TurntableCamera of the scene
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def redraw(self) -> None:
        """There is something new in the scene."""
        self._stale = True
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._stale or self._picture is None:
            self._draw()
        if self._picture is not None:
            painter = QPainter(self)
            painter.drawImage(0, 0, self._picture)
            painter.end()

    def _draw(self) -> None:
        ratio = self.devicePixelRatio()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        if width < 2 or height < 2:
            return
        if self._canvas.size != (width, height):
            self._canvas.size = (width, height)
            events: Any = self._canvas.events  # vispy is not typed
            events.resize(size=(width, height), physical_size=(width, height))
            self._target = render_target(width, height)
        started_s = time.perf_counter()
        pixels = self._drawn(width, height)
        self.drawn_ms = 1000 * (time.perf_counter() - started_s)
        picture = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        picture.setDevicePixelRatio(ratio)
        self._pixels, self._picture, self._stale = pixels, picture, False

    def _drawn(self, width: int, height: int) -> np.ndarray:
        """(h, w, 4) uint8 RGBA of the scene."""
        self._canvas.set_current()
        self._canvas.push_fbo(self._target, (0, 0), (width, height))
        try:
            self._canvas.on_draw(None)
            return np.ascontiguousarray(self._target.read())
        finally:
            self._canvas.pop_fbo()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()

    # ── looking around ─────────────────────────────────────────────────────────────────────

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None or self.camera is None:
            return
        moved = event.position() - self._grabbed
        self._grabbed = event.position()
        self.camera.azimuth -= moved.x() * DEGREES_PER_PX
        self.camera.elevation += moved.y() * DEGREES_PER_PX
        self.redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.doubleClicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.camera is not None:
            self.camera.scale_factor *= ZOOM_PER_STEP ** (event.angleDelta().y() / 120)
            self.redraw()
