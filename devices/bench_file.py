"""Reading a ``bench.toml``: every value is looked at, and what is wrong is named with its key.

A table knows its place in the file, so that an error says ``leaders.main.port`` and not "port".
Keys that nobody reads are errors too: a misspelt limit must not be ignored. Knows no device.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devices.errors import InvalidBench
from devices.rig_settings import RigSettings
from devices.workspace import Workspace


class BenchTable:
    """One table of a bench file."""

    def __init__(self, source: str, place: str, content: Mapping[str, Any]) -> None:
        self.source = source
        self._place = place
        self._content = content

    @classmethod
    def read(cls, path: Path) -> BenchTable:
        """The whole file.

        Raises:
            InvalidBench: it is no readable TOML.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidBench(
                str(path), field="file", value=str(error), expected="readable TOML"
            ) from error
        return cls(str(path), "", content)

    def refuse(self, key: str, value: object, expected: str) -> InvalidBench:
        """The error about a value; the caller raises it."""
        return InvalidBench(self.source, field=self.place_of(key), value=value, expected=expected)

    def place_of(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def only(self, *known: str) -> None:
        """Refuse keys that mean nothing here."""
        for key in self._content:
            if key not in known:
                where = self._place or "file"
                raise InvalidBench(
                    self.source, field=where, value=key, expected=f"one of {', '.join(known)}"
                )

    def has(self, key: str) -> bool:
        return key in self._content

    def raw(self, key: str) -> Any:  # noqa: ANN401 - straight from a file
        """Whatever stands there, None when nothing does."""
        return self._content.get(key)

    def choice(self, key: str, *allowed: object) -> Any:  # noqa: ANN401 - one of ``allowed``
        """One of the allowed values."""
        value = self._content.get(key)
        if value not in allowed or isinstance(value, bool):
            raise self.refuse(key, value, " or ".join(map(repr, allowed)))
        return value

    def text(self, key: str, expected: str) -> str:
        """A text that says something."""
        value = self._content.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, value, expected)
        return value

    def number(self, key: str, default: float, *, low: float, high: float, unit: str) -> float:
        """A number within bounds, or the default when it is absent."""
        value = self._content.get(key, default)
        if not _is_number(value) or not low <= value <= high:
            raise self.refuse(key, value, f"a number from {low:g} to {high:g} {unit}".rstrip())
        return float(value)

    def numbers(self, key: str, count: int, expected: str) -> tuple[float, ...]:
        """A list of so many numbers."""
        value = self._content.get(key)
        if not isinstance(value, list) or len(value) != count or not all(map(_is_number, value)):
            raise self.refuse(key, value, expected)
        return tuple(float(v) for v in value)

    def table(self, key: str) -> BenchTable:
        """A table inside this one; an empty one when it is absent."""
        value = self._content.get(key, {})
        if not isinstance(value, dict):
            raise self.refuse(key, value, "a table")
        return BenchTable(self.source, self.place_of(key), value)

    def tables(self, key: str) -> dict[str, BenchTable]:
        """Tables by name inside a table."""
        return {name: self.table(key).table(name) for name in self.table(key).names()}

    def names(self) -> tuple[str, ...]:
        return tuple(self._content)


def rig_settings(table: BenchTable, defaults: RigSettings) -> RigSettings:
    """The ``[rig]`` table.

    Raises:
        InvalidBench: it says something impossible.
    """
    known = {f.name: f.default for f in dataclasses.fields(RigSettings)}
    table.only(*known)
    changed: dict[str, Any] = {}
    for name in table.names():
        value = table.raw(name)
        yes_or_no = isinstance(known[name], bool)
        if not (isinstance(value, bool) if yes_or_no else _is_number(value) and value > 0):
            expected = "true or false" if yes_or_no else "a positive number"
            raise table.refuse(name, value, expected)
        changed[name] = value
    return dataclasses.replace(defaults, **changed)


def workspace(table: BenchTable) -> Workspace:
    """The ``[workspace]`` table: two corners of the box the tool may be in, m.

    Raises:
        InvalidBench: it says something impossible.
    """
    table.only("low", "high")
    low, high = (table.numbers(side, 3, "three numbers, m") for side in ("low", "high"))
    if any(a >= b for a, b in zip(low, high, strict=True)):
        expected = f"more than low = {list(low)} on every axis"
        raise table.refuse("high", list(high), expected)
    return Workspace((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
