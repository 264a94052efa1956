"""The whole set: how much there is to learn from, what it covers, and its ways in and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout

from recordings.health.coverage import Coverage, coverage_sentences
from recordings.types import EpisodeInfo
from studio.actions import action
from studio.parts.training import TrainingSet
from studio.parts.transferring import WORDS
from studio.session import Session
from widgets.card import Card, ValueRow, button, label
from widgets.coverage_plot import CoveragePlot, JointRow
from widgets.job_card import JobCard


class SetCard(Card):
    """What a training would use, and buttons for export, import and compacting."""

    def __init__(self, session: Session, do: Callable[[str], None]) -> None:
        super().__init__("Ready for training")
        self.rows = {name: ValueRow(name) for name in ("Episodes", "Motion", "Tasks")}
        for row in self.rows.values():
            self.body.addWidget(row)
        grid = QGridLayout()
        grid.setSpacing(6)
        for at, (key, words, icon) in enumerate(
            (("export", "Export…", "folder"), ("import", "Import…", "plus"),
             ("compact", "Compact…", ""), ("save_recent", "Last minute", "record"))
        ):  # fmt: skip
            item = button(words, icon=icon, tip=action(key).tip)
            item.clicked.connect(partial(_ask, do, key))
            grid.addWidget(item, at // 2, at % 2)
        self.body.addLayout(grid)
        session.review.episodesChanged.connect(self._on_review_episodes_changed)
        self._on_review_episodes_changed(session.review.episodes)

    def _on_review_episodes_changed(self, episodes: list[EpisodeInfo]) -> None:
        known = TrainingSet.of(episodes)
        self.rows["Episodes"].set_value(str(known.episodes))
        self.rows["Motion"].set_value(f"{known.minutes:.1f} min")
        self.rows["Tasks"].set_value(str(len(known.tasks)))


class CoverageCard(Card):
    """Where the episodes start and how much of each joint's range they visit."""

    def __init__(self, session: Session) -> None:
        super().__init__("Coverage of all episodes")
        self._robot = session.cell.bench.robot
        self._inspecting = session.inspecting
        self.plot = CoveragePlot()
        self.words = label("", role="quiet", wrap=True)
        self.body.addWidget(self.plot)
        self.body.addWidget(self.words)
        self._inspecting.judged.connect(lambda _: self.show_state())
        self._inspecting.setJudged.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Bring the card up to date."""
        folder = self._inspecting.folder
        if folder is None:
            left = self._inspecting.left
            self.words.setText(f"Looking into {left} episodes…" if left else "No episodes yet.")
            return
        covered = folder.coverage
        same = sum(pair.identical for pair in folder.alike)
        near = len(folder.alike) - same
        told = [*(coverage_sentences(covered) if covered else ()), *folder.mixed]
        told += [f"{same} pairs are the same recording."] if same else []
        told += [f"{near} pairs are nearly the same movement."] if near else []
        self.words.setText("\n".join(told) or "Starts and movements vary.")
        self.plot.set_rows(self._rows(covered) if covered else ())

    def _rows(self, covered: Coverage) -> list[JointRow]:
        return [
            JointRow(
                spec.name,
                "fraction" if spec.is_gripper else "rad",
                spec.lower,
                spec.upper,
                joint.visited_lower,
                joint.visited_upper,
                tuple(covered.starts[:, at].tolist()),
            )
            for at, (spec, joint) in enumerate(
                zip(self._robot.joints, covered.joints, strict=False)
            )
        ]


class TransferCard(JobCard):
    """The newest export, import or compacting; not there before the first."""

    def __init__(self, session: Session) -> None:
        super().__init__("Export")
        self._transferring = session.transferring
        self.notes = label("", role="quiet", wrap=True)
        self.body.addWidget(self.notes)
        self.stopRequested.connect(self._transferring.cancel)
        self.openRequested.connect(self._on_open_requested)
        self._transferring.changed.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Bring the card up to date."""
        transferring = self._transferring
        self.setVisible(transferring.status is not None)
        self.set_title(WORDS.get(transferring.what, ""))
        self.set_status(transferring.status)
        self.notes.setText("\n".join(transferring.notes[-6:]))
        self.notes.setVisible(bool(transferring.notes))

    def _on_open_requested(self, out: str) -> None:
        path = Path(out)
        folder = path if path.is_dir() else path.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _ask(do: Callable[[str], None], key: str, _checked: bool = False) -> None:
    do(key)
