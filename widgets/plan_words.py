"""Plan checks as people read them: "18° margin", "clear 24 mm", "step 22 · wrist roll".

Pure text. Knows the units of :class:`recordings.types.PlanCheck`, not how a check is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from recordings.types import PlanCheck, Verdict

_TONES = {Verdict.OK: "ok", Verdict.WARN: "attention", Verdict.FAIL: "danger"}
_MARKS = {Verdict.OK: "✓", Verdict.WARN: "!", Verdict.FAIL: "✕"}


# name of a check → (what a person reads, how its value is said; {q} quantity, {share} of the bound)
_PHRASES = {
    "Joint limits": ("Joint limits", "{q} margin", "{q} beyond"),
    "Speed": ("Speed", "{share} of full speed", "{share} of full speed"),
    "Start": ("Jump at join", "{q}", "{q}"),
    "Table": ("Table", "clear {q}", "{q} inside"),
    "Workspace": ("Workspace", "{q} inside", "{q} outside"),
    "Itself": ("Arm against itself", "clear {q}", "{q} inside"),
}


@dataclass(frozen=True, slots=True)
class CheckWords:
    """One row of the card."""

    name: str
    value: str
    bound: str  # tooltip: where the bound is
    tone: str  # "ok", "attention", "danger"
    mark: str


def in_words(check: PlanCheck) -> CheckWords:
    """The row for one check; a check that is not fine names its step and joint."""
    title, fine, negative = _PHRASES.get(check.name, (sentence_case(check.name), "{q}", ""))
    phrase = negative if check.value < 0 and negative else fine
    shown = abs(check.value) if phrase is negative else check.value
    share = f"{100 * check.value / check.bound:.0f} %" if check.bound else ""
    value = phrase.format(q=quantity(shown, check.unit), share=share)
    place = where(check)
    if check.verdict is not Verdict.OK and place:
        value = f"{value}\n{place}"
    bound = f"Bound {quantity(check.bound, check.unit)}" + (
        f", nearest at {place}" if place else ""
    )
    return CheckWords(title, value, bound, _TONES[check.verdict], _MARKS[check.verdict])


def where(check: PlanCheck) -> str:
    """``step 22 · wrist roll``, or as much of it as the check is about."""
    parts = [f"step {check.step}"] if check.step >= 0 else []
    parts += [spaced(check.joint)] if check.joint else []
    return " · ".join(parts)


def quantity(value: float, unit: str) -> str:
    """A number with a unit people think in: rad → °, m → mm, fraction → %."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "no limit"
    if unit in ("rad", "rad/s", "rad/s²"):
        degrees = math.degrees(value)
        small = abs(degrees) < 1
        return f"{degrees:.2f}°{unit[3:]}" if small else f"{degrees:.0f}°{unit[3:]}"
    if unit in ("m", "m/s"):
        return f"{value * 1000:.0f} mm{unit[1:]}"
    if unit == "fraction":
        return f"{value * 100:.0f} %"
    if unit == "s" and abs(value) < 1:
        return f"{value * 1000:.0f} ms"
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"
    return f"{text} {unit}".strip()


def spaced(name: str) -> str:
    """``wrist_roll`` → ``wrist roll``."""
    return name.replace("_", " ")


def sentence_case(name: str) -> str:
    """``joint_limits`` → ``Joint limits``."""
    words = spaced(name)
    return words[:1].upper() + words[1:]
