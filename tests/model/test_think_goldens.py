"""Depth reasoning against numbers of the reference implementation.

The same folders as ``test_goldens.py``: ``think`` without a depth gate, ``think_gate`` with one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from model.config import ModelConfig
from model.continuation import Continuation
from model.depth_answer import Kept, write_depth, write_depth_freely
from model.depth_cells import changed, similarity, spans
from model.depth_gate import openings
from model.inputs import ModelInputs
from model.mapping import from_released
from model.network import Context, MolmoAct2

FLOAT = 2e-5
Z_WEIGHT = 1e-4  # the reference reports its z-loss with the weight applied
HERE = Path(__file__).parent / "goldens"
ROOT = Path(os.environ.get("FORESIGHT_GOLDENS", HERE))
FOLDERS = sorted(path.parent for path in ROOT.glob("*/think*/config.json"))
UPDATES = HERE / "text-and-numeric" / "depth_update_mask.npz"


@dataclass(frozen=True)
class Think:
    """One Think configuration with its weights, inputs and expected outputs."""

    config: ModelConfig
    network: MolmoAct2
    given: dict[str, npt.NDArray]
    expected: dict[str, npt.NDArray]

    def tensor(self, name: str) -> torch.Tensor:
        return torch.from_numpy(self.given[name])

    def inputs(self, prompt: str, *, pictures: str = "") -> ModelInputs:
        ids = self.tensor(f"{prompt}_input_ids")
        pixels = self.tensor(f"{pictures or prompt}_pixel_values")
        pooling = self.tensor(f"{pictures or prompt}_image_token_pooling")
        local = pooling.unflatten(0, (len(pixels), -1))
        offset = torch.arange(len(pixels))[:, None, None] * pixels.shape[1]
        return ModelInputs(
            input_ids=ids,
            attention_mask=torch.ones_like(ids, dtype=torch.bool),
            position_ids=torch.arange(ids.shape[1])[None],
            image_block=torch.isin(ids, torch.tensor(self.config.tokens.image_block)),
            pixel_values=pixels,
            pooling=torch.where(local >= 0, local + offset, -1).flatten(0, 1),
        )

    def prompt(self, name: str) -> Continuation:
        return Continuation(self.network, self.inputs(name))

    @property
    def unchanged(self) -> Kept:
        """Frame 1's codes and what frame 2 has to predict again."""
        again = changed(
            self.given["frame2_image_0"],
            self.given["frame1_image_0"],
            cells=self.config.num_depth_codes,
        )
        return Kept(self.expected["frame1_depth_bins"][0].astype(np.int16), again)

    def actions(self, context: Context) -> torch.Tensor:
        return self.network.sample_from(
            self.network.expert_context(context),
            self.tensor("noise")[:, None],
            action_dim_is_pad=self.tensor("action_dim_is_pad"),
        )[:, 0]

    def check(self, name: str, actual: torch.Tensor) -> None:
        wanted = torch.from_numpy(self.expected[name])
        assert actual.shape == wanted.shape
        error = (actual.detach() - wanted).abs().max().item()
        assert error <= FLOAT, f"{name} is off by {error:.2e}"

    def check_ids(self, name: str, actual: list[int]) -> None:
        assert actual == self.expected[name].flatten().tolist(), name


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda f: f"{f.parent.name}-{f.name}")
def think(request: pytest.FixtureRequest) -> Think:
    folder: Path = request.param
    config = ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
    released = load_file(folder.parent / "plain" / "model.safetensors")
    if config.action_expert_depth_gate:
        released |= load_file(folder / "gate.safetensors")
    network = MolmoAct2(config).eval().requires_grad_(requires_grad=False)
    network.load_state_dict(from_released(released, config), strict=True)
    with np.load(folder / "inputs.npz") as given, np.load(folder / "outputs.npz") as expected:
        return Think(config, network, dict(given), dict(expected))


def check_frame(think: Think, frame: str, answer: Continuation, codes: npt.NDArray) -> Context:
    """Everything a golden says about a frame's answer."""
    think.check_ids(f"{frame}_token_ids", answer.answer)
    think.check_ids(f"{frame}_depth_bins", codes.tolist())
    context = answer.context()
    assert np.array_equal(context.mask.numpy(), think.expected[f"{frame}_encoder_mask"])
    for layer, (keys, values) in enumerate(zip(context.keys, context.values, strict=True)):
        think.check(f"{frame}_k_{layer}", keys)
        think.check(f"{frame}_v_{layer}", values)
    think.check(f"{frame}_actions", think.actions(context))
    return context


def test_there_is_a_golden_with_and_one_without_a_gate() -> None:
    assert {folder.name for folder in FOLDERS} == {"think", "think_gate"}, f"in {ROOT}"


def test_every_cell_of_a_first_frame_is_predicted(think: Think) -> None:
    answer = think.prompt("frame1")
    codes = write_depth(answer, think.config)
    check_frame(think, "frame1", answer, codes)


def test_only_changed_cells_of_the_next_frame_are_predicted(think: Think) -> None:
    kept, now = think.unchanged, think.given["frame2_image_0"]
    cells = think.config.num_depth_codes
    found = similarity(now, think.given["frame1_image_0"], cells=cells)
    np.testing.assert_allclose(found, think.expected["frame2_similarity"], atol=FLOAT)
    assert np.array_equal(kept.again, think.expected["frame2_update_mask"])
    runs = [(s.start, s.end, int(s.predict)) for s in spans(kept.again)]
    assert np.array_equal(runs, think.expected["frame2_spans"])
    answer = think.prompt("frame2")
    codes = write_depth(answer, think.config, kept=kept)
    check_frame(think, "frame2", answer, codes)
    assert np.array_equal(codes[~kept.again], kept.codes[~kept.again])


def test_without_a_cache_the_same_frame_is_predicted_in_full(think: Think) -> None:
    answer = think.prompt("frame2")
    codes = write_depth(answer, think.config)
    think.check_ids("frame2_full_token_ids", answer.answer)
    think.check_ids("frame2_full_depth_bins", codes.tolist())
    think.check("frame2_full_actions", think.actions(answer.context()))


def test_old_codes_are_kept_whatever_they_are(think: Think) -> None:
    stale = think.given["stale_cache_depth_bins"].astype(np.int16)
    answer = think.prompt("frame2")
    codes = write_depth(answer, think.config, kept=replace(think.unchanged, codes=stale))
    think.check_ids("stale_token_ids", answer.answer)
    think.check_ids("stale_depth_bins", codes.tolist())
    think.check("stale_actions", think.actions(answer.context()))


def test_an_unchanged_picture_is_replayed_in_one_pass(think: Think) -> None:
    picture = think.given["frame2_image_0"]
    again = changed(picture, picture, cells=think.config.num_depth_codes)
    assert not again.any()
    stale = think.given["stale_cache_depth_bins"].astype(np.int16)
    answer = think.prompt("frame2")
    codes = write_depth(answer, think.config, kept=Kept(stale, again))
    assert np.array_equal(codes, stale)
    think.check_ids("replay_token_ids", answer.answer)
    think.check("replay_actions", think.actions(answer.context()))


def test_free_decoding_finds_the_same_answer(think: Think) -> None:
    answer = think.prompt("frame2")
    codes = write_depth_freely(answer, think.config)
    think.check_ids("frame2_free_token_ids", answer.answer)
    think.check_ids("frame2_free_depth_bins", codes)


@pytest.mark.parametrize("frame", ["frame1", "frame2"])
def test_discrete_actions_follow_the_depth_answer(think: Think, frame: str) -> None:
    answer = think.prompt(frame)
    write_depth(answer, think.config)
    before = len(answer.answer)
    eos = think.config.tokens.eos_token_id
    answer.write_until(lambda token: token == eos, limit=think.config.max_action_horizon * 16)
    think.check_ids(f"{frame}_discrete_action_token_ids", answer.answer[before:])


def test_the_gate_opens_as_far_and_scales_the_depth_tokens(think: Think) -> None:
    gate = think.network.depth_gate
    if gate is None:
        assert "frame1_gate" not in think.expected
        return
    answer = think.prompt("frame1")
    write_depth(answer, think.config)
    context = answer.context()
    depth = context.depth
    assert np.array_equal(depth.numpy(), think.expected["frame1_depth_token_mask"])
    opened = openings(gate, context.values, depth=depth, seen=context.mask)
    wanted = torch.from_numpy(think.expected["frame1_gate"])
    found = torch.stack(opened) if think.config.action_expert_depth_gate_per_layer else opened[0]
    assert (found.flatten() - wanted.flatten()).abs().max() <= FLOAT
    keys, values = think.network.gated(context)
    think.check("frame1_gated_k_0", keys[0])
    think.check("frame1_gated_v_0", values[0])


def test_losses_of_a_taught_depth_answer_match(think: Think) -> None:
    if "train_input_ids" not in think.given:
        assert think.config.action_expert_depth_gate
        return
    network = think.network
    context = network.context(think.inputs("train", pictures="frame1"), bidirectional=False)
    assert np.array_equal(context.mask.numpy(), think.expected["train_encoder_mask"])
    loss = network.flow_loss_at(
        context,
        think.tensor("train_actions"),
        noise=think.tensor("train_noise"),
        times=think.tensor("train_timesteps"),
        action_dim_is_pad=think.tensor("action_dim_is_pad"),
    )
    think.check("train_flow_loss", loss)
    entropy, z = network.answer_terms(context, think.tensor("train_labels"))
    think.check("train_ce", entropy)
    think.check("train_z", z * Z_WEIGHT)


def test_the_update_mask_is_exact() -> None:
    with np.load(UPDATES) as cases:
        for i in range(sum(name.startswith("mask_") for name in cases)):
            pictures = cases[f"cur_{i}"], cases[f"prev_{i}"]
            cells = int(cases[f"codes_{i}"])
            np.testing.assert_allclose(
                similarity(*pictures, cells=cells), cases[f"sim_{i}"], atol=FLOAT
            )
            assert np.array_equal(changed(*pictures, cells=cells), cases[f"mask_{i}"])
