"""How fast a person may drive the tool with a puck or a gamepad, and where the person is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolSpeed:
    """Full speed of the tool."""

    linear_m_s: float = 0.15
    angular_rad_s: float = 0.9
    gripper_per_s: float = 1.2  # fraction of the opening
    seat_rad: float = 0.0
    """Direction in which the person looks, from the base's x axis towards y: 0 behind the arm, π in
    front of it."""
