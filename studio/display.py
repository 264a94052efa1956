"""Is there a screen to open a window on? Asked before Qt is, because Qt aborts when there is none.

Knows no Qt. Only Linux needs asking; macOS and Windows always have their desktop.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path

NO_DISPLAY = (
    "No display: Foresight's window needs a screen, and {reason}. Use `foresight --offscreen` "
    "(no picture), run it under Xvfb (`xvfb-run -a foresight`), or run the whole loop without a "
    "window: `foresight demo`."
)


def missing_display(environment: MutableMapping[str, str] = os.environ) -> str | None:
    """One sentence about why no window can open here and what to do, None when one can."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return None
    if environment.get("WAYLAND_DISPLAY"):
        return None
    display = environment.get("DISPLAY")
    if not display:
        return NO_DISPLAY.format(reason="neither DISPLAY nor WAYLAND_DISPLAY is set")
    if not _answers(display):
        return NO_DISPLAY.format(reason=f"the X server DISPLAY={display} does not answer")
    return None


def prepare_platform(environment: MutableMapping[str, str] = os.environ) -> None:
    """Choices that must be made before Qt starts: XWayland where both are there (3D needs it)."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return
    if environment.get("WAYLAND_DISPLAY") and environment.get("DISPLAY"):
        environment["QT_QPA_PLATFORM"] = "xcb"
        environment.setdefault("PYOPENGL_PLATFORM", "glx")


def _answers(display: str) -> bool:
    """Whether a local X server listens (":0"); addresses of other machines are believed."""
    host, _, screen = display.rpartition(":")
    number = screen.split(".")[0]
    if host not in ("", "unix") or not number.isdigit():
        return True
    path = f"/tmp/.X11-unix/X{number}"
    for address in (path, f"\0{path}"):
        if address == path and not Path(path).exists():
            continue
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            try:
                link.connect(address)
            except OSError:
                continue
            return True
    return False
