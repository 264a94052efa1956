"""The middle of Train: words while there is nothing, then the loss and what it means in joints."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from model.messages import Chunks, Progress
from recordings.types import JobStatus
from studio.parts.training import Training
from widgets.card import label

if TYPE_CHECKING:
    from widgets.chunk_curves import ChunkCurves
    from widgets.loss_plot import LossPlot

NOTHING_PX = 520  # width of the words where no curve is yet
LOSS_SHARE, CHUNKS_SHARE = 5, 6  # of the height


class LearningCurves(QStackedWidget):
    """Follows the training by its signals."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training
        self.addWidget(_nothing())
        training.started.connect(self._on_training_started)
        training.pointAdded.connect(self._on_training_point_added)
        training.chunksCompared.connect(self._on_training_chunks_compared)
        training.statusChanged.connect(self._on_training_status_changed)

    @cached_property
    def plot(self) -> LossPlot:
        """The loss; the first use loads pyqtgraph, after the first paint."""
        from widgets.loss_plot import LossPlot

        return LossPlot()

    @cached_property
    def chunks(self) -> ChunkCurves:
        """What the loss means: planned and recorded joints of moments kept aside."""
        from widgets.chunk_curves import ChunkCurves

        return ChunkCurves()

    @cached_property
    def _curves(self) -> QSplitter:
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        for part, share in ((self.plot, LOSS_SHARE), (self.chunks, CHUNKS_SHARE)):
            split.addWidget(part)
            split.setStretchFactor(split.indexOf(part), share)
        self.addWidget(split)
        return split

    def _on_training_started(self) -> None:
        self.setCurrentWidget(self._curves)
        self.plot.clear()
        self.chunks.setVisible(False)

    def _on_training_point_added(self, point: Progress) -> None:
        self.plot.add(point.step, point.loss, point.heldout)

    def _on_training_status_changed(self, status: JobStatus) -> None:
        self.plot.set_eta(status.step, status.total, status.eta_s)

    def _on_training_chunks_compared(self, told: Chunks) -> None:
        from widgets.chunk_curves import ChunkPair

        columns = (np.asarray(part) for part in (told.recorded, told.planned, told.valid))
        self.chunks.set_joints(told.joints, told.grippers)
        self.chunks.set_chunks(
            [ChunkPair(*parts) for parts in zip(*columns, strict=True)],
            dt_s=told.dt_s,
            words=f"Planned at step {told.step:,} from moments of episodes kept aside. A policy "
            "may differ from the recording and still be right; over many moments nearer is better.",
        )
        self.chunks.setVisible(True)


def _nothing() -> QWidget:
    place = QWidget()
    layout = QVBoxLayout(place)
    layout.addStretch(2)
    for text, role in (
        ("A policy is trained from what you kept", "title"),
        (
            "It learns to continue every recorded moment: pictures, joints and task in, the "
            "next three seconds of motion out. Some episodes are kept aside to see whether it "
            "has understood or only remembered.",
            "quiet",
        ),
    ):
        line = label(text, role=role, wrap=True)
        line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        line.setFixedWidth(NOTHING_PX)
        line.setMinimumHeight(line.heightForWidth(NOTHING_PX))
        layout.addWidget(line, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch(3)
    return place
