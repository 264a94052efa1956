"""A LeRobot ``molmoact2`` policy folder: what its config and saved processors say, as our tag.

LeRobot keeps normalisation in a saved pipeline (a JSON of steps, statistics in safetensors), words
and cameras in the policy's config, and nothing about units. Knows no torch and no network; reads
small files only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from model.config import ModelConfig
from model.embodiments import SO_JOINTS, is_gripper, named_like_so
from model.errors import CheckpointUnreadable, ConfigInvalid
from model.joint_frame import JointFrame
from model.json_files import read_json
from model.norm_stats import STATISTICS, NormStats
from model.tags import TagMetadata, Tags

STATE, ACTION = "observation.state", "action"
IMAGES = "observation.images."
PIPELINE = "policy_preprocessor.json"
NORMALISER = "normalizer"  # part of the step's registered name
MODES = {
    "QUANTILES": "q01_q99",
    "QUANTILE10": "q10_q90",
    "MIN_MAX": "min_max",
    "MEAN_STD": "mean_std",
    "IDENTITY": "none",
}
TAG = "lerobot"  # name of the only tag of such a policy


def policy_config(base: ModelConfig, policy: Mapping[str, Any]) -> ModelConfig:
    """The network's config as the policy uses it: its own action mode, horizon and prompt flags."""
    same = ("action_mode", "add_setup_tokens", "add_control_tokens")
    changes: dict[str, Any] = {key: policy[key] for key in same if policy.get(key) is not None}
    if policy.get("num_inference_steps"):
        changes["flow_matching_num_steps"] = int(policy["num_inference_steps"])
    horizon = int(policy.get("chunk_size") or base.max_action_horizon)
    changes["max_action_horizon"] = max(horizon, base.max_action_horizon)
    return dataclasses.replace(base, **changes)


def policy_tags(folder: Path, policy: Mapping[str, Any]) -> Tags:
    """The one tag a LeRobot policy amounts to.

    Raises:
        CheckpointUnreadable: no saved processors, or no statistics in them.
        ConfigInvalid: statistics that contradict the config.
    """
    stats, mode = _statistics(folder)
    names = _names(policy)
    horizon = int(policy.get("chunk_size") or 30)
    keys = policy.get("image_keys") or _cameras(policy)
    tag = TagMetadata(
        state=_stats(stats, STATE, names[0], folder),
        action=_stats(stats, ACTION, names[1], folder),
        setup_type=str(policy.get("setup_type") or ""),
        control_mode=str(policy.get("control_mode") or ""),
        camera_keys=tuple(str(key).removeprefix(IMAGES) for key in keys),
        action_horizon=horizon,
        n_action_steps=int(policy.get("n_action_steps") or horizon),
        normalize_gripper=bool(policy.get("normalize_gripper", False)),
        norm_mode=mode,
        frame=_frame(policy, names[1]),
        constant_is_zero=False,
    )
    return Tags({TAG: tag}, mode)


def base_of(policy: Mapping[str, Any], folder: Path) -> str:
    """Which molmoact2 checkpoint the policy takes its network config and tokenizer from.

    A relative path counts from the policy's own folder.

    Raises:
        ConfigInvalid: it names none.
    """
    base = str(policy.get("checkpoint_path") or "")
    if not base:
        raise ConfigInvalid("checkpoint_path", "missing", expected="a molmoact2 checkpoint")
    inside = folder / base
    return str(inside) if inside.exists() else base


def _statistics(folder: Path) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """Flat statistics ("action.q01" …) and the mode they are used in."""
    pipeline = read_json(folder / PIPELINE)
    for step in pipeline.get("steps") or ():
        if NORMALISER not in str(step.get("registry_name", "")) or not step.get("state_file"):
            continue
        given = (step.get("config") or {}).get("norm_map") or {}
        modes = {
            str(given.get(kind, "QUANTILES")).rsplit(".", 1)[-1] for kind in ("STATE", "ACTION")
        }
        if len(modes) != 1 or not modes <= MODES.keys():
            raise ConfigInvalid(
                "norm_map", given, expected=f"one of {', '.join(MODES)} for STATE and ACTION"
            )
        return _load(folder / str(step["state_file"])), MODES[modes.pop()]
    raise CheckpointUnreadable(
        folder / PIPELINE,
        reason="no normaliser with statistics in it",
        hint="save the policy again together with its processors; without statistics every "
        "motion would be wrong",
    )


def _load(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        return load_file(path)
    except OSError as error:
        raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
    except SafetensorError as error:
        raise CheckpointUnreadable(path, reason=f"no complete safetensors: {error}") from error


def _stats(
    flat: Mapping[str, npt.NDArray[Any]], key: str, names: Sequence[str], folder: Path
) -> NormStats:
    values = {n: flat[f"{key}.{n}"].tolist() for n in STATISTICS if f"{key}.{n}" in flat}
    if not {"q01", "q99"} <= values.keys():
        raise CheckpointUnreadable(folder, reason=f"no quantiles q01, q99 of {key}")
    mask = flat.get(f"{key}.mask")
    given = None if mask is None else (np.asarray(mask) != 0).tolist()
    return NormStats.from_dict({**values, "mask": given, "names": list(names)})


def _names(policy: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Names of state and action columns, [] where the policy does not say."""
    given = policy.get("dataset_feature_names") or {}
    state, action = ([str(n) for n in given.get(key) or ()] for key in (STATE, ACTION))
    return state, action


def _cameras(policy: Mapping[str, Any]) -> list[str]:
    features = policy.get("input_features") or {}
    return [key for key, feature in features.items() if feature.get("type") == "VISUAL"]


def _frame(policy: Mapping[str, Any], names: Sequence[str]) -> JointFrame | None:
    """Units of a policy, where its config tells; None where it does not."""
    signs, offsets = policy.get("joint_signs"), policy.get("joint_offsets")
    if (signs is None) != (offsets is None):
        raise ConfigInvalid("joint_signs, joint_offsets", (signs, offsets), expected="both or none")
    known = named_like_so(names) or (
        not names and signs is not None and len(signs) == len(SO_JOINTS)
    )
    if not known:
        return None
    frame = JointFrame.degrees([is_gripper(name) for name in SO_JOINTS])
    if signs is None or offsets is None:
        return frame
    return frame.then(signs=signs, offsets=offsets)
