"""The network against numbers of the reference implementation.

Which goldens: see :mod:`golden_case`.
Floats within 2e-5, gradient norms within 1e-4 relative, ids and masks exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from golden_case import FLOAT, GRADIENT, ROOT, Golden, variants

from model.backbone import image_features, vision_features
from model.images import patchify, pooling_indices, squash
from model.inputs import ModelInputs
from model.mapping import to_released
from model.network import Context, expert_mask
from model.prompt import state_bins
from model.rtc import PrefixGuidance, prefix_weights

Z_WEIGHT = 1e-4  # the reference reports its z-loss with the weight applied
PLAIN = variants("plain")


@pytest.fixture(scope="module", params=PLAIN)
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden.load(request.param)


@pytest.fixture(scope="module")
def context(golden: Golden) -> Context:
    with torch.no_grad():
        return golden.network.context(golden.inputs(), bidirectional=True)


@pytest.fixture(scope="module")
def causal(golden: Golden) -> Context:
    with torch.no_grad():
        return golden.network.context(golden.inputs(), bidirectional=False)


def plain_mask(context: Context, inputs: ModelInputs) -> Context:
    return replace(context, mask=inputs.attention_mask)


def test_there_is_at_least_one_golden() -> None:
    assert PLAIN, f"no golden folders in {ROOT}"


def test_positions_count_the_valid_tokens(golden: Golden) -> None:
    rows = golden.inputs().attention_mask
    given = golden.tensor("position_ids")
    assert torch.equal(golden.inputs().position_ids[rows], given[rows])


def test_pictures_become_the_same_patches(golden: Golden) -> None:
    grey = 2.0 / 255.0
    size, patch = golden.config.image_size, golden.config.vision.image_patch_size
    names = sorted(n for n in golden.given if n.startswith("image_") and n[6].isdigit())
    pictures = [squash(golden.given[name], size=size) for name in names]
    patches = patchify(torch.from_numpy(np.stack(pictures)), patch=patch)
    error = (patches - golden.tensor("pixel_values")).abs()
    assert error.max() <= grey * 1.01
    assert (error > grey / 2).float().mean() <= 1e-4  # rounding of exact ties


def test_patches_are_pooled_two_by_two(golden: Golden) -> None:
    one = pooling_indices(golden.config.vision.patch_grid, side=golden.config.foresight.pooling)
    pictures = len(golden.given["pixel_values"])
    assert torch.equal(one.repeat(pictures, 1), golden.tensor("image_token_pooling"))


def test_states_fall_into_the_same_bins(golden: Golden) -> None:
    bins = [
        state_bins(state, count=golden.config.tokens.num_state_tokens)
        for state in golden.given["normalized_state"]
    ]
    assert np.array_equal(bins, golden.given["state_bins"])


def test_image_tokens_are_recognised(golden: Golden) -> None:
    assert torch.equal(golden.inputs().image_block, golden.tensor("token_type_ids").bool())


@torch.no_grad()
def test_vision_features_match(golden: Golden) -> None:
    native = golden.network.backbone.model
    features = vision_features(native, golden.tensor("pixel_values"))
    wanted = torch.from_numpy(golden.expected["vit_features"]).reshape(features.shape)
    assert (features - wanted).abs().max() <= FLOAT
    golden.check("image_features", image_features(native, golden.inputs()))


@pytest.mark.parametrize("pattern", ["bidirectional", "causal"])
def test_keys_values_and_hidden_states_match(
    golden: Golden, context: Context, causal: Context, pattern: str
) -> None:
    made, front, back = {
        "bidirectional": (context, "", ""),
        "causal": (causal, "causal_", "_causal"),
    }[pattern]
    rows = golden.inputs().attention_mask
    for layer, (keys, values) in enumerate(zip(made.keys, made.values, strict=True)):
        golden.check(f"{front}k_{layer}", keys, rows=rows)
        golden.check(f"{front}v_{layer}", values, rows=rows)
    golden.check(f"last_hidden_state{back}", made.hidden, rows=rows)


def test_the_next_token_is_predicted_the_same(golden: Golden, context: Context) -> None:
    golden.check("logits_last", golden.network.backbone.lm_head(context.hidden[:, -1]))


def test_the_expert_may_look_at_the_same_tokens(golden: Golden, context: Context) -> None:
    assert torch.equal(context.mask, torch.from_numpy(golden.expected["encoder_mask"]))


@torch.no_grad()
def test_velocity_matches(golden: Golden, context: Context) -> None:
    expert, rows = golden.network.expert, golden.inputs().attention_mask
    prepared = golden.network.expert_context(context)
    golden.check("context_k_0", prepared.keys[0].transpose(1, 2), rows=rows)
    golden.check("context_v_0", prepared.values[0].transpose(1, 2), rows=rows)
    times, noisy = golden.tensor("ae_t"), golden.tensor("ae_x")[:, None]
    golden.check("time_conditioning", expert.time_embed(times))
    modulation = expert.modulation(times)
    golden.check("velocity", expert.velocity(noisy, modulation, prepared)[:, 0])
    masked = expert.velocity(
        noisy, modulation, prepared, valid_rows=golden.tensor("ae_horizon_valid")
    )
    golden.check("velocity_horizon_masked", masked[:, 0])


def test_a_flow_time_per_row_equals_one_per_chunk(golden: Golden) -> None:
    times, rows = golden.tensor("ae_t"), golden.given["ae_x"].shape[1]
    one = golden.network.expert.modulation(times)
    each = golden.network.expert.modulation(times[:, None].expand(-1, rows))
    assert (one.blocks[0] - each.blocks[0]).abs().max() <= 1e-6


@pytest.mark.parametrize("steps", [10, 4])
def test_actions_match(golden: Golden, steps: int) -> None:
    noise = golden.tensor(f"noise_{steps}")[:, None]
    chunks = golden.network.sample(
        golden.inputs(), noise, action_dim_is_pad=golden.is_pad, steps=steps
    )
    golden.check(f"actions_{steps}", chunks[:, 0])


def test_every_euler_step_matches(golden: Golden, context: Context) -> None:
    states: list[torch.Tensor] = []

    def watch(chunks: torch.Tensor, velocity: torch.Tensor, _time: float) -> torch.Tensor:
        states.append((chunks + velocity / 10)[:, 0])
        return velocity

    golden.network.sample_from(
        golden.network.expert_context(context),
        golden.tensor("noise_10")[:, None],
        action_dim_is_pad=golden.is_pad,
        guidance=watch,
    )
    golden.check("trajectory_10", torch.stack(states, dim=1))


def test_actions_match_when_nothing_is_hidden_from_the_expert(
    golden: Golden, context: Context
) -> None:
    chunks = golden.network.sample_from(
        golden.network.expert_context(plain_mask(context, golden.inputs())),
        golden.tensor("noise_10")[:, None],
        action_dim_is_pad=golden.is_pad,
    )
    golden.check("actions_10_continuous_mask", chunks[:, 0])


@pytest.mark.parametrize("schedule", ["linear", "exp"])
def test_guided_actions_match(golden: Golden, context: Context, schedule: str) -> None:
    rows = golden.given["noise_10"].shape[1]
    weights = prefix_weights(rows, delay=1, end=rows - 1, schedule=schedule)
    golden.check(f"rtc_weights_{schedule}", weights)
    left = golden.tensor("rtc_prev_chunk_left_over")
    target = torch.zeros_like(golden.tensor("noise_10"))[:, None]
    target[:, 0, : left.shape[1], : left.shape[2]] = left
    chunks = golden.network.sample_from(
        golden.network.expert_context(plain_mask(context, golden.inputs())),
        golden.tensor("noise_10")[:, None],
        action_dim_is_pad=golden.is_pad,
        guidance=PrefixGuidance(target, weights),
    )
    golden.check(f"rtc_actions_{schedule}", chunks[:, 0])


def flow_loss(golden: Golden, context: Context, **options: object) -> torch.Tensor:
    loss: Callable[..., torch.Tensor] = golden.network.flow_loss_at
    return loss(
        context,
        golden.tensor("train_actions"),
        noise=golden.tensor("train_noise"),
        times=golden.tensor("train_timesteps"),
        action_dim_is_pad=golden.is_pad,
        **options,
    )


def test_flow_losses_match(golden: Golden, causal: Context) -> None:
    inputs = golden.inputs()
    plain = plain_mask(causal, inputs)
    both = replace(causal, mask=expert_mask(inputs, replace(golden.config, action_mode="both")))
    golden.check("flow_loss_continuous", flow_loss(golden, plain))
    golden.check("flow_loss_both", flow_loss(golden, both))
    padded = golden.tensor("train_horizon_is_pad")
    golden.check("flow_loss_horizon_masked", flow_loss(golden, plain, horizon_is_pad=padded))


@torch.no_grad()
def test_losses_of_discrete_and_continuous_answers_match(golden: Golden) -> None:
    inputs = golden.inputs("train_both_")
    context = golden.network.context(inputs, bidirectional=False)
    both = expert_mask(inputs, replace(golden.config, action_mode="both"))
    assert torch.equal(both, torch.from_numpy(golden.expected["both_encoder_mask"]))
    golden.check("both_flow_loss", flow_loss(golden, replace(context, mask=both)))
    entropy, z = golden.network.answer_terms(context, golden.tensor("train_both_labels"))
    golden.check("both_ce_mean", entropy)
    golden.check("both_z_mean", z * Z_WEIGHT)


@pytest.mark.parametrize("insulated", [False, True])
def test_gradients_match(golden: Golden, insulated: bool) -> None:
    network, inputs = golden.network, golden.inputs()
    network.zero_grad()
    context = plain_mask(network.context(inputs, bidirectional=False), inputs)
    flow_loss(golden, context, detach_context=insulated).mean().backward()
    gradients = {
        name: torch.zeros_like(weight) if weight.grad is None else weight.grad
        for name, weight in network.named_parameters()
    }
    released = to_released(gradients, golden.config)
    names = golden.given["param_names"]
    norms = np.array([released[str(name)].double().norm().item() for name in names])
    wanted = golden.expected["grad_norm_ki" if insulated else "grad_norm"]
    large = wanted > GRADIENT
    assert (np.abs(norms - wanted)[large] <= GRADIENT * wanted[large]).all()
    assert np.abs(norms - wanted)[~large].max(initial=0.0) <= FLOAT
    if not insulated:
        golden.check("grad_context_k_proj", gradients["expert.context_k_proj.weight"])
        first = released["model.transformer.blocks.0.self_attn.att_proj.weight"]
        golden.check("grad_block0_att_proj", first)
