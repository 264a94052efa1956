"""JSON files of checkpoints: read with a clear complaint, written so that none is ever half there.

Knows no torch and nothing of what the files say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import CheckpointUnreadable
from recordings.whole_file import write_whole


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
    write_whole(path, json.dumps(data, indent=1, sort_keys=False) + "\n")
