"""Runs on disk: complete, replaced at once, refused when they do not fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import checkpoint, weights
from model.errors import CheckpointMismatch, CheckpointUnreadable, ConfigInvalid
from model.network import MolmoAct2
from model.processor import Processor

WEIGHTS = checkpoint.WEIGHTS_FILE


@pytest.fixture
def folder(run_dir: Path) -> Path:
    """The checkpoint folder of a saved run."""
    return checkpoint.current_folder(run_dir)


def change(folder: Path, **tensors: torch.Tensor | None) -> None:
    """Replace (or, with None, drop) tensors of a checkpoint."""
    state = {**load_file(folder / WEIGHTS), **tensors}
    save_file({k: v for k, v in state.items() if v is not None}, folder / WEIGHTS)


def test_what_was_saved_is_what_is_loaded(run_dir: Path, network: MolmoAct2) -> None:
    loaded = checkpoint.load(run_dir)
    assert loaded.progress == {"note": "test"}
    assert loaded.processor.config == network.config
    state = loaded.model.state_dict()
    assert all(torch.equal(state[k], v) for k, v in network.state_dict().items())


def test_tags_and_tokenizer_travel_with_the_weights(run_dir: Path, processor: Processor) -> None:
    loaded = checkpoint.load(run_dir).processor
    assert loaded.tags == processor.tags
    assert loaded.tokenizer.encode(" red cube 42") == processor.tokenizer.encode(" red cube 42")


def test_a_single_checkpoint_folder_is_read_too(folder: Path) -> None:
    assert checkpoint.load(folder).path == folder


def test_the_newest_save_is_current_and_old_ones_go(
    run_dir: Path, network: MolmoAct2, processor: Processor
) -> None:
    training = {"moment": torch.arange(3.0)}
    for step in (2, 3):
        checkpoint.save(
            run_dir,
            step=step,
            model=network,
            processor=processor,
            progress={"step": step},
            training=training,
        )
    names = sorted(path.name for path in run_dir.iterdir())
    assert names == ["checkpoint-000002", "checkpoint-000003", "run.json"]
    assert checkpoint.load(run_dir).progress == {"step": 3}
    assert torch.equal(checkpoint.load_training(run_dir)["moment"], training["moment"])


def test_a_save_that_fails_leaves_the_last_one_alone(
    run_dir: Path, network: MolmoAct2, processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights, "save_file", full_disk)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(run_dir, step=2, model=network, processor=processor, progress={})
    assert checkpoint.load(run_dir).progress == {"note": "test"}
    assert sorted(p.name for p in run_dir.iterdir()) == ["checkpoint-000001", "run.json"]


def test_averaged_weights_can_be_saved_in_place_of_the_models(
    tmp_path: Path, network: MolmoAct2, processor: Processor
) -> None:
    average = {name: torch.zeros_like(w) for name, w in network.state_dict().items()}
    checkpoint.save(
        tmp_path, step=1, model=network, processor=processor, progress={}, weights=average
    )
    loaded = checkpoint.load(tmp_path).model.state_dict()
    assert not any(bool(weight.any()) for weight in loaded.values())


def test_a_missing_tensor_is_named(folder: Path) -> None:
    change(folder, **{"model.action_expert.action_embed.weight": None})
    with pytest.raises(CheckpointMismatch, match=r"1 missing \(expert\.action_embed\.weight\)"):
        checkpoint.load(folder)


def test_an_unexpected_tensor_is_named(folder: Path) -> None:
    change(folder, **{"model.action_expert.surprise": torch.zeros(2)})
    with pytest.raises(CheckpointMismatch, match=r"1 unexpected \(expert\.surprise\)"):
        checkpoint.load(folder)


def test_a_tensor_of_another_shape_is_named_with_both_shapes(folder: Path) -> None:
    change(folder, **{"lm_head.weight": torch.zeros(3, 96)})
    with pytest.raises(CheckpointMismatch, match=r"float32 \(3, 96\) instead of float32"):
        checkpoint.load(folder)


def test_a_tensor_of_whole_numbers_is_refused(folder: Path) -> None:
    name = "model.action_expert.action_embed.bias"
    change(folder, **{name: torch.zeros(96, dtype=torch.int32)})
    with pytest.raises(CheckpointMismatch, match=r"int32 \(96,\) instead of float32 \(96,\)"):
        checkpoint.load(folder)


def test_bfloat16_weights_are_welcome(folder: Path) -> None:
    state = {k: v.bfloat16() for k, v in load_file(folder / WEIGHTS).items()}
    save_file(state, folder / WEIGHTS)
    weight = next(checkpoint.load(folder).model.parameters())
    assert weight.dtype == torch.float32


@pytest.mark.parametrize("keep", [0, 7, 20_000])
def test_a_file_that_was_cut_short_is_refused(folder: Path, keep: int) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[:keep])
    with pytest.raises(CheckpointUnreadable, match=r"no complete safetensors"):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["config.json", "norm_stats.json", WEIGHTS, "tokenizer.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointUnreadable, match=name if name != "config.json" else "neither"):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["config.json", "norm_stats.json", "tokenizer.json"])
def test_a_garbled_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text('{"half": ')
    with pytest.raises(CheckpointUnreadable, match=name):
        checkpoint.load(folder)


def test_a_run_that_points_nowhere_is_refused(run_dir: Path) -> None:
    shutil.rmtree(run_dir / "checkpoint-000001")
    with pytest.raises(CheckpointUnreadable, match="names 'checkpoint-000001'"):
        checkpoint.load(run_dir)


def test_an_empty_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnreadable, match=r"neither run\.json nor config\.json"):
        checkpoint.load(tmp_path)
    with pytest.raises(CheckpointUnreadable, match="no such folder"):
        checkpoint.load(tmp_path / "nothing")


def test_a_config_of_another_size_does_not_load_silently(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["action_expert_config"]["hidden_size"] = 48
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointMismatch, match="of another shape"):
        checkpoint.load(folder)


def test_a_config_without_a_section_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    del config["vit_config"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigInvalid, match="vit_config"):
        checkpoint.load(folder)
