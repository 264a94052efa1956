"""The small files of a LeRobot ``molmoact2`` policy: its config and its saved processors.

Inverse of :mod:`model.lerobot_policy`. Knows no network and no torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from model.config import ModelConfig
from model.embodiments import SO_JOINTS
from model.joint_frame import DEGREES, JointFrame
from model.json_files import write_json
from model.layouts import MODEL_TYPE
from model.lerobot_policy import ACTION, IMAGES, MODES, STATE
from model.norm_stats import NormStats
from model.tags import TagMetadata

PREFIX = "model."  # LeRobot's, in front of every released tensor name
PRE, POST = "policy_preprocessor", "policy_postprocessor"
PICTURE = [3, 480, 640]  # channels, px; LeRobot wants a shape, the network squashes any


NEXT_FIELDS = {"train_mode_vlm": "fft"}  # after 0.6; else every matrix gets fresh adapters


def policy_files(
    folder: Path, config: ModelConfig, tag: TagMetadata, *, base: str, is_next: bool
) -> None:
    """Write policy config and both processor pipelines into an existing folder.

    Args:
        folder: of the policy.
        config: of the network.
        tag: what the numbers mean.
        base: path or hub id of the molmoact2 checkpoint the policy refers to.
        is_next: for the LeRobot after 0.6, which has a field that 0.6 refuses.
    """
    fields = _policy_config(config, tag, base=base) | (NEXT_FIELDS if is_next else {})
    write_json(folder / "config.json", fields)
    stats = _flat(tag)
    features = _features(tag)
    norm_map = _norm_map(tag)
    scaling = {"eps": 1e-8, "norm_map": norm_map}
    masks = {key: list(s.mask) for key, s in _stats(tag) if s.mask is not None}
    before: list[tuple[str, dict[str, Any]]] = [
        ("rename_observations_processor", {"rename_map": {}}),
        ("to_batch_processor", {}),
        ("molmoact2_masked_normalizer", {**scaling, "features": features}),
        ("molmoact2_clamp_normalized", {"normalization_masks": masks}),
        ("molmoact2_pack_inputs", _packing(config, tag, base=base)),
        ("device_processor", {"device": "cpu", "float_dtype": None}),
    ]
    after: list[tuple[str, dict[str, Any]]] = [
        ("molmoact2_clamp_action", {}),
        ("molmoact2_masked_unnormalizer", {**scaling, "features": {ACTION: features[ACTION]}}),
        ("device_processor", {"device": "cpu", "float_dtype": None}),
    ]
    _write_pipeline(folder, PRE, before, stats)
    _write_pipeline(folder, POST, after, stats)


def _policy_config(config: ModelConfig, tag: TagMetadata, *, base: str) -> dict[str, Any]:
    features = _features(tag)
    signs, offsets = _signs_and_offsets(tag.frame)
    return {
        "type": MODEL_TYPE,
        "checkpoint_path": base,
        "n_obs_steps": config.n_obs_steps,
        "chunk_size": tag.action_horizon,
        "n_action_steps": tag.n_action_steps,
        "action_mode": config.action_mode,
        "inference_action_mode": "continuous",
        "setup_type": tag.setup_type,
        "control_mode": tag.control_mode,
        "image_keys": _image_keys(tag),
        "normalize_language": True,
        "add_setup_tokens": config.add_setup_tokens,
        "add_control_tokens": config.add_control_tokens,
        "normalize_gripper": tag.normalize_gripper,
        "num_state_tokens": config.tokens.num_state_tokens,
        "expected_max_action_dim": config.max_action_dim,
        "num_inference_steps": config.flow_matching_num_steps,
        "joint_signs": signs,
        "joint_offsets": offsets,
        "normalization_mapping": _norm_map(tag),
        "input_features": {k: f for k, f in features.items() if k != ACTION},
        "output_features": {ACTION: features[ACTION]},
        "dataset_feature_names": {STATE: _names(tag, tag.state), ACTION: _names(tag, tag.action)},
    }


def _packing(config: ModelConfig, tag: TagMetadata, *, base: str) -> dict[str, Any]:
    return {
        "checkpoint_path": base,
        "action_mode": config.action_mode,
        "image_keys": _image_keys(tag),
        "setup_type": tag.setup_type,
        "control_mode": tag.control_mode,
        "normalize_language": True,
        "add_setup_tokens": config.add_setup_tokens,
        "add_control_tokens": config.add_control_tokens,
        "num_state_tokens": config.tokens.num_state_tokens,
        "chunk_size": tag.action_horizon,
        "max_action_dim": config.max_action_dim,
        "env_action_dim": tag.action.size,
    }


def _features(tag: TagMetadata) -> dict[str, dict[str, Any]]:
    pictures = {key: {"type": "VISUAL", "shape": PICTURE} for key in _image_keys(tag)}
    state = {"type": "STATE", "shape": [tag.state.size]}
    return {**pictures, STATE: state, ACTION: {"type": "ACTION", "shape": [tag.action.size]}}


def _image_keys(tag: TagMetadata) -> list[str]:
    cameras = tag.camera_keys or (tag.robot.camera_names if tag.robot else ())
    return [f"{IMAGES}{name}" for name in cameras]


def _norm_map(tag: TagMetadata) -> dict[str, str]:
    names = {ours: theirs for theirs, ours in MODES.items()}
    mode = names[tag.norm_mode]
    return {"VISUAL": "IDENTITY", "STATE": mode, "ACTION": mode}


def _signs_and_offsets(frame: JointFrame | None) -> tuple[list[float] | None, list[float] | None]:
    """What LeRobot adds to degrees, None when there is nothing to add."""
    if frame is None or len(frame.scale) != len(SO_JOINTS):
        return None, None
    signs = [1.0 if scale > 0 else -1.0 for scale in frame.scale]
    in_degrees = all(abs(abs(scale) - DEGREES) < 1e-9 for scale in frame.scale[:-1])
    plain = all(s > 0 for s in signs) and not any(frame.offset)
    return (None, None) if plain or not in_degrees else (signs, list(frame.offset))


def _names(tag: TagMetadata, stats: NormStats) -> list[str]:
    joints = tag.robot.joint_names if tag.robot else ()
    names = list(stats.names or joints)
    return [name if name.endswith(".pos") else f"{name}.pos" for name in names]


def _stats(tag: TagMetadata) -> tuple[tuple[str, NormStats], tuple[str, NormStats]]:
    return (STATE, tag.state), (ACTION, tag.action)


def _flat(tag: TagMetadata) -> dict[str, np.ndarray]:
    """Statistics as LeRobot keeps them in a processor's state: one array per number."""
    flat: dict[str, np.ndarray] = {}
    for key, stats in _stats(tag):
        for name, value in stats.to_dict().items():
            if name not in ("names", "count"):
                flat[f"{key}.{name}"] = np.array(value, np.float32)
    return flat


def _write_pipeline(
    folder: Path, name: str, steps: list[tuple[str, dict[str, Any]]], stats: dict[str, np.ndarray]
) -> None:
    listed: list[dict[str, Any]] = []
    for number, (registered, settings) in enumerate(steps):
        step: dict[str, Any] = {"registry_name": registered, "config": settings}
        if "normalizer" in registered:
            step["state_file"] = f"{name}_step_{number}_{registered}.safetensors"
            save_file(stats, folder / step["state_file"])
        listed.append(step)
    write_json(folder / f"{name}.json", {"name": name, "steps": listed})
