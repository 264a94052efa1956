"""Teaching depth: the tokenizer's codebook, the answers that are taught, a file that is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import simplejpeg
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model import checkpoint
from model.depth_data import DepthData
from model.depth_lesson import CORRUPTED, with_answers
from model.depth_tokenizer import load
from model.errors import TrainingDataUnusable
from model.network import MolmoAct2
from model.presets import preset
from model.processor import IGNORED, Processor
from model.tags import Tags
from model.teach_depth_tokenizer import TokenizerTeacher, rank_correlation
from model.teach_depth_tokenizer import main as teach_tokenizer
from model.teach_think import main as teach_think
from model.tiny_tokenizer import tiny_tokenizer

SIDE = 80


def hills(count: int) -> np.ndarray:
    """(count, SIDE, SIDE) uint8: a slope with a bump somewhere."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    places = rng.uniform(0.2, 0.8, (count, 2))
    bumps = [np.exp(-((x - u) ** 2 + (y - v) ** 2) / 0.02) for u, v in places]
    depth = np.maximum(np.stack(bumps), y)
    return (depth * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def depth_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("depth") / "hills.h5"
    depth = hills(10)
    with h5py.File(path, "w") as file:
        file.attrs.update(schema="foresight-depth/1", seed=0)
        file.attrs.update(cameras='["front", "wrist"]', tasks='["put the red cube in the tray"]')
        file["states"] = np.random.default_rng(1).normal(size=(10, 6)).astype(np.float32)
        file["depth"] = depth
        for camera in ("front", "wrist"):
            images = [simplejpeg.encode_jpeg(np.repeat(d[..., None], 3, -1)) for d in depth]
            file[f"{camera}/bytes"] = np.frombuffer(b"".join(images), np.uint8)
            file[f"{camera}/end"] = np.cumsum([len(image) for image in images])
    return path


def test_a_tokenizer_learns_to_draw_what_it_saw(depth_file: Path) -> None:
    teacher = TokenizerTeacher(DepthData.load(depth_file, image_size=None), steps=40, seed=0)
    errors = [teacher.step() for _ in range(40)]
    assert np.mean(errors[-5:]) < 0.25 * errors[0]
    assert teacher.score()["rank_correlation"] > 0.8
    assert teacher.score()["codes_used"] > 5


@given(arrays(np.float32, (2, 12), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, -3.0])))
def test_rank_correlation_is_spearmans(values: np.ndarray) -> None:
    one, other = values
    if len(set(one)) < 2 or len(set(other)) < 2:
        return
    ranks = [[(v < x).sum() + ((v == x).sum() + 1) / 2 for x in v] for v in (one, other)]
    wanted = np.corrcoef(ranks)[0, 1]
    found = rank_correlation(torch.from_numpy(one)[None], torch.from_numpy(other)[None])
    assert found == pytest.approx(wanted, abs=1e-6)


def test_a_file_that_is_no_depth_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataUnusable, match="gone"):
        DepthData.load(tmp_path / "gone.h5", image_size=None)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["schema"] = "something/2"
    with pytest.raises(TrainingDataUnusable, match="'something/2', not 'foresight-depth/1'"):
        DepthData.load(tmp_path / "other.h5", image_size=None)


def test_answers_follow_the_prompt_and_only_they_are_asked_for(processor: Processor) -> None:
    config = replace(preset("tiny"), enable_depth_reasoning=True)
    thinking = Processor(config, processor.tokenizer, processor.tags)
    size = config.image_size
    images = np.zeros((2, 2, size, size, 3), np.uint8)
    prompts = thinking.encode_batch(
        images, states=np.zeros((2, 6), np.float32), tasks=["lift", "put it down"], tag="bench"
    )
    codes = torch.arange(200).reshape(2, 100) % 128
    inputs, labels = with_answers(prompts, codes, config)
    tokens, start = config.tokens, prompts.input_ids.shape[1]
    assert tokens.depth_token_start_id is not None
    assert torch.equal(inputs.input_ids[:, :start], prompts.input_ids)
    assert (labels[:, :start] == IGNORED).all()
    assert torch.equal(labels[:, start:], inputs.input_ids[:, start:])
    assert torch.equal(labels[:, start + 1 : -1] - tokens.depth_token_start_id, codes)
    assert (labels[:, start] == tokens.depth_start_token_id).all()
    assert (labels[:, -1] == tokens.depth_end_token_id).all()
    assert torch.equal(inputs.position_ids.diff(dim=1)[:, start - 1 :], torch.ones(2, 102).long())
    wrong, same = with_answers(prompts, codes, config, generator=torch.Generator().manual_seed(0))
    assert torch.equal(same, labels)
    share = (wrong.input_ids != inputs.input_ids).float().sum() / codes.numel()
    assert 0.3 * CORRUPTED < share < 2 * CORRUPTED


def test_both_lessons_run_and_leave_what_can_be_loaded(
    depth_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a data file to a folder that thinks, with a foundation of random weights."""
    config = preset("tiny")
    torch.manual_seed(0)
    plain = Processor(config, tiny_tokenizer(), Tags({}))
    checkpoint.write_folder(tmp_path / "base", model=MolmoAct2(config), processor=plain)
    file = tmp_path / "tokenizer.safetensors"
    assert teach_tokenizer([str(depth_file), "--out", str(file), "--steps", "2"]) == 0
    assert load(file).sizes.grid == 10
    asked = [str(depth_file), "--tokenizer", str(file), "--foundation", str(tmp_path / "base")]
    assert teach_think([*asked, "--out", str(tmp_path / "think"), "--steps", "1"]) == 0
    assert "rank_correlation" in capsys.readouterr().out
    loaded = checkpoint.load(tmp_path / "think")
    assert loaded.model.config.enable_depth_reasoning
    assert (tmp_path / "think" / "depth_tokenizer.safetensors").exists()
