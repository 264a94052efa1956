"""Looking at episodes: which there are, the one that is open, and the time cursor in it.

Knows the files through ``recordings`` only. One episode is open at a time.
"""

from __future__ import annotations

import bisect
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from devices.commands import SceneState
from recordings.errors import RecordingError
from recordings.library import (
    episode_info,
    keep,
    list_episodes,
    restore,
    trash,
)
from recordings.reader import Episode
from recordings.types import F32, U8, EpisodeInfo, EpisodePhase, RobotSpec
from studio.notes import noted_scene


class Review(QObject):
    """The episodes of one folder, seen by one bench."""

    episodesChanged = Signal(object)  # list[EpisodeInfo]
    opened = Signal(object)  # Episode | None
    cursorMoved = Signal(int)  # row of the open episode
    noticed = Signal(str, str)  # sentence, level

    def __init__(self, folder: Path, robot: RobotSpec, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._robot = robot
        self._episodes: dict[str, EpisodeInfo] = {}
        self._trashed: list[str] = []
        self._pictured: set[str] = set()  # episodes whose thumbnail was made
        self._told: set[str] = set()  # recovered episodes that were announced
        self._last_tick_ns = 0
        self._position_s = 0.0
        self.episode: Episode | None = None
        self.selected = ""
        self.row = 0
        self.playing = False
        self._scenes: list[SceneState] = []  # of the open episode, in order
        self.t_s: np.ndarray = np.zeros(0)  # (T,) float64 s since the first row
        self.state: F32 = np.zeros((0, len(robot.joints)), np.float32)  # (T, n) rad
        self.action: F32 = self.state

    # ── the list ───────────────────────────────────────────────────────────────────────────────

    @property
    def episodes(self) -> list[EpisodeInfo]:
        """Newest first; the trashed ones are not among them."""
        return sorted(self._episodes.values(), key=lambda e: e.created_wall_s, reverse=True)

    def load(self) -> None:
        """Read the folder (the recorder process completes what a studio that died left behind)."""
        self._episodes = {e.id: e for e in list_episodes(self._folder)}
        self.episodesChanged.emit(self.episodes)

    def on_episode(self, episode: EpisodeInfo) -> None:
        """The recorder reports a fresh or changed episode."""
        if episode.phase is EpisodePhase.RECORDING:
            return
        if episode.phase is EpisodePhase.DISCARDED:
            self._episodes.pop(episode.id, None)
            self._trashed.append(episode.id)
        else:
            self._episodes[episode.id] = episode
        if episode.recovered and episode.sealed and episode.id not in self._told:
            self._told.add(episode.id)
            self.noticed.emit(
                f"An interrupted recording was recovered: {episode.duration_s:.1f} s of "
                f"“{episode.task}”, every complete step up to the interruption. It is in Review.",
                "attention",
            )
        self.episodesChanged.emit(self.episodes)

    def set_verdict(self, episode_id: str, *, kept: bool) -> None:
        """This one was kept or put into the trash from here."""
        if not kept:
            self._episodes.pop(episode_id, None)
            self._trashed.append(episode_id)
        elif episode_id in self._episodes:
            known = self._episodes[episode_id]
            self._episodes[episode_id] = replace(known, phase=EpisodePhase.KEPT)
        self.episodesChanged.emit(self.episodes)

    # ── intents ────────────────────────────────────────────────────────────────────────────────

    def select(self, episode_id: str) -> None:
        """Open this episode at its beginning; an unreadable one is named and stays listed."""
        self.close()
        self.selected = episode_id
        info = self._episodes.get(episode_id)
        if info is None:
            return
        try:
            episode = Episode.open(Path(info.path))
            difference = self._robot.mismatch(episode.robot)
            if difference:
                episode.close()
                self.noticed.emit(
                    f"Episode {episode_id} was recorded on another robot: {difference}.", "danger"
                )
                return
            self.state, self.action = episode.state, episode.action
            self.t_s = (episode.t_ns - episode.t_ns[0]) / 1e9
            self._scenes = [s for e in episode.events if (s := noted_scene(e)) is not None]
        except (RecordingError, OSError) as error:
            self.noticed.emit(str(error), "danger")
            return
        self.episode = episode
        self.opened.emit(episode)
        self.seek(0)

    def toggle_play(self) -> None:
        """Play from the cursor, from the start when it is at the end; or pause."""
        if self.episode is None:
            return
        if not self.playing and self.row >= len(self.t_s) - 1:
            self.seek(0)
        self.playing = not self.playing
        self._last_tick_ns = 0

    def seek(self, row: int) -> None:
        """Put the time cursor on this row."""
        if self.episode is None:
            return
        self.row = int(np.clip(row, 0, len(self.t_s) - 1))
        self._position_s = float(self.t_s[self.row])
        self.cursorMoved.emit(self.row)

    def seek_s(self, seconds: float) -> None:
        """Put the time cursor on the last row not after ``seconds``."""
        self.seek(int(np.searchsorted(self.t_s, seconds, side="right")) - 1)

    def keep_selected(self) -> None:
        """Keep this episode: training uses it."""
        self._verdict(self.selected, kept=True)

    def trash_selected(self) -> None:
        """Put this episode into the trash; Ctrl+Z brings it back."""
        self._verdict(self.selected, kept=False)

    def restore_last(self) -> None:
        """Bring the newest trashed episode back."""
        if not self._trashed:
            self.noticed.emit("The trash has nothing from this session to bring back.", "info")
            return
        episode_id = self._trashed.pop()
        try:
            restore(self._folder, episode_id)
            self._episodes[episode_id] = episode_info(self._folder, episode_id)
            self.episodesChanged.emit(self.episodes)
        except (RecordingError, OSError) as error:
            self.noticed.emit(str(error), "danger")

    def keep(self, episode_id: str) -> None:
        self._verdict(episode_id, kept=True)

    def trash(self, episode_id: str) -> None:
        self._verdict(episode_id, kept=False)

    # ── at the cursor ──────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        """Move the cursor on while playing, in the episode's own time."""
        if not self.playing or self.episode is None:
            return
        if self._last_tick_ns:
            self._position_s += (now_ns - self._last_tick_ns) / 1e9
        self._last_tick_ns = now_ns
        position_s = self._position_s
        row = int(np.searchsorted(self.t_s, position_s, side="right")) - 1
        if row >= len(self.t_s) - 1:
            self.playing = False
        self.seek(row)
        self._position_s = position_s

    def image(self, camera: str) -> U8 | None:
        """(h, w, 3) uint8 RGB at the cursor, None where the camera had no frame yet."""
        if self.episode is None:
            return None
        frame = int(self.episode.frame_index[camera][self.row])
        if not 0 <= frame < self.episode.frame_count(camera):
            return None
        try:
            return self.episode.image(camera, frame)
        except RecordingError as error:
            self.noticed.emit(str(error), "danger")
            return None

    @property
    def scene(self) -> SceneState | None:
        """Where the things on the table were at the cursor; None where that was not recorded."""
        if self.episode is None or not self._scenes:
            return None
        now_ns = int(self.episode.t_ns[self.row])
        number = bisect.bisect_right(self._scenes, now_ns, key=lambda scene: scene.t_ns)
        return self._scenes[max(0, number - 1)]

    def next_thumbnail(self) -> tuple[str, U8] | None:
        """Id and first picture of an episode that has not been pictured yet; one file per call."""
        for info in self.episodes:
            if info.id not in self._pictured and info.sealed and not info.problem and info.frames:
                self._pictured.add(info.id)
                try:
                    with Episode.open(info.path) as episode:
                        return info.id, episode.image(info.cameras[0], 0)
                except (RecordingError, OSError):
                    return None  # listed with its problem when the folder is read again
        return None

    def close(self) -> None:
        """Let go of the open episode."""
        self.playing = False
        if self.episode is not None:
            self.episode.close()
            self.episode = None
            self._scenes = []
            self.opened.emit(None)

    def _verdict(self, episode_id: str, *, kept: bool) -> None:
        if episode_id not in self._episodes:
            return
        try:
            if kept:
                keep(self._folder, episode_id)
                self.set_verdict(episode_id, kept=True)
                return
            if episode_id == self.selected:
                self.close()
            trash(self._folder, episode_id)
        except (RecordingError, OSError) as error:
            self.noticed.emit(str(error), "danger")
            return
        self.set_verdict(episode_id, kept=False)
        self.noticed.emit("Episode is in the trash. Ctrl+Z brings it back.", "info")
