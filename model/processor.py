"""From pictures, state and task to network inputs: the prompt, its tokens and its image patches.

Takes *normalised* states (:mod:`model.transforms` does that); knows no robot units and no files.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.config import ModelConfig
from model.network import ModelInputs
from model.tags import Tags
from model.tokenizer import PromptTokenizer
from recordings.types import F32, U8


class Processor:
    """Turns what a robot sees into :class:`ModelInputs`."""

    def __init__(self, config: ModelConfig, tokenizer: PromptTokenizer, tags: Tags) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.tags = tags

    def encode(
        self, images: Sequence[U8], *, state: F32 | None, task: str, tag: str
    ) -> ModelInputs:
        """One example (B = 1).

        Args:
            images: (h, w, 3) uint8 RGB of any size, one per camera, in the tag's camera order.
            state: (n,) float32 normalised, None leaves the state clause out.
            task: what to do, in words; normalised here.
            tag: name of the normalisation tag (setup and control words come from it).
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def encode_questions(
        self, images: U8, *, questions: Sequence[str], answers: Sequence[str]
    ) -> tuple[ModelInputs, torch.Tensor]:
        """Questions about pictures with teacher-forced answers, for pretraining.

        The text is ``…<|im_start|>user\\n{question}<|im_end|>\\n<|im_start|>assistant\\n{answer}
        <|im_end|>``.

        Args:
            images: (B, cameras, s, s, 3) uint8, already squashed.
            questions: B texts. answers: B texts (may name special tokens).

        Returns:
            The batch, and labels (B, S) int64: answer tokens incl. ``<|im_end|>``, −100 elsewhere.
        """
        raise NotImplementedError
