"""Golden numbers of the reference implementation, read from their folders.

``FORESIGHT_GOLDENS`` may name one golden folder or a folder of them; without it the committed ones
are used. A golden folder holds the variants ``plain``, ``think`` and ``think_gate``, whatever their
sizes; all three share the weights of ``plain``, and ``think_gate`` adds those of its gate.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from model.config import ModelConfig
from model.inputs import ModelInputs
from model.mapping import from_released
from model.network import MolmoAct2

FLOAT = 2e-5
GRADIENT = 1e-4
HERE = Path(__file__).parent / "goldens"
ROOT = Path(os.environ.get("FORESIGHT_GOLDENS", HERE))
VARIANTS = ("plain", "think", "think_gate")


def variants(*names: str) -> list[object]:
    """Every ``golden/variant`` folder there is of these names, as parameters of a fixture."""
    folders = sorted(
        {p.parent for p in [*ROOT.glob("*/config.json"), *ROOT.glob("*/*/config.json")]}
    )
    chosen = [folder for folder in folders if folder.name in names]
    return [pytest.param(folder, id=f"{folder.parent.name}-{folder.name}") for folder in chosen]


@dataclass(frozen=True)
class Golden:
    """One variant of a golden with its weights, inputs and expected outputs."""

    config: ModelConfig
    network: MolmoAct2
    given: dict[str, npt.NDArray]
    expected: dict[str, npt.NDArray]

    @classmethod
    def load(cls, folder: Path) -> Golden:
        """Read a variant folder; its config alone says what there is to load."""
        config = ModelConfig.from_dict(json.loads((folder / "config.json").read_text()))
        released = load_file(folder.parent / "plain" / "model.safetensors")
        gate = folder / "gate.safetensors"
        released |= load_file(gate) if gate.exists() else {}
        network = MolmoAct2(config).eval()
        network.load_state_dict(from_released(released, config), strict=True)
        with np.load(folder / "inputs.npz") as given, np.load(folder / "outputs.npz") as expected:
            return cls(config, network, dict(given), dict(expected))

    def tensor(self, name: str) -> torch.Tensor:
        return torch.from_numpy(self.given[name])

    @property
    def is_pad(self) -> torch.Tensor:
        return self.tensor("action_dim_is_pad")

    def inputs(self, prefix: str = "", *, pictures: str = "") -> ModelInputs:
        """The prompt whose arrays begin with ``prefix``, its pictures' with ``pictures``."""
        pixels = self.tensor(f"{pictures}pixel_values")
        local = self.tensor(f"{pictures}image_token_pooling").unflatten(0, (len(pixels), -1))
        offset = torch.arange(len(pixels))[:, None, None] * pixels.shape[1]
        ids = self.tensor(f"{prefix}input_ids")
        valid = self._valid(prefix, ids)
        return ModelInputs(
            input_ids=ids,
            attention_mask=valid,
            position_ids=(valid.long().cumsum(1) - 1).clamp_min(0),
            image_block=torch.isin(ids, torch.tensor(self.config.tokens.image_block)),
            pixel_values=pixels,
            pooling=torch.where(local >= 0, local + offset, -1).flatten(0, 1),
        )

    def _valid(self, prefix: str, ids: torch.Tensor) -> torch.Tensor:
        name = f"{prefix}attention_mask"
        return self.tensor(name).bool() if name in self.given else torch.ones_like(ids).bool()

    def check(self, name: str, actual: torch.Tensor, *, rows: torch.Tensor | None = None) -> None:
        """``actual`` equals the expected array; ``rows`` (B, S) restricts it to valid tokens."""
        wanted = torch.from_numpy(self.expected[name])
        assert actual.shape == wanted.shape
        error = (actual.detach() - wanted).abs()
        error = error if rows is None else error[rows]
        assert error.max().item() <= FLOAT, f"{name} is off by {error.max().item():.2e}"
