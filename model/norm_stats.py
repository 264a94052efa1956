"""Statistics of states or actions over a data set, as ``norm_stats.json`` holds them.

Knows no torch and no files, and nothing about which robot the columns belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.errors import ConfigInvalid

STATISTICS = ("mean", "std", "min", "max", "q01", "q10", "q90", "q99")


@dataclass(frozen=True, slots=True)
class NormStats:
    """Statistics of one vector over a whole data set, in robot units; one number per column."""

    q01: tuple[float, ...]
    q99: tuple[float, ...]
    minimum: tuple[float, ...] | None = None
    maximum: tuple[float, ...] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    q10: tuple[float, ...] | None = None
    q90: tuple[float, ...] | None = None
    mask: tuple[bool, ...] | None = None  # False = the column passes through unscaled
    names: tuple[str, ...] = ()
    count: int = 0  # rows the statistics were taken from

    @property
    def size(self) -> int:
        """Columns."""
        return len(self.q01)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NormStats:
        """Read the released layout.

        Raises:
            ConfigInvalid: quantiles are missing or lengths differ.
        """
        renamed = {"min": "minimum", "max": "maximum"}
        values: dict[str, Any] = {}
        for name in STATISTICS:
            if data.get(name) is not None:
                values[renamed.get(name, name)] = tuple(float(v) for v in data[name])
        for name in ("q01", "q99"):
            if name not in values:
                raise ConfigInvalid(f"norm_stats {name}", "missing", expected="one per column")
        lengths = {len(v) for v in values.values()}
        if len(lengths) != 1:
            raise ConfigInvalid("norm_stats lengths", sorted(lengths), expected="one length")
        mask = data.get("mask")
        return cls(
            **values,
            mask=None if mask is None else tuple(bool(m) for m in mask),
            names=tuple(data.get("names") or ()),
            count=int(data.get("count") or 0),
        )

    def to_dict(self) -> dict[str, Any]:
        """The released layout."""
        values = {
            "mean": self.mean,
            "std": self.std,
            "min": self.minimum,
            "max": self.maximum,
            "q01": self.q01,
            "q10": self.q10,
            "q90": self.q90,
            "q99": self.q99,
            "mask": self.mask,
            "names": self.names,
        }
        listed = {k: list(v) for k, v in values.items() if v}
        return {**listed, "count": self.count}
