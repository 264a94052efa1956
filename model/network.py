"""MolmoAct 2 as one network: backbone, action expert, losses and sampling.

Shape letters: B examples, S prompt tokens, H rows of an action chunk, D padded action columns,
N action chunks per example (flow times in training, samples in planning), L layers.
Knows no robot units, no text and no files: everything here is normalised numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from model.config import ModelConfig

Guidance = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
# (chunks (B, N, H, D), their velocity, flow time) → guided velocity


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """A batch of prompts with their pictures. Rows are left-padded to one length."""

    input_ids: torch.Tensor  # (B, S) int64
    attention_mask: torch.Tensor  # (B, S) bool, False = padding
    position_ids: torch.Tensor  # (B, S) int64, counts valid tokens from 0
    image_block: torch.Tensor  # (B, S) bool, tokens that see each other in both directions
    pixel_values: torch.Tensor  # (pictures, patches, 3·p²) float32 −1…1, all pictures in order
    pooling: torch.Tensor  # (image tokens, 4) int64 patch indices over the whole batch, −1 none

    def to(self, device: torch.device | str) -> ModelInputs:
        """The same batch on another device."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Context:
    """What the language model hands to the action expert."""

    keys: list[torch.Tensor]  # L × (B, S, kv·hd), after norm and rotation
    values: list[torch.Tensor]  # L × (B, S, kv·hd)
    hidden: torch.Tensor  # (B, S, hidden) after the last norm
    mask: torch.Tensor  # (B, S) bool: tokens the expert may look at


class MolmoAct2(nn.Module):
    """The whole network. Freshly built it is random; weights come from :mod:`model.checkpoint`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    def context(self, inputs: ModelInputs, *, bidirectional: bool) -> Context:
        """One pass of the backbone over the prompts.

        Args:
            inputs: the batch.
            bidirectional: image tokens see each other in both directions (planning); else causal.
        """
        raise NotImplementedError

    def flow_loss(
        self,
        inputs: ModelInputs,
        actions: torch.Tensor,  # (B, H, D) float32 normalised, padded columns zero
        *,
        action_dim_is_pad: torch.Tensor,  # (B, D) bool
        horizon_is_pad: torch.Tensor | None = None,  # (B, H) bool, rows that carry no target
        times_per_sample: int = 4,
        generator: torch.Generator | None = None,
        detach_context: bool = False,  # knowledge insulation: the loss does not train the VLM
    ) -> torch.Tensor:
        """(B,) flow-matching loss, one value per example. Call ``.mean()`` to train."""
        raise NotImplementedError

    def answer_loss(
        self, inputs: ModelInputs, labels: torch.Tensor, *, z_loss: float = 0.0
    ) -> torch.Tensor:
        """Scalar cross entropy of teacher-forced answers.

        Args:
            inputs: prompts followed by their answers.
            labels: (B, S) int64, the token itself where it is to be predicted, −100 elsewhere
                (not shifted; the network shifts).
            z_loss: weight of logsumexp², 1e-4 in the published recipe.
        """
        raise NotImplementedError

    def sample(
        self,
        inputs: ModelInputs,
        noise: torch.Tensor,  # (B, N, H, D) float32, N(0, 1)
        *,
        action_dim_is_pad: torch.Tensor,  # (B, D) bool
        steps: int | None = None,
        guidance: Guidance | None = None,
    ) -> torch.Tensor:
        """(B, N, H, D) normalised action chunks, N of each example from one pass of the VLM."""
        raise NotImplementedError
