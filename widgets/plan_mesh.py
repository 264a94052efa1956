"""What a plan looks like in space: the way of the tool tip in three phases, gripper glyphs, marks.

Pure numpy and colours. Knows no plan object, no time and no arm.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from widgets.mesh import EMPTY, Detail, Mesh, capsule, dots, merged, primitive, tube
from widgets.palette import COLORS, rgb

TUBE_M = 0.0026
_DOT_M = 0.0022
_FAN_M = 0.0013
_CHANGE = 0.2  # a gripper that moves by less than this does not open or close
_BALL = Detail(around=12, rings=4)


@dataclass(frozen=True, slots=True)
class GripperEvent:
    """The gripper opens or closes around one row of a plan."""

    row: int
    kind: Literal["open", "close"]


def phase_rows(total: int, committed: int, executing: int) -> tuple[slice, slice, slice]:
    """Rows of the three phases; each begins where the one before ends, so that lines join."""
    first = min(max(committed, 0), total)
    second = min(first + max(executing, 0), total)
    return (
        slice(0, first),
        slice(max(first - 1, 0), second) if second > first else slice(0, 0),
        slice(max(second - 1, 0), total) if total > second else slice(0, 0),
    )


def trace_mesh(
    tip: npt.ArrayLike, committed: int, executing: int, gripper: npt.ArrayLike | None = None
) -> Mesh:
    """The trace (h, 3) m with its glyphs for ``gripper`` (h,) 0…1.

    Of several tools (t, h, 3) and (t, h).
    """
    line = np.asarray(tip, dtype=np.float64)
    if line.ndim == 3:
        openings = [None] * len(line) if gripper is None else list(np.asarray(gripper))
        tools = zip(line, openings, strict=True)
        return merged([trace_mesh(one, committed, executing, opening) for one, opening in tools])
    done, now, later = phase_rows(len(line), committed, executing)
    parts = [
        dots(line[done], _DOT_M).colored((*rgb(COLORS.committed), 1.0)),
        tube(line[now], TUBE_M).colored((*rgb(COLORS.plan_near), 1.0)),
        tube(line[later], TUBE_M).colored((*rgb(COLORS.plan_far), 1.0)),
    ]
    if len(line):
        end = capsule(0.0046, 0.0, _BALL).moved(_at(line[-1]))
        parts.append(end.colored((*rgb(COLORS.plan_far), 1.0)))
    if gripper is not None:
        parts += [
            glyph(line[event.row], event.kind, _heading(line, event.row))
            for event in gripper_events(gripper)
            if event.row < len(line)
        ]
    drawn = [part for part in parts if part.triangles]
    return merged(drawn) if drawn else EMPTY


def mark_mesh(at: npt.ArrayLike, tone: str) -> Mesh:
    """A ball around the row that fails ("danger") or wants attention ("attention")."""
    color = COLORS.danger if tone == "danger" else COLORS.attention
    return capsule(0.0085, 0.0, _BALL).moved(_at(np.asarray(at))).colored((*rgb(color), 1.0))


def fan_mesh(ways: npt.ArrayLike) -> Mesh:
    """Thin faint tubes along ways (k, h, 3) m, fading to their far ends."""
    parts = []
    for way in np.asarray(ways, dtype=np.float64):
        part = tube(way, _FAN_M, around=3)
        if not part.triangles:
            continue
        rows = len(part.points) // 3
        colors = np.empty((len(part.points), 4), dtype=np.float32)
        colors[:, :3] = rgb(COLORS.plan_near)
        colors[:, 3] = np.repeat(np.linspace(0.38, 0.16, rows), 3)
        parts.append(Mesh(part.points, part.normals, colors, part.faces))
    return merged(parts)


def gripper_events(opening: npt.ArrayLike) -> list[GripperEvent]:
    """Where the gripper really opens or closes: the middle of every swing of at least 0.2."""
    values = np.asarray(opening, dtype=np.float64)
    if len(values) < 2:
        return []
    turns = [0]
    for row in range(1, len(values) - 1):
        before, after = values[row] - values[turns[-1]], values[row + 1] - values[row]
        if before * after < 0 or (abs(after) < 1e-3 <= abs(before)) or abs(before) < 1e-3:
            turns.append(row)
    turns.append(len(values) - 1)
    events = []
    for start, end in itertools.pairwise(turns):
        change = values[end] - values[start]
        if abs(change) > _CHANGE - 1e-6:
            middle = values[start] + change / 2
            row = start + int(np.abs(values[start : end + 1] - middle).argmin())
            events.append(GripperEvent(row, "open" if change > 0 else "close"))
    return events


def glyph(at: npt.NDArray[np.float64], kind: str, heading_rad: float) -> Mesh:
    """Two bars with arrow heads between them: pointing in for close, out for open."""
    apart = 0.010 if kind == "close" else 0.024
    parts = []
    for side in (-1.0, 1.0):
        bar = primitive("box", (0.0020, 0.0045, 0.0130)).moved(_at([side * apart, 0, 0]))
        inward = -side if kind == "close" else side
        tip_x = side * (apart + (0.0155 if kind == "close" else -0.0155))
        parts += [bar, _arrow(inward).moved(_at([tip_x, 0, 0]))]
    turned = np.eye(4)
    turned[:2, :2] = [
        [np.cos(heading_rad), -np.sin(heading_rad)],
        [np.sin(heading_rad), np.cos(heading_rad)],
    ]
    turned[:3, 3] = at
    return merged(parts).moved(turned).colored((*rgb(COLORS.gripper), 1.0))


def _arrow(direction: float) -> Mesh:
    """A small cone along ±x."""
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = np.column_stack([np.zeros(8), 0.0062 * np.cos(angles), 0.0062 * np.sin(angles)])
    points = np.concatenate([ring, [[direction * 0.0115, 0, 0], [0, 0, 0]]]).astype(np.float32)
    normals = np.concatenate([ring / 0.0062, [[direction, 0, 0], [-direction, 0, 0]]])
    i = np.arange(8)
    j = (i + 1) % 8
    faces = np.concatenate(
        [np.column_stack([i, j, np.full(8, 8)]), np.column_stack([j, i, np.full(8, 9)])]
    )
    if direction < 0:
        faces = faces[:, ::-1]
    white = np.ones((10, 4), np.float32)
    return Mesh(points, normals.astype(np.float32), white, faces.astype(np.uint32))


def _heading(line: npt.NDArray[np.float64], row: int) -> float:
    """Across the way of travel, seen from above."""
    way = line[min(row + 1, len(line) - 1)] - line[max(row - 1, 0)]
    return float(np.arctan2(way[1], way[0]) + np.pi / 2)


def _at(position: npt.ArrayLike) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, 3] = position
    return pose
