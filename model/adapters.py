"""Low-rank adapters on the pretrained half: put on, read out, folded into the weights.

The modules are peft's. The released network has one matrix for queries, keys and values and one for
the two halves of an MLP, ours has them apart: adapters of such parts share their first matrix, so
that what is learned is exactly an adapter of the fused one, and is stored as that. Knows no files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch

from model.config import ModelConfig
from model.errors import CheckpointMismatch
from model.mapping import from_released, to_released
from model.network import MolmoAct2
from model.recipe import AdapterRecipe

if TYPE_CHECKING:  # at run time only where adapters are used: slow to load
    from peft.tuners.lora import Linear as LoraLinear

NAME = "default"
_PREFIX = "backbone."
_TARGETS = (  # every large matrix of the pretrained half
    r"(model\.language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"
    r"|lm_head"
    r"|model\.multi_modal_projector\.image_pooling_2d\.[qkvo]_proj"
    r"|model\.multi_modal_projector\.image_projector\.(gate|up|down)_proj"
    r"|model\.vision_tower\.patch_embedding"
    r"|model\.vision_tower\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.fc[12]))"
)
_FUSED = (("self_attn", ("q_proj", "k_proj", "v_proj")), ("mlp", ("up_proj", "gate_proj")))


def put_on(model: MolmoAct2, recipe: AdapterRecipe) -> None:
    """Give every target matrix of ``model`` an adapter that changes nothing yet."""
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        bias="none",
        target_modules=_TARGETS,
    )
    on_meta = next(model.parameters()).is_meta
    inject_adapter_in_model(config, model.backbone, low_cpu_mem_usage=on_meta)
    for layer in model.backbone.model.language_model.layers:
        for place, parts in _FUSED:
            first, *others = (getattr(getattr(layer, place), part) for part in parts)
            for other in others:
                other.lora_A = first.lora_A
    if not on_meta:
        _start(model, recipe)


def _start(model: MolmoAct2, recipe: AdapterRecipe) -> None:
    """First matrices normal with deviation 1/rank, second ones zero; float32."""
    generator = torch.Generator().manual_seed(recipe.seed)
    seen: set[int] = set()
    with torch.no_grad():
        for _, layer in adapted(model):
            first, second = _weight(layer.lora_A), _weight(layer.lora_B)
            if id(first) not in seen:
                drawn = torch.randn(first.shape, generator=generator) / recipe.rank
                first.data = drawn.to(first.device)
            second.data = torch.zeros_like(second, dtype=torch.float32)
            seen.add(id(first))


def adapted(model: MolmoAct2) -> Iterator[tuple[str, LoraLinear]]:
    """Every matrix with an adapter, by its name in the network."""
    from peft.tuners.lora import Linear as LoraLinear

    for name, module in model.named_modules():
        if isinstance(module, LoraLinear):
            yield name, module


def _weight(half: torch.nn.ModuleDict) -> torch.nn.Parameter:
    """The matrix of one half of an adapter."""
    return half[NAME].get_parameter("weight")


def adapter_tensors(model: MolmoAct2) -> dict[str, torch.Tensor]:
    """The adapters under released names: ``<matrix>.lora_A.weight`` and ``.lora_B.weight``."""
    firsts = {f"{name}.weight": _weight(layer.lora_A) for name, layer in adapted(model)}
    seconds = {f"{name}.weight": _weight(layer.lora_B) for name, layer in adapted(model)}
    tensors: dict[str, torch.Tensor] = {}
    for name, tensor in to_released(firsts, model.config).items():
        rank = next(iter(firsts.values())).shape[0]
        tensors[_part(name, "A")] = tensor[:rank]  # fused parts share it: the first is all
    for name, tensor in to_released(seconds, model.config).items():
        tensors[_part(name, "B")] = tensor
    return tensors


def own_tensors(
    tensors: Mapping[str, torch.Tensor], config: ModelConfig
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Inverse of :func:`adapter_tensors`: matrix in our naming → (first, second).

    Raises:
        CheckpointMismatch: a first matrix without its second one, or the other way round.
    """
    names = {name.rsplit(".lora_", 1)[0] for name in tensors}
    wanted = {_part(f"{name}.weight", which) for name in names for which in "AB"}
    if missing := sorted(wanted - set(tensors)):
        raise CheckpointMismatch("the adapter", missing=missing)
    found: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    for name in names:
        first = tensors[_part(f"{name}.weight", "A")]
        second = {f"{name}.weight": tensors[_part(f"{name}.weight", "B")]}
        for own, part in from_released(second, config).items():
            found[own.removesuffix(".weight")] = (first, part)
    return found


def fold(
    model: MolmoAct2, parts: Mapping[str, tuple[torch.Tensor, torch.Tensor]], *, scale: float
) -> None:
    """Add adapters to the weights of a plain network: afterwards it needs no adapters.

    Raises:
        CheckpointMismatch: an adapter of a matrix that the network does not have, or of another
            shape.
    """
    weights = dict(model.named_parameters())
    unexpected = sorted(name for name in parts if f"{name}.weight" not in weights)
    wrong = [
        f"{name}: {tuple(second.shape)} · {tuple(first.shape)} for {tuple(weight.shape)}"
        for name, (first, second) in sorted(parts.items())
        if (weight := weights.get(f"{name}.weight")) is not None
        and (second.shape[0], first.shape[1]) != tuple(weight.shape)
    ]
    if unexpected or wrong:
        raise CheckpointMismatch("the adapter", unexpected=unexpected, wrong=wrong)
    with torch.no_grad():
        for name, (first, second) in parts.items():
            weight = weights[f"{name}.weight"]
            change = (second.float() @ first.float()) * scale
            weight.copy_((weight.float() + change.to(weight.device)).to(weight.dtype))


def _part(weight_name: str, which: str) -> str:
    return f"{weight_name.removesuffix('.weight')}.lora_{which}.weight"
