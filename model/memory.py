"""Memory of a learning job: how much it took, whether it ran out, and what to change then.

Knows no network; works for a graphics card and for plain memory.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass

import torch

from model.recipe import Recipe

_WORDS = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
LEAVE_FREE = 0.9  # of what is there: the rest belongs to others


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes, of one process."""

    peak: int
    available: int

    @property
    def fits(self) -> bool:
        """Whether the peak leaves room for the rest of the machine."""
        return self.peak <= LEAVE_FREE * self.available


def ran_out(error: BaseException) -> bool:
    """Whether an error means that there was no memory left, on a card or in the machine."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(w in str(error).lower() for w in _WORDS)


def memory_use(device: torch.device) -> MemoryUse:
    """Peak of this process so far, and what it may use at most."""
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return MemoryUse(torch.cuda.max_memory_reserved(device), total)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return MemoryUse(peak, _available() + _resident())


def advice(recipe: Recipe, *, parts: int = 1) -> str:
    """What to change when a run does not fit, the mildest change first.

    Args:
        recipe: of the run.
        parts: processes that share a batch.
    """
    at_once = -(-recipe.batch_size // (recipe.accumulate * parts))
    options = []
    if at_once > 1:
        times = recipe.accumulate * 2
        options.append(f"--accumulate {times} (the same batch in smaller parts, slower)")
    if not recipe.checkpointing:
        options.append("--checkpointing (half the activations, a third slower)")
    if recipe.mode == "full":
        options.append("--mode lora (adapters instead of all weights)")
    if recipe.mode in {"full", "lora"}:
        options.append("--mode freeze (only the action expert learns)")
    if recipe.batch_size > 1:
        options.append(f"--batch-size {max(1, recipe.batch_size // 2)}")
    return "train again with " + ", or ".join(options) if options else "use a larger machine"


def _available() -> int:
    """Bytes that other programs leave, as the system sees it."""
    import psutil  # a part of accelerate

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    free = psutil.virtual_memory().available
    return free if limit == resource.RLIM_INFINITY else min(free, limit - _resident())


def _resident() -> int:
    import psutil

    return psutil.Process().memory_info().rss
