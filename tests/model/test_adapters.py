"""Adapters: exactly those of the released network's fused matrices, and safe on disk."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import adapter_files, checkpoint
from model.adapter_files import Base
from model.adapters import NAME, adapted, adapter_tensors, fold, own_tensors, put_on
from model.errors import AdapterMismatch, CheckpointMismatch, CheckpointUnreadable
from model.network import MolmoAct2
from model.processor import Processor
from model.recipe import AdapterRecipe

RECIPE = AdapterRecipe(rank=4, alpha=2, dropout=0.0)


def inputs_of(processor: Processor):
    rng = torch.Generator().manual_seed(1)
    size = processor.config.image_size
    shape = (1, 2, size, size, 3)
    images = torch.randint(0, 256, shape, generator=rng, dtype=torch.uint8).numpy()
    states = torch.zeros(1, 6).numpy()
    return processor.encode_batch(images, states=states, tasks=["stack the cubes"], tag="bench")


@pytest.fixture
def trained(network: MolmoAct2) -> MolmoAct2:
    """The network with adapters that do something, and an expert that moved."""
    model = copy.deepcopy(network)
    put_on(model, RECIPE)
    with torch.no_grad():
        for _, layer in adapted(model):
            layer.lora_B[NAME].weight.normal_(0.0, 0.3)
        model.expert.action_embed.weight.add_(0.1)
    return model.eval()


@pytest.fixture
def base(network: MolmoAct2, processor: Processor, tmp_path: Path) -> Path:
    return checkpoint.save(
        tmp_path / "base", step=0, model=network, processor=processor, progress={}
    )


@pytest.fixture
def saved(trained: MolmoAct2, processor: Processor, base: Path, tmp_path: Path) -> Path:
    checkpoint.save(
        tmp_path / "run",
        step=3,
        model=trained,
        processor=processor,
        progress={"step": 3},
        adapter=(RECIPE, Base.of(base)),
    )
    return tmp_path / "run"


def test_fresh_adapters_change_nothing(network: MolmoAct2, processor: Processor) -> None:
    model = copy.deepcopy(network)
    put_on(model, RECIPE)
    inputs = inputs_of(processor)
    with torch.no_grad():
        before = network.context(inputs, bidirectional=True).hidden
        after = model.eval().context(inputs, bidirectional=True).hidden
    assert torch.equal(before, after)


def test_saved_adapters_loaded_on_their_base_plan_like_the_trained_network(
    trained: MolmoAct2, processor: Processor, saved: Path
) -> None:
    inputs = inputs_of(processor)
    loaded = checkpoint.load(saved)
    noise = torch.randn(1, 2, 30, 8)
    is_pad = torch.zeros(1, 8, dtype=torch.bool)
    expected = trained.sample(inputs, noise, action_dim_is_pad=is_pad)
    found = loaded.model.sample(inputs, noise, action_dim_is_pad=is_pad)
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-5)
    assert loaded.progress == {"step": 3}
    assert not any("lora" in name for name in loaded.model.state_dict())


def test_the_file_is_small_and_in_the_common_layout(saved: Path, base: Path) -> None:
    folder = checkpoint.current_folder(saved)
    assert not (folder / checkpoint.WEIGHTS_FILE).exists()
    settings = json.loads((folder / adapter_files.CONFIG_FILE).read_text(encoding="utf-8"))
    assert (settings["peft_type"], settings["r"], settings["lora_alpha"]) == ("LORA", 4, 2)
    assert settings["base_model_name_or_path"] == str(base)
    tensors = load_file(folder / adapter_files.TENSORS_FILE)
    first = "base_model.model.model.transformer.blocks.0.self_attn.att_proj.lora_A.weight"
    assert tensors[first].shape == (4, 96)
    assert "base_model.model.model.action_expert.action_embed.weight" in tensors


def test_parts_of_a_fused_matrix_learn_one_adapter(trained: MolmoAct2) -> None:
    tensors = adapter_tensors(trained)
    name = "model.transformer.blocks.1.mlp.ff_proj"
    change = tensors[f"{name}.lora_B.weight"] @ tensors[f"{name}.lora_A.weight"]
    layer = trained.backbone.model.language_model.layers[1].mlp
    own = [part.get_delta_weight(NAME) for part in (layer.up_proj, layer.gate_proj)]
    assert torch.allclose(torch.cat(own), change * 0.5, atol=1e-6)


def test_another_base_is_refused_with_both_named(
    network: MolmoAct2, processor: Processor, base: Path, saved: Path
) -> None:
    weights = load_file(base / checkpoint.WEIGHTS_FILE)
    weights["lm_head.weight"] = weights["lm_head.weight"] + 1.0
    save_file(weights, base / checkpoint.WEIGHTS_FILE)
    with pytest.raises(AdapterMismatch, match=rf"{saved.name}.*{base.name}"):
        checkpoint.load(saved)


def test_a_base_that_moved_can_be_named(base: Path, saved: Path, tmp_path: Path) -> None:
    moved = base.rename(tmp_path / "elsewhere")
    with pytest.raises(CheckpointUnreadable, match="is not there any more"):
        checkpoint.load(saved)
    assert checkpoint.load(saved, base=moved).progress == {"step": 3}


def test_half_an_adapter_is_refused(trained: MolmoAct2, network: MolmoAct2) -> None:
    tensors = adapter_tensors(trained)
    gone = "model.transformer.blocks.0.mlp.ff_out.lora_B.weight"
    del tensors[gone]
    with pytest.raises(CheckpointMismatch, match=r"blocks\.0\.mlp\.ff_out\.lora_B"):
        own_tensors(tensors, network.config)


def test_an_adapter_of_another_size_is_refused(network: MolmoAct2) -> None:
    parts = {"backbone.lm_head": (torch.zeros(4, 7), torch.zeros(1088, 4))}
    with pytest.raises(CheckpointMismatch, match=r"backbone\.lm_head"):
        fold(copy.deepcopy(network), parts, scale=1.0)
