"""A made-up arm, table and camera picture for demos, benchmarks and widget tests.

Nothing in the product imports it. The arm is a plausible six-joint chain, not a real robot.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recordings.types import F32, U8
from widgets.shapes import Shape

F64 = npt.NDArray[np.float64]

JOINTS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")
IS_GRIPPER = (False, False, False, False, False, True)
_WHITE = (0.91, 0.92, 0.93, 1.0)
_DARK = (0.19, 0.21, 0.24, 1.0)
_AMBER = (0.95, 0.62, 0.28, 1.0)
_UPPER_M, _LOWER_M, _HAND_M = 0.13, 0.135, 0.075


def shapes() -> tuple[Shape, ...]:
    """Primitive shapes of the made-up arm, link 0 base … 6 moving finger."""
    along = _about_y(np.pi / 2)
    side = _about_x(np.pi / 2)
    return (
        Shape(0, "cylinder", (0.055, 0.006), _at(0, 0, 0.006), _DARK),
        Shape(0, "cylinder", (0.040, 0.024), _at(0, 0, 0.034), _WHITE),
        Shape(1, "cylinder", (0.034, 0.018), _at(0, 0, -0.012), _DARK),
        Shape(1, "cylinder", (0.026, 0.030), side, _WHITE),
        Shape(2, "cylinder", (0.014, 0.033), side, _AMBER),
        Shape(2, "capsule", (0.018, 0.050), _at(_UPPER_M / 2, 0, 0) @ along, _WHITE),
        Shape(3, "cylinder", (0.023, 0.026), side, _WHITE),
        Shape(3, "cylinder", (0.013, 0.029), side, _AMBER),
        Shape(3, "capsule", (0.016, 0.050), _at(_LOWER_M / 2, 0, 0) @ along, _WHITE),
        Shape(4, "cylinder", (0.020, 0.022), side, _WHITE),
        Shape(4, "cylinder", (0.011, 0.025), side, _AMBER),
        Shape(5, "box", (0.026, 0.021, 0.017), _at(0.042, 0, 0), _DARK),
        Shape(5, "box", (0.034, 0.005, 0.011), _at(0.098, -0.020, 0), _AMBER),
        Shape(6, "box", (0.034, 0.005, 0.011), _at(0.034, 0, 0), _AMBER),
    )


def link_poses(q: npt.ArrayLike) -> F64:
    """(7, 4, 4) base_from_link for six joints: five angles in rad, gripper 0 closed … 1 open."""
    pan, lift, elbow, flex, roll, grip = (float(v) for v in np.asarray(q))
    base = np.eye(4)
    shoulder = base @ _at(0, 0, 0.095) @ _about_z(pan)
    upper = shoulder @ _about_y(lift - np.pi / 2)
    lower = upper @ _at(_UPPER_M, 0, 0) @ _about_y(elbow + np.pi / 2)
    wrist = lower @ _at(_LOWER_M, 0, 0) @ _about_y(flex)
    hand = wrist @ _about_x(roll)
    finger = hand @ _at(0.066, 0.018, 0) @ _about_z(0.7 * grip)
    return np.stack([base, shoulder, upper, lower, wrist, hand, finger])


def tips(q: npt.ArrayLike) -> F32:
    """(h, 3) m, tool tip for rows (h, 6)."""
    ends = [link_poses(row)[5] @ np.array([_HAND_M + 0.055, 0, 0, 1]) for row in np.asarray(q)]
    return np.array(ends, dtype=np.float32)[:, :3]


def plan(rows: int = 30) -> F32:
    """(rows, 6) a reach towards the cube that closes the gripper near its end."""
    s = np.linspace(0, 1, rows)[:, None]
    smooth = s * s * (3 - 2 * s)
    start, end = np.array([0.55, -0.25, 0.25, 0.75, 0.0, 0.85]), CUBE_Q
    q = start + smooth * (end - start)
    q[:, 0] += 0.12 * np.sin(np.pi * s[:, 0])
    q[:, 5] = np.where(s[:, 0] < 0.75, 0.85, np.clip(0.85 - 4 * (s[:, 0] - 0.75), 0.15, 1))
    return q.astype(np.float32)


def fan(count: int = 8, rows: int = 30) -> F32:
    """(count, rows, 3) m, several possible ways of the tool tip."""
    random = np.random.default_rng(3)
    grow = np.linspace(0, 1, rows)[:, None] ** 1.5
    ways = [plan(rows) + grow * random.normal(0, 0.05, 6) for _ in range(count)]
    return np.stack([tips(way) for way in ways])


CUBE_Q = np.array([-0.25, 0.62, 0.38, 0.42, 0.2, 0.15])


def objects() -> list[tuple[str, str, tuple[float, ...], F64, tuple[float, float, float]]]:
    """Three cubes and a tray: (name, kind, size in m, pose (4, 4), rgb)."""
    tip = tips([CUBE_Q])[0]
    half = (0.0125, 0.0125, 0.0125)
    cubes = [
        ("red cube", "box", half, _at(tip[0], tip[1], 0.0125) @ _about_z(0.4), (0.86, 0.27, 0.31)),
        ("green cube", "box", half, _at(0.20, 0.16, 0.0125) @ _about_z(0.9), (0.28, 0.68, 0.42)),
        ("blue cube", "box", half, _at(0.27, 0.06, 0.0125) @ _about_z(0.1), (0.27, 0.47, 0.87)),
    ]
    grey, at = (0.42, 0.47, 0.54), (0.19, -0.21)
    tray = [("tray", "box", (0.06, 0.06, 0.002), _at(*at, 0.002), grey)]
    for dx, dy in ((0.06, 0), (-0.06, 0), (0, 0.06), (0, -0.06)):
        size = (0.002, 0.06, 0.012) if dx else (0.06, 0.002, 0.012)
        tray.append(("tray", "box", size, _at(at[0] + dx, at[1] + dy, 0.012), grey))
    return cubes + tray


def picture(width: int = 320, height: int = 240) -> U8:
    """(height, width, 3) RGB: a table, a wall, a red cube."""
    rows = np.linspace(0, 1, height)[:, None, None]
    wall = np.array([58, 66, 78]) * (1 - 0.25 * rows)
    table = np.array([92, 86, 80]) * (0.7 + 0.4 * rows)
    image = np.broadcast_to(np.where(rows < 0.42, wall, table), (height, width, 3)).copy()
    y, x = round(height * 0.62), round(width * 0.52)
    side = round(height * 0.11)
    image[y : y + side, x : x + side] = (201, 64, 74)
    image[y - side // 3 : y, x + 3 : x + side + 3] = (226, 96, 104)
    return image.astype(np.uint8)


def picture_trace(rows: int = 30) -> F64:
    """(rows, 2) px in :func:`picture`, a way that ends at the cube."""
    s = np.linspace(0, 1, rows)
    return np.stack([70 + 190 * s - 78 * s**3, 40 + 10 * s + 105 * s**2.2], axis=1)


def _at(x: float, y: float, z: float) -> F64:
    pose = np.eye(4)
    pose[:3, 3] = (x, y, z)
    return pose


def _about(axis: int, angle_rad: float) -> F64:
    pose = np.eye(4)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    pose[a, a], pose[b, b], pose[a, b], pose[b, a] = cos, cos, -sin, sin
    return pose


def _about_x(angle_rad: float) -> F64:
    return _about(0, angle_rad)


def _about_y(angle_rad: float) -> F64:
    return _about(1, angle_rad)


def _about_z(angle_rad: float) -> F64:
    return _about(2, angle_rad)
