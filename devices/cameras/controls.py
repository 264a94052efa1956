"""Exposure, white balance, gain and focus: fixed to values, or frozen where the automatic is now.

A policy that learned under one white balance fails under another, so what drifts is locked. Units
are those of V4L2; every value is read back. Knows OpenCV's property numbers, no device.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from devices.cameras.errors import ControlRefused
from devices.cameras.negotiating import VideoCapture

MANUAL_EXPOSURE, AUTO_EXPOSURE = 1.0, 3.0  # V4L2_EXPOSURE_MANUAL, _APERTURE_PRIORITY
EXPOSURE_UNITS_PER_MS = 10.0  # V4L2 counts exposure in 100 µs
_TOLERANCE = 0.1  # drivers round to their steps


@dataclass(frozen=True, slots=True)
class PictureControls:
    """What is fixed; None leaves a control to the camera, unless ``lock`` freezes it."""

    exposure_ms: float | None = None
    white_balance_k: float | None = None
    gain: float | None = None  # the camera's own unit
    focus: float | None = None  # the camera's own unit
    lock: bool = False
    """Freeze exposure and white balance that have no value at what the camera found by itself."""


@dataclass(frozen=True, slots=True)
class _Control:
    name: str
    value: int  # property number
    automatic: int | None  # property number of its automatic
    off: float = 0.0
    units: float = 1.0  # of the property per unit of ours


_EXPOSURE = _Control(
    "exposure",
    cv2.CAP_PROP_EXPOSURE,
    cv2.CAP_PROP_AUTO_EXPOSURE,
    MANUAL_EXPOSURE,
    EXPOSURE_UNITS_PER_MS,
)
_WHITE_BALANCE = _Control("white balance", cv2.CAP_PROP_WB_TEMPERATURE, cv2.CAP_PROP_AUTO_WB)
_GAIN = _Control("gain", cv2.CAP_PROP_GAIN, None)
_FOCUS = _Control("focus", cv2.CAP_PROP_FOCUS, cv2.CAP_PROP_AUTOFOCUS)


def apply_controls(capture: VideoCapture, camera: str, controls: PictureControls) -> None:
    """Fix what has a value, and let the rest be automatic.

    Raises:
        ControlRefused: the camera keeps another value.
    """
    for control, value in _wanted(controls):
        if value is not None:
            _fix(capture, camera, control, value)
    if controls.exposure_ms is None:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE)
    if controls.white_balance_k is None:
        capture.set(cv2.CAP_PROP_AUTO_WB, 1.0)


def lock_controls(capture: VideoCapture, camera: str, controls: PictureControls) -> PictureControls:
    """Freeze exposure and white balance where they are; returns all values, for the bench file.

    Call it after the automatic has settled (about a second of pictures).

    Raises:
        ControlRefused: the camera cannot switch its automatic off.
    """
    exposure_ms, white_balance_k = controls.exposure_ms, controls.white_balance_k
    if exposure_ms is None:
        exposure_ms = capture.get(_EXPOSURE.value) / EXPOSURE_UNITS_PER_MS
        _fix(capture, camera, _EXPOSURE, exposure_ms)
    if white_balance_k is None:
        white_balance_k = capture.get(_WHITE_BALANCE.value)
        _fix(capture, camera, _WHITE_BALANCE, white_balance_k)
    return PictureControls(
        exposure_ms, white_balance_k, controls.gain, controls.focus, lock=controls.lock
    )


def _wanted(controls: PictureControls) -> tuple[tuple[_Control, float | None], ...]:
    return (
        (_EXPOSURE, controls.exposure_ms),
        (_WHITE_BALANCE, controls.white_balance_k),
        (_GAIN, controls.gain),
        (_FOCUS, controls.focus),
    )


def _fix(capture: VideoCapture, camera: str, control: _Control, value: float) -> None:
    if control.automatic is not None:
        capture.set(control.automatic, control.off)
        if capture.get(control.automatic) != control.off:
            raise ControlRefused(camera, control=control.name, asked="manual", got="automatic")
    capture.set(control.value, value * control.units)
    got = capture.get(control.value) / control.units
    if abs(got - value) > max(_TOLERANCE * abs(value), 1e-6):
        raise ControlRefused(camera, control=control.name, asked=f"{value:g}", got=f"{got:g}")
