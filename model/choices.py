"""What a person may change about a recipe, and how it survives a stop: flags, then the run's own.

Knows no command line and no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from model.errors import ConfigInvalid
from model.precision import Precision
from model.recipe import Mode, Recipe, recipe_for


@dataclass(frozen=True, slots=True)
class Choices:
    """None everywhere leaves it to the preset (or, when a run goes on, to that run)."""

    mode: Mode | None = None
    batch_size: int | None = None  # examples per update, over all processes
    accumulate: int | None = None
    checkpointing: bool | None = None
    corrections_share: float | None = None
    precision: Precision | None = None
    committed_rows: int | None = None  # longest delay to simulate (training-time RTC), 0 none

    def after(self, before: Mapping[str, Any]) -> Choices:
        """These choices, with those of the run that goes on where nothing is said now.

        Raises:
            ConfigInvalid: another mode: other parameters would learn than those that were saved.
        """
        if before and self.mode is not None and self.mode != before.get("mode", self.mode):
            raise ConfigInvalid("mode", self.mode, expected=f"{before['mode']}, as the run began")
        known = {k: before[k] for k in asdict(self) if before.get(k) is not None}
        return replace(Choices(**known), **self.made)

    @property
    def made(self) -> dict[str, Any]:
        """What was chosen, JSON-ready."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def recipe(self, preset: str) -> Recipe:
        """The recipe of a preset with these choices.

        Raises:
            ConfigInvalid: a number out of its range.
        """
        for name in ("batch_size", "accumulate"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigInvalid(name, value, expected="at least 1")
        share = self.corrections_share
        if share is not None and not 0.0 <= share <= 1.0:
            raise ConfigInvalid("corrections_share", share, expected="0 … 1")
        if self.committed_rows is not None and self.committed_rows < 0:
            raise ConfigInvalid("committed_rows", self.committed_rows, expected="at least 0")
        others = {"mode", "precision", "committed_rows"}
        numbers = {k: v for k, v in self.made.items() if k not in others}
        return replace(recipe_for(preset, self.mode), **numbers)
