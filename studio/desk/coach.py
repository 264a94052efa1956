"""Puts the present first step on the coach card, seen from the page in front."""

from __future__ import annotations

from collections.abc import Callable

from studio.actions import action
from studio.desk.first_steps import STEPS, FirstSteps
from widgets.coach_card import CoachCard

HIDDEN_ON = ("connect",)  # that page lists all five


class Coach:
    """Shows and hides one card."""

    def __init__(self, steps: FirstSteps, go: Callable[[str], None]) -> None:
        self.card = CoachCard()
        self._steps = steps
        self._go = go
        self._page = ""
        self.card.goRequested.connect(self._on_card_go_requested)
        self.card.dismissed.connect(steps.dismiss)
        steps.changed.connect(self.refresh)

    def set_page(self, page: str) -> None:
        """This page has come to the front."""
        self._page = page
        self.refresh()

    def refresh(self) -> None:
        step = self._steps.current
        self.card.setVisible(self._steps.shown and self._page not in HIDDEN_ON)
        if step is None:
            text = "That was the whole loop. F1 explains every page, Ctrl+K finds every action."
            self.card.set_step("Done", text, count=f"{len(STEPS)} of {len(STEPS)}")
            return
        there = step.page == self._page
        number = STEPS.index(step) + 1
        name = step.page.capitalize()
        self.card.set_step(
            step.title,
            step.text,
            count=f"{number} of {len(STEPS)}",
            go="" if there else f"Go to {name}   {action(f'go.{step.page}').cap}",
            progress=self._steps.progress if there else "",
        )

    def _on_card_go_requested(self) -> None:
        step = self._steps.current
        if step is not None:
            self._go(step.page)
