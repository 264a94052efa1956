"""The colours of Foresight, dark and light, by meaning.

Knows no Qt: plain hex strings. ``COLORS`` is the palette in use; painted widgets read it when they
paint, so switching is a repaint. Text roles keep at least 4.5:1 on the surfaces they are used on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

TEXT_PAIRS = (
    # (text role, surface role): every pair the widgets really use
    ("text", "background"), ("text", "panel"), ("text", "raised"), ("text", "bar"),
    ("text", "sunken"), ("text", "control"), ("text", "control_hover"), ("text", "selection"),
    ("strong", "background"), ("strong", "raised"), ("strong", "selection"),
    ("quiet", "background"), ("quiet", "panel"), ("quiet", "raised"), ("quiet", "bar"),
    ("quiet", "sunken"),
    ("ok", "raised"), ("ok", "panel"), ("ok", "background"), ("ok", "bar"),
    ("attention", "raised"), ("attention", "panel"), ("attention", "background"),
    ("danger_text", "raised"), ("danger_text", "panel"), ("danger_text", "background"),
    ("danger_text", "bar"),
    ("human", "raised"), ("human", "panel"), ("plan_text", "background"),
    ("plan_far_text", "background"),
    ("on_fill", "primary"), ("on_fill", "primary_hover"), ("on_fill", "ok_fill"),
    ("on_fill", "danger"), ("on_fill", "danger_hover"), ("on_fill", "human_fill"),
    ("on_attention", "attention_fill"),
)  # fmt: skip


@dataclass(slots=True)
class Palette:
    """Hex colours by role."""

    name: str
    background: str
    panel: str
    bar: str
    raised: str
    sunken: str
    control: str
    control_hover: str
    selection: str
    border: str
    text: str
    strong: str
    quiet: str
    on_fill: str
    primary: str
    primary_hover: str
    ok: str
    ok_fill: str
    attention: str
    attention_fill: str
    on_attention: str
    danger: str
    danger_hover: str
    danger_text: str
    human: str
    human_fill: str
    focus: str
    plan_near: str
    plan_far: str
    plan_text: str
    plan_far_text: str
    committed: str
    measured: str
    gripper: str
    table: str
    grid: str
    shadow: str
    series: tuple[str, ...]


DARK = Palette(
    name="dark",
    background="#101317",
    panel="#181c22",
    bar="#1b1f26",
    raised="#20252e",
    sunken="#12151a",
    control="#2c3442",
    control_hover="#384253",
    selection="#2a3a55",
    border="#2b323d",
    text="#d8dee8",
    strong="#f2f5f9",
    quiet="#8f9aaa",
    on_fill="#ffffff",
    primary="#2a72d4",
    primary_hover="#2467c2",
    ok="#58c98a",
    ok_fill="#1f6f4a",
    attention="#e6b24c",
    attention_fill="#e6b24c",
    on_attention="#20180a",
    danger="#c62f35",
    danger_hover="#d13a40",
    danger_text="#ff8a8e",
    human="#6aa0ff",
    human_fill="#2862c8",
    focus="#7db8ff",
    plan_near="#35d0ff",
    plan_far="#2f7de1",
    plan_text="#35d0ff",
    plan_far_text="#6aa8f5",
    committed="#7f8b99",
    measured="#e8edf4",
    gripper="#ffd166",
    table="#161a20",
    grid="#394352",
    shadow="#0c0e11",
    series=(
        "#e8edf4", "#e6b24c", "#58c98a", "#c58af9", "#ff8fa3", "#35d0ff", "#b0c4de", "#f4845f",
    ),
)  # fmt: skip

LIGHT = Palette(
    name="light",
    background="#eceff3",
    panel="#f5f7fa",
    bar="#fbfcfd",
    raised="#ffffff",
    sunken="#ffffff",
    control="#e2e7ee",
    control_hover="#d5dce6",
    selection="#d3e3fb",
    border="#d5dbe4",
    text="#232b36",
    strong="#0f151d",
    quiet="#566171",
    on_fill="#ffffff",
    primary="#2068c8",
    primary_hover="#1b5cb4",
    ok="#157044",
    ok_fill="#1c7a4e",
    attention="#855600",
    attention_fill="#f0bb52",
    on_attention="#20180a",
    danger="#c62f35",
    danger_hover="#ad262c",
    danger_text="#b4232a",
    human="#1d5fd1",
    human_fill="#2862c8",
    focus="#2068c8",
    plan_near="#0aa3d6",
    plan_far="#2f6fd0",
    plan_text="#006c92",
    plan_far_text="#2058b8",
    committed="#76818f",
    measured="#6f7b8a",
    gripper="#c98a00",
    table="#e2e7ed",
    grid="#c3cbd6",
    shadow="#cfd6df",
    series=(
        "#3b4654", "#b07200", "#157044", "#8440c4", "#c8335a", "#0080aa", "#55708f", "#c04a20",
    ),
)  # fmt: skip

COLORS = Palette(**{f.name: getattr(DARK, f.name) for f in fields(Palette)})


def use(palette: Palette) -> None:
    """Make ``palette`` the colours in use (in place: everybody holds the same ``COLORS``)."""
    for field in fields(Palette):
        setattr(COLORS, field.name, getattr(palette, field.name))


def luminance(color: str) -> float:
    """Relative luminance 0…1 of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: str, surface: str) -> float:
    """Contrast ratio 1…21 of two ``#rrggbb`` colours (WCAG 2.2)."""
    light, dark = sorted((luminance(text), luminance(surface)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb(color: str) -> tuple[float, float, float]:
    """``#rrggbb`` as three fractions 0…1."""
    return (int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255)
