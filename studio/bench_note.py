"""What every episode says about the bench that is open and who works at it.

Gathers it from the bench and its calibration files. Knows no recorder and no Qt.
"""

from __future__ import annotations

from pathlib import Path

from devices.bench import Bench
from devices.sim.lenses import sim_lenses
from recordings.bench_note import BenchNote, CameraNote, LensNote

SIMULATED = "simulated"


def note_of(bench: Bench, calibrations: Path, *, operator: str) -> BenchNote:
    """The note for episodes from now on.

    Args:
        bench: that is open.
        calibrations: folder of the cameras' calibration files; a broken one counts as none.
        operator: who works at it.
    """
    if bench.arms is None:
        return BenchNote(bench.name, operator, {}, _simulated(bench))
    return BenchNote(
        bench.name, operator, dict(bench.arms.fingerprints), _calibrated(bench, calibrations)
    )


def _simulated(bench: Bench) -> dict[str, CameraNote]:
    cameras = bench.robot.cameras
    lenses = sim_lenses((cameras[0].width, cameras[0].height)) if cameras else {}
    return {c.name: CameraNote(SIMULATED, lenses.get(c.name)) for c in cameras}


def _calibrated(bench: Bench, folder: Path) -> dict[str, CameraNote]:
    from devices.cameras.calibration import without_password
    from studio.views import views_of

    views = views_of(bench, folder) or {}
    notes: dict[str, CameraNote] = {}
    for camera in bench.cameras:
        view = views.get(camera.spec.name)
        lens = None if view is None else view.lens
        notes[camera.spec.name] = CameraNote(
            without_password(camera.address),
            None
            if lens is None
            else LensNote(
                lens.width,
                lens.height,
                tuple(float(v) for v in lens.intrinsics.ravel()),
                tuple(float(v) for v in lens.distortion),
                lens.error_px,
            ),
        )
    return notes
