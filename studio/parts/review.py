"""Looking at episodes: which there are, the one that is open, and the time cursor in it.

Knows the files through ``recordings`` only and changes none. One episode is open at a time.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from devices.commands import SceneState
from recordings.cutting import start_in_recording_s
from recordings.edits import Edits, Trim, read_edits
from recordings.errors import DamagedFile, EpisodeNotFound, RecordingError, RobotMismatch
from recordings.layout import TRASH, episode_path
from recordings.library import episode_info, list_episodes, restore
from recordings.reader import Episode
from recordings.types import F32, U8, EpisodeInfo, EpisodePhase, RobotSpec
from studio.notes import noted_scene

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the replay


class Review(QObject):
    """The episodes of one folder, seen by one bench."""

    episodesChanged = Signal(object)  # list[EpisodeInfo]
    opened = Signal(object)  # Episode | None
    cursorMoved = Signal(int)  # row of the open episode
    noticed = Signal(str, str)  # sentence, level

    def __init__(self, folder: Path, robot: RobotSpec, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._robot = robot
        self._episodes: dict[str, EpisodeInfo] = {}
        self._trashed: list[str] = []
        self._told: set[str] = set()  # recovered episodes that were announced
        self._last_tick_ns = 0
        self._position_s = 0.0
        self.episode: Episode | None = None
        self.selected = ""
        self.row = 0
        self.playing = False
        self.speed = 1.0  # one of SPEEDS
        self.start_s = 0.0  # of the open episode, in its whole recording
        self._trim: Trim | None = None  # of the open episode
        self.scenes: list[SceneState] = []  # of the open episode, in order
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
        self._episodes = {e.id: e for e in list_episodes(self.folder)}
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

    def refresh(self, ids: Iterable[str]) -> None:
        """These episodes were edited: read what they are now. One that is gone is in the trash."""
        ids = tuple(ids)
        self._trashed = [name for name in self._trashed if name not in ids]
        for name in ids:
            try:
                self._episodes[name] = episode_info(self.folder, name)
            except EpisodeNotFound:
                self._episodes.pop(name, None)
                if episode_path(self.folder / TRASH, name).exists():
                    self._trashed.append(name)
        if self.episode is not None and self.selected in ids:
            self._open_again()
        self.episodesChanged.emit(self.episodes)

    def _open_again(self) -> None:
        """The open episode was edited; the cursor stays at its moment of the recording."""
        if self.selected not in self._episodes:
            self.close()
        elif self._trim_of(self.selected) != self._trim:
            at_s = self.start_s + float(self.t_s[self.row])
            self.select(self.selected)
            self.seek_s(at_s - self.start_s)

    def _trim_of(self, episode_id: str) -> Trim | None:
        return read_edits(self.folder).get(episode_id, Edits()).trim

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
        except (RecordingError, OSError) as error:
            self.noticed.emit(str(error), "danger")
            return
        try:
            self._show(episode)
        except (RecordingError, OSError) as error:
            episode.close()
            self.noticed.emit(str(error), "danger")

    def _show(self, episode: Episode) -> None:
        name = episode.info.id
        if difference := self._robot.mismatch(episode.robot):
            raise RobotMismatch(f"episode {name}", mismatch=difference)
        if not len(episode.t_ns):
            raise DamagedFile(episode.path, found="it has no step")
        self.start_s, self._trim = start_in_recording_s(episode), self._trim_of(name)
        self.state, self.action = episode.state, episode.action
        self.t_s = (episode.t_ns - episode.t_ns[0]) / 1e9
        self.scenes = [s for e in episode.events if (s := noted_scene(e)) is not None]
        self.episode, self.row = episode, 0
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

    def step_forward(self) -> None:
        """On to the next picture."""
        self._step(1)

    def step_back(self) -> None:
        """Back to the picture before."""
        self._step(-1)

    def faster(self) -> None:
        self._shift_speed(1)

    def slower(self) -> None:
        self._shift_speed(-1)

    def restore_last(self) -> None:
        """Bring the newest trashed episode back."""
        if not self._trashed:
            self.noticed.emit("The trash has nothing from this session to bring back.", "info")
            return
        episode_id = self._trashed.pop()
        try:
            restore(self.folder, episode_id)
            self._episodes[episode_id] = episode_info(self.folder, episode_id)
            self.episodesChanged.emit(self.episodes)
        except (RecordingError, OSError) as error:
            self.noticed.emit(str(error), "danger")

    # ── at the cursor ──────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        """Move the cursor on while playing, in the episode's own time."""
        if not self.playing or self.episode is None:
            return
        if self._last_tick_ns:
            self._position_s += self.speed * (now_ns - self._last_tick_ns) / 1e9
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
        if self.episode is None or not self.scenes:
            return None
        now_ns = int(self.episode.t_ns[self.row])
        number = bisect.bisect_right(self.scenes, now_ns, key=lambda scene: scene.t_ns)
        return self.scenes[max(0, number - 1)]

    def close(self) -> None:
        """Let go of the open episode."""
        self.playing = False
        if self.episode is not None:
            self.episode.close()
            self.episode = None
            self.scenes = []
            self.opened.emit(None)

    def _step(self, pictures: int) -> None:
        if self.episode is None:
            return
        if self.playing:
            self.toggle_play()
        at = self._pictures_at
        number = int(np.searchsorted(at, self.row, side="right")) - 1
        if pictures < 0 and at[number] < self.row:  # between two pictures: back to the one seen
            pictures += 1
        self.seek(int(at[min(max(number + pictures, 0), len(at) - 1)]))

    @property
    def _pictures_at(self) -> np.ndarray:
        """(p,) rows at which any camera had a new picture; the first row is one."""
        assert self.episode is not None
        new = np.zeros(len(self.t_s), dtype=bool)
        for index in self.episode.frame_index.values():
            new[1:] |= np.diff(index) != 0
        new[0] = True
        if not self.episode.frame_index:
            new[:] = True
        return np.flatnonzero(new)

    def _shift_speed(self, by: int) -> None:
        at = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        self.speed = SPEEDS[min(max(at + by, 0), len(SPEEDS) - 1)]
