"""A network from the tensors of a checkpoint: every one of them used, none left to chance.

Native loading of these networks by a library fills whatever it cannot match with random numbers
and only warns; here a missing, an unexpected or an unfitting tensor is an error. Memory: the
network once, and one tensor of the file. Knows tensor names; no folder and no JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import nn
from transformers.models.molmo2.modeling_molmo2 import Molmo2RotaryEmbedding

from model.config import ModelConfig
from model.errors import CheckpointMismatch
from model.expert import Rotation, SinusoidalTime
from model.mapping import EMBEDDING, from_released
from model.network import MolmoAct2

READABLE = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def empty_network(config: ModelConfig) -> MolmoAct2:
    """A network whose weights take no memory yet (torch's meta device); constants are real."""
    with torch.device("meta"):
        network = MolmoAct2(config)
    for module in list(network.modules()):
        if module._buffers:  # noqa: SLF001 - there is no public name for a module's own buffers
            _restore_constants(module)
    return network


def filled_network(
    config: ModelConfig,
    tensors: Iterable[tuple[str, torch.Tensor]],
    *,
    source: Path,
    dtype: torch.dtype | None,
) -> MolmoAct2:
    """The network of ``config`` with the weights of a checkpoint, in eval mode.

    Args:
        config: sizes.
        tensors: released names and tensors, all of them, in any order.
        source: what to call them in a message.
        dtype: of the weights; None keeps what the file has.

    Raises:
        CheckpointMismatch: a tensor is missing, unexpected, of another shape or no float.
    """
    network = empty_network(config)
    state = gather(tensors, config, dtype=dtype)
    check_fits(network, state, source=source)
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval()


def gather(
    tensors: Iterable[tuple[str, torch.Tensor]], config: ModelConfig, *, dtype: torch.dtype | None
) -> dict[str, torch.Tensor]:
    """Our names and own memory for released tensors, one after the other."""
    state: dict[str, torch.Tensor] = {}
    embedding: dict[str, torch.Tensor] = {}
    for name, tensor in tensors:
        if name in EMBEDDING:
            embedding[name] = tensor
            continue
        for ours, part in from_released({name: tensor}, config).items():
            state[ours] = _owned(part, dtype)
    for ours, part in from_released(embedding, config).items():
        state[ours] = _owned(part, dtype)
    return state


def check_fits(network: nn.Module, state: Mapping[str, torch.Tensor], *, source: Path) -> None:
    """Refuse tensors that are not exactly those of the network.

    Raises:
        CheckpointMismatch: with the names, in the network's own naming.
    """
    wanted = network.state_dict()
    wrong = [
        f"{name}: {_describe(tensor)} instead of {_describe(wanted[name])}"
        for name, tensor in state.items()
        if name in wanted and (tensor.shape != wanted[name].shape or tensor.dtype not in READABLE)
    ]
    missing = sorted(wanted.keys() - state.keys())
    unexpected = sorted(state.keys() - wanted.keys())
    if missing or unexpected or wrong:
        raise CheckpointMismatch(source, missing=missing, unexpected=unexpected, wrong=wrong)


def _owned(tensor: torch.Tensor, dtype: torch.dtype | None) -> torch.Tensor:
    """In memory of its own, no longer a view of the file; whole numbers stay what they are."""
    if tensor.dtype not in READABLE or dtype is None:
        return tensor.clone()
    return tensor.to(dtype, copy=True)


def _restore_constants(module: nn.Module) -> None:
    """Compute the constant buffers of a module that was built without memory."""
    if isinstance(module, Molmo2RotaryEmbedding):
        fresh: nn.Module = type(module)(module.config)
    elif isinstance(module, SinusoidalTime | Rotation):
        fresh = type(module)(2 * module.get_buffer("rates").shape[0])
    else:
        raise TypeError(f"{type(module).__name__} has constants that nobody here can compute")
    for name, buffer in fresh.named_buffers(recurse=False):
        module.register_buffer(name, buffer, persistent=False)


def _describe(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
