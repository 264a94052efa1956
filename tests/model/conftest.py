"""Small networks for the model tests: the real architecture at the tiny size, random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from model import checkpoint
from model.network import MolmoAct2
from model.policy import Policy
from model.presets import preset
from model.processor import Processor
from model.tags import RELATIVE, NormStats, TagMetadata, Tags
from model.tiny_tokenizer import tiny_tokenizer
from recordings.types import (
    Frame,
    JointState,
    Observation,
    RobotSpec,
    frozen_f32,
)
from recordings.wire import PlanRequest

MakeRequest = Callable[..., PlanRequest]

settings.register_profile("busy", deadline=None)  # a neighbour may hold the core for a second
settings.load_profile("busy")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Same sums in the same order on every machine, and a neighbour's core left alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tag(robot: RobotSpec) -> TagMetadata:
    return TagMetadata(
        state=NormStats(q01=(-2.0,) * 5 + (0.0,), q99=(2.0,) * 5 + (1.0,)),
        action=NormStats(q01=(-0.5,) * 5 + (0.0,), q99=(0.5,) * 5 + (1.0,)),
        setup_type="single so101 robotic arm in foresight",
        control_mode=RELATIVE,
        camera_keys=("front", "wrist"),
        action_hz=10.0,
        robot=robot,
        tasks=("put the red cube in the tray",),
    )


@pytest.fixture(scope="session")
def processor(tag: TagMetadata) -> Processor:
    return Processor(preset("tiny"), tiny_tokenizer(), Tags({"bench": tag}))


@pytest.fixture(scope="session")
def network(processor: Processor) -> MolmoAct2:
    """Random weights, also where training starts at zero: every part must matter."""
    torch.manual_seed(0)
    network = MolmoAct2(processor.config).eval()
    with torch.no_grad():
        for name, weight in network.expert.named_parameters():
            if "modulation" in name or "final_layer" in name:
                weight.normal_(0.0, 0.2)
    return network.requires_grad_(requires_grad=False)


@pytest.fixture
def run_dir(tmp_path: Path, network: MolmoAct2, processor: Processor) -> Path:
    """A saved run of the random network."""
    path = tmp_path / "a-run"
    checkpoint.save(path, step=1, model=network, processor=processor, progress={"note": "test"})
    return path


@pytest.fixture(scope="session")
def loaded(network: MolmoAct2, processor: Processor) -> checkpoint.Loaded:
    """A checkpoint in memory, to export."""
    return checkpoint.Loaded(model=network, processor=processor, progress={}, path=Path("memory"))


@pytest.fixture(scope="session")
def wide(processor: Processor) -> checkpoint.Loaded:
    """The same sizes with as many action columns as LeRobot insists on, random weights."""
    config = replace(processor.config, max_action_dim=32)
    torch.manual_seed(1)
    model = MolmoAct2(config).eval().requires_grad_(requires_grad=False)
    own = Processor(config, processor.tokenizer, processor.tags)
    return checkpoint.Loaded(model=model, processor=own, progress={}, path=Path("memory"))


@pytest.fixture(scope="session")
def policy(network: MolmoAct2, processor: Processor, robot: RobotSpec) -> Policy:
    return Policy(network, processor, tag="bench", robot=robot, name="test policy")


@pytest.fixture(scope="session")
def make_request(robot: RobotSpec) -> MakeRequest:
    """A plan request with random pictures; keywords replace its parts."""

    def make(*, q: object = None, frames: dict[str, Frame] | None = None, **parts: object):
        rng = np.random.default_rng(3)
        pictures = {
            camera.name: Frame(
                camera.name,
                rng.integers(0, 256, (camera.height, camera.width, 3), dtype=np.uint8),
                1_000,
                0,
            )
            for camera in robot.cameras
        }
        state = frozen_f32([0.1, -0.4, 0.6, 0.2, -0.1, 0.8] if q is None else q)
        observation = Observation(
            JointState(state, 1_000),
            pictures if frames is None else frames,
            "Put the red cube in the tray.",
        )
        request = PlanRequest(
            observation=observation,
            epoch=2,
            plan_id=7,
            prefix=None,
            prefix_dt_s=0.1,
            delay_steps=0,
            num_samples=1,
            seed=11,
        )
        return replace(request, **parts)

    return make
