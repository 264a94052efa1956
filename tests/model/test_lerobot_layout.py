"""LeRobot policies: read with and without our own files beside them, adapters merged, written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from model import checkpoint
from model.errors import CannotExport, CheckpointMismatch, CheckpointUnreadable, ConfigInvalid
from model.export import export
from model.joint_frame import OLD_OFFSETS, OLD_SIGNS, old_so_frame
from model.lerobot_policy import TAG
from model.mapping import stored
from model.policy import Policy
from model.tags import ABSOLUTE
from model.transforms import UnitTransform
from recordings.types import RobotSpec
from recordings.wire import PlanRequest

RANK = 4


@pytest.fixture
def folder(tmp_path: Path, wide: checkpoint.Loaded) -> Path:
    export(wide, tmp_path / "policy", layout="lerobot")
    return tmp_path / "policy"


@pytest.fixture
def foreign(folder: Path) -> Path:
    """As LeRobot itself would have left it: without our statistics file."""
    (folder / "norm_stats.json").unlink()
    return folder


# of MolmoAct2Config and its base in LeRobot 0.6.1, which refuses any other
LEROBOT_FIELDS = {
    "checkpoint_path", "n_obs_steps", "chunk_size", "n_action_steps", "action_mode",
    "inference_action_mode", "setup_type", "control_mode", "image_keys", "normalize_language",
    "add_setup_tokens", "add_control_tokens", "normalize_gripper", "num_state_tokens",
    "expected_max_action_dim", "num_inference_steps", "joint_signs", "joint_offsets",
    "normalization_mapping", "input_features", "output_features", "dataset_feature_names",
}  # fmt: skip


def test_the_config_has_only_fields_that_lerobot_knows(
    folder: Path, tmp_path: Path, wide: checkpoint.Loaded
) -> None:
    written = json.loads((folder / "config.json").read_text())
    assert written.keys() - {"type"} <= LEROBOT_FIELDS
    export(wide, tmp_path / "next", layout="lerobot-next")
    newer = json.loads((tmp_path / "next" / "config.json").read_text())
    assert newer.keys() - written.keys() == {"train_mode_vlm"}


def change(folder: Path, **fields: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_every_tensor_comes_back_bit_by_bit(folder: Path, wide: checkpoint.Loaded) -> None:
    back = checkpoint.load(folder).model
    given = stored(wide.model.state_dict(), wide.model.config)
    made = stored(back.state_dict(), back.config)
    assert made.keys() == given.keys()
    assert all(torch.equal(made[name], given[name]) for name in given)
    assert all(name.startswith("model.") for name in load_file(folder / "model.safetensors"))


def test_a_policy_refers_to_a_complete_released_checkpoint(folder: Path) -> None:
    """LeRobot builds the network from there before it loads the policy's own weights."""
    base = Path(json.loads((folder / "config.json").read_text())["checkpoint_path"])
    assert base == (folder / "molmoact2").resolve()
    checkpoint.load(base)


def test_an_exported_policy_plans_what_the_run_plans(
    folder: Path, wide: checkpoint.Loaded, robot: RobotSpec, make_request: object
) -> None:
    request: PlanRequest = make_request()  # pyright: ignore[reportCallIssue]
    original = Policy(wide.model, wide.processor, tag="bench", robot=robot, name="p")
    back = Policy.load(folder)
    np.testing.assert_allclose(back.plan(request).q, original.plan(request).q, atol=1e-4)


def test_arms_are_in_degrees_for_lerobot(folder: Path, wide: checkpoint.Loaded) -> None:
    tag = checkpoint.load(folder).processor.tags["bench"]
    rad = wide.processor.tags["bench"]
    assert tag.state.q99[0] == pytest.approx(np.degrees(rad.state.q99[0]))
    assert tag.state.q99[5] == pytest.approx(100.0)


def test_statistics_words_and_cameras_come_from_the_saved_processors(
    foreign: Path, wide: checkpoint.Loaded
) -> None:
    made = checkpoint.load(foreign).processor.tags[TAG]
    rad = wide.processor.tags["bench"]
    assert made.camera_keys == ("front", "wrist")
    assert (made.setup_type, made.control_mode) == (rad.setup_type, rad.control_mode)
    assert made.state.q01[:5] == pytest.approx(np.degrees(rad.state.q01[:5]))
    assert not made.constant_is_zero


def test_signs_and_offsets_of_a_policy_become_its_joint_frame(foreign: Path) -> None:
    change(foreign, joint_signs=list(OLD_SIGNS), joint_offsets=list(OLD_OFFSETS))
    frame = checkpoint.load(foreign).processor.tags[TAG].frame
    assert frame == old_so_frame()


def test_the_old_joint_frame_is_told_to_lerobot(tmp_path: Path, wide: checkpoint.Loaded) -> None:
    tag = replace(wide.processor.tags["bench"], frame=old_so_frame())
    given = replace(wide, processor=wide.processor.with_tag("bench", tag))
    export(given, tmp_path / "policy", layout="lerobot")
    config = json.loads((tmp_path / "policy" / "config.json").read_text())
    assert config["joint_signs"] == list(OLD_SIGNS)
    assert config["joint_offsets"] == list(OLD_OFFSETS)


def test_a_column_that_never_moved_is_scaled_as_lerobot_does(foreign: Path) -> None:
    tag = checkpoint.load(foreign).processor.tags[TAG]
    still = replace(tag.state, q01=(*tag.state.q01[:5], 3.0), q99=(*tag.state.q99[:5], 3.0))
    still = replace(still, minimum=still.q01, maximum=still.q99)
    units = UnitTransform(replace(tag, state=still, control_mode=ABSOLUTE, frame=None))
    assert units.normalise_state(np.array(still.q01, np.float32))[5] == -1.0


def test_adapters_are_added_to_their_matrices(folder: Path, wide: checkpoint.Loaded) -> None:
    path = folder / "model.safetensors"
    layer = "model.base_model.model.model.transformer.blocks.0.self_attn.att_proj"
    tensors: dict[str, torch.Tensor] = {}
    for name, tensor in load_file(path).items():
        inner = f"model.base_model.model.{name.removeprefix('model.')}"
        adapted = inner == f"{layer}.weight"
        tensors[f"{layer}.base_layer.weight" if adapted else inner] = tensor
    matrix = tensors[f"{layer}.base_layer.weight"]
    low, high = torch.randn(RANK, matrix.shape[1]), torch.randn(matrix.shape[0], RANK)
    tensors[f"{layer}.lora_A.default.weight"] = low
    tensors[f"{layer}.lora_B.default.weight"] = high
    save_file(tensors, path)
    change(folder, lora_rank=RANK, lora_alpha=8)
    made = checkpoint.load(folder).model
    name = "model.transformer.blocks.0.self_attn.att_proj.weight"
    merged = stored(made.state_dict(), made.config)[name]
    torch.testing.assert_close(merged, matrix + 2.0 * high @ low)


def test_half_a_pair_of_adapters_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    extra = "model.model.transformer.blocks.0.self_attn.att_proj.lora_A.default.weight"
    save_file({**load_file(path), extra: torch.zeros(RANK, 3)}, path)
    with pytest.raises(CheckpointMismatch, match="1 unexpected"):
        checkpoint.load(folder)


def test_a_policy_saved_without_its_processors_is_refused(foreign: Path) -> None:
    (foreign / "policy_preprocessor.json").write_text('{"steps": []}')
    with pytest.raises(CheckpointUnreadable, match="every motion would be wrong"):
        checkpoint.load(foreign)


def test_signs_without_offsets_are_refused(foreign: Path) -> None:
    change(foreign, joint_signs=[1.0] * 6, joint_offsets=None)
    with pytest.raises(ConfigInvalid, match="both or none"):
        checkpoint.load(foreign)


def test_a_base_that_is_not_there_is_named(folder: Path) -> None:
    change(folder, checkpoint_path="/nowhere/at/all")
    with pytest.raises(CheckpointUnreadable, match="/nowhere/at/all"):
        checkpoint.load(folder)


def test_a_network_lerobot_could_not_load_is_not_exported_for_it(
    tmp_path: Path, loaded: checkpoint.Loaded
) -> None:
    with pytest.raises(CannotExport, match="8 action columns, LeRobot loads networks with 32"):
        export(loaded, tmp_path / "out", layout="lerobot")
    assert not (tmp_path / "out").exists()


def test_a_policy_has_one_tag(tmp_path: Path, wide: checkpoint.Loaded) -> None:
    tags = wide.processor.tags
    two = wide.processor.with_tag("other", tags["bench"])
    with pytest.raises(CannotExport, match="has bench, other"):
        export(replace(wide, processor=two), tmp_path / "out", layout="lerobot")
