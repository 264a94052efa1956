"""Parquet tables of a dataset: rows, tasks, episodes, with the metadata LeRobot looks for.

Knows pyarrow and the layout; does not know where the values come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recordings.lerobot.layout import Feature

Columns = Mapping[str, Any]  # name → array (m,) or (m, d), or list of bytes for pictures
_PICTURE: Final = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def data_schema(features: Mapping[str, Feature]) -> pa.Schema:
    """Arrow types of ``data/*.parquet``, with the feature table of the datasets library."""
    stored = {name: f for name, f in features.items() if f["dtype"] != "video"}
    fields = [pa.field(name, _arrow_type(feature)) for name, feature in stored.items()]
    described = {name: _described(feature) for name, feature in stored.items()}
    note = json.dumps({"info": {"features": described}})
    return pa.schema(fields, metadata={"huggingface": note})


def data_table(columns: Columns, schema: pa.Schema) -> pa.Table:
    """Rows of one episode."""
    return pa.Table.from_arrays([_array(columns[f.name], f.type) for f in schema], schema=schema)


class DataFile:
    """One ``data/*.parquet``; every episode is a row group of its own."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures = {field.name for field in schema if field.type == _PICTURE}
        plain = [field.name for field in schema if field.name not in pictures]
        codecs = {f"{name}.{leaf}": "NONE" for name in pictures for leaf in ("bytes", "path")}
        codecs |= {_leaf(field): "SNAPPY" for field in schema if field.name in plain}
        self.path = path
        self.bytes = 0
        self.rows = 0
        options: dict[str, Any] = {  # the type hints of the library know one codec for all
            "compression": codecs,
            "use_dictionary": [_leaf(schema.field(name)) for name in plain],
        }
        self._writer = pq.ParquetWriter(path, schema, **options)

    def write(self, table: pa.Table) -> None:
        """Append one episode."""
        self._writer.write_table(table, row_group_size=max(1, len(table)))
        self.rows += len(table)
        self.bytes += table.nbytes

    def close(self) -> None:
        self._writer.close()


def write_tasks(path: Path, tasks: Sequence[str]) -> None:
    """``meta/tasks.parquet``: the text has to be a data frame's index, or it reads as numbers."""
    table = pa.table(
        {
            "task_index": pa.array(range(len(tasks)), pa.int64()),
            "task": pa.array(tasks, pa.string()),
        }
    )
    columns = [
        {
            "name": name,
            "field_name": name,
            "pandas_type": kind,
            "numpy_type": numpy,
            "metadata": None,
        }
        for name, kind, numpy in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
    ]
    pandas = {"index_columns": ["task"], "column_indexes": [], "columns": columns}
    pandas["pandas_version"] = "2.2.0"
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps(pandas)}), path)


def read_tasks(path: Path) -> list[str]:
    """Task texts by number."""
    table = pq.read_table(path)
    texts = "task" if "task" in table.column_names else "__index_level_0__"
    by_number = dict(zip(table["task_index"].to_pylist(), table[texts].to_pylist(), strict=True))
    return [str(by_number[number]) for number in sorted(by_number)]


def write_episodes(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """``meta/episodes/*.parquet`` from one mapping per episode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = [pa.field(name, _episode_type(name, value)) for name, value in rows[0].items()]
    arrays = [pa.array([row[f.name] for row in rows], f.type) for f in fields]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)


def _episode_type(name: str, value: object) -> pa.DataType:
    if name.startswith("stats/"):
        if name.endswith("/count"):
            return pa.list_(pa.int64())
        deep = isinstance(value, list) and bool(value) and isinstance(value[0], list)
        number = pa.float64()
        return pa.list_(pa.list_(pa.list_(number))) if deep else pa.list_(number)
    if name == "tasks":
        return pa.list_(pa.string())
    return pa.float64() if name.endswith("_timestamp") else pa.int64()


def _scalar_type(dtype: str) -> pa.DataType:
    return pa.string() if dtype == "string" else pa.from_numpy_dtype(np.dtype(dtype))


def _arrow_type(feature: Feature) -> pa.DataType:
    if feature["dtype"] == "image":
        return _PICTURE
    kind = _scalar_type(feature["dtype"])
    shape = tuple(feature["shape"])
    if shape == (1,):
        return kind
    if len(shape) == 1:
        return pa.list_(kind, shape[0])
    for _ in shape:
        kind = pa.list_(kind)
    return kind


def _described(feature: Feature) -> dict[str, Any]:
    shape, dtype = list(feature["shape"]), feature["dtype"]
    if dtype == "image":
        return {"_type": "Image"}
    if shape == [1]:
        return {"dtype": dtype, "_type": "Value"}
    if len(shape) == 1:
        inner = {"dtype": dtype, "_type": "Value"}
        return {"feature": inner, "length": shape[0], "_type": "List"}
    return {"shape": shape, "dtype": dtype, "_type": f"Array{len(shape)}D"}


def _array(values: Any, kind: pa.DataType) -> pa.Array:  # noqa: ANN401 - see Columns
    if kind == _PICTURE:
        paths = pa.nulls(len(values), pa.string())
        return pa.StructArray.from_arrays([pa.array(values, pa.binary()), paths], ["bytes", "path"])
    if pa.types.is_fixed_size_list(kind):
        flat = np.ascontiguousarray(values).ravel()
        return pa.FixedSizeListArray.from_arrays(pa.array(flat, kind.value_type), type=kind)
    if pa.types.is_list(kind):
        return pa.array(np.asarray(values).tolist(), kind)
    return pa.array(np.asarray(values).reshape(-1).tolist(), kind)


def _leaf(field: pa.Field) -> str:
    """Column path as parquet names it."""
    depth, kind = 0, field.type
    while pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        depth, kind = depth + 1, kind.value_type
    return field.name + ".list.element" * depth
