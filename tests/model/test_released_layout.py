"""Folders in the released layout: read strictly, in one file or shards, written back exactly."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm
from transformers import Molmo2ForConditionalGeneration

from model import action_tokens, checkpoint, depth_tokenizer
from model.config import ModelConfig
from model.errors import CannotExport, CheckpointMismatch, CheckpointUnreadable, UnknownTag
from model.export import export, reference_config
from model.layouts import INDEX_FILE, WEIGHTS_FILE, Layout, identify
from model.loading import empty_network, filled_network, gather
from model.mapping import stored
from model.network import MolmoAct2

GOLDEN = Path(__file__).parent / "goldens" / "golden-a" / "plain"


@pytest.fixture
def folder(tmp_path: Path, loaded: checkpoint.Loaded) -> Path:
    """An export in several shards."""
    export(loaded, tmp_path / "out", layout="molmoact2", largest_file="500KB")
    return tmp_path / "out"


def weights(model: MolmoAct2) -> dict[str, torch.Tensor]:
    return stored(model.state_dict(), model.config)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


# ── there and back ─────────────────────────────────────────────────────────────────────────────


def test_an_export_is_read_back_bit_by_bit(folder: Path, loaded: checkpoint.Loaded) -> None:
    assert len(list(folder.glob("*.safetensors"))) > 2
    back = checkpoint.load(folder)
    assert same(weights(back.model), weights(loaded.model))
    assert back.processor.config == loaded.processor.config
    assert back.processor.tags == loaded.processor.tags


def test_an_export_of_an_import_is_the_same_files(folder: Path, tmp_path: Path) -> None:
    export(checkpoint.load(folder), tmp_path / "again", layout="molmoact2", largest_file="500KB")
    names = sorted(p.name for p in folder.iterdir())
    assert names == sorted(p.name for p in (tmp_path / "again").iterdir())
    assert all((tmp_path / "again" / n).read_bytes() == (folder / n).read_bytes() for n in names)


def test_bfloat16_stays_bfloat16_where_that_is_asked(
    tmp_path: Path, loaded: checkpoint.Loaded
) -> None:
    half = deepcopy(loaded.model).to(torch.bfloat16)
    given = checkpoint.Loaded(half, loaded.processor, {}, tmp_path)
    export(given, tmp_path / "half", layout="molmoact2")
    assert json.loads((tmp_path / "half" / "config.json").read_text())["torch_dtype"] == "bfloat16"
    back = checkpoint.load(tmp_path / "half", dtype=None).model
    assert {p.dtype for p in back.parameters()} == {torch.bfloat16}
    assert same(weights(back), weights(half))


def test_a_network_without_memory_has_the_constants_of_a_real_one(network: MolmoAct2) -> None:
    made = dict(empty_network(network.config).named_buffers())
    real = dict(network.named_buffers())
    assert made.keys() == real.keys()
    assert all(torch.equal(made[name], real[name]) for name in real)


def test_a_file_is_never_in_memory_as_a_whole(loaded: checkpoint.Loaded) -> None:
    """Of what is read, one tensor is held, and both tables of the embedding until they are one."""
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0

    def reading() -> Iterator[tuple[str, torch.Tensor]]:
        nonlocal most
        for name, tensor in weights(loaded.model).items():
            copy = tensor.clone()
            alive.append(weakref.ref(copy))
            yield name, copy
            del copy
            most = max(most, sum(ref() is not None for ref in alive))

    config = loaded.processor.config
    state = gather(reading(), config, dtype=None)
    assert len(alive) > 50
    assert most <= 4
    assert all(torch.equal(state[k], v) for k, v in loaded.model.state_dict().items())


def test_plans_of_an_import_are_those_of_the_original(
    folder: Path, loaded: checkpoint.Loaded
) -> None:
    back = checkpoint.load(folder).model
    conditioning = [m.expert.time_embed(torch.tensor([0.3])) for m in (back, loaded.model)]
    assert torch.equal(*conditioning)


# ── what the reference implementation wants ────────────────────────────────────────────────────


def test_the_reference_file_is_written_key_by_key() -> None:
    """Its loader refuses a key too many or too few, the constants of the rotary included."""
    config = ModelConfig.from_dict(json.loads((GOLDEN / "config.json").read_text()))
    theirs = load_file(GOLDEN / "model.safetensors")
    model = filled_network(config, theirs.items(), source=GOLDEN, dtype=None)
    assert same(stored(model.state_dict(), config), theirs)


def test_our_config_says_what_the_reference_config_says() -> None:
    theirs = json.loads((GOLDEN / "config.json").read_text())
    ours = reference_config(ModelConfig.from_dict(theirs), dtype="float32")
    unused = {"depth_mode", "initializer_range", "architectures", "dtype", "use_cache"}

    def different(a: dict, b: dict) -> list[str]:
        keys = a.keys() - unused
        nested = [x for k in keys if isinstance(a[k], dict) for x in different(a[k], b[k])]
        return nested + [k for k in keys if not isinstance(a[k], dict) and b.get(k) != a[k]]

    assert different(theirs, ours) == []


def test_the_embedding_is_written_in_its_two_unequal_tables(
    folder: Path, loaded: checkpoint.Loaded
) -> None:
    index = json.loads((folder / INDEX_FILE).read_text())["weight_map"]
    text = loaded.processor.config.text
    sizes = {
        name: len(
            load_file(folder / index[f"model.transformer.wte.{name}"])[
                f"model.transformer.wte.{name}"
            ]
        )
        for name in ("embedding", "new_embedding")
    }
    assert sizes == {"embedding": text.vocab_size, "new_embedding": text.additional_vocab_size}


def test_what_lies_with_a_checkpoint_is_exported_with_it(
    tmp_path: Path, loaded: checkpoint.Loaded
) -> None:
    source = tmp_path / "source"
    (source / action_tokens.FOLDER).mkdir(parents=True)
    (source / action_tokens.FOLDER / "tokenizer.json").write_text("{}")
    (source / depth_tokenizer.FILE).write_bytes(b"pictures")
    export(replace(loaded, path=source), tmp_path / "out", layout="molmoact2")
    assert (tmp_path / "out" / action_tokens.FOLDER / "tokenizer.json").read_text() == "{}"
    assert (tmp_path / "out" / depth_tokenizer.FILE).read_bytes() == b"pictures"


def test_what_the_reference_does_otherwise_is_said(tmp_path: Path, loaded: checkpoint.Loaded):
    notes = export(loaded, tmp_path / "out", layout="molmoact2")
    assert any("actions count from the state" in note for note in notes)
    assert all(note in (tmp_path / "out" / "README.md").read_text() for note in notes)


def test_an_existing_folder_is_not_written_over(folder: Path, loaded: checkpoint.Loaded) -> None:
    before = (folder / "config.json").read_bytes()
    with pytest.raises(CannotExport, match="exists already"):
        export(loaded, folder, layout="molmoact2")
    assert (folder / "config.json").read_bytes() == before


def test_an_export_that_fails_leaves_nothing(
    tmp_path: Path, loaded: checkpoint.Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model.export.write_shards", full_disk)
    with pytest.raises(OSError, match="No space"):
        export(loaded, tmp_path / "out", layout="molmoact2")
    assert list(tmp_path.iterdir()) == []


# ── the silent trap ────────────────────────────────────────────────────────────────────────────


def test_what_a_library_loads_as_random_numbers_is_loaded_whole_here(
    tmp_path: Path, loaded: checkpoint.Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config that still says "molmoact2" makes the library match no name, and only warn."""
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # or its watching thread would stay
    export(loaded, tmp_path / "out", layout="molmoact2")
    config = deepcopy(loaded.model.backbone.config)
    config.model_type = "molmoact2"
    trapped, told = Molmo2ForConditionalGeneration.from_pretrained(
        tmp_path / "out", config=config, output_loading_info=True
    )
    norm = "model.language_model.layers.0.self_attn.q_proj.weight"
    real = loaded.model.backbone.state_dict()[norm]
    assert told["missing_keys"], "the library changed: it now refuses or maps these names"
    assert not torch.equal(trapped.state_dict()[norm], real)
    ours = checkpoint.load(tmp_path / "out").model.backbone.state_dict()[norm]
    assert torch.equal(ours, real)


def test_a_file_with_names_of_the_library_is_refused(tmp_path: Path, loaded: checkpoint.Loaded):
    export(loaded, tmp_path / "out", layout="molmoact2")
    native = {k: v.contiguous().clone() for k, v in loaded.model.backbone.state_dict().items()}
    save_file(native, tmp_path / "out" / WEIGHTS_FILE)
    with pytest.raises(CheckpointMismatch, match=r"missing .* unexpected"):
        checkpoint.load(tmp_path / "out")


def test_an_embedding_the_library_split_in_halves_is_mended(
    tmp_path: Path, loaded: checkpoint.Loaded
) -> None:
    export(loaded, tmp_path / "out", layout="molmoact2")
    path = tmp_path / "out" / WEIGHTS_FILE
    tensors = load_file(path)
    names = [f"model.transformer.wte.{n}" for n in ("embedding", "new_embedding")]
    table = torch.cat([tensors[name] for name in names])
    halves = table.chunk(2)
    save_file(tensors | {n: h.clone() for n, h in zip(names, halves, strict=True)}, path)
    mended = checkpoint.load(tmp_path / "out")
    export(mended, tmp_path / "again", layout="molmoact2")
    assert same(load_file(tmp_path / "again" / WEIGHTS_FILE), tensors)


def test_half_an_embedding_is_refused(tmp_path: Path, loaded: checkpoint.Loaded) -> None:
    export(loaded, tmp_path / "out", layout="molmoact2")
    path = tmp_path / "out" / WEIGHTS_FILE
    tensors = load_file(path)
    del tensors["model.transformer.wte.new_embedding"]
    save_file(tensors, path)
    with pytest.raises(CheckpointMismatch, match="embed_tokens"):
        checkpoint.load(tmp_path / "out")


# ── damaged files ──────────────────────────────────────────────────────────────────────────────


def test_a_missing_shard_is_named_with_how_many_are_there(folder: Path) -> None:
    shards = sorted(folder.glob("model-*.safetensors"))
    shards[1].unlink()
    with pytest.raises(CheckpointUnreadable) as caught:
        checkpoint.load(folder)
    told = str(caught.value)
    assert f"{len(shards) - 1} of {len(shards)} weight files" in told
    assert shards[1].name in told
    assert "download or copy the missing files" in told


def test_a_shard_that_was_cut_short_is_named(folder: Path) -> None:
    shard = max(folder.glob("model-*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-40])
    with pytest.raises(CheckpointUnreadable, match=rf"{shard.name}: no complete safetensors"):
        checkpoint.load(folder)


def test_a_tensor_missing_from_its_shard_is_named(folder: Path) -> None:
    shard = min(folder.glob("model-*.safetensors"))
    tensors = load_file(shard)
    gone = min(name for name in tensors if "action_expert" in name or "vision" in name)
    save_file({k: v for k, v in tensors.items() if k != gone}, shard)
    with pytest.raises(CheckpointMismatch, match="1 missing"):
        checkpoint.load(folder)


def test_weights_in_eight_bits_are_refused(tmp_path: Path, loaded: checkpoint.Loaded) -> None:
    export(loaded, tmp_path / "out", layout="molmoact2")
    path = tmp_path / "out" / WEIGHTS_FILE
    tensors = load_file(path)
    tensors["lm_head.weight"] = tensors["lm_head.weight"].to(torch.float8_e4m3fn)
    save_file(tensors, path)
    with pytest.raises(CheckpointMismatch, match=r"float8_e4m3fn .* instead of float32"):
        checkpoint.load(tmp_path / "out")


def test_an_index_without_tensors_is_refused(folder: Path) -> None:
    (folder / INDEX_FILE).write_text("{}")
    with pytest.raises(CheckpointUnreadable, match="lists no tensors"):
        checkpoint.load(folder)


def test_another_kind_of_model_is_named(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "qwen3"}))
    with pytest.raises(CheckpointUnreadable, match="'qwen3' model, expected 'molmoact2'"):
        checkpoint.load(folder)


def test_an_adapter_that_names_no_base_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    assert identify(tmp_path).layout is Layout.ADAPTER
    with pytest.raises(CheckpointUnreadable, match="does not say which base"):
        checkpoint.load(tmp_path)


def test_a_missing_tag_is_named_with_those_there_are(folder: Path) -> None:
    with pytest.raises(UnknownTag, match="'franka_droid', the checkpoint has: bench"):
        _ = checkpoint.load(folder).processor.tags["franka_droid"]
