"""One off-screen OpenGL context, whatever the machine offers.

MuJoCo chooses its OpenGL library when it is first imported, from an environment variable; here the
choice is made when a context is needed, so that importing kinematics in a process with a window
changes nothing there. A process that shows a window must not create one of these.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Protocol

from devices.errors import RenderFailed


class GLContext(Protocol):
    """What MuJoCo's contexts have in common."""

    def make_current(self) -> None: ...

    def free(self) -> None: ...


def backends() -> tuple[str, ...]:
    """Names of the MuJoCo backends to try, best first."""
    asked = os.environ.get("MUJOCO_GL", "").lower()
    usual = {"linux": ("egl", "osmesa"), "darwin": ("cgl",)}.get(sys.platform, ("glfw",))
    return (asked, *(b for b in usual if b != asked)) if asked in usual else usual


def create_context(width: int, height: int) -> GLContext:
    """A context that is current on this thread.

    Raises:
        RenderFailed: no backend works here; the last reason is told.
    """
    reason = "no backend for this platform"
    for backend in backends():
        try:
            module = importlib.import_module(f"mujoco.{backend}")
            context = module.GLContext(width, height)
            context.make_current()
        except (ImportError, AttributeError, RuntimeError, OSError) as error:
            reason = f"{type(error).__name__}: {error}"
            _forget_platform(backend)
        else:
            return context
    raise RenderFailed(tried=backends(), reason=reason)


def _forget_platform(backend: str) -> None:
    """Undo what a failed backend left behind, so that the next one may try."""
    if os.environ.get("PYOPENGL_PLATFORM") == backend:
        del os.environ["PYOPENGL_PLATFORM"]
    for name in [n for n in sys.modules if n == "OpenGL" or n.startswith("OpenGL.")]:
        del sys.modules[name]
