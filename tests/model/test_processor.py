"""Pictures, state and task become one batch; padding and order are right."""

from __future__ import annotations

import numpy as np
import torch

from model.presets import preset
from model.processor import IGNORED, Processor
from recordings.types import U8

SIZE = preset("tiny").image_size

STATE = np.array([0.1, -0.2, 0.3, 0.4, -0.5, 0.6], np.float32)


def pictures(count: int, *, seed: int = 0, size: int = SIZE) -> U8:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def test_a_batch_holds_what_single_examples_hold(processor: Processor) -> None:
    images = pictures(4).reshape(2, 2, SIZE, SIZE, 3)
    tasks = ["put the red cube in the tray", "lift it"]
    batch = processor.encode_batch(
        images, states=np.stack([STATE, -STATE]), tasks=tasks, tag="bench"
    )
    second = processor.encode(list(images[1]), state=-STATE, task=tasks[1], tag="bench")
    length = second.input_ids.shape[1]
    assert torch.equal(batch.input_ids[1, -length:], second.input_ids[0])
    assert torch.equal(batch.position_ids[1, -length:], second.position_ids[0])
    assert torch.equal(batch.pixel_values[2:], second.pixel_values)


def test_padding_is_on_the_left_and_marked(processor: Processor) -> None:
    images = pictures(4).reshape(2, 2, SIZE, SIZE, 3)
    tasks = ["put the red cube in the tray", "lift"]
    batch = processor.encode_batch(
        images, states=np.stack([STATE, STATE]), tasks=tasks, tag="bench"
    )
    padded = batch.input_ids == processor.config.tokens.pad_token_id
    assert torch.equal(~batch.attention_mask, padded)
    assert bool(padded[1, 0])
    assert not bool(padded[:, -1].any())


def test_every_picture_has_its_tokens_and_its_patches(processor: Processor) -> None:
    inputs = processor.encode(list(pictures(2)), state=STATE, task="lift", tag="bench")
    config = processor.config
    tokens = int((inputs.input_ids == config.tokens.image_patch_id).sum())
    assert tokens == len(inputs.pooling) == 2 * config.tokens_per_image
    assert inputs.pooling.max() == 2 * config.vision.image_num_pos - 1


def test_a_prompt_names_task_setup_state_and_control(processor: Processor) -> None:
    text = processor.prompt("Lift the cube!", state=STATE, images=2, tag="bench")
    assert text.startswith("Image 1<|image|>Image 2<|image|><|im_start|>user\nThe task is to lift")
    assert "<setup_start>single so101 robotic arm in foresight<setup_end>" in text
    assert "<state_start><state_140>" in text
    assert "<control_start>joint pose relative to the current state<control_end>" in text


def test_a_tiny_prompt_is_short(processor: Processor) -> None:
    task = "put the red cube in the tray"
    inputs = processor.encode(list(pictures(2)), state=STATE, task=task, tag="bench")
    assert inputs.input_ids.shape[1] - 2 * processor.config.tokens_per_image < 60


def test_pictures_of_any_size_are_squashed(processor: Processor) -> None:
    large = pictures(2, size=200)[:, :150]
    inputs = processor.encode(list(large), state=STATE, task="lift", tag="bench")
    assert inputs.pixel_values.shape == (2, preset("tiny").vision.image_num_pos, 432)
    assert -1.0 <= inputs.pixel_values.min() < inputs.pixel_values.max() <= 1.0


def test_only_the_answer_is_to_be_predicted(processor: Processor) -> None:
    images = pictures(2).reshape(2, 1, SIZE, SIZE, 3)
    inputs, labels = processor.encode_questions(
        images, questions=["where is the red cube?", "where?"], answers=[" 42 7", " 3"]
    )
    asked = labels != IGNORED
    assert torch.equal(inputs.input_ids[asked], labels[asked])
    texts = [processor.tokenizer.decode(row[row != IGNORED].tolist()) for row in labels]
    assert texts == [" 42 7<|im_end|>", " 3<|im_end|>"]


def test_a_question_without_pictures_is_possible(processor: Processor) -> None:
    inputs = processor.encode([], state=STATE, task="lift", tag="bench")
    assert inputs.pixel_values.shape[0] == 0
    assert not bool(inputs.image_block.any())
