"""Repairing episodes from the window: mark, relabel, cut, join, trash, and all of it undone.

Every change is one line of the folder's history, so that one undo takes it back; no recording is
rewritten here. Acts on the episodes that are chosen in the list, cuts the one that is open. Knows
no widget.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from recordings import cutting, history, library
from recordings.edits import Change, Edits, Trim, read_edits
from recordings.errors import RecordingError
from recordings.types import EpisodeInfo, EpisodePhase
from studio.parts.review import Review

WORDS = {"mark": "the mark", "relabel": "the new task", "flag": "the flag", "keep": "keeping"}


class Editing(QObject):
    """What a person does to the episodes of one list."""

    fieldWanted = Signal(str)  # somebody wants to type into this field: "task", "filter"
    changed = Signal()  # what is chosen, the part that is marked, or the problem
    noticed = Signal(str, str)  # sentence, level

    def __init__(self, review: Review, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self._chosen: tuple[str, ...] = ()
        self.part: tuple[float, float] | None = None  # s of the open episode; None: all of it
        self.problem = ""  # why the last change was not possible, "" when it was
        self.details = ""  # for those who look behind it
        review.opened.connect(self._on_review_opened)

    # ── what is acted on ───────────────────────────────────────────────────────────────────────

    @property
    def ids(self) -> tuple[str, ...]:
        """The chosen episodes that are still there; else the one that is looked at."""
        known = {info.id for info in self._review.episodes}
        chosen = tuple(name for name in self._chosen if name in known)
        looked_at = self._review.selected
        return chosen or ((looked_at,) if looked_at in known else ())

    @property
    def infos(self) -> list[EpisodeInfo]:
        """The chosen episodes."""
        known = {info.id: info for info in self._review.episodes}
        return [known[name] for name in self.ids]

    def choose(self, ids: tuple[str, ...]) -> None:
        """Act on these from now on."""
        if ids != self._chosen:
            self._chosen = ids
            self._say("")

    # ── marks ──────────────────────────────────────────────────────────────────────────────────

    def mark_success(self) -> None:
        """Success; once more takes the mark back."""
        self._mark(True)

    def mark_failure(self) -> None:
        """Failure, which no training uses; once more takes the mark back."""
        self._mark(False)

    def toggle_flag(self) -> None:
        """Somebody shall look at it again, or has."""
        value = None if all(info.flagged for info in self.infos) else True
        self._decide("flag", {"flagged": value})

    def keep(self) -> None:
        """Training uses them from now on."""
        self._decide("keep", {"phase": EpisodePhase.KEPT.value})

    def relabel(self, task: str) -> None:
        """What the robot was told to do, corrected."""
        task = " ".join(task.split())
        if task and any(info.task != task for info in self.infos):
            self._decide("relabel", {"task": task})

    def name_task(self) -> None:
        """Somebody wants to type another task."""
        self.fieldWanted.emit("task")

    def find(self) -> None:
        """Somebody wants to type what the list shall show."""
        self.fieldWanted.emit("filter")

    def trash(self) -> None:
        """Into the trash; Ctrl+Z brings them back."""
        ids = self.ids
        discarded = {"phase": EpisodePhase.DISCARDED.value}
        changes = dict.fromkeys(ids, discarded)
        if ids and self._do(lambda: history.carry_out(self._review.folder, "trash", changes)):
            what = "The episode is" if len(ids) == 1 else f"{len(ids)} episodes are"
            self._done(ids, f"{what} in the trash. Ctrl+Z brings back.")

    # ── cutting ────────────────────────────────────────────────────────────────────────────────

    def set_part(self, from_s: float, to_s: float) -> None:
        """Mark a part of the open episode; nothing is cut yet."""
        end_s = float(self._review.t_s[-1]) if self._review.episode is not None else 0.0
        whole = from_s <= 0.0 and to_s >= end_s
        self.part = None if whole or self._review.episode is None else (from_s, to_s)
        self._say("")

    def part_begins_here(self) -> None:
        """The part begins at the cursor."""
        self._move_end(begin=True)

    def part_ends_here(self) -> None:
        """The part ends at the cursor."""
        self._move_end(begin=False)

    def trim(self) -> None:
        """Only the marked part of the open episode counts from now on."""
        review, part = self._review, self.part
        if review.episode is None or part is None:
            self._say(
                "Mark the part that shall stay first: drag the ends of the timeline, or I, O."
            )
            return
        name, at_s = review.selected, review.start_s
        kept = Trim(at_s + part[0], at_s + part[1])
        if self._do(lambda: cutting.trim(review.folder, name, kept)):
            self._done((name,), f"{part[1] - part[0]:.1f} s of it count now. Ctrl+Z undoes.")

    def untrim(self) -> None:
        """All of the recording counts again."""
        name = self._review.selected
        if self._review.episode is None:
            return
        if self._do(lambda: cutting.trim(self._review.folder, name, None)):
            self._done((name,), "All of the recording counts again.")

    def split(self) -> None:
        """Two episodes, the second beginning at the cursor."""
        review = self._review
        if review.episode is None:
            return
        name, at_s = review.selected, review.start_s + float(review.t_s[review.row])
        names = self._do(lambda: cutting.split(review.folder, name, [at_s]))
        if names:
            self._done((*names, name), "Two episodes of one. Ctrl+Z makes it whole again.")
            review.select(names[1])

    def join(self) -> None:
        """One episode of the chosen parts of one recording."""
        ids = self.ids
        stays = self._do(lambda: cutting.join(self._review.folder, ids))
        if stays:
            self._done(ids, f"{len(ids)} parts are one episode again. Ctrl+Z undoes.")
            self._review.select(stays)

    def duplicate(self) -> None:
        """The same episode once more, to be cut differently."""
        name = self._review.selected
        made = name and self._do(lambda: cutting.duplicate(self._review.folder, name))
        if made:
            self._done((made,), "The episode is there twice. Ctrl+Z undoes.")
            self._review.select(made)

    # ── history ────────────────────────────────────────────────────────────────────────────────

    def undo(self) -> None:
        """Take back the last change, whoever made it."""
        self._reverse(history.undo, "Undone")

    def redo(self) -> None:
        """Do again what was undone."""
        self._reverse(history.redo, "Done again")

    # ── inside ─────────────────────────────────────────────────────────────────────────────────

    def _mark(self, success: bool) -> None:
        """A mark that was set here before is taken back; one of the recording itself stays."""
        known = read_edits(self._review.folder)
        again = all(known.get(name, Edits()).success is success for name in self.ids)
        self._decide("mark", {"success": None if again else success})

    def _decide(self, what: str, fields: dict[str, Any]) -> None:
        ids = self.ids
        changes = dict.fromkeys(ids, fields)
        if ids and self._do(lambda: library.decide(self._review.folder, what, changes)):
            self._done(ids)

    def _move_end(self, *, begin: bool) -> None:
        review = self._review
        if review.episode is None:
            return
        at_s, end_s = float(review.t_s[review.row]), float(review.t_s[-1])
        from_s, to_s = self.part or (0.0, end_s)
        if begin:
            self.set_part(at_s, to_s if to_s > at_s else end_s)
        else:
            self.set_part(from_s if from_s < at_s else 0.0, at_s)

    def _reverse(self, turn: Callable[[Any], Change], word: str) -> None:
        change = self._do(lambda: turn(self._review.folder))
        if change:
            what = WORDS.get(change.what, change.what)
            count = len(change.episodes)
            about = "one episode" if count == 1 else f"{count} episodes"
            self._done(change.episodes, f"{word}: {what} of {about}.")

    def _do(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what ``work`` returns
        """What ``work`` returned, True for nothing; None when it could not be done."""
        try:
            return work() or True
        except RecordingError as error:
            self._say(str(error), traceback.format_exc())
        except OSError as error:
            where = error.filename or self._review.folder
            why = error.strerror or str(error)
            self._say(f"{where}: {why}; nothing recorded was changed.", traceback.format_exc())
        return None

    def _done(self, ids: Iterable[str], told: str = "") -> None:
        self._review.refresh(ids)
        self.part = None
        self._say("")
        if told:
            self.noticed.emit(told, "info")

    def _say(self, problem: str, details: str = "") -> None:
        self.problem, self.details = problem, details
        self.changed.emit()

    def _on_review_opened(self, _: object) -> None:
        self.part = None
        self._say("")
