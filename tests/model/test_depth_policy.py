"""A Think policy: depth before the plan, kept where nothing changed, refused where it is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint, companions, depth_tokenizer
from model.action_tokens import ActionTokenizer
from model.config import ModelConfig
from model.depth_memory import AFRESH_AFTER, PAUSE_NS, DepthMemory
from model.depth_tokenizer import DepthTokenizer, Sizes
from model.errors import (
    CheckpointMismatch,
    CheckpointUnreadable,
    ConfigInvalid,
    DepthUnavailable,
    ReasoningFailed,
)
from model.network import MolmoAct2
from model.policy import Policy
from model.presets import preset
from model.processor import Processor
from model.tags import TagMetadata, Tags
from model.transforms import UnitTransform
from recordings.types import Frame, Plan, RobotSpec
from recordings.wire import DepthWish, PlanRequest, decode_plan, encode_plan

MakeRequest = Callable[..., PlanRequest]
SMALL = Sizes(image_px=80, cell_px=8, codes=128, code_size=8, hidden=4)
FAST = Path(__file__).parent / "goldens" / "text-and-numeric" / "fast_tokenizer"
MS = 1_000_000


def random_network(config: ModelConfig) -> MolmoAct2:
    torch.manual_seed(4)
    network = MolmoAct2(config).eval().requires_grad_(requires_grad=False)
    if config.add_action_expert:
        for name, weight in network.expert.named_parameters():
            if "modulation" in name or "final_layer" in name:
                weight.normal_(0.0, 0.2)
    return network


@pytest.fixture(scope="module")
def think_processor(tag: TagMetadata, processor: Processor) -> Processor:
    config = replace(preset("tiny"), enable_depth_reasoning=True, action_expert_depth_gate=True)
    return Processor(config, processor.tokenizer, Tags({"bench": tag}))


@pytest.fixture(scope="module")
def think_network(think_processor: Processor) -> MolmoAct2:
    """Random weights that still end a depth answer: the end token wins wherever it may."""
    network = random_network(think_processor.config)
    language = network.backbone.model.language_model
    language.embed_tokens.weight[:, 0] = 50.0  # a column that stays positive to the end
    head = network.backbone.lm_head.weight
    head[:, 0] = 0.0  # codes do not see it
    head[think_processor.config.tokens.depth_end_token_id] = 0.0
    head[think_processor.config.tokens.depth_end_token_id, 0] = 1e6
    return network


@pytest.fixture
def think(think_network: MolmoAct2, think_processor: Processor, robot: RobotSpec) -> Policy:
    torch.manual_seed(5)
    return Policy(
        think_network,
        think_processor,
        tag="bench",
        robot=robot,
        name="thinker",
        pictures=DepthTokenizer(SMALL).eval(),
    )


def looking(make: MakeRequest, *, t_ms: int, paint: bool = False, **parts: object) -> PlanRequest:
    """A request at a time, optionally with a corner of the main picture painted over."""
    request = make(num_samples=2, **parts)
    observation = request.observation
    frames = dict(observation.frames)
    image = frames["front"].image.copy()
    if paint:
        h, w = image.shape[:2]
        image[: h // 5, : w // 5] = (255, 0, 0)
    frames["front"] = Frame("front", image, t_ms * MS, 0)
    state = replace(observation.state, t_ns=t_ms * MS)
    return replace(request, observation=replace(observation, frames=frames, state=state))


def trace_of(plan: Plan):
    assert plan.reasoning is not None
    return plan.reasoning


# ── thinking ───────────────────────────────────────────────────────────────────────────────────


def test_the_first_plan_thinks_about_every_cell(think: Policy, make_request: MakeRequest) -> None:
    plan = think.plan(looking(make_request, t_ms=100))
    trace = trace_of(plan)
    assert trace.codes.shape == trace.updated.shape == (10, 10)
    assert trace.updated.all()
    assert 0 <= trace.codes.min() <= trace.codes.max() < 128
    assert plan.timings["depth"] >= trace.took_ms > 0


def test_only_changed_cells_are_thought_about_again(
    think: Policy, make_request: MakeRequest
) -> None:
    first = trace_of(think.plan(looking(make_request, t_ms=100)))
    again = trace_of(think.plan(looking(make_request, t_ms=200, paint=True)))
    assert again.updated[:2, :2].all()
    assert again.updated.sum() <= 9  # the painted cells and those that share an edge pixel
    assert np.array_equal(again.codes[~again.updated], first.codes[~again.updated])


def test_an_unchanged_picture_keeps_every_code(think: Policy, make_request: MakeRequest) -> None:
    first = trace_of(think.plan(looking(make_request, t_ms=100)))
    again = trace_of(think.plan(looking(make_request, t_ms=200)))
    assert not again.updated.any()
    assert np.array_equal(again.codes, first.codes)


def test_a_wish_for_everything_is_granted(think: Policy, make_request: MakeRequest) -> None:
    think.plan(looking(make_request, t_ms=100))
    full = think.plan(looking(make_request, t_ms=200, depth=DepthWish.FULL))
    assert trace_of(full).updated.all()


def test_without_depth_there_is_no_trace_and_another_plan(
    think: Policy, make_request: MakeRequest
) -> None:
    plan = think.plan(looking(make_request, t_ms=100, depth=DepthWish.OFF))
    assert plan.reasoning is None
    assert "depth" not in plan.timings


@pytest.mark.parametrize(
    "later", [{"epoch": 3}, {"t_ms": 200 + PAUSE_NS // MS}], ids=["another epoch", "a pause"]
)
def test_what_was_long_ago_or_before_a_break_is_not_kept(
    think: Policy, make_request: MakeRequest, later: dict[str, int]
) -> None:
    think.plan(looking(make_request, t_ms=100))
    plan = think.plan(looking(make_request, **{"t_ms": 200, **later}))
    assert trace_of(plan).updated.all()


def test_the_same_question_twice_gives_the_same_answer_twice(
    think: Policy, make_request: MakeRequest
) -> None:
    think.plan(looking(make_request, t_ms=100))
    one, two = (think.plan(looking(make_request, t_ms=200, paint=True)) for _ in range(2))
    assert np.array_equal(trace_of(one).codes, trace_of(two).codes)
    assert np.array_equal(trace_of(one).updated, trace_of(two).updated)
    assert np.array_equal(one.samples, two.samples)


def test_every_so_often_everything_is_looked_at_afresh() -> None:
    memory, image = DepthMemory(), np.zeros((4, 4, 3), np.uint8)
    codes, found = np.zeros(100, np.int16), []
    for t in range(AFRESH_AFTER + 3):
        look = memory.before(image, t_ns=t, epoch=0)
        found.append(look is not None)
        memory.remember(image, codes, t_ns=t, epoch=0, built_on=look)
    assert [t for t, kept in enumerate(found) if not kept] == [0, AFRESH_AFTER + 1]


def test_the_trace_reaches_the_other_side_of_the_wire(
    think: Policy, make_request: MakeRequest
) -> None:
    plan = think.plan(looking(make_request, t_ms=100))
    sent, back = trace_of(plan), trace_of(decode_plan(encode_plan(plan)))
    assert np.array_equal(sent.codes, back.codes)
    assert np.array_equal(sent.updated, back.updated)
    assert back.relative_depth is not None
    assert back.relative_depth.shape == (80, 80)


def test_a_network_that_does_not_end_its_answer_is_refused(
    think_processor: Processor, robot: RobotSpec, make_request: MakeRequest
) -> None:
    network = random_network(think_processor.config)
    network.backbone.lm_head.weight[think_processor.config.tokens.depth_end_token_id] = 0.0
    network.backbone.lm_head.weight[:4] *= 100.0
    endless = Policy(network, think_processor, tag="bench", robot=robot, name="endless")
    with pytest.raises(ReasoningFailed, match="did not end its depth answer within 30 tokens"):
        endless.plan(make_request())


# ── asking for what is not there ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wish", [DepthWish.ADAPTIVE, DepthWish.FULL])
def test_depth_of_a_checkpoint_without_it_is_refused(
    policy: Policy,
    network: MolmoAct2,
    processor: Processor,
    robot: RobotSpec,
    make_request: MakeRequest,
    wish: DepthWish,
) -> None:
    assert policy.hello.settings["depth"] == "off"
    with pytest.raises(DepthUnavailable, match="test policy was made without it"):
        policy.plan(make_request(depth=wish))
    with pytest.raises(DepthUnavailable, match="plain was made without it; choose a Think"):
        Policy(network, processor, tag="bench", robot=robot, name="plain", depth=wish)


def test_a_run_with_its_depth_tokenizer_draws_depth(
    tmp_path: Path,
    think_network: MolmoAct2,
    think_processor: Processor,
    make_request: MakeRequest,
) -> None:
    folder = checkpoint.save(
        tmp_path, step=1, model=think_network, processor=think_processor, progress={}
    )
    plan = Policy.load(tmp_path).plan(make_request())
    assert trace_of(plan).relative_depth is None
    torch.manual_seed(5)
    depth_tokenizer.save(folder / depth_tokenizer.FILE, DepthTokenizer(SMALL))
    loaded = Policy.load(tmp_path)
    assert loaded.hello.settings["depth_picture"] is True
    depth = trace_of(loaded.plan(make_request())).relative_depth
    assert depth is not None
    assert np.isfinite(depth).all()


def test_a_depth_tokenizer_of_another_codebook_is_refused(
    think_network: MolmoAct2, think_processor: Processor, robot: RobotSpec
) -> None:
    other = DepthTokenizer(replace(SMALL, codes=64))
    with pytest.raises(ConfigInvalid, match="64 codes on 10 × 10 cells', expected 128 codes"):
        Policy(think_network, think_processor, tag="bench", robot=robot, name="x", pictures=other)


# ── the depth tokenizer's files ────────────────────────────────────────────────────────────────


def test_a_depth_tokenizer_survives_its_file(tmp_path: Path) -> None:
    torch.manual_seed(1)
    made = DepthTokenizer(SMALL)
    depth_tokenizer.save(tmp_path / "a.safetensors", made)
    back = depth_tokenizer.load(tmp_path / "a.safetensors")
    picture = torch.rand(2, 1, 80, 80) * 2 - 1
    codes = made.encode(picture)
    assert codes.shape == (2, 10, 10)
    assert torch.equal(codes, back.encode(picture))
    assert torch.equal(made.draw(codes), back.draw(codes))


def released_file(path: Path, *, drop: str = "") -> DepthTokenizer:
    """A file in the layout of the released depth tokenizer, of its size."""
    torch.manual_seed(2)
    made = DepthTokenizer(Sizes())
    state = {f"module.{name}": tensor for name, tensor in made.state_dict().items()}
    state["module._vq_vae._embedding"] = state.pop("module.codebook")
    state["module._vq_vae._ema_w"] = torch.zeros(3)
    torch.save({"weights": {n: t for n, t in state.items() if drop not in n or not drop}}, path)
    return made


def test_the_released_depth_tokenizer_is_read(tmp_path: Path) -> None:
    made = released_file(tmp_path / depth_tokenizer.RELEASED_FILE)
    assert made.encoder[-1].weight.shape == (512, 256, 1, 1)
    found = companions.depth_file(tmp_path)
    assert found is not None
    back = depth_tokenizer.load(found)
    codes = np.arange(100).reshape(10, 10)
    depth = back.relative_depth(codes)
    assert depth.shape == (80, 80)
    np.testing.assert_array_equal(depth, made.relative_depth(codes))


def test_a_depth_tokenizer_that_is_none_is_refused(tmp_path: Path) -> None:
    released_file(tmp_path / "short.pt", drop="decoder.4")
    with pytest.raises(CheckpointMismatch, match=r"2 missing \(decoder.4.bias"):
        depth_tokenizer.load(tmp_path / "short.pt")
    for name in ("a.pt", "a.safetensors"):
        with pytest.raises(CheckpointUnreadable, match=name):
            depth_tokenizer.load(tmp_path / name)
        (tmp_path / name).write_bytes(b"nothing of the kind")
        with pytest.raises(CheckpointUnreadable, match="no depth tokenizer"):
            depth_tokenizer.load(tmp_path / name)


# ── actions as tokens ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def writing_run(tmp_path: Path, tag: TagMetadata, processor: Processor) -> Path:
    """A run without an action expert whose network answers with nonsense."""
    config = replace(preset("tiny"), add_action_expert=False)
    network = random_network(config)
    written = Processor(config, processor.tokenizer, Tags({"bench": tag}))
    checkpoint.save(tmp_path, step=1, model=network, processor=written, progress={})
    return tmp_path


def test_a_checkpoint_that_writes_actions_needs_its_tokenizer(
    writing_run: Path, make_request: MakeRequest
) -> None:
    with pytest.raises(CheckpointUnreadable, match="no folder action_tokenizer"):
        Policy.load(writing_run)
    shutil.copytree(FAST, checkpoint.current_folder(writing_run) / "action_tokenizer")
    policy = Policy.load(writing_run)
    assert policy.hello.settings["engines"] == ["plain"]
    with pytest.raises(ReasoningFailed, match="action"):
        policy.plan(make_request())


def test_written_tokens_become_a_plan(
    tag: TagMetadata, processor: Processor, robot: RobotSpec, make_request: MakeRequest
) -> None:
    """A network that was taught to answer one chunk answers with it."""
    tokenizer = ActionTokenizer.load(FAST)
    wide = replace(preset("tiny").tokens, num_action_tokens=160)  # the test's tokenizer
    config = replace(preset("tiny"), action_mode="discrete", tokens=wide)
    short = Tags({"bench": replace(tag, action_horizon=4)})
    written = Processor(config, processor.tokenizer, short)
    rows = np.linspace(-0.4, 0.4, 4, dtype=np.float32)
    chunk = np.stack([rows, -rows, 0 * rows, 0 * rows, 0 * rows, 0 * rows], axis=1)
    ids = [wide.action_token_start_id + token for token in tokenizer.encode(chunk)]
    answer = [wide.action_start_token_id, *ids, wide.action_end_token_id, wide.eos_token_id]
    network = random_network(config)
    policy = Policy(network, written, tag="bench", robot=robot, name="writer", actions=tokenizer)
    request = make_request(num_samples=4)
    with pytest.raises(ReasoningFailed):
        policy.plan(request)
    teach(network, written, request, answer)
    plan = policy.plan(request)
    assert plan.samples is not None
    assert plan.samples.shape == (1, 4, 6)
    moved = plan.q[:, :2] - request.observation.state.q[:2]
    np.testing.assert_allclose(moved[:, 0], rows * 0.5, atol=0.05)
    np.testing.assert_allclose(moved[:, 1], -rows * 0.5, atol=0.05)


def teach(
    network: MolmoAct2, processor: Processor, request: PlanRequest, answer: list[int]
) -> None:
    """Fit the output head and the last layers to one answer."""
    images = [frame.image for frame in request.observation.frames.values()]
    state = UnitTransform(processor.tags["bench"]).normalise_state(request.observation.state.q)
    prompt = processor.encode(images, state=state, task=request.observation.task, tag="bench")
    more = torch.tensor([answer])
    none = torch.zeros_like(more, dtype=torch.bool)
    positions = prompt.position_ids[:, -1:] + 1 + torch.arange(len(answer))
    inputs = replace(
        prompt,
        input_ids=torch.cat([prompt.input_ids, more], dim=1),
        attention_mask=torch.ones(1, prompt.input_ids.shape[1] + len(answer), dtype=torch.bool),
        position_ids=torch.cat([prompt.position_ids, positions], dim=1),
        image_block=torch.cat([prompt.image_block, none], dim=1),
    )
    labels = torch.full_like(inputs.input_ids, -100)
    labels[:, -len(answer) :] = more
    language = network.backbone.model.language_model
    learning = [network.backbone.lm_head.weight, *language.layers.parameters()]
    for weight in learning:
        weight.requires_grad_(requires_grad=True)
    optimizer = torch.optim.Adam(learning, lr=3e-3)
    for _ in range(60):
        loss = network.answer_loss(inputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.01:
            break
    network.requires_grad_(requires_grad=False)
