"""Several processes that train one network: who speaks, who computes what, and one gradient.

Started by ``torchrun`` or ``accelerate launch`` with the usual command, every process runs the same
job; accelerate finds the processes and their devices. Alone, everything here is a no-op. Knows no
network and no data.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import distributed

BUCKET_BYTES = 256_000_000  # gradients travel in pieces of this size


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among its colleagues."""

    index: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @classmethod
    def meet(cls, device: str) -> Ranks:
        """Find the other processes, where a launcher started several.

        Args:
            device: "cpu", "cuda", or "auto" for a GPU where there is one.
        """
        wants_cpu = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls(device=torch.device("cpu" if wants_cpu else "cuda"))
        from accelerate import PartialState  # slow to load, and of use to many only

        state = PartialState(cpu=wants_cpu, backend="gloo" if wants_cpu else "nccl")
        own = state.device or torch.device("cpu")
        return cls(state.process_index, state.num_processes, own)

    @property
    def is_first(self) -> bool:
        """The one that writes and talks."""
        return self.index == 0

    def add_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Give every process the sum of all gradients; one that has none counts as zero."""
        if self.count == 1:
            return
        bucket: list[torch.Tensor] = []
        size = 0
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            bucket.append(parameter.grad)
            size += parameter.grad.nbytes
            if size >= BUCKET_BYTES:
                _add(bucket)
                bucket, size = [], 0
        _add(bucket)

    def add(self, value: float) -> float:
        """The sum of a number over all processes."""
        if self.count == 1:
            return value
        total = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return float(total)

    def agree(self, value: float) -> float:
        """The first process's number, for all."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, src=0)
        return float(shared)

    def leave(self) -> None:
        """Say goodbye to the others at the end of the job."""
        if self.count > 1 and distributed.is_initialized():
            distributed.destroy_process_group()


def _add(bucket: list[torch.Tensor]) -> None:
    """Replace every tensor by its sum over all processes; one message per kind of number."""
    for dtype in {tensor.dtype for tensor in bucket}:
        some = [tensor for tensor in bucket if tensor.dtype == dtype]
        flat = torch.cat([tensor.flatten() for tensor in some])
        distributed.all_reduce(flat)
        parts = flat.split([tensor.numel() for tensor in some])
        for tensor, part in zip(some, parts, strict=True):
            tensor.copy_(part.view_as(tensor))
