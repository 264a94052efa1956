"""What lies beside a network in its folder: the tokenizer of depth and that of actions.

They do not change while a network is fine-tuned, so a run keeps them once, beside its checkpoints.
Knows file names only.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from model import action_tokens, depth_tokenizer
from model.layouts import RUN_FILE


def depth_file(folder: Path) -> Path | None:
    """The depth tokenizer of a checkpoint (or of the run it belongs to), None without one."""
    names = (depth_tokenizer.FILE, depth_tokenizer.RELEASED_FILE)
    return next((p for place in _places(folder) for n in names if (p := place / n).exists()), None)


def action_folder(folder: Path) -> Path | None:
    """The action tokenizer of a checkpoint (or of the run it belongs to), None without one."""
    places = (place / action_tokens.FOLDER for place in _places(folder))
    return next((place for place in places if place.is_dir()), None)


def bring(source: Path, folder: Path) -> None:
    """Copy what lies beside the network of ``source``; ``folder`` is made when there is any."""
    if (actions := action_folder(source)) is not None:
        shutil.copytree(actions, folder / actions.name, dirs_exist_ok=True)
    if (pictures := depth_file(source)) is not None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(pictures, folder / pictures.name)


def _places(folder: Path) -> tuple[Path, ...]:
    """The folder, and the run around it where there is one."""
    return (folder, folder.parent) if (folder.parent / RUN_FILE).exists() else (folder,)
