"""Typed reading of HDF5 groups: a missing or misshapen value becomes a sentence.

Knows h5py, not what the values mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from recordings.errors import DamagedFile
from recordings.packing import Array

Tree = Any  # an h5py file or group of somebody else: its types do not say what lies under a name


class Stored:
    """One HDF5 group of the file at ``path``; every method raises ``DamagedFile``."""

    def __init__(self, group: h5py.Group, *, path: Path) -> None:
        self._group = group
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._group

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._group))

    def group(self, name: str) -> Stored:
        found = self._group.get(name)
        if not isinstance(found, h5py.Group):
            raise self._damaged(f"group {name!r} is missing")
        return Stored(found, path=self._path)

    def array(self, name: str, *, dtype: npt.DTypeLike, shape: Sequence[int | None]) -> Array:
        """A read-only array; ``None`` in ``shape`` stands for any size."""
        found = self._dataset(name)
        if len(found.shape) != len(shape) or any(
            want not in (None, got) for want, got in zip(shape, found.shape, strict=True)
        ):
            raise self._damaged(f"{found.name} has shape {found.shape}, expected {tuple(shape)}")
        if not np.can_cast(found.dtype, dtype, casting="same_kind"):
            raise self._damaged(f"{found.name} holds {found.dtype}, expected {np.dtype(dtype)}")
        values = np.asarray(self._read(found), dtype=dtype)
        values.flags.writeable = False
        return values

    def texts(self, name: str) -> list[str]:
        found = self._dataset(name)
        return [text.decode(errors="replace") for text in self._read(found).tolist()]

    def columns(self, rows: int) -> dict[str, Array]:
        """Every dataset of the group, by name, each with ``rows`` read-only values or rows."""
        found: dict[str, Array] = {}
        for name in self:
            dataset = self._dataset(name)
            if not dataset.shape or dataset.shape[0] != rows:
                raise self._damaged(
                    f"{dataset.name} has shape {dataset.shape}, expected ({rows}, …)"
                )
            text = dataset.dtype.kind == "O"
            found[name] = np.array(self.texts(name)) if text else self._read(dataset)
            found[name].flags.writeable = False
        return found

    def byte_range(self, name: str) -> tuple[int, int]:
        """Where in the file the bytes of a contiguous dataset lie: (offset, size)."""
        found = self._dataset(name)
        offset = found.id.get_offset()
        if found.shape != (0,) and (offset is None or found.ndim != 1):
            raise self._damaged(f"{found.name} is not contiguous")
        return offset or 0, int(found.shape[0])

    def has(self, name: str) -> bool:
        """Whether the group carries an attribute of this name."""
        return name in self._group.attrs

    def integer(self, name: str) -> int:
        value = self._attribute(name)
        if not isinstance(value, int | np.integer):
            raise self._damaged(f"attribute {name!r} is {value!r}, expected an integer")
        return int(value)

    def flag(self, name: str) -> bool:
        value = self._attribute(name)
        if not isinstance(value, bool | np.bool_):
            raise self._damaged(f"attribute {name!r} is {value!r}, expected yes or no")
        return bool(value)

    def number(self, name: str) -> float:
        value = self._attribute(name)
        if not isinstance(value, int | float | np.integer | np.floating):
            raise self._damaged(f"attribute {name!r} is {value!r}, expected a number")
        return float(value)

    def text(self, name: str) -> str:
        value = self._attribute(name)
        if not isinstance(value, str):
            raise self._damaged(f"attribute {name!r} is {value!r}, expected text")
        return value

    def json(self, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
        text = self.text(name)
        try:
            return json.loads(text)
        except ValueError as error:
            raise self._damaged(f"attribute {name!r} is not JSON: {error}") from error

    def _attribute(self, name: str) -> object:
        try:
            return self._group.attrs[name]
        except (KeyError, OSError, ValueError, TypeError) as error:
            raise self._damaged(f"attribute {name!r} is missing") from error

    def _dataset(self, name: str) -> h5py.Dataset:
        found = self._group.get(name)
        if not isinstance(found, h5py.Dataset):
            raise self._damaged(f"dataset {self._group.name}/{name} is missing")
        return found

    def _read(self, dataset: h5py.Dataset) -> Array:
        try:
            return dataset[()]
        except (OSError, ValueError) as error:
            raise self._damaged(f"{dataset.name} cannot be read ({error})") from error

    def _damaged(self, found: str) -> DamagedFile:
        return DamagedFile(self._path, found=found)
