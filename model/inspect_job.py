"""``foresight inspect``: what a checkpoint is, without loading it. Imports no torch.

Reads configs, statistics and the headers of weight files.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from model.config import ModelConfig
from model.embodiments import BY_TAG
from model.errors import CheckpointUnreadable, ModelError
from model.hub import resolve
from model.json_files import read_json
from model.layouts import CONFIG_FILE, Found, Layout, identify
from model.lerobot_policy import base_of, policy_config, policy_tags
from model.tags import TagMetadata, Tags


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the headers of the weight files say."""

    files: int
    tensors: int
    parameters: int
    gigabytes: float
    kinds: dict[str, int]  # number format → tensors


@dataclass(frozen=True, slots=True)
class Description:
    """What a checkpoint is."""

    layout: str
    folder: str
    weights: Sizes
    network: dict[str, Any]
    tags: dict[str, dict[str, Any]]
    abilities: list[str]


def describe(source: str) -> Description:
    """Read what there is to know about a run, a checkpoint folder or a hub id.

    Raises:
        ModelError: it cannot be read.
    """
    found = identify(resolve(source))
    if found.layout is Layout.ADAPTER:
        return Description(
            layout="LoRA adapters",
            folder=str(found.folder),
            weights=_sizes(found.folder),
            network={"base": found.config.get("base_model_name_or_path"), **_rank(found.config)},
            tags={},
            abilities=[],
        )
    config, tags = _config_and_tags(found)
    return Description(
        layout=found.layout.value,
        folder=str(found.folder),
        weights=_sizes(found.folder),
        network=_network(config),
        tags={name: _tag(name, tag) for name, tag in tags.by_name.items()},
        abilities=_abilities(config),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the description. 0 done, 1 not readable."""
    options = _parse(argv)
    try:
        found = describe(options.checkpoint)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = json.dumps(asdict(found), indent=1) if options.json else _text(found)
    sys.stdout.write(text + "\n")
    return 0


def _config_and_tags(found: Found) -> tuple[ModelConfig, Tags]:
    if found.layout is Layout.MOLMOACT2:
        config = ModelConfig.from_dict(found.config)
        return config, Tags.from_dict(read_json(found.folder / config.norm_stats_filename))
    base = resolve(base_of(found.config, found.folder), weights=False)
    config = policy_config(ModelConfig.from_dict(read_json(base / CONFIG_FILE)), found.config)
    own = found.folder / config.norm_stats_filename
    tags = (
        Tags.from_dict(read_json(own)) if own.exists() else policy_tags(found.folder, found.config)
    )
    return config, tags


def _sizes(folder: Path) -> Sizes:
    files = sorted(folder.glob("*model*.safetensors"))
    if not files:
        raise CheckpointUnreadable(folder, reason="there are no weight files in it")
    kinds: Counter[str] = Counter()
    parameters = 0
    for path in files:
        try:
            with safe_open(path, framework="numpy") as file:
                for name in file.keys():  # noqa: SIM118 - a safe_open is no mapping
                    part = file.get_slice(name)
                    kinds[str(part.get_dtype())] += 1
                    parameters += _product(part.get_shape())
        except (OSError, SafetensorError) as error:
            raise CheckpointUnreadable(path, reason=f"no complete safetensors: {error}") from error
    size = sum(path.stat().st_size for path in files) / 1e9
    return Sizes(len(files), kinds.total(), parameters, size, dict(kinds))


def _product(shape: Sequence[int]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def _rank(adapter: Mapping[str, Any]) -> dict[str, Any]:
    return {"rank": adapter.get("r"), "alpha": adapter.get("lora_alpha")}


def _network(config: ModelConfig) -> dict[str, Any]:
    return {
        "preset": config.foresight.preset,
        "language_layers": config.text.num_hidden_layers,
        "language_width": config.text.hidden_size,
        "image_px": config.image_size,
        "tokens_per_image": config.tokens_per_image,
        "action_columns": config.max_action_dim,
        "longest_chunk": config.max_action_horizon,
        "flow_steps": config.flow_matching_num_steps,
        "action_mode": config.action_mode,
    }


def _tag(name: str, tag: TagMetadata) -> dict[str, Any]:
    known = BY_TAG.get(name)
    robot = tag.robot.name if tag.robot else known.name if known else "not said"
    joints = tag.robot.joint_names if tag.robot else known.joints if known else tag.state.names
    units = known.units if known else "checkpoint units" if tag.frame else "rad, gripper 0…1"
    cameras = tag.camera_keys or (known.cameras if known else ())
    any_count = f"any {known.camera_count}" if known and known.camera_count else "any"
    return {
        "robot": robot,
        "joints": list(joints),
        "state_columns": tag.state.size,
        "action_columns": tag.action.size,
        "units": units if tag.robot or known or tag.frame else "not said",
        "cameras": list(cameras) or any_count,
        "rows": tag.action_horizon,
        "control": tag.control_mode,
        "tasks": list(tag.tasks),
    }


def _abilities(config: ModelConfig) -> list[str]:
    can = ["continuous actions"] if config.add_action_expert else []
    if config.action_mode in ("both", "discrete"):
        can.append("discrete actions")
    if config.enable_depth_reasoning:
        gate = ", gated" if config.action_expert_depth_gate else ""
        can.append(f"depth reasoning ({config.num_depth_codes} codes{gate})")
    return can


def _text(found: Description) -> str:
    w, n = found.weights, found.network
    lines = [
        f"{found.folder}",
        f"  layout      {found.layout}",
        f"  weights     {w.parameters:,} numbers in {w.tensors} tensors, {w.files} files, "
        f"{w.gigabytes:.2f} GB, {', '.join(w.kinds)}",
        f"  network     {', '.join(f'{k} {v}' for k, v in n.items() if v not in ('', None))}",
        f"  can do      {', '.join(found.abilities) or 'nothing by itself'}",
    ]
    for name, tag in found.tags.items():
        lines.append(f"  tag {name}")
        lines += [f"    {key:<15}{_listed(value)}" for key, value in tag.items() if value]
    return "\n".join(lines)


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="foresight inspect", description="Say what a checkpoint is, without loading it."
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="run, folder, or owner/name")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
