"""MolmoAct 2 as one network: backbone, action expert, losses and sampling.

Shape letters: B examples, S prompt tokens, H rows of an action chunk, D padded action columns,
N action chunks per example (flow times in training, samples in planning), L layers.
Knows no robot units, no text and no files: everything here is normalised numbers.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional

from model.backbone import (
    LayerCache,
    attention_mask,
    build_backbone,
    embed,
    image_features,
    run_layers,
)
from model.config import ModelConfig
from model.depth_gate import build_gate, depth_tokens, gated, openings
from model.expert import ActionExpert, ExpertContext, Modulation
from model.flow import (
    Committed,
    Guidance,
    draw_delays,
    draw_times,
    integrate,
    matching_loss,
)
from model.inputs import ModelInputs

__all__ = ["Context", "ModelInputs", "MolmoAct2", "expert_mask"]


@dataclass(frozen=True, slots=True)
class Context:
    """What the language model hands to the action expert."""

    keys: list[torch.Tensor]  # L × (B, S, kv·hd), after norm and rotation
    values: list[torch.Tensor]  # L × (B, S, kv·hd)
    hidden: torch.Tensor  # (B, S, hidden) after the last norm
    mask: torch.Tensor  # (B, S) bool: tokens the expert may look at
    depth: torch.Tensor  # (B, S) bool: tokens of a depth answer


class MolmoAct2(nn.Module):
    """The whole network. Freshly built it is random; weights come from :mod:`model.checkpoint`."""

    expert: ActionExpert  # missing where the config adds none: such checkpoints write their actions

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = build_backbone(config)
        if config.add_action_expert:
            self.expert = ActionExpert(
                config.expert,
                action_dim=config.max_action_dim,
                context_size=config.text.context_size,
            )
        self.depth_gate = build_gate(config)
        self.saves_memory = False  # training computes activations twice and keeps few of them
        self.autocast: torch.dtype | None = None  # of the backbone's matrix products; None: its own

    def context(self, inputs: ModelInputs, *, bidirectional: bool) -> Context:
        """One pass of the backbone over the prompts.

        Args:
            inputs: the batch.
            bidirectional: image tokens see each other in both directions (planning); else causal.
        """
        cache = LayerCache()
        hidden = self.read(inputs, bidirectional=bidirectional, cache=cache)
        return self.context_of(inputs, hidden, cache)

    def look(self, inputs: ModelInputs) -> ModelInputs:
        """The same prompts with the features of their pictures, computed once for all passes."""
        if inputs.features is not None or inputs.pixel_values.shape[0] == 0:
            return inputs
        with self.products():
            found = image_features(self.backbone.model, inputs, sparing=self.sparing)
        return replace(inputs, features=found)

    def read(self, inputs: ModelInputs, *, bidirectional: bool, cache: LayerCache) -> torch.Tensor:
        """(B, S, hidden) of the prompts; fills an empty ``cache`` that an answer can continue."""
        native = self.backbone.model
        sparing = self.sparing
        with self.products():
            return run_layers(
                native,
                embed(native, inputs, self.config, sparing=sparing),
                positions=inputs.position_ids,
                mask=attention_mask(inputs, bidirectional=bidirectional),
                cache=cache,
                sparing=sparing,
            )

    def products(self) -> contextlib.AbstractContextManager[object]:
        """In which numbers the backbone multiplies matrices while the block lasts."""
        if self.autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(self.backbone.device.type, self.autocast)

    @property
    def sparing(self) -> bool:
        """Whether this pass keeps few activations: asked to, training, gradients wanted."""
        return self.saves_memory and self.training and torch.is_grad_enabled()

    def context_of(self, inputs: ModelInputs, hidden: torch.Tensor, cache: LayerCache) -> Context:
        """What was read (prompt, and answer where there is one) for the action expert."""
        return Context(
            keys=[_flat(k) for k in cache.keys],
            values=[_flat(v) for v in cache.values],
            hidden=hidden,
            mask=expert_mask(inputs, self.config),
            depth=depth_tokens(inputs.input_ids, self.config.tokens),
        )

    def expert_context(self, context: Context) -> ExpertContext:
        """The context as the action expert's blocks look at it, depth gated where it is."""
        mask = None if bool(context.mask.all()) else context.mask
        keys, values = self.gated(context)
        dtype = self.expert.context_k_proj.weight.dtype  # float32, whatever the backbone has
        return self.expert.context([k.to(dtype) for k in keys], [v.to(dtype) for v in values], mask)

    def gated(self, context: Context) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Keys and values of the context, L × (B, S, kv·hd), after the depth gate."""
        if self.depth_gate is None:
            return context.keys, context.values
        depth = context.depth
        by = openings(self.depth_gate, context.values, depth=depth, seen=context.mask)
        return gated(context.keys, by, depth=depth), gated(context.values, by, depth=depth)

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
        labels: torch.Tensor | None = None,  # (B, S) of an answer behind the prompts
    ) -> torch.Tensor:
        """(B,) flow-matching loss, one value per example. Call ``.mean()`` to train.

        Where the prompts are followed by an answer, its cross entropy is added to every value.
        """
        batch, rows, columns = actions.shape
        times = draw_times(self.config, (batch, times_per_sample), generator).to(actions.device)
        noise = torch.randn(batch, times_per_sample, rows, columns, generator=generator)
        longest, delays = min(self.config.foresight.committed_rows, rows - 1), None
        if longest > 0:
            delays = draw_delays(longest, (batch, times_per_sample), generator)
            delays = delays.to(actions.device)
        context = self.context(
            inputs, bidirectional=self.config.foresight.training_attention == "bidirectional"
        )
        flow = self.flow_loss_at(
            context,
            actions,
            noise=noise.to(actions.device),
            times=times,
            action_dim_is_pad=action_dim_is_pad,
            horizon_is_pad=horizon_is_pad,
            detach_context=detach_context,
            delays=delays,
        )
        return flow if labels is None else flow + self.answer_terms(context, labels)[0]

    def flow_loss_at(
        self,
        context: Context,
        actions: torch.Tensor,  # (B, H, D)
        *,
        noise: torch.Tensor,  # (B, N, H, D)
        times: torch.Tensor,  # (B, N)
        action_dim_is_pad: torch.Tensor,  # (B, D) bool
        horizon_is_pad: torch.Tensor | None = None,  # (B, H) bool
        detach_context: bool = False,
        delays: torch.Tensor | None = None,  # (B, N) int64 rows given at flow time 1, not learned
    ) -> torch.Tensor:
        """(B,) loss for given noise and flow times, on a context already computed."""
        valid_columns = ~action_dim_is_pad
        valid_rows = None if horizon_is_pad is None else ~horizon_is_pad
        columns = valid_columns[:, None, None, :].to(noise.dtype)
        noise, actions = noise * columns, actions * columns[:, 0]
        free_rows, per_row = None, times[:, :, None]
        if delays is not None:
            free_rows = torch.arange(actions.shape[1], device=times.device) >= delays[..., None]
            per_row = torch.where(free_rows, per_row, 1.0)
        at = per_row[..., None]
        noisy = (1.0 - at) * noise + at * actions[:, None]
        if detach_context:
            context = replace(
                context,
                keys=[k.detach() for k in context.keys],
                values=[v.detach() for v in context.values],
            )
        velocity = self.expert.velocity(
            noisy,
            self.expert.modulation(per_row.flatten(0, 1)),
            self.expert_context(context),
            valid_rows=valid_rows,
            sparing=self.sparing,
        )
        return matching_loss(
            velocity,
            actions,
            noise,
            valid_columns=valid_columns,
            valid_rows=valid_rows,
            free_rows=free_rows,
        )

    def answer_loss(
        self, inputs: ModelInputs, labels: torch.Tensor, *, z_loss: float = 0.0
    ) -> torch.Tensor:
        """Scalar cross entropy of teacher-forced answers.

        Every example weighs 2/√n per answer token (n of them), as in the published recipe.

        Args:
            inputs: prompts followed by their answers.
            labels: (B, S) int64, the token itself where it is to be predicted, −100 elsewhere
                (not shifted; the network shifts).
            z_loss: weight of logsumexp², 1e-4 in the published recipe.
        """
        context = self.context(
            inputs, bidirectional=self.config.foresight.training_attention == "bidirectional"
        )
        cross_entropy, z = self.answer_terms(context, labels)
        return cross_entropy + z_loss * z

    def answer_terms(
        self, context: Context, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Weighted mean cross entropy and mean logsumexp² over all answer tokens of a batch."""
        targets = labels[:, 1:]
        wanted = targets >= 0
        count = wanted.sum(1, keepdim=True).clamp_min(1)
        weight = (2.0 / count.to(torch.float32).sqrt()).expand(targets.shape)[wanted]
        logits = self.backbone.lm_head(context.hidden[:, :-1][wanted]).float()
        each = functional.cross_entropy(logits, targets[wanted], reduction="none")
        z = logits.logsumexp(-1).square()
        total = weight.sum()
        return (each * weight).sum() / total, (z * weight).sum() / total

    @torch.no_grad()
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
        context = self.expert_context(self.context(inputs, bidirectional=True))
        return self.sample_from(
            context, noise, action_dim_is_pad=action_dim_is_pad, steps=steps, guidance=guidance
        )

    @torch.no_grad()
    def sample_from(
        self,
        context: ExpertContext,
        noise: torch.Tensor,  # (B, N, H, D)
        *,
        action_dim_is_pad: torch.Tensor,  # (B, D) bool
        steps: int | None = None,
        guidance: Guidance | None = None,
        committed: Committed | None = None,
        modulation: Modulation | None = None,  # of :meth:`modulation_for`, when computed before
    ) -> torch.Tensor:
        """(B, N, H, D) action chunks from a context already prepared."""
        count = steps or self.config.flow_matching_num_steps
        shifts = modulation or self.modulation_for(
            count, rows=noise.shape[2], committed=0 if committed is None else committed.delay
        )
        return integrate(
            lambda x, step: self.expert.velocity(x, shifts.at(step), context),
            noise,
            steps=count,
            valid_columns=~action_dim_is_pad,
            guidance=guidance,
            committed=committed,
        )

    @torch.no_grad()
    def modulation_for(self, steps: int, *, rows: int, committed: int = 0) -> Modulation:
        """Shifts of all Euler steps; they depend on nothing else, so a planner may keep them.

        Args:
            steps: Euler steps.
            rows: of a chunk.
            committed: how many of them are given (at flow time 1).
        """
        device = self.expert.action_embed.weight.device
        times = torch.arange(steps, device=device, dtype=torch.float32) / steps
        if committed == 0:
            return self.expert.modulation(times)
        per_row = times[:, None].repeat(1, rows)
        per_row[:, :committed] = 1.0
        return self.expert.modulation(per_row)


def expert_mask(inputs: ModelInputs, config: ModelConfig) -> torch.Tensor:
    """(B, S) bool: prompt tokens the action expert may look at.

    Checkpoints trained on discrete and continuous actions together ("both") hide every
    end-of-text token and every discrete answer from it.
    """
    mask = inputs.attention_mask
    if config.action_mode != "both":
        return mask
    ids = inputs.input_ids
    starts = (ids == config.tokens.action_start_token_id).long()
    ends = (ids == config.tokens.action_end_token_id).long()
    hidden = _answer_spans(starts, ends) | (ids == config.tokens.eos_token_id)
    return mask & ~hidden


def _answer_spans(starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """(B, S) bool: inside start … end, both included; an open span reaches to the end."""
    inside = torch.zeros_like(starts, dtype=torch.bool)
    is_open = torch.zeros_like(starts[:, 0], dtype=torch.bool)
    for i in range(starts.shape[1]) if bool(starts.any()) else ():
        is_open = is_open | starts[:, i].bool()
        inside[:, i] = is_open
        is_open = is_open & ~ends[:, i].bool()
    return inside


def _flat(heads: torch.Tensor) -> torch.Tensor:
    """(B, kv, S, hd) → (B, S, kv·hd)."""
    return heads.transpose(1, 2).flatten(2)
