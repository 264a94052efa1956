"""In which numbers the backbone computes: float32, bfloat16, or 8 and 4 bits for small cards.

The action expert always stays in float32: it is small, and its errors add up over the flow steps.
Knows no data.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from model.errors import ConfigInvalid, LibraryMissing
from model.network import MolmoAct2

Precision = Literal["fp32", "bf16", "int8", "int4"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "int8", "int4")


def usual_precision(device: torch.device) -> Precision:
    """bfloat16 on a graphics card, float32 on a processor."""
    return "bf16" if device.type == "cuda" else "fp32"


def lower_for_planning(model: MolmoAct2, precision: Precision) -> None:
    """Store and compute the backbone in ``precision``.

    Raises:
        LibraryMissing: 8 and 4 bits need the optional library torchao.
    """
    if precision == "fp32":
        return
    model.backbone.to(dtype=torch.bfloat16)  # pyright: ignore[reportCallIssue]
    if precision in {"int8", "int4"}:
        _quantise(model, bits=int(precision.removeprefix("int")))


def lower_for_training(model: MolmoAct2, precision: Precision) -> None:
    """Matrix products in bfloat16; matrices that do not learn are stored that way too."""
    if precision == "fp32":
        return
    model.autocast = torch.bfloat16
    for parameter in model.backbone.parameters():
        if not parameter.requires_grad and parameter.dim() > 1:
            parameter.data = parameter.data.to(torch.bfloat16)


def _quantise(model: MolmoAct2, *, bits: int) -> None:
    """Weights of the language layers in few bits; pictures and output head stay as they are.

    Raises:
        LibraryMissing: torchao is not installed.
        ConfigInvalid: it left a matrix as it was, which it does without a word.
    """
    try:
        from torchao.quantization import (  # pyright: ignore[reportMissingImports]
            Int4WeightOnlyConfig,
            Int8WeightOnlyConfig,
            quantize_,
        )
    except ImportError as error:
        raise LibraryMissing(
            "torchao", purpose=f"a backbone in {bits} bits", extra="quant"
        ) from error
    config = Int8WeightOnlyConfig() if bits == 8 else Int4WeightOnlyConfig()
    layers = model.backbone.model.language_model.layers
    quantize_(layers, config, filter_fn=lambda module, _: isinstance(module, nn.Linear))
    matrices = {n: m.weight for n, m in layers.named_modules() if isinstance(m, nn.Linear)}
    left = [name for name, weight in matrices.items() if type(weight.data) is torch.Tensor]
    if left:
        width = matrices[left[0]].shape[1]
        raise ConfigInvalid(
            "precision",
            f"int{bits}",
            expected=f"bf16 or int8: {len(left)} of {len(matrices)} matrices cannot be stored in "
            f"{bits} bits (first: {left[0]}, {width} columns)",
        )
