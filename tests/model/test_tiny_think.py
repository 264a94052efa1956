"""The Think checkpoint that ships: its depth is true on scenes nobody taught it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from assets import asset
from model import checkpoint, companions, depth_tokenizer
from model.depth_data import DepthData
from model.depth_labels import answer_together
from model.processor import Processor
from model.tags import Tags
from model.teach_depth_tokenizer import rank_correlation
from model.teach_think import TAG, tag_of
from model.transforms import Normaliser
from studio.make_depth_data import make

FOLDER = asset("foundation/tiny-think")
MOMENTS, SEED = 8, 424_242  # not the seed it was taught with


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fresh") / "depth.h5"
    make(path, count=MOMENTS, seed=SEED)
    return path


@torch.no_grad()
def test_decoded_depth_ranks_like_true_depth_on_fresh_scenes(fresh: Path) -> None:
    loaded = checkpoint.load(FOLDER)
    data = DepthData.load(fresh, image_size=loaded.model.config.image_size)
    tag = tag_of(data)
    processor = Processor(loaded.model.config, loaded.processor.tokenizer, Tags({TAG: tag}))
    states = Normaliser(tag.state, mode=tag.norm_mode).normalise(data.states)
    tasks = [data.tasks[0]] * MOMENTS
    prompts = processor.encode_batch(data.images, states=states, tasks=tasks, tag=TAG)
    codes = answer_together(loaded.model, prompts)
    file = companions.depth_file(FOLDER)
    assert file is not None
    pictures = depth_tokenizer.load(file)
    drawn = pictures.draw(codes.view(MOMENTS, 10, 10))[:, 0]
    true = data.pictures(np.arange(MOMENTS), side=pictures.sizes.image_px)[:, 0]
    assert rank_correlation(drawn, true) > 0.8
    usual = true.mean(0).expand_as(true)  # better than any guess that ignores the pictures
    assert (drawn - true).abs().mean() < (usual - true).abs().mean()


def test_the_card_says_what_it_was_taught_and_how_well() -> None:
    card = json.loads((FOLDER / "card.json").read_text())
    assert card["scores"]["rank_correlation"] > 0.8
    assert card["data"]["seed"] != SEED


def test_it_is_small_enough_to_ship() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sizes["depth_tokenizer.safetensors"] < 3e6
    assert sum(sizes.values()) < 8e6
