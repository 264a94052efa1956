"""Looking into every episode of the list beside the window: first picture, health, the whole set.

One file at a time, the selected one first, and only while somebody asks to go on: recording and
driving have the machine to themselves. What is known stays until the episode or its edits change.
Knows no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from recordings.edits import Edits, Trim, read_edits
from recordings.errors import RecordingError
from recordings.health.alike import Pair
from recordings.health.pictures import View
from recordings.health.report import (
    EpisodeHealth,
    Findings,
    FolderHealth,
    first_views,
    look_into,
    set_health,
)
from recordings.reader import Episode
from recordings.types import U8, EpisodeInfo
from studio.background import Background
from studio.parts.review import Review

PICTURE_PX = 64  # least height of a thumbnail: twice what the table shows

Key = tuple[str, str, Trim | None, int]  # what an episode is; another key: look again


class Inspecting(QObject):
    """What is known about the episodes of one list."""

    pictured = Signal(str, object)  # id, (h, w, 3) uint8 RGB
    judged = Signal(str)  # id; :meth:`health` says what, None when it is to be judged again
    setJudged = Signal()  # :attr:`folder` is new

    def __init__(self, review: Review, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self._background = Background("inspecting")
        self._keys: dict[str, Key] = {}
        self._pictured: dict[str, Key] = {}
        self._found: dict[str, Findings] = {}
        self._first = ""  # id of the episode that says where cameras were
        self._views: dict[str, View] | None = None
        self._rewritten = 0  # how often the files were
        self.folder: FolderHealth | None = None  # None: not all are judged yet
        review.episodesChanged.connect(self._on_review_episodes_changed)

    # ── what is known ──────────────────────────────────────────────────────────────────────────

    def health(self, episode_id: str) -> EpisodeHealth | None:
        """None: nobody looked yet."""
        found = self._found.get(episode_id)
        return found.health if found else None

    def alike(self, episode_id: str) -> list[Pair]:
        """Pairs that this episode is one of."""
        pairs = self.folder.alike if self.folder else ()
        return [pair for pair in pairs if episode_id in (pair.first, pair.second)]

    @property
    def left(self) -> int:
        """How many episodes nobody has judged yet."""
        return len(self._keys) - len(self._found)

    # ── life ───────────────────────────────────────────────────────────────────────────────────

    def go_on(self) -> None:
        """Begin with the next thing that is not known, when the one before is done."""
        if self._background.busy:
            return
        for begin in (self._picture_next, self._find_views, self._judge_next, self._judge_set):
            if begin():
                return

    def tick(self) -> None:
        """Take what was found."""
        self._background.deliver()

    def forget(self) -> None:
        """The files were rewritten: look again."""
        self._rewritten += 1
        self._on_review_episodes_changed(self._review.episodes)

    def close(self) -> None:
        self._background.close()

    # ── one thing after the other ──────────────────────────────────────────────────────────────

    def _picture_next(self) -> bool:
        for info in self._review.episodes:
            key = self._keys.get(info.id)
            if key and self._pictured.get(info.id) != key and info.frames and not info.problem:
                self._pictured[info.id] = key
                self._background.ask(
                    partial(first_picture, info), partial(self._on_pictured, info.id)
                )
                return True
        return False

    def _find_views(self) -> bool:
        if self._views is not None or not self._keys:
            return False
        self._ask(partial(first_views, self._oldest_first()), self._on_views_found)
        return True

    def _judge_next(self) -> bool:
        waiting = [info for info in self._oldest_first() if info.id not in self._found]
        if not waiting:
            return False
        chosen = next((i for i in waiting if i.id == self._review.selected), waiting[0])
        then = partial(self._on_judged, self._keys[chosen.id])
        self._ask(partial(look_into, chosen, first=self._views), then)
        return True

    def _judge_set(self) -> bool:
        if self.folder is not None or not self._found:
            return False
        found = [self._found[info.id] for info in self._oldest_first()]
        then = partial(self._on_set_judged, dict(self._keys))
        self._ask(partial(set_health, found), then)
        return True

    def _ask(self, work: Callable[[], object], then: Callable[..., None]) -> None:
        self._background.ask(work, then)

    def _oldest_first(self) -> list[EpisodeInfo]:
        return [info for info in reversed(self._review.episodes) if info.id in self._keys]

    # ── answers ────────────────────────────────────────────────────────────────────────────────

    def _on_pictured(self, episode_id: str, image: U8 | None) -> None:
        if image is not None:
            self.pictured.emit(episode_id, image)

    def _on_views_found(self, found: dict[str, View]) -> None:
        self._views = found

    def _on_judged(self, key: Key, found: Findings) -> None:
        name = found.health.episode
        if self._keys.get(name) == key:
            self._found[name] = found
            self.judged.emit(name)

    def _on_set_judged(self, keys: dict[str, Key], found: FolderHealth) -> None:
        if keys == self._keys:
            self.folder = found
            self.setJudged.emit()

    def _on_review_episodes_changed(self, episodes: list[EpisodeInfo]) -> None:
        files = [info for info in episodes if info.sealed or info.problem]
        edits = read_edits(self._review.folder)
        before = self._keys
        self._keys = {i.id: _key(i, edits.get(i.id, Edits()), self._rewritten) for i in files}
        first = next((i.id for i in reversed(files) if not i.problem), "")
        if self._keys == before and first == self._first:
            return
        if first != self._first or before.get(first) != self._keys.get(first):
            self._first, self._views = first, None
            stale = set(self._found)
        else:
            stale = {name for name in self._found if before.get(name) != self._keys.get(name)}
        self.folder = None
        for name in stale:
            del self._found[name]
            self.judged.emit(name)


def first_picture(info: EpisodeInfo) -> U8 | None:
    """A small picture of the front (else the first) camera, (h, w, 3) uint8 RGB; None: no such."""
    camera = "front" if "front" in info.cameras else info.cameras[0]
    try:
        with Episode.open(Path(info.path)) as episode:
            if not episode.frame_count(camera):
                return None
            return episode.image(camera, 0, least_height=PICTURE_PX)
    except (RecordingError, OSError):
        return None  # its health says why


def _key(info: EpisodeInfo, edits: Edits, rewritten: int) -> Key:
    return info.path, info.task, edits.trim, rewritten
