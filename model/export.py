"""A checkpoint in the layout of another program: the released one, or LeRobot's.

The reference implementation refuses a file with a key too many or too few; what is written here
has exactly its keys, the embedding in its two tables and the fused matrices in its order. Knows no
training, no robot and no hub.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch

from model import companions
from model.checkpoint import Loaded
from model.config import ModelConfig
from model.embodiments import SO_JOINTS
from model.errors import CannotExport
from model.joint_frame import JointFrame
from model.json_files import write_json
from model.layouts import CONFIG_FILE, TOKENIZER_FILE
from model.lerobot_export import PREFIX, policy_files
from model.mapping import stored
from model.processor import Processor
from model.tags import TagMetadata, Tags
from model.transforms import recast
from model.weights import write_shards
from recordings.whole_file import write_whole

Format = Literal["molmoact2", "lerobot", "lerobot-next"]
FORMATS: tuple[Format, ...] = ("molmoact2", "lerobot", "lerobot-next")
LARGEST_FILE = "5GB"
BASE = "molmoact2"  # folder of a LeRobot policy that holds what it refers to
REFERENCE_COLUMNS = 32  # action columns of every network LeRobot accepts
REFERENCE_POOLING = 2
_NO_DROPOUT = {"attention_dropout": 0.0, "residual_dropout": 0.0}
_CONSTANT: dict[str, dict[str, Any]] = {
    "text_config": {
        "model_type": "molmoact2_text",
        "use_qk_norm": True,
        "embedding_dropout": 0.0,
        "rope_scaling_layers": None,
        **_NO_DROPOUT,
    },
    "vit_config": {"model_type": "molmoact2", "float32_attention": True, **_NO_DROPOUT},
    "adapter_config": {
        "model_type": "molmoact2",
        "float32_attention": True,
        "image_feature_dropout": 0.0,
        **_NO_DROPOUT,
    },
    "action_expert_config": {
        "model_type": "molmoact2_action_expert",
        "dropout": 0.0,
        "attn_dropout": 0.0,
    },
}


def export(
    loaded: Loaded,
    out: Path,
    *,
    layout: Format,
    tag: str | None = None,
    largest_file: str = LARGEST_FILE,
) -> list[str]:
    """Write ``loaded`` to the new folder ``out``; all of it or nothing.

    Args:
        loaded: the checkpoint.
        out: must not exist.
        layout: which program it is for.
        tag: the one tag a LeRobot policy can have; None takes the only one.
        largest_file: weights are split into files no larger than this.

    Returns:
        Sentences about what the other program will not do as we do.

    Raises:
        CannotExport: the folder exists, or the other program could never load it.
        OSError: it cannot be written.
    """
    if out.exists():
        raise CannotExport(out, reason="it exists already", hint="choose a new folder")
    draft = out.with_name(f".{out.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        if layout == "molmoact2":
            notes = _write_released(loaded, draft, largest=largest_file)
        else:
            notes = _write_lerobot(
                loaded,
                draft,
                out=out,
                tag=tag,
                largest=largest_file,
                is_next=layout == "lerobot-next",
            )
        draft.replace(out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return notes


def _write_released(loaded: Loaded, folder: Path, *, largest: str) -> list[str]:
    processor = loaded.processor
    notes = _limits(processor.config, dict(processor.tags.by_name))
    tensors = stored(loaded.model.state_dict(), processor.config)
    _write_small(folder, processor, dtype=_dtype(tensors))
    write_shards(folder, tensors, largest=largest)
    write_whole(folder / "README.md", _card(processor, notes))
    companions.bring(loaded.path, folder)
    return notes


def _write_lerobot(
    loaded: Loaded, folder: Path, *, out: Path, tag: str | None, largest: str, is_next: bool
) -> list[str]:
    processor, config = loaded.processor, loaded.processor.config
    name = tag or _only_tag(processor, out)
    chosen = _in_lerobot_units(processor.tags[name])
    if config.max_action_dim != REFERENCE_COLUMNS:
        raise CannotExport(
            out,
            reason=f"the network has {config.max_action_dim} action columns, LeRobot loads "
            f"networks with {REFERENCE_COLUMNS} only",
            hint="export it with --format molmoact2",
        )
    notes = _write_released(loaded, folder / BASE, largest=largest)
    tensors = stored(loaded.model.state_dict(), config)
    write_shards(folder, {f"{PREFIX}{k}": v for k, v in tensors.items()}, largest="1000GB")
    tags = Tags({name: chosen}, processor.tags.norm_mode)
    write_json(folder / config.norm_stats_filename, tags.to_dict())
    policy_files(folder, config, chosen, base=str((out / BASE).resolve()), is_next=is_next)
    notes = [*notes, f"the policy refers to {out / BASE}: keep both together, at this place"]
    write_whole(folder / "README.md", _card(processor, notes))
    return notes


def _in_lerobot_units(tag: TagMetadata) -> TagMetadata:
    """LeRobot drives SO arms in degrees and gripper per cent; other robots in our own units."""
    robot = tag.robot
    if tag.frame is not None or robot is None or robot.joint_names != SO_JOINTS:
        return tag
    return recast(tag, JointFrame.degrees([joint.is_gripper for joint in robot.joints]))


def _write_small(folder: Path, processor: Processor, *, dtype: str) -> None:
    folder.mkdir(parents=True)
    config = processor.config
    write_json(folder / CONFIG_FILE, reference_config(config, dtype=dtype))
    write_json(folder / config.norm_stats_filename, processor.tags.to_dict())
    write_whole(folder / TOKENIZER_FILE, processor.tokenizer.to_json())
    write_json(folder / "tokenizer_config.json", _tokenizer_config(processor))
    write_json(folder / "processor_config.json", _processor_config(config))
    tokens = config.tokens
    ids = {"eos_token_id": tokens.eos_token_id, "pad_token_id": tokens.pad_token_id}
    write_json(folder / "generation_config.json", {"bos_token_id": tokens.eos_token_id, **ids})


def reference_config(config: ModelConfig, *, dtype: str) -> dict[str, Any]:
    """``config.json`` with what the reference wants to be told and we take for granted."""
    data = config.to_dict()
    for section, constants in _CONSTANT.items():
        data[section] = {**constants, **data[section]}
    rope = {"rope_type": "default", "rope_theta": config.text.rope_theta}
    data["text_config"]["rope_parameters"] = rope
    frames = {"use_frame_special_tokens": True, "image_high_res_id": config.tokens.image_patch_id}
    return {**data, **frames, "torch_dtype": dtype}


def _tokenizer_config(processor: Processor) -> dict[str, Any]:
    """For programs that read ``tokenizer.json`` through transformers."""
    tokens, decode = processor.config.tokens, processor.tokenizer.decode
    end = decode([tokens.eos_token_id])
    return {
        "tokenizer_class": "Qwen2Tokenizer",
        "add_bos_token": False,
        "bos_token": end,
        "eos_token": end,
        "pad_token": decode([tokens.pad_token_id]),
        "padding_side": "left",
        "model_max_length": processor.config.text.max_position_embeddings,
        "clean_up_tokenization_spaces": False,
        "extra_special_tokens": {},
    }


def _processor_config(config: ModelConfig) -> dict[str, Any]:
    """How pictures become patches, in the words of the reference."""
    side, pooling = config.image_size, config.foresight.pooling
    picture = {
        "size": {"height": side, "width": side},
        "resample": 2,  # bilinear
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "do_convert_rgb": True,
        "patch_size": config.vision.image_patch_size,
        "pooling_size": [pooling, pooling],
    }
    return {
        "processor_class": "MolmoAct2Processor",
        "image_processor": {
            "image_processor_type": "MolmoAct2ImageProcessor",
            **picture,
            "crop_mode": "resize",
            "max_crops": 1,
            "overlap_margins": [4, 4],
        },
        "video_processor": {"video_processor_type": "MolmoAct2VideoProcessor", **picture},
        "image_use_col_tokens": False,
        "use_single_crop_col_tokens": False,
        "use_single_crop_start_token": False,
        "video_use_col_tokens": False,
        "use_frame_special_tokens": True,
    }


def _limits(config: ModelConfig, tags: Mapping[str, TagMetadata]) -> list[str]:
    """What the reference implementation will not do as we do, one sentence each."""
    notes = [
        f"tag {name!r}: actions count from the state at observation time; the reference returns "
        "them like that, add the state before you send them"
        for name, tag in tags.items()
        if tag.is_relative
    ]
    notes += [
        f"tag {name!r}: every row of a chunk has statistics of its own; the reference scales all "
        "rows by the statistics over all of them and gives other motions"
        for name, tag in tags.items()
        if tag.action_rows
    ]
    if config.foresight.pooling != REFERENCE_POOLING:
        side = config.foresight.pooling
        notes.append(f"{side} × {side} patches become one image token; set pooling_size there too")
    return notes


def _only_tag(processor: Processor, out: Path) -> str:
    names = processor.tags.names
    if len(names) != 1:
        raise CannotExport(
            out,
            reason=f"a LeRobot policy has one tag, the checkpoint has {', '.join(names) or 'none'}",
            hint="choose one with --tag",
        )
    return names[0]


def _dtype(tensors: Mapping[str, torch.Tensor]) -> str:
    return str(tensors["lm_head.weight"].dtype).removeprefix("torch.")


def _card(processor: Processor, notes: list[str]) -> str:
    tags = ", ".join(processor.tags.names) or "none"
    listed = "\n".join(f"- {note}" for note in notes) or "- nothing known"
    return (
        "---\ntags: [robotics, molmoact2]\n---\n"
        "# MolmoAct 2 checkpoint, exported by Foresight\n\n"
        f"Normalisation tags: {tags}.\n\nDifferent from the reference implementation:\n\n{listed}\n"
    )
