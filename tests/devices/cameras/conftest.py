"""Emulated network cameras, and cameras that look at them."""

from collections.abc import Callable, Iterator

import pytest

from devices.cameras.drained import DrainedCamera
from devices.cameras.http_stream import HttpStream
from devices.emulators.camera_stand import CameraStand, StandPlan
from devices.emulators.camera_troubles import Script
from devices.emulators.pictures import TestCard
from recordings.types import CameraSpec

SPEC = CameraSpec("front", width=160, height=120, fps=20.0)


@pytest.fixture
def stand() -> Iterator[CameraStand]:
    """One running camera "front", 160×120 at 20 Hz, showing the test card."""
    made = CameraStand(StandPlan(("front",), width=160, height=120, fps=20.0, pictures=TestCard()))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def scripted() -> Iterator[Callable[[Script], CameraStand]]:
    """The same with a script of troubles."""
    stands: list[CameraStand] = []

    def start(script: Script) -> CameraStand:
        plan = StandPlan(
            ("front",), width=160, height=120, fps=20.0, scripts={"front": tuple(script)}
        )
        stands.append(CameraStand(plan))
        stands[-1].start()
        return stands[-1]

    yield start
    for made in stands:
        made.stop()


@pytest.fixture(scope="session")
def spec() -> CameraSpec:
    """What the emulated camera delivers."""
    return SPEC


@pytest.fixture(scope="session")
def looking_at() -> Callable[..., DrainedCamera]:
    """A closed camera at an address: ``looking_at(url, spec=…)``."""

    def look(url: str, spec: CameraSpec = SPEC) -> DrainedCamera:
        return DrainedCamera(spec, lambda: HttpStream(spec, url))

    return look
