"""Where and how a network plans: device, numbers of the backbone, fused blocks.

Knows no checkpoint and no robot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from model.errors import ConfigInvalid
from model.network import MolmoAct2
from model.precision import Precision, lower_for_planning, usual_precision

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a person chose; the defaults are exact and work everywhere."""

    device: Device = "cpu"
    precision: Precision | None = None  # of the backbone; None: bf16 on a GPU, fp32 elsewhere
    compiled: bool = False

    @property
    def chosen_device(self) -> torch.device:
        """The device that is meant.

        Raises:
            ConfigInvalid: a graphics card is wanted and none is there.
        """
        there = torch.cuda.is_available()
        if self.device == "cuda" and not there:
            raise ConfigInvalid("device", "cuda", expected="cpu: no graphics card is usable here")
        return torch.device("cuda" if there and self.device != "cpu" else "cpu")

    @property
    def chosen_precision(self) -> Precision:
        """The numbers that are meant."""
        return self.precision or usual_precision(self.chosen_device)

    def take(self, network: MolmoAct2) -> None:
        """Bring a network there, ready to plan.

        Raises:
            ConfigInvalid: there is no such device.
            LibraryMissing: the precision needs an optional library.
        """
        network.to(self.chosen_device)
        lower_for_planning(network, self.chosen_precision)
        if self.compiled and network.config.add_action_expert:
            compile_blocks(network)


def compile_blocks(network: MolmoAct2) -> None:
    """Fuse the expert's blocks; on a graphics card each becomes one replayed graph of kernels."""
    on_gpu = next(network.expert.parameters()).is_cuda
    for block in network.expert.blocks:
        block.compile(dynamic=False, mode="reduce-overhead" if on_gpu else "default")
