"""The configurations by name: ``tiny`` trains on one CPU core, ``full`` is the released size.

Knows no torch.
"""

from __future__ import annotations

from model.config import ModelConfig


def preset(name: str) -> ModelConfig:
    """The configuration of this name.

    Raises:
        ConfigInvalid: there is no such preset.
    """
    raise NotImplementedError
