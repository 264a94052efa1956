"""Laws of the network that hold for any weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.config import ModelConfig
from model.flow import Committed, draw_delays, draw_times
from model.network import ModelInputs, MolmoAct2
from model.presets import preset
from model.processor import Processor

SIZE = preset("tiny").image_size

H = 30


@pytest.fixture
def inputs(processor: Processor) -> ModelInputs:
    """Two examples of different length."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (2, 2, SIZE, SIZE, 3), dtype=np.uint8)
    states = rng.uniform(-1, 1, (2, 6)).astype(np.float32)
    tasks = ["put the red cube in the tray", "lift"]
    return processor.encode_batch(images, states=states, tasks=tasks, tag="bench")


def alone(inputs: ModelInputs, row: int) -> ModelInputs:
    """One example of a batch of two, without its padding."""
    valid = inputs.attention_mask[row]
    patches, tokens = len(inputs.pixel_values) // 2, len(inputs.pooling) // 2
    pooling = inputs.pooling[row * tokens : (row + 1) * tokens]
    return ModelInputs(
        input_ids=inputs.input_ids[row : row + 1, valid],
        attention_mask=inputs.attention_mask[row : row + 1, valid],
        position_ids=inputs.position_ids[row : row + 1, valid],
        image_block=inputs.image_block[row : row + 1, valid],
        pixel_values=inputs.pixel_values[row * patches : (row + 1) * patches],
        pooling=pooling - row * patches * inputs.pixel_values.shape[1],
    )


def columns(config: ModelConfig, *, used: int = 6, batch: int = 2) -> torch.Tensor:
    return (torch.arange(config.max_action_dim) >= used).expand(batch, -1)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_and_neighbours_do_not_change_an_example(
    network: MolmoAct2, inputs: ModelInputs, bidirectional: bool
) -> None:
    together = network.context(inputs, bidirectional=bidirectional)
    for row in range(2):
        single = network.context(alone(inputs, row), bidirectional=bidirectional)
        valid = inputs.attention_mask[row]
        error = (together.hidden[row, valid] - single.hidden[0]).abs().max()
        assert error < 1e-4


def test_padding_never_becomes_not_a_number(network: MolmoAct2, inputs: ModelInputs) -> None:
    context = network.context(inputs, bidirectional=True)
    assert all(bool(k.isfinite().all()) for k in (*context.keys, *context.values))


def test_causal_prompts_do_not_look_ahead(network: MolmoAct2, inputs: ModelInputs) -> None:
    changed = inputs.input_ids.clone()
    changed[:, -1] = 5
    before = network.context(inputs, bidirectional=False).hidden
    after = network.context(replace(inputs, input_ids=changed), bidirectional=False).hidden
    assert torch.equal(before[:, :-1], after[:, :-1])
    assert not torch.equal(before[:, -1], after[:, -1])


def test_pictures_look_at_each_other_only_when_bidirectional(
    network: MolmoAct2, inputs: ModelInputs
) -> None:
    pixels = inputs.pixel_values.clone()
    pixels[1] = -pixels[1]  # second picture of the first example
    first = inputs.image_block[0].nonzero()[1, 0]  # a token of the first picture
    for bidirectional in (True, False):
        before = network.context(inputs, bidirectional=bidirectional).hidden[0, first]
        changed = replace(inputs, pixel_values=pixels)
        after = network.context(changed, bidirectional=bidirectional).hidden[0, first]
        assert torch.equal(before, after) is not bidirectional


def test_many_samples_are_the_same_as_one_by_one(network: MolmoAct2, inputs: ModelInputs) -> None:
    pad = columns(network.config)
    noise = torch.randn(2, 3, H, network.config.max_action_dim)
    together = network.sample(inputs, noise, action_dim_is_pad=pad, steps=3)
    for i in range(3):
        single = network.sample(inputs, noise[:, i : i + 1], action_dim_is_pad=pad, steps=3)
        assert (together[:, i] - single[:, 0]).abs().max() < 1e-4


def test_padded_columns_stay_zero_and_change_nothing(
    network: MolmoAct2, inputs: ModelInputs
) -> None:
    pad = columns(network.config)
    noise = torch.randn(2, 1, H, network.config.max_action_dim)
    other = torch.where(pad[:, None, None], 9.0, noise)
    one = network.sample(inputs, noise, action_dim_is_pad=pad, steps=2)
    two = network.sample(inputs, other, action_dim_is_pad=pad, steps=2)
    assert torch.equal(one, two)
    assert not bool(one[..., 6:].any())


def test_rows_without_a_target_do_not_count(network: MolmoAct2, inputs: ModelInputs) -> None:
    context = network.context(inputs, bidirectional=True)
    d = network.config.max_action_dim
    noise, times = torch.randn(2, 2, H, d), torch.rand(2, 2)
    actions = torch.randn(2, H, d)
    missing = torch.arange(H).expand(2, -1) >= 20
    other = torch.where(missing[..., None], 5.0, actions)
    losses = [
        network.flow_loss_at(
            context,
            chosen,
            noise=noise,
            times=times,
            action_dim_is_pad=columns(network.config),
            horizon_is_pad=missing,
        )
        for chosen in (actions, other)
    ]
    assert torch.equal(losses[0], losses[1])


def test_a_fresh_expert_predicts_no_motion(inputs: ModelInputs) -> None:
    fresh = MolmoAct2(preset("tiny"))
    noise = torch.randn(2, 1, H, fresh.config.max_action_dim)
    chunks = fresh.sample(inputs, noise, action_dim_is_pad=columns(fresh.config, used=8), steps=2)
    assert torch.equal(chunks, noise)


def test_the_flow_loss_is_repeatable_and_trains_every_part(inputs: ModelInputs) -> None:
    torch.manual_seed(0)
    network = MolmoAct2(preset("tiny"))
    torch.nn.init.normal_(network.expert.final_layer.linear.weight)
    actions = torch.randn(2, H, network.config.max_action_dim)
    pad = columns(network.config)

    def loss() -> torch.Tensor:
        generator = torch.Generator().manual_seed(4)
        return network.flow_loss(inputs, actions, action_dim_is_pad=pad, generator=generator)

    first = loss()
    assert first.shape == (2,)
    assert torch.equal(first, loss())
    for block in network.expert.blocks:
        torch.nn.init.normal_(block.get_parameter("modulation.linear.weight"))
    loss().mean().backward()
    tower = network.backbone.model.vision_tower
    gradient = tower.patch_embedding.weight.grad
    assert gradient is not None
    assert bool(gradient.abs().sum() > 0)


def test_insulated_losses_leave_the_backbone_alone(inputs: ModelInputs) -> None:
    network = MolmoAct2(preset("tiny"))
    actions = torch.randn(2, H, network.config.max_action_dim)
    pad = columns(network.config)
    loss = network.flow_loss(inputs, actions, action_dim_is_pad=pad, detach_context=True)
    loss.mean().backward()
    assert all(p.grad is None for p in network.backbone.parameters())
    assert any(p.grad is not None for p in network.expert.parameters())


def test_answers_are_learned_from_the_token_before(
    network: MolmoAct2, processor: Processor
) -> None:
    images = np.zeros((2, 1, SIZE, SIZE, 3), np.uint8)
    inputs, labels = processor.encode_questions(
        images, questions=["where?", "where is it?"], answers=[" 42 7", " 3"]
    )
    hidden = network.context(inputs, bidirectional=True).hidden
    logits = network.backbone.lm_head(hidden).log_softmax(-1)
    terms, weights = [], []
    for row in range(2):
        at = (labels[row] >= 0).nonzero()[:, 0]
        chosen = logits[row, at - 1, labels[row, at]]
        weights.append(torch.full((len(at),), 2 / len(at) ** 0.5))
        terms.append(-chosen * weights[-1])
    wanted = torch.cat(terms).sum() / torch.cat(weights).sum()
    assert network.answer_loss(inputs, labels).item() == pytest.approx(wanted.item(), rel=1e-5)


def test_flow_times_lie_where_training_wants_them(network: MolmoAct2) -> None:
    times = draw_times(network.config, (4000,), torch.Generator().manual_seed(0))
    assert times.min() >= 0.001
    assert times.max() <= 1.0
    assert times.mean().item() == pytest.approx(0.4, abs=0.02)  # mean of Beta(1, 1.5)


# ── committed rows ─────────────────────────────────────────────────────────────────────────────


def test_committed_rows_stay_and_the_rest_follows_them(
    network: MolmoAct2, inputs: ModelInputs
) -> None:
    is_pad = columns(network.config)
    noise = torch.randn(2, 3, H, 8, generator=torch.Generator().manual_seed(0))
    context = network.expert_context(network.context(inputs, bidirectional=True))
    given = torch.linspace(-1, 1, 5 * 8).reshape(5, 8) * ~is_pad[0]
    drawn = network.sample_from(
        context, noise, action_dim_is_pad=is_pad, committed=Committed(given)
    )
    assert torch.equal(drawn[:, :, :5], given.expand(2, 3, 5, 8))
    other = network.sample_from(
        context, noise, action_dim_is_pad=is_pad, committed=Committed(-given)
    )
    assert not torch.allclose(drawn[:, :, 5:], other[:, :, 5:], atol=1e-3)


def test_no_committed_row_is_an_ordinary_draw(network: MolmoAct2, inputs: ModelInputs) -> None:
    is_pad, noise = columns(network.config), torch.randn(2, 1, H, 8)
    plain = network.sample(inputs, noise, action_dim_is_pad=is_pad)
    context = network.expert_context(network.context(inputs, bidirectional=True))
    none = network.sample_from(
        context, noise, action_dim_is_pad=is_pad, committed=Committed(torch.zeros(0, 8))
    )
    assert torch.equal(plain, none)


def test_shifts_computed_before_draw_the_same(network: MolmoAct2, inputs: ModelInputs) -> None:
    is_pad, noise = columns(network.config), torch.randn(2, 1, H, 8)
    context = network.expert_context(network.context(inputs, bidirectional=True))
    committed = Committed(torch.zeros(4, 8))
    asked = {"action_dim_is_pad": is_pad, "committed": committed}
    kept = network.modulation_for(10, rows=H, committed=4)
    one = network.sample_from(context, noise, **asked)
    assert torch.equal(one, network.sample_from(context, noise, **asked, modulation=kept))


def test_what_is_committed_is_not_learned(network: MolmoAct2, inputs: ModelInputs) -> None:
    """Targets of committed rows only enter as what is given, free rows carry the loss."""
    context = network.context(inputs, bidirectional=True)
    generator = torch.Generator().manual_seed(2)
    actions = torch.randn(2, H, 8, generator=generator)
    noise = torch.randn(2, 2, H, 8, generator=generator)
    times = torch.tensor([[0.2, 0.7], [0.4, 0.5]])
    given = {"noise": noise, "times": times, "action_dim_is_pad": columns(network.config)}
    delays = torch.tensor([[3, 0], [7, 1]])
    loss = network.flow_loss_at(context, actions, **given, delays=delays)
    elsewhere = noise.clone()
    for row in range(2):
        for n in range(2):
            elsewhere[row, n, : delays[row, n]] = 9.0  # noise of a committed row is never seen
    same = network.flow_loss_at(context, actions, **{**given, "noise": elsewhere}, delays=delays)
    torch.testing.assert_close(loss, same)
    none = network.flow_loss_at(context, actions, **given, delays=torch.zeros_like(delays))
    torch.testing.assert_close(none, network.flow_loss_at(context, actions, **given))


def test_delays_are_drawn_as_published() -> None:
    drawn = draw_delays(12, (40_000,), torch.Generator().manual_seed(0))
    shares = torch.bincount(drawn, minlength=13) / len(drawn)
    assert len(shares) == 13
    assert shares[0] == pytest.approx(0.2, abs=0.01)
    assert (shares[1:] - 0.8 / 12).abs().max() < 0.01


def test_training_commits_rows_where_the_config_says_so(
    network: MolmoAct2, inputs: ModelInputs
) -> None:
    config = network.config
    actions = torch.randn(2, H, 8, generator=torch.Generator().manual_seed(3))

    def loss() -> torch.Tensor:
        generator = torch.Generator().manual_seed(4)
        return network.flow_loss(
            inputs, actions, action_dim_is_pad=columns(config), generator=generator
        )

    plain = loss()
    try:
        network.config = replace(config, foresight=replace(config.foresight, committed_rows=12))
        assert not torch.allclose(plain, loss())
    finally:
        network.config = config
