"""Is there OpenGL here, and is it a graphics card or the processor?

Asks once per process, with a hidden surface of its own. Knows nothing about what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

_GL_RENDERER = 0x1F01
_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software", "gdi generic", "basic render")
_NO_GL_PLATFORMS = ("offscreen", "minimal", "linuxfb", "vnc")


@dataclass(frozen=True, slots=True)
class GlInfo:
    """What OpenGL this process can use."""

    available: bool
    renderer: str = ""
    reason: str = ""  # why not, and what to do

    @property
    def software(self) -> bool:
        """True when the processor draws: detail is lowered then."""
        return any(word in self.renderer.lower() for word in _SOFTWARE)


@lru_cache(maxsize=1)
def probe() -> GlInfo:
    """What is available; needs a QGuiApplication. Runs in: the GUI thread."""
    platform = QGuiApplication.platformName()
    if platform in _NO_GL_PLATFORMS:
        return GlInfo(False, reason=f"The display platform {platform!r} has no OpenGL.")
    context = QOpenGLContext()
    surface = QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return GlInfo(False, reason="No OpenGL context could be made. Check the graphics driver.")
    name = context.functions().glGetString(_GL_RENDERER)
    context.doneCurrent()
    surface.destroy()
    return GlInfo(True, renderer=str(name or "unknown"))
