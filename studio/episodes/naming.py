"""Which episode somebody means who typed the beginning of its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from recordings.errors import EpisodeNotFound
from recordings.types import EpisodeInfo


def meant(typed: Iterable[str], infos: Sequence[EpisodeInfo], *, folder: Path) -> list[str]:
    """Full ids, each once, in the order typed.

    Raises:
        EpisodeNotFound: nothing, or more than one episode, begins like that.
    """
    ids = [info.id for info in infos]
    return list(dict.fromkeys(_one(text, ids, folder=folder) for text in typed))


def _one(text: str, ids: Sequence[str], *, folder: Path) -> str:
    if text in ids:
        return text
    found = [name for name in ids if name.startswith(text)]
    if len(found) != 1:
        raise EpisodeNotFound(text, folder=folder)
    return found[0]
