"""The calibrated cameras of a real bench, by role: what plans are drawn into pictures with.

A camera without a calibration is left out, one with a broken file too, and that is logged: a trace
in the wrong place is worse than none. Knows no widget.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from devices.bench import Bench
from devices.cameras.calibration import CalibrationShelf, CameraCalibration
from devices.cameras.errors import InvalidCalibration

log = logging.getLogger(__name__)


def views_of(bench: Bench, folder: Path) -> Mapping[str, CameraCalibration] | None:
    """Calibrations by camera role; None when the bench is simulated and knows its cameras itself.

    Args:
        bench: whose cameras.
        folder: of calibration files.
    """
    if bench.arms is None:
        return None
    shelf, found = CalibrationShelf(folder), dict[str, CameraCalibration]()
    for camera in bench.cameras:
        try:
            calibration = shelf.load(camera.address)
        except InvalidCalibration as error:
            log.warning("camera %s: %s", camera.spec.name, error)
            continue
        if calibration is not None:
            found[camera.spec.name] = calibration
    return found
