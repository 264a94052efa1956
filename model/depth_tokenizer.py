"""Depth pictures as a grid of codes and back: the VQ-VAE behind the depth tokens.

The released one (``vae-final.pt`` of MolmoAct-7B-D) and the small one of the simulated bench have
the same shape at other sizes. What comes out is *relative inverse* depth: larger is nearer, no
metres, not comparable between two pictures. Knows no language model and no camera.

Source: architecture of the depth annotation that MolmoAct was trained with; van den Oord et al.,
Neural Discrete Representation Learning (2017).
"""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from model.errors import CheckpointMismatch, CheckpointUnreadable
from recordings.types import F32

FILE = "depth_tokenizer.safetensors"  # within a checkpoint
RELEASED_FILE = "vae-final.pt"
SIZES = "sizes"  # key of the file's metadata


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a depth tokenizer is; the defaults are the released one."""

    image_px: int = 320  # side of the square picture
    cell_px: int = 32  # side of the square one code stands for, a power of two
    codes: int = 128  # codebook
    code_size: int = 512
    hidden: int = 16  # channels after the first halving, doubled by every further one

    @property
    def grid(self) -> int:
        """Codes per row."""
        return self.image_px // self.cell_px

    @property
    def halvings(self) -> int:
        return self.cell_px.bit_length() - 1

    @property
    def widest(self) -> int:
        """Channels where the picture is smallest."""
        return self.hidden * 2 ** (self.halvings - 1)


class Residual(nn.Module):
    """Two 3 × 3 convolutions and a mixing one, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, channels, h, w) → the same."""
        return self.net(x) + x


class DepthTokenizer(nn.Module):
    """Encoder, codebook and decoder."""

    codebook: torch.Tensor  # (codes, code size)

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder = _encoder(sizes)
        self.decoder = _decoder(sizes)
        self.register_buffer("codebook", torch.randn(sizes.codes, sizes.code_size))

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """(B, 1, px, px) −1…1 → (B, grid, grid, code size)."""
        return self.encoder(pictures).permute(0, 2, 3, 1)

    def nearest(self, features: torch.Tensor) -> torch.Tensor:
        """(…, code size) → (…,) int64 code closest to each."""
        flat = features.flatten(0, -2)
        return torch.cdist(flat, self.codebook).argmin(1).view(features.shape[:-1])

    @torch.no_grad()
    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """(B, 1, px, px) −1…1 → (B, grid, grid) int64 codes."""
        return self.nearest(self.features(pictures))

    def draw(self, codes: torch.Tensor) -> torch.Tensor:
        """(B, grid, grid) int64 codes → (B, 1, px, px) about −1…1."""
        return self.decoder(self.codebook[codes].permute(0, 3, 1, 2))

    @torch.no_grad()
    def relative_depth(self, codes: npt.NDArray[np.integer], *, longest_px: int = 80) -> F32:
        """(grid, grid) codes → (h, w) relative inverse depth, larger = nearer.

        Pictures larger than ``longest_px`` are averaged down to it.
        """
        picture = self.draw(torch.from_numpy(codes.astype(np.int64))[None])
        shrink = -(-self.sizes.image_px // longest_px)
        return nn.functional.avg_pool2d(picture, shrink)[0, 0].numpy()


def _encoder(sizes: Sizes) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(1, sizes.hidden, 4, stride=2, padding=1), nn.ReLU()]
    for i in range(sizes.halvings - 1):
        channels = sizes.hidden * 2**i
        layers += [nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1), nn.ReLU()]
    layers += [Residual(sizes.widest), Residual(sizes.widest)]
    return nn.Sequential(*layers, nn.Conv2d(sizes.widest, sizes.code_size, 1))


def _decoder(sizes: Sizes) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(sizes.code_size, sizes.widest, 1), nn.ReLU()]
    layers += [Residual(sizes.widest), Residual(sizes.widest)]
    layers += [nn.ConvTranspose2d(sizes.widest, sizes.widest, 4, stride=2, padding=1), nn.ReLU()]
    for i in reversed(range(sizes.halvings - 1)):
        channels = sizes.hidden * 2**i
        layers += [nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(sizes.hidden, 1, 1))


# ── files ──────────────────────────────────────────────────────────────────────────────────────


def save(path: Path, tokenizer: DepthTokenizer) -> None:
    """Write weights and sizes to one safetensors file."""
    state = {name: tensor.detach().contiguous() for name, tensor in tokenizer.state_dict().items()}
    save_file(state, path, metadata={SIZES: json.dumps(asdict(tokenizer.sizes))})


def load(path: Path) -> DepthTokenizer:
    """Read our safetensors file, or the released ``.pt`` file.

    Raises:
        CheckpointUnreadable: missing, cut short, or something else.
        CheckpointMismatch: tensors missing, unexpected or of another shape.
    """
    sizes, state = _released(path) if path.suffix == ".pt" else _ours(path)
    tokenizer = DepthTokenizer(sizes)
    wanted = tokenizer.state_dict()
    missing, unexpected = wanted.keys() - state.keys(), state.keys() - wanted.keys()
    wrong = [n for n, t in state.items() if n in wanted and t.shape != wanted[n].shape]
    if missing or unexpected or wrong:
        raise CheckpointMismatch(
            path, missing=sorted(missing), unexpected=sorted(unexpected), wrong=wrong
        )
    tokenizer.load_state_dict(state, strict=True)
    return tokenizer.eval().requires_grad_(requires_grad=False)


def _ours(path: Path) -> tuple[Sizes, dict[str, torch.Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            sizes = Sizes(**json.loads((file.metadata() or {}).get(SIZES, "{}")))
            return sizes, {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
    except (SafetensorError, ValueError, TypeError) as error:
        raise CheckpointUnreadable(path, reason=f"no depth tokenizer: {error}") from error


def _released(path: Path) -> tuple[Sizes, dict[str, torch.Tensor]]:
    """Tensors of the released file under our names; training leftovers are dropped."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        weights = found["weights"]
    except OSError as error:
        raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError) as error:
        raise CheckpointUnreadable(path, reason=f"no depth tokenizer: {error}") from error
    state: dict[str, torch.Tensor] = {}
    for full_name, tensor in weights.items():
        name = full_name.removeprefix("module.")
        if name == "_vq_vae._embedding":
            state["codebook"] = tensor.float()
        elif not name.startswith("_vq_vae."):
            state[name] = tensor.float()
    return Sizes(), state
