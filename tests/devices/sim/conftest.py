"""One world and one renderer for the tests of the simulated bench: they take a moment to make."""

import pytest

from devices.kinematics import Kinematics
from devices.sim.render import SceneRenderer
from devices.sim.world import World


@pytest.fixture(scope="module")
def world():
    return World(seed=0)


@pytest.fixture(scope="session")
def kinematics():
    return Kinematics.of("so101")


@pytest.fixture(scope="module")
def renderer():
    with SceneRenderer(320, 240) as made:
        yield made
