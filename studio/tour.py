"""`foresight --tour DIR`: the real window through the whole loop, one picture of every page.

Presses what a person would press and waits for what a person would wait for; every wait has a time
limit and an own sentence. Uses what lies in the data folder (episodes, runs) and makes what is
missing, quickly.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from devices.bench import HAND
from devices.commands import MoveTool
from recordings.rig_status import RigPhase
from recordings.types import Authority, Autonomy
from studio.parts.training import TrainingSet
from studio.session import Session
from studio.walk import Wait, Walk, pause
from studio.window import Window

SIZE = (1600, 1000)
ENOUGH_EPISODES = 5
QUICK_MINUTES = 3.0
TRAINED_STEPS = 300  # fewer make no plan that passes its checks
APPROVALS = 10
BUSY_S = 900.0  # a training on a machine that does other things too


class Tour(QObject):
    """Walks through the loop and quits the application at the end."""

    def __init__(self, window: Window, session: Session, folder: Path) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._folder = folder
        self._trains = False
        self._walk = Walk(self._script(), self)
        self._walk.ended.connect(self._on_walk_ended)
        self._walk.start()

    def _on_walk_ended(self, problem: str) -> None:
        if self._trains:
            self._session.training.stop()  # it would outlive the window
        sys.stdout.write(f"Tour: {problem}\n" if problem else f"Pictures are in {self._folder}\n")
        self._window.close()
        QApplication.exit(1 if problem else 0)

    # ── the script ─────────────────────────────────────────────────────────────────────────────

    def _script(self) -> Iterator[Wait]:
        session = self._session
        yield Wait("the arm", lambda: session.status.phase is RigPhase.READY)
        yield Wait("pictures", lambda: len(session.frames) == len(session.cell.bench.robot.cameras))
        yield pause(3.0)
        self._shot("1-connect")
        yield from self._panels()
        yield from self._teach()
        yield from self._review()
        yield from self._train()
        yield from self._run()

    def _panels(self) -> Iterator[Wait]:
        for name, action in (("8-help", "help"), ("9-find", "find")):
            self._window.do(action)
            yield pause(0.5)
            self._shot(name)
            self._window.desk.dismiss()
        self._window.do("theme")
        yield pause(1.0)
        self._shot("10-light")
        self._window.do("theme")
        yield pause(0.5)

    def _teach(self) -> Iterator[Wait]:
        self._window.go("teach")
        teaching, review = self._session.teaching, self._session.review
        missing = ENOUGH_EPISODES - TrainingSet.of(review.episodes).episodes
        teaching.demonstrate(max(1, missing))
        yield Wait("a take", lambda: teaching.seconds > 4.0)
        self._shot("2-teach")
        yield Wait("the demonstrations", lambda: not teaching.demonstrating, 60.0 * max(1, missing))
        yield Wait("sealed files", lambda: teaching.sealing == 0)

    def _review(self) -> Iterator[Wait]:
        self._window.go("review")
        review = self._session.review
        yield Wait("an open episode", lambda: review.episode is not None)
        review.seek(len(review.t_s) // 3)
        review.toggle_play()
        yield pause(1.5)
        self._shot("3-review")
        if review.playing:
            review.toggle_play()

    def _train(self) -> Iterator[Wait]:
        self._window.go("train")
        training = self._session.training
        trained = any(run.usable and run.steps >= TRAINED_STEPS for run in training.runs)
        if not training.running:
            training.start(QUICK_MINUTES)
            self._trains = True
        yield Wait("curves", lambda: len(training.points) >= 8 or not training.running, BUSY_S)
        self._shot("4-train")
        if trained and self._trains:
            training.stop()
        yield Wait("the end of training", lambda: not training.running, BUSY_S)
        self._trains = False

    def _run(self) -> Iterator[Wait]:
        session, running = self._session, self._session.running
        self._window.go("run")
        best = [run for run in session.training.runs if run.usable]
        running.choose(max(best, key=lambda run: run.steps).path)
        session.reset_scene(11)
        yield Wait("the policy", lambda: session.status.planner == "ready", 120.0)
        running.set_autonomy(Autonomy.ASK_FIRST)
        running.hand_back()
        yield Wait("authority", lambda: session.status.authority is Authority.POLICY)
        yield Wait("a plan", lambda: running.waiting is not None)
        yield Wait("a plan that passes its checks", self._can_approve, 120.0)
        yield pause(1.0)
        self._shot("5-run-preview")
        yield from self._approve()
        yield Wait("motion", lambda: session.cell.active is not None)
        yield pause(1.0)
        self._shot("6-run-autonomous")
        session.take_over(HAND)
        yield Wait("the person", lambda: session.status.authority is Authority.LEADER)
        for _ in range(20):
            session.move_tool(MoveTool((0.0, 0.05, 0.03), (0.0, 0.0, 0.0), 0.0))
            yield pause(0.05)
        self._shot("7-run-taken-over")

    def _approve(self) -> Iterator[Wait]:
        """As a person does: again when the plan was too old by the time of the press."""
        for _ in range(APPROVALS):
            yield Wait("a plan that passes its checks", self._can_approve, 120.0)
            self._session.running.approve()
            yield pause(0.5)
            if self._session.cell.active is not None:
                return

    def _can_approve(self) -> bool:
        waiting = self._session.running.waiting
        return waiting is not None and waiting.report.may_run

    def _shot(self, name: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._window.grab().save(str(self._folder / f"{name}.png"))


def start_tour(window: Window, session: Session, folder: Path) -> Tour:
    """Begin the tour in an open window."""
    window.resize(*SIZE)
    return Tour(window, session, folder)
