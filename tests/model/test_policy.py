"""Observation in, trajectory out; what cannot be planned from is refused with both sides named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.errors import BadObservation, BadPlan, BadRequest, RobotMismatch, UnknownTag
from model.network import MolmoAct2
from model.norm_stats import NormStats
from model.policy import Policy
from model.presets import preset
from model.processor import Processor
from model.rtc import prefix_weights
from model.tags import ABSOLUTE, TagMetadata, Tags
from recordings.types import Frame, RobotSpec, frozen_f32
from recordings.wire import PlanRequest, decode_plan, encode_plan

SIZE = preset("tiny").image_size

MakeRequest = Callable[..., PlanRequest]


def test_a_plan_covers_the_horizon_in_robot_units(
    policy: Policy, make_request: MakeRequest
) -> None:
    plan = policy.plan(make_request())
    assert plan.q.shape == (30, 6)
    assert plan.dt_s == pytest.approx(0.1)
    reach = np.abs(plan.q[:, :5] - make_request().observation.state.q[:5]).max()
    assert reach <= 0.5 + 1e-5  # relative targets stay within what training saw
    assert 0.0 <= plan.q[:, 5].min() <= plan.q[:, 5].max() <= 1.0


def test_a_plan_answers_its_request(policy: Policy, make_request: MakeRequest) -> None:
    plan = policy.plan(make_request(plan_id=41, epoch=5, seed=8))
    assert (plan.id, plan.epoch, plan.seed, plan.policy) == (41, 5, 8, "test policy")
    assert plan.observed_ns == 1_000


def test_the_same_request_gives_the_same_plan(policy: Policy, make_request: MakeRequest) -> None:
    first, second = (policy.plan(make_request(num_samples=4)) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)


def test_another_seed_gives_another_plan(policy: Policy, make_request: MakeRequest) -> None:
    first, second = (policy.plan(make_request(seed=seed)) for seed in (1, 2))
    assert not np.allclose(first.q, second.q)


def test_every_sample_is_returned_and_the_plan_is_one_of_them(
    policy: Policy, make_request: MakeRequest
) -> None:
    plan = policy.plan(make_request(num_samples=5))
    assert plan.samples is not None
    assert plan.samples.shape == (5, 30, 6)
    assert any(np.array_equal(plan.q, sample) for sample in plan.samples)


def test_every_stage_is_timed(policy: Policy, make_request: MakeRequest) -> None:
    timings = policy.plan(make_request()).timings
    parts = sum(timings[stage] for stage in ("encode", "vision", "prefill", "flow", "restore"))
    assert parts == pytest.approx(timings["total"], rel=1e-6)
    assert min(timings.values()) >= 0


def test_a_guided_plan_continues_the_running_one(policy: Policy, make_request: MakeRequest) -> None:
    state = make_request().observation.state.q
    running = np.tile(state, (20, 1)).astype(np.float32)
    running[:, :5] += np.linspace(0, 0.4, 20)[:, None]
    asked = {"num_samples": 6, "prefix": running, "delay_steps": 4}
    free = policy.plan(make_request(num_samples=6))
    guided = policy.plan(make_request(**asked))
    away = [np.abs(plan.q[:4] - running[:4]).mean() for plan in (free, guided)]
    assert away[1] < 0.3 * away[0]


def test_the_sample_closest_to_the_running_plan_is_chosen(
    policy: Policy, make_request: MakeRequest
) -> None:
    running = np.tile(make_request().observation.state.q, (6, 1))
    plan = policy.plan(make_request(num_samples=8, prefix=running, delay_steps=2))
    assert plan.samples is not None
    scale = [0.5] * 5 + [0.5]  # half the range of each column in training
    away = (plan.samples[:, :6] - running) / scale
    distance = np.sqrt((away**2 * [1, 1, 1, 1, 1, 0.2]).sum(-1))
    costs = distance @ prefix_weights(6, delay=2, end=6).numpy()
    assert np.array_equal(plan.q, plan.samples[costs.argmin()])


def test_a_short_delay_that_training_knew_is_committed_and_a_longer_one_guided(
    network: MolmoAct2, processor: Processor, robot: RobotSpec, make_request: MakeRequest
) -> None:
    config = network.config
    trained = replace(config, foresight=replace(config.foresight, committed_rows=4))
    running = np.tile(make_request().observation.state.q, (20, 1)).astype(np.float32)
    running[:, :5] += np.linspace(0, 0.4, 20)[:, None]
    try:
        network.config = trained
        policy = Policy(network, processor, tag="bench", robot=robot, name="trained")
        assert policy.hello.settings["engines"] == ["plain", "guided", "committed"]
        short = policy.plan(make_request(num_samples=3, prefix=running, delay_steps=4))
        late = policy.plan(make_request(num_samples=3, prefix=running, delay_steps=5))
    finally:
        network.config = config
    assert short.samples is not None
    np.testing.assert_allclose(short.samples[:, :4], running[None, :4].repeat(3, 0), atol=1e-5)
    away = [np.abs(plan.q[:4] - running[:4]).max() for plan in (short, late)]
    assert away[1] > 10 * away[0]


def test_a_prefix_at_another_rate_means_the_same(policy: Policy, make_request: MakeRequest) -> None:
    coarse = np.tile(make_request().observation.state.q, (8, 1))
    coarse[:, 0] += np.linspace(0, 0.35, 8)
    fine_s = np.linspace(0, 0.7, 71)
    columns = [np.interp(fine_s, np.arange(8) * 0.1, column) for column in coarse.T]
    fine = frozen_f32(np.stack(columns, axis=1))
    one = policy.plan(make_request(prefix=frozen_f32(coarse), delay_steps=3))
    two = policy.plan(make_request(prefix=fine, prefix_dt_s=0.01, delay_steps=3))
    np.testing.assert_allclose(one.q, two.q, atol=1e-4)


def test_the_prefix_is_counted_from_the_new_state(
    policy: Policy, make_request: MakeRequest
) -> None:
    """The same absolute targets stay the same targets when the arm has moved on."""
    state = np.array(make_request().observation.state.q)
    running = np.tile(state, (20, 1)).astype(np.float32)
    moved = state + np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.0])
    plan = policy.plan(make_request(q=moved, prefix=running, delay_steps=20))
    assert np.abs(plan.q[:10, :5] - running[:10, :5]).max() < 0.1


def test_black_pictures_still_give_a_plan(
    policy: Policy, make_request: MakeRequest, robot: RobotSpec
) -> None:
    image = np.zeros((240, 320, 3), np.uint8)
    frames = {name: Frame(name, image, 0, 0) for name in robot.camera_names}
    assert np.isfinite(policy.plan(make_request(frames=frames)).q).all()


@pytest.mark.parametrize("size", [(37, 51), (1, 1), (480, 640)])
def test_pictures_of_any_size_are_squashed(
    policy: Policy, make_request: MakeRequest, size: tuple[int, int]
) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    frames = {**make_request().observation.frames, "wrist": Frame("wrist", image, 0, 0)}
    assert np.isfinite(policy.plan(make_request(frames=frames)).q).all()


def test_a_state_outside_of_training_is_told_with_the_plan(
    policy: Policy, make_request: MakeRequest
) -> None:
    assert policy.plan(make_request()).notes == ()
    plan = policy.plan(make_request(q=[0.0, -2.5, 0.0, 0.0, 0.0, 1.2]))
    assert [note.split(":")[0] for note in plan.notes] == [
        "shoulder_lift is at -2.50 rad, training saw -2.00 … 2.00 rad",
        "gripper is at 1.20 open, training saw 0.00 … 1.00 open",
    ]
    assert isinstance(decode_plan(encode_plan(plan)).notes, tuple)


# ── refusals ───────────────────────────────────────────────────────────────────────────────────


def test_a_missing_camera_is_refused_with_both_sides(
    policy: Policy, make_request: MakeRequest
) -> None:
    frames = {"front": make_request().observation.frames["front"]}
    with pytest.raises(RobotMismatch, match="front, wrist in training, front now"):
        policy.plan(make_request(frames=frames))


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((48, 64, 3), np.float32), r"float32 of shape \(48, 64, 3\)"),
        (np.zeros((48, 64), np.uint8), r"uint8 of shape \(48, 64\)"),
        (np.zeros((48, 64, 4), np.uint8), r"uint8 of shape \(48, 64, 4\)"),
        (np.zeros((0, 64, 3), np.uint8), r"uint8 of shape \(0, 64, 3\)"),
    ],
)
def test_a_picture_of_another_kind_is_refused(
    policy: Policy, make_request: MakeRequest, image: np.ndarray, said: str
) -> None:
    frames = {**make_request().observation.frames, "wrist": Frame("wrist", image, 0, 0)}
    with pytest.raises(BadObservation, match=f"camera 'wrist' is {said}"):
        policy.plan(make_request(frames=frames))


def test_a_state_that_is_not_a_number_names_the_joint(
    policy: Policy, make_request: MakeRequest
) -> None:
    q = [0.0, np.nan, 0.0, 0.0, 0.0, 0.5]
    with pytest.raises(BadObservation, match=r"not finite \(shoulder_lift\)"):
        policy.plan(make_request(q=q))


def test_a_state_of_another_arm_is_refused(policy: Policy, make_request: MakeRequest) -> None:
    with pytest.raises(RobotMismatch, match=r"6 joints in training, a state of shape \(7,\) now"):
        policy.plan(make_request(q=[0.0] * 7))


@pytest.mark.parametrize(
    "parts",
    [
        {"num_samples": 0},
        {"num_samples": 65},
        {"prefix": np.zeros((4, 5), np.float32)},
        {"prefix": np.zeros((0, 6), np.float32)},
        {"prefix": np.full((4, 6), np.inf, np.float32)},
        {"prefix": np.zeros((4, 6), np.float32), "delay_steps": 30},
        {"prefix": np.zeros((4, 6), np.float32), "prefix_dt_s": 0.0},
    ],
    ids="-".join,
)
def test_a_request_that_does_not_fit_is_refused(
    policy: Policy, make_request: MakeRequest, parts: dict[str, object]
) -> None:
    with pytest.raises(BadRequest, match="plan request: "):
        policy.plan(make_request(**parts))


def test_a_network_that_answers_with_nonsense_is_caught(
    run_dir: Path, make_request: MakeRequest
) -> None:
    loaded = checkpoint.load(run_dir)
    torch.nn.init.constant_(loaded.model.expert.final_layer.linear.bias, float("nan"))
    robot = loaded.processor.tags["bench"].robot
    assert robot is not None
    broken = Policy(loaded.model, loaded.processor, tag="bench", robot=robot, name="broken")
    with pytest.raises(BadPlan, match=r"not finite \(seed 11\)"):
        broken.plan(make_request())


# ── loading ────────────────────────────────────────────────────────────────────────────────────


def save_tags(tmp_path: Path, network: MolmoAct2, processor: Processor, tags: Tags) -> Path:
    changed = Processor(processor.config, processor.tokenizer, tags)
    checkpoint.save(tmp_path, step=1, model=network, processor=changed, progress={})
    return tmp_path


def test_a_saved_run_plans_like_the_network_it_came_from(
    run_dir: Path, policy: Policy, make_request: MakeRequest
) -> None:
    loaded = Policy.load(run_dir)
    assert loaded.hello.policy == "a-run"
    assert np.array_equal(loaded.plan(make_request()).q, policy.plan(make_request()).q)


def test_the_greeting_says_what_the_policy_is(policy: Policy, robot: RobotSpec) -> None:
    hello = policy.hello
    assert hello.robot.mismatch(robot) is None
    assert (hello.dt_s, hello.horizon, hello.image_size) == (pytest.approx(0.1), 30, SIZE)
    assert hello.tasks == ("put the red cube in the tray",)
    assert hello.state_low.tolist() == [-2.0] * 5 + [0.0]


def test_a_run_with_several_tags_needs_a_choice(
    tmp_path: Path, network: MolmoAct2, processor: Processor, tag: TagMetadata
) -> None:
    run = save_tags(tmp_path, network, processor, Tags({"left": tag, "right": tag}))
    with pytest.raises(UnknownTag, match="left, right"):
        Policy.load(run)
    assert Policy.load(run, tag="right").hello.settings["tag"] == "right"


def test_a_run_that_does_not_know_its_robot_is_refused(
    tmp_path: Path, network: MolmoAct2, processor: Processor, tag: TagMetadata
) -> None:
    run = save_tags(tmp_path, network, processor, Tags({"bench": replace(tag, robot=None)}))
    with pytest.raises(RobotMismatch, match="does not say which robot"):
        Policy.load(run)


def test_statistics_of_another_arm_are_refused(
    tmp_path: Path, network: MolmoAct2, processor: Processor, tag: TagMetadata
) -> None:
    seven = replace(tag.state, q01=(0.0,) * 7, q99=(1.0,) * 7)
    run = save_tags(tmp_path, network, processor, Tags({"bench": replace(tag, state=seven)}))
    with pytest.raises(RobotMismatch, match=r"6 joints \(so101\), 7 state statistics"):
        Policy.load(run)


def test_a_horizon_beyond_the_networks_is_refused(
    tmp_path: Path, network: MolmoAct2, processor: Processor, tag: TagMetadata
) -> None:
    long = Tags({"bench": replace(tag, action_horizon=31)})
    with pytest.raises(RobotMismatch, match="6 joints × 31 rows asked, 8 × 30 possible"):
        Policy.load(save_tags(tmp_path, network, processor, long))


def released_so_tag() -> TagMetadata:
    """As in a released file: degrees of the old calibration, no robot, no camera names."""
    stats = NormStats(
        q01=(-20.0, 60.0, 60.0, -20.0, -20.0, 0.0), q99=(20.0, 120.0, 120.0, 20.0, 20.0, 100.0)
    )
    return TagMetadata(
        state=stats, action=stats, setup_type="single so100/so101", control_mode=ABSOLUTE
    )


def test_a_released_tag_plans_in_the_units_of_the_bench(
    tmp_path: Path,
    network: MolmoAct2,
    processor: Processor,
    robot: RobotSpec,
    make_request: MakeRequest,
) -> None:
    name = "so100_so101_molmoact2"
    run = save_tags(tmp_path, network, processor, Tags({name: released_so_tag()}))
    policy = Policy.load(run, robot=robot)
    assert policy.hello.robot == robot
    assert policy.hello.state_low[1] == pytest.approx(np.radians(-30.0), abs=1e-4)
    plan = policy.plan(make_request(q=[0.0, 0.0, 0.0, 0.0, 0.0, 0.5]))
    assert np.abs(np.degrees(plan.q[:, :5])).max() <= 30.0 + 1e-3
    assert 0.0 <= plan.q[:, 5].min() <= plan.q[:, 5].max() <= 1.0
    assert plan.notes == ()


def test_a_bench_that_does_not_fit_is_refused_before_anything_is_served(
    tmp_path: Path, network: MolmoAct2, processor: Processor, robot: RobotSpec
) -> None:
    tags = Tags({"so100_so101_molmoact2": released_so_tag()})
    run = save_tags(tmp_path, network, processor, tags)
    one_camera = replace(robot, cameras=robot.cameras[:1])
    with pytest.raises(RobotMismatch, match="any 2 in training, front on this bench"):
        Policy.load(run, robot=one_camera)
