"""The flow-matching action expert: from noisy action chunks to their velocity.

Shape letters: B examples, N chunks per example, H rows, D padded action columns, S context tokens,
W the expert's width. Several chunks of one example share its context: they are queries side by
side, so nothing of the context is repeated. Knows no text, no pictures and no robot units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from model.config import ExpertConfig

EPS = 1e-6  # of the weightless norms


def rms(x: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Root-mean-square norm of the last axis, without weights, computed in float32."""
    return functional.rms_norm(x.float(), x.shape[-1:], eps=eps).to(x.dtype)


@dataclass(frozen=True, slots=True)
class ExpertContext:
    """What the blocks look at, prepared once per prediction."""

    keys: list[torch.Tensor]  # L × (B, heads, S, d)
    values: list[torch.Tensor]  # L × (B, heads, S, d)
    mask: torch.Tensor | None  # (B, 1, 1, S) bool, True = may look


@dataclass(frozen=True, slots=True)
class Modulation:
    """Shift, scale and gate of every block for given flow times."""

    blocks: list[torch.Tensor]  # L × (B·N or 1, 1 or H, 9·W)
    final: torch.Tensor  # (B·N or 1, 1 or H, 2·W)

    def at(self, step: int) -> Modulation:
        """Of one flow time, for all chunks."""
        rows = slice(step, step + 1)
        return Modulation([block[rows] for block in self.blocks], self.final[rows])


class SinusoidalTime(nn.Module):
    """sin ‖ cos of the raw flow time."""

    def __init__(self, size: int) -> None:
        super().__init__()
        half = size // 2
        rates = torch.exp(-math.log(10000.0) * torch.arange(half) / (half - 1))
        self.register_buffer("rates", rates, persistent=False)

    def forward(self, times: torch.Tensor) -> torch.Tensor:
        """(…,) flow time 0…1 → (…, size)."""
        angles = times[..., None] * self.get_buffer("rates")
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Modulate(nn.Module):
    """Linear read-out of the time conditioning; starts at zero (identity)."""

    def __init__(self, size: int, parts: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, parts * size)

    def forward(self, conditioning: torch.Tensor) -> torch.Tensor:
        """(…, W) → (…, parts · W)."""
        return self.linear(functional.silu(conditioning))


class Rotation(nn.Module):
    """Rotary positions of the rows of a chunk; first half of a head against the second."""

    def __init__(self, size: int) -> None:
        super().__init__()
        half = size // 2
        self.register_buffer("rates", 10000.0 ** (-torch.arange(half) / half), persistent=False)

        self._made: dict[tuple[int, torch.device], tuple[torch.Tensor, torch.Tensor]] = {}

    def forward(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Cos and signed sin, each (rows, size); made once per length and device."""
        key = rows, self.get_buffer("rates").device
        if key not in self._made:
            with torch.inference_mode(mode=False), torch.no_grad():  # of use to training as well
                self._made[key] = self._make(rows)
        return self._made[key]

    def _make(self, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        rates = self.get_buffer("rates")
        angles = torch.arange(rows, device=rates.device, dtype=torch.float32)[:, None] * rates
        cos, sin = angles.cos(), angles.sin()
        return torch.cat([cos, cos], dim=-1), torch.cat([-sin, sin], dim=-1)


def rotate(x: torch.Tensor, rotation: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """(…, rows, size) turned by its row."""
    cos, sin = rotation
    swapped = x.roll(x.shape[-1] // 2, dims=-1)
    return torch.addcmul(x * cos.to(x.dtype), swapped, sin.to(x.dtype))


class SelfAttention(nn.Module):
    """Rows of one chunk look at each other, with rotary positions."""

    def __init__(self, config: ExpertConfig) -> None:
        super().__init__()
        self.config = config
        self.qkv = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.out_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self,
        x: torch.Tensor,
        rotation: tuple[torch.Tensor, torch.Tensor] | None,
        mask: torch.Tensor | None,
    ) -> torch.Tensor:
        """(B·N, H, W), mask (B·N, 1, 1, H) bool or None → (B·N, H, W)."""
        count, rows, width = x.shape
        parts = self.qkv(x).view(count, rows, 3, self.config.num_heads, self.config.head_dim)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        if self.config.qk_norm:
            q, k = rms(q, self.config.qk_norm_eps), rms(k, self.config.qk_norm_eps)
        if rotation is not None:
            q, k = rotate(q, rotation), rotate(k, rotation)
        seen = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=self.config.causal_attn and mask is None
        )
        return self.out_proj(seen.transpose(1, 2).reshape(count, rows, width))


class CrossAttention(nn.Module):
    """Rows of all chunks of an example look at its context."""

    def __init__(self, config: ExpertConfig) -> None:
        super().__init__()
        self.config = config
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.out_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self, x: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """(B·N, H, W), keys and values (B, heads, S, d), mask (B, 1, 1, S) → (B·N, H, W)."""
        batch, heads, _, size = keys.shape
        q = self.q_proj(x).view(batch, -1, heads, size).transpose(1, 2)
        if self.config.qk_norm:
            q = rms(q, self.config.qk_norm_eps)
        seen = functional.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
        return self.out_proj(seen.transpose(1, 2).reshape(x.shape))


class GatedMlp(nn.Module):
    """down(silu(gate(x)) · up(x))."""

    def __init__(self, config: ExpertConfig) -> None:
        super().__init__()
        self.up_proj = nn.Linear(config.hidden_size, config.mlp_size)
        self.gate_proj = nn.Linear(config.hidden_size, config.mlp_size)
        self.down_proj = nn.Linear(config.mlp_size, config.hidden_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, W) → (…, W)."""
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """Self-attention, cross-attention and MLP, each shifted, scaled and gated by the flow time."""

    def __init__(self, config: ExpertConfig) -> None:
        super().__init__()
        self.self_attn = SelfAttention(config)
        self.cross_attn = CrossAttention(config)
        self.mlp = GatedMlp(config)
        self.modulation = Modulate(config.hidden_size, 9)

    def forward(
        self,
        x: torch.Tensor,
        modulation: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: torch.Tensor | None,
        rotation: tuple[torch.Tensor, torch.Tensor] | None,
        row_mask: torch.Tensor | None,
    ) -> torch.Tensor:
        """(B·N, H, W) → (B·N, H, W)."""
        shift_1, scale_1, gate_1, shift_2, scale_2, gate_2, shift_3, scale_3, gate_3 = (
            modulation.chunk(9, dim=-1)
        )
        h = torch.addcmul(shift_1, rms(x), 1 + scale_1)
        x = torch.addcmul(x, gate_1, self.self_attn(h, rotation, row_mask))
        h = torch.addcmul(shift_2, rms(x), 1 + scale_2)
        x = torch.addcmul(x, gate_2, self.cross_attn(h, keys, values, mask))
        h = torch.addcmul(shift_3, rms(x), 1 + scale_3)
        return torch.addcmul(x, gate_3, self.mlp(h))


class FinalLayer(nn.Module):
    """Read-out of the velocity; starts at zero."""

    def __init__(self, config: ExpertConfig, action_dim: int) -> None:
        super().__init__()
        self.modulation = Modulate(config.hidden_size, 2)
        self.linear = nn.Linear(config.hidden_size, action_dim)

    def forward(self, x: torch.Tensor, modulation: torch.Tensor) -> torch.Tensor:
        """(B·N, H, W) → (B·N, H, D)."""
        shift, scale = modulation.chunk(2, dim=-1)
        return self.linear(torch.addcmul(shift, rms(x), 1 + scale))


class ActionExpert(nn.Module):
    """Velocity of noisy action chunks, given the language model's keys and values."""

    def __init__(self, config: ExpertConfig, *, action_dim: int, context_size: int) -> None:
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.time_embed = nn.Sequential(
            SinusoidalTime(config.timestep_embed_dim),
            nn.Linear(config.timestep_embed_dim, width),
            nn.SiLU(),
            nn.Linear(width, width),
        )
        self.action_embed = nn.Linear(action_dim, width)
        self.context_k_proj = nn.Linear(context_size, width, bias=False)
        self.context_v_proj = nn.Linear(context_size, width, bias=False)
        self.rotation = Rotation(config.head_dim) if config.rope else None
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.final_layer = FinalLayer(config, action_dim)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Xavier everywhere; residual outputs small, modulations and read-out zero."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        shrink = (2 * self.config.num_layers) ** -0.5
        with torch.no_grad():
            for name, module in self.named_modules():
                if name.endswith(("out_proj", "down_proj")):
                    module.get_parameter("weight").mul_(shrink)
        for module in self.modules():
            if isinstance(module, Modulate):
                nn.init.zeros_(module.linear.weight)
        nn.init.zeros_(self.final_layer.linear.weight)

    def context(
        self,
        keys: list[torch.Tensor],
        values: list[torch.Tensor],
        mask: torch.Tensor | None,
    ) -> ExpertContext:
        """Project every layer's keys and values once.

        Args:
            keys: L × (B, S, kv·hd) after norm and rotation.
            values: L × (B, S, kv·hd).
            mask: (B, S) bool, True = may look; None looks at everything.
        """
        return ExpertContext(
            keys=[self._key_heads(k) for k in keys],
            values=[self._heads(self.context_v_proj(v)) for v in values],
            mask=None if mask is None else mask[:, None, None, :],
        )

    def _key_heads(self, keys: torch.Tensor) -> torch.Tensor:
        heads = self._heads(self.context_k_proj(keys))
        return rms(heads, self.config.qk_norm_eps) if self.config.qk_norm else heads

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        if self.config.context_layer_norm:
            projected = rms(projected)
        batch, length, _ = projected.shape
        split = projected.view(batch, length, self.config.num_heads, self.config.head_dim)
        return split.transpose(1, 2)

    def modulation(self, times: torch.Tensor) -> Modulation:
        """Shifts, scales and gates for flow times.

        Args:
            times: (B·N,) one time per chunk, (1,) one for all, or (B·N, H) one per row;
                0 noise … 1 data.
        """
        per_row = times if times.dim() == 2 else times[:, None]
        conditioning = self.time_embed(per_row)
        blocks = [block.get_submodule("modulation")(conditioning) for block in self.blocks]
        return Modulation(blocks, self.final_layer.modulation(conditioning))

    def velocity(
        self,
        chunks: torch.Tensor,  # (B, N, H, D)
        modulation: Modulation,
        context: ExpertContext,
        *,
        valid_rows: torch.Tensor | None = None,  # (B, H) bool
        sparing: bool = False,  # compute the blocks twice in training, keep what enters them
    ) -> torch.Tensor:
        """(B, N, H, D): where the chunks should move."""
        batch, count, rows, _ = chunks.shape
        x = self.action_embed(chunks.flatten(0, 1))
        rotation = None if self.rotation is None else self.rotation(rows)
        row_mask = keep = None
        if valid_rows is not None:
            valid = valid_rows[:, None].expand(batch, count, rows).flatten(0, 1)
            row_mask, keep = valid[:, None, None, :], valid[..., None].to(x.dtype)
            x = x * keep
        layers = zip(self.blocks, modulation.blocks, context.keys, context.values, strict=True)
        for block, shifts, keys, values in layers:
            seen = (x, shifts, keys, values, context.mask, rotation, row_mask)
            x = checkpoint(block, *seen, use_reentrant=False) if sparing else block(*seen)
            if keep is not None:
                x = x * keep
        moved = self.final_layer(x, modulation.final)
        return (moved if keep is None else moved * keep).view(chunks.shape)
