"""Progress, autonomy, jobs and blockers: shown as told, asked for as clicked."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from recordings.types import Autonomy, JobPhase, JobStatus
from widgets.autonomy_picker import AutonomyPicker
from widgets.blocker_list import BlockerItem, BlockerList
from widgets.chunk_strip import ChunkStrip
from widgets.job_card import JobCard, remaining
from widgets.palette import COLORS


def _color_at(image: np.ndarray, share: float) -> str:
    row = image[image.shape[0] // 2]
    width = image.shape[1] - 100  # the text stands right of the bar
    return "#" + "".join(f"{int(v):02x}" for v in row[int(share * width)])


def test_the_strip_has_three_phases_in_proportion(shown, pixels):
    strip = shown(ChunkStrip(), 700, 26)
    strip.set_progress(10, 10, 30, 29.9)
    image = pixels(strip)
    seen = [_color_at(image, at) for at in (0.1, 0.5, 0.75)]
    assert seen == [COLORS.committed, COLORS.plan_near, COLORS.plan_far]


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        ((6, 14, 30, 6.4), "step 6 / 30"),
        ((0, 0, 0, 0.0), "no plan"),
        ((30, 0, 30, 31), "step 30 / 30"),
    ],
)
def test_the_strip_says_its_step(qtbot: QtBot, progress: tuple, text: str):
    strip = ChunkStrip()
    qtbot.addWidget(strip)
    strip.set_progress(*progress)
    assert strip.text == text


@pytest.mark.parametrize("number", range(4))
def test_a_segment_asks_for_its_autonomy(shown, qtbot: QtBot, number: int):
    picker = shown(AutonomyPicker(), 330, 130)
    picker.set_autonomy(list(Autonomy)[number - 1])
    segment = picker.findChildren(QPushButton)[number]
    with qtbot.waitSignal(picker.autonomyRequested, timeout=500) as asked:
        qtbot.mouseClick(segment, Qt.MouseButton.LeftButton)
    assert asked.args == [list(Autonomy)[number]]


def test_a_click_changes_nothing_until_it_is_granted(shown, qtbot: QtBot):
    picker = shown(AutonomyPicker(), 330, 130)
    picker.set_autonomy(Autonomy.ASK_EACH)
    segments = picker.findChildren(QPushButton)
    qtbot.mouseClick(segments[3], Qt.MouseButton.LeftButton)
    assert [s.isChecked() for s in segments] == [True, False, False, False]


def test_a_running_job_shows_progress_estimate_and_stop(shown, qtbot: QtBot):
    card = shown(JobCard("Fine-tune"), 400, 150)
    card.set_status(JobStatus("train", JobPhase.RUNNING, 1240, 4000, {}, 374.0, "loss 0.042"))
    assert card.text == "Running · 1\u202f240 / 4\u202f000 · about 6 min left · loss 0.042"
    with qtbot.waitSignal(card.stopRequested, timeout=500):
        qtbot.mouseClick(card.stop_button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("phase", [JobPhase.FINISHED, JobPhase.FAILED, JobPhase.CANCELLED])
def test_an_ended_job_cannot_be_stopped_but_its_folder_opened(shown, qtbot: QtBot, phase: JobPhase):
    card = shown(JobCard(), 400, 150)
    card.set_status(JobStatus("train", phase, 9, 10, out="/runs/14"))
    assert not card.stop_button.isVisible()
    with qtbot.waitSignal(card.openRequested, timeout=500) as asked:
        qtbot.mouseClick(card.open_button, Qt.MouseButton.LeftButton)
    assert asked.args == ["/runs/14"]


def test_without_a_job_the_card_says_so(shown):
    card = shown(JobCard(), 400, 150)
    card.set_status(None)
    assert card.text == "Nothing is running"


@pytest.mark.parametrize(
    ("eta_s", "words"),
    [(None, "estimating…"), (4, "a few seconds left"), (52, "about 50 s left"),
     (374, "about 6 min left"), (9000, "about 2.5 h left")],
)  # fmt: skip
def test_estimates_are_no_more_exact_than_they_are(eta_s: float | None, words: str):
    assert remaining(eta_s) == words


BLOCKED = BlockerItem("arm", "blocked", "No arm connected", "Press Connect.", "Connect")
WEAK = BlockerItem("rt", "attention", "No real-time priority")
FINE = BlockerItem("bench", "ok", "Simulated bench")


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ((), "Looking at the bench…"),
        ((FINE,), "Everything is ready"),
        ((FINE, WEAK), "Ready, 1 thing could be better"),
        ((BLOCKED, WEAK, FINE), "1 thing to do before you can start"),
    ],
)
def test_the_list_is_summed_up_in_a_sentence(qtbot: QtBot, items: tuple, sentence: str):
    listing = BlockerList()
    qtbot.addWidget(listing)
    listing.set_items(items)
    assert listing.summary == sentence


def test_a_fix_is_asked_for_by_its_key(shown, qtbot: QtBot):
    listing = shown(BlockerList(), 460, 200)
    listing.set_items((FINE, BLOCKED))
    fix = listing.findChildren(QPushButton)[0]
    with qtbot.waitSignal(listing.fixRequested, timeout=500) as asked:
        qtbot.mouseClick(fix, Qt.MouseButton.LeftButton)
    assert asked.args == ["arm"]
