"""JSON files of checkpoints: read with a clear complaint, written so that none is ever half there.

Knows no torch and nothing of what the files say.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import CheckpointUnreadable


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        CheckpointUnreadable: missing, no JSON, another kind of JSON.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
    except ValueError as error:
        raise CheckpointUnreadable(path, reason=f"no JSON: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointUnreadable(path, reason="no JSON object")
    return data


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Replace a file by ``data``, on the disk when this returns."""
    write_text(path, json.dumps(data, indent=1, sort_keys=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace a file by ``text``, on the disk when this returns."""
    draft = path.with_name(f".{path.name}.partial")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
