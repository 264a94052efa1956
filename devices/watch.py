"""Everything that can make a driven arm come to rest although nobody asked for it.

One look per tick, answered with at most one concern. Knows who drives, not how the arm moves.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from devices.capture import Capture
from devices.lifeline import Lifeline
from devices.rig_settings import RigSettings
from recordings.types import Authority, Fault

_NS = 1e9


class Urgency(enum.Enum):
    """How the arm comes to rest."""

    FREEZE = "freeze"  # at the last command, this tick
    SOFT = "soft"  # on the planned path, or coasting


@dataclass(frozen=True, slots=True)
class Concern:
    """Why nobody may drive any more."""

    urgency: Urgency
    reason: str
    fault: Fault


class Watch:
    """The rig's watchdogs."""

    def __init__(
        self, lifeline: Lifeline, cameras: Mapping[str, Capture], *, settings: RigSettings
    ) -> None:
        self._lifeline = lifeline
        self._cameras = cameras
        self._settings = settings
        self._stops_seen = lifeline.stop_count()
        self._releases_seen = lifeline.release_count()
        self._last_ns: int | None = None

    def stop_pressed(self) -> bool:
        """Whether STOP was pressed since the last call."""
        count = self._lifeline.stop_count()
        pressed, self._stops_seen = count != self._stops_seen, count
        return pressed

    def release_asked(self) -> bool:
        """Whether the second stage of STOP was asked for since the last call."""
        count = self._lifeline.release_count()
        asked, self._releases_seen = count != self._releases_seen, count
        return asked

    def orphaned(self) -> bool:
        return self._lifeline.is_orphaned()

    def look(self, authority: Authority, *, now_ns: int) -> Concern | None:
        """The gravest reason to come to rest, while somebody drives."""
        gap_s = 0.0 if self._last_ns is None else (now_ns - self._last_ns) / _NS
        self._last_ns = now_ns
        if authority is Authority.HOLD:
            return None
        if gap_s > self._settings.clock_gap_s:
            return self._slept(gap_s, now_ns)
        silent_s = (now_ns - self._lifeline.heartbeat_ns()) / _NS
        if silent_s > self._settings.heartbeat_s:
            return self._studio_silent(silent_s, now_ns)
        if authority is Authority.POLICY:
            return self.blind(now_ns)
        return None

    def _slept(self, gap_s: float, now_ns: int) -> Concern:
        fault = Fault(
            "loop_gap",
            "rig",
            f"The control loop was interrupted for {gap_s:.1f} s.",
            "The machine slept or was overloaded. Look at the arm, then go on.",
            now_ns,
        )
        return Concern(Urgency.FREEZE, "The control loop was interrupted", fault)

    def _studio_silent(self, silent_s: float, now_ns: int) -> Concern:
        fault = Fault(
            "studio_silent",
            "studio",
            f"The window has not answered for {silent_s:.1f} s.",
            "The arm holds. Go on when the window answers again.",
            now_ns,
        )
        return Concern(Urgency.SOFT, "The window stopped answering", fault)

    def blind(self, now_ns: int) -> Concern | None:
        """Why the policy cannot see what it should, if it cannot."""
        for name, camera in self._cameras.items():
            found = self._stale(name, camera, now_ns) or self._dark(name, camera, now_ns)
            if found is not None:
                return found
        return None

    def _stale(self, name: str, camera: Capture, now_ns: int) -> Concern | None:
        age_s, limit_s = camera.age_s(now_ns), self._settings.camera_out_s
        if age_s <= limit_s:
            return None
        age = "no picture yet" if age_s > 1e6 else f"no picture for {age_s:.1f} s"
        message = f"Camera {name!r}: {age} (at most {limit_s:.1f} s)."
        hint = "Check the camera, then hand over again."
        fault = Fault("camera_stale", name, message, hint, now_ns)
        return Concern(Urgency.SOFT, f"Camera {name!r} is out", fault)

    def _dark(self, name: str, camera: Capture, now_ns: int) -> Concern | None:
        dark_s = camera.sees_nothing_s(now_ns)
        if dark_s <= self._settings.camera_dark_s:
            return None
        message = f"Camera {name!r} has shown nothing for {dark_s:.1f} s: one tone everywhere."
        hint = "Uncover its lens or switch on the light, then hand over again."
        fault = Fault("camera_dark", name, message, hint, now_ns)
        return Concern(Urgency.SOFT, f"Camera {name!r} sees nothing", fault)
