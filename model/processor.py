"""From pictures, state and task to network inputs: the prompt, its tokens and its image patches.

Takes *normalised* states (:mod:`model.transforms` does that); knows no robot units and no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from model.config import ModelConfig
from model.images import patchify, pooling_indices, squash
from model.inputs import ModelInputs, left_pad, shift_pooling
from model.prompt import (
    PromptWords,
    chat,
    expand_images,
    normalise_task,
    robot_prompt,
    robot_request,
    state_bins,
)
from model.tags import TagMetadata, Tags
from model.tokenizer import PromptTokenizer
from recordings.types import F32, U8

IGNORED = -100  # label of a token that is not to be predicted


class Processor:
    """Turns what a robot sees into :class:`ModelInputs`."""

    def __init__(self, config: ModelConfig, tokenizer: PromptTokenizer, tags: Tags) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.tags = tags
        self._pooling = pooling_indices(config.vision.patch_grid, side=config.foresight.pooling)
        self._block = torch.tensor(config.tokens.image_block)

    def with_tag(self, name: str, tag: TagMetadata) -> Processor:
        """The same, with another tag of this name."""
        tags = Tags({**self.tags.by_name, name: tag}, self.tags.norm_mode)
        return Processor(self.config, self.tokenizer, tags)

    def encode(
        self,
        images: Sequence[U8],
        *,
        state: F32 | None,
        task: str,
        tag: str,
        depth: bool | None = None,
    ) -> ModelInputs:
        """One example (B = 1).

        Args:
            images: (h, w, 3) uint8 RGB of any size, one per camera, in the tag's camera order.
            state: (n,) float32 normalised, None leaves the state clause out.
            task: what to do, in words; normalised here.
            tag: name of the normalisation tag (setup and control words come from it).
            depth: ask for depth before the action; None: as the checkpoint is made.
        """
        prompt = self.prompt(task, state=state, images=len(images), tag=tag, depth=depth)
        squashed = [squash(image, size=self.config.image_size) for image in images]
        return self._inputs([self._ids(prompt)], _stack(squashed, self.config.image_size))

    def encode_batch(
        self, images: U8, *, states: F32, tasks: Sequence[str], tag: str
    ) -> ModelInputs:
        """Many examples at once, the fast path for training.

        Args:
            images: (B, cameras, s, s, 3) uint8, already squashed to the network's image size
                (:func:`model.images.squash`).
            states: (B, n) float32 normalised.
            tasks: B texts.
            tag: as in :meth:`encode`.
        """
        cameras = images.shape[1]
        rows = [
            self._ids(self.prompt(task, state=state, images=cameras, tag=tag))
            for task, state in zip(tasks, states, strict=True)
        ]
        return self._inputs(rows, images.reshape(-1, *images.shape[2:]))

    def encode_questions(
        self, images: U8, *, questions: Sequence[str], answers: Sequence[str]
    ) -> tuple[ModelInputs, torch.Tensor]:
        """Questions about pictures with teacher-forced answers, for pretraining.

        The text is that of :func:`model.prompt.chat`, the answer and ``<|im_end|>``.

        Args:
            images: (B, cameras, s, s, 3) uint8, already squashed.
            questions: B texts.
            answers: B texts (may name special tokens). Start a number with a space: the tiny
                tokenizer has " 0" … " 99" as single tokens.

        Returns:
            The batch, and labels (B, S) int64: answer tokens incl. ``<|im_end|>``, −100 elsewhere.
        """
        cameras = images.shape[1]
        prompts = [self._ids(chat(q, images=cameras)) for q in questions]
        replies = [self.tokenizer.encode(f"{answer}<|im_end|>") for answer in answers]
        rows = [p + r for p, r in zip(prompts, replies, strict=True)]
        inputs = self._inputs(rows, images.reshape(-1, *images.shape[2:]))
        labels = torch.full_like(inputs.input_ids, IGNORED)
        for row, reply in enumerate(replies):
            labels[row, -len(reply) :] = torch.tensor(reply)
        return inputs, labels

    def prompt(
        self,
        task: str,
        *,
        state: F32 | None,
        images: int,
        tag: str,
        depth: bool | None = None,
    ) -> str:
        """The text of one example, pictures as ``<|image|>``; arguments as in :meth:`encode`."""
        words = self._words(tag)
        if depth is not None:
            words = replace(words, depth=depth)
        return robot_prompt(normalise_task(task), words, bins=self._bins(state), images=images)

    def request(self, task: str, *, state: F32 | None, tag: str) -> str:
        """What the user says in :meth:`prompt`, for questions in place of an action."""
        return robot_request(normalise_task(task), self._words(tag), bins=self._bins(state))

    def _words(self, tag: str) -> PromptWords:
        metadata = self.tags[tag]
        return PromptWords(
            setup_type=metadata.setup_type,
            control_mode=metadata.control_mode,
            add_setup_tokens=self.config.add_setup_tokens,
            add_control_tokens=self.config.add_control_tokens,
            depth=self.config.enable_depth_reasoning,
        )

    def _bins(self, state: F32 | None) -> list[int] | None:
        return (
            None if state is None else state_bins(state, count=self.config.tokens.num_state_tokens)
        )

    def _ids(self, text: str) -> list[int]:
        tokens = self.config.tokens_per_image
        return self.tokenizer.encode(expand_images(text, tokens_per_image=tokens))

    def _inputs(self, rows: list[list[int]], images: U8) -> ModelInputs:
        """Token rows of a batch and its pictures (N, s, s, 3) as tensors."""
        tokens = self.config.tokens
        ids, valid, positions = left_pad(rows, pad=tokens.pad_token_id, bos=tokens.eos_token_id)
        pixel_values, pooling = self.patches(images)
        return ModelInputs(
            input_ids=ids,
            attention_mask=valid,
            position_ids=positions,
            image_block=torch.isin(ids, self._block),
            pixel_values=pixel_values,
            pooling=pooling,
        )

    def patches(self, images: U8) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (N, s, s, 3) → pixel values and pooling indices as in :class:`ModelInputs`."""
        vision = self.config.vision
        pixel_values = patchify(
            torch.from_numpy(np.ascontiguousarray(images)), patch=vision.image_patch_size
        )
        pooling = shift_pooling(self._pooling, pictures=len(images), patches=vision.image_num_pos)
        return pixel_values, pooling


def _stack(images: list[U8], size: int) -> U8:
    return np.stack(images) if images else np.empty((0, size, size, 3), np.uint8)
