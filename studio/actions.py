"""Every action a person can take, as data: its name, its keys, where it works, what it asks.

The window turns this table into shortcuts, the help page and the buttons' tips. Holds no behaviour:
``intent`` is the dotted name of a method of the session.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

PAGES = ("connect", "teach", "review", "train", "run")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can ask for."""

    key: str
    text: str
    intent: str  # dotted method name on the session; "" for going to a page
    shortcuts: tuple[str, ...] = ()
    pages: tuple[str, ...] = PAGES
    while_typing: bool = False  # also acts when a text field has the focus

    @property
    def tip(self) -> str:
        """Text and first key, for a tooltip."""
        return f"{self.text} ({self.shortcuts[0]})" if self.shortcuts else self.text


ACTIONS: tuple[Action, ...] = (
    *(
        Action(f"go.{page}", f"Go to {page.capitalize()}", "", (f"Ctrl+{number}",), (), True)
        for number, page in enumerate(PAGES, start=1)
    ),
    Action("stop", "STOP", "stop", ("F12", "Pause"), while_typing=True),
    Action("release_stop", "Release STOP", "release_stop", ("Ctrl+F12",)),
    Action("new_scene", "New start scene", "new_scene", ("Ctrl+N",)),
    Action("take_over", "Take over", "take_over", ("Tab",), ("run",)),
    Action("hold", "Hold", "hold", ("Space",), ("run", "connect")),
    Action("approve", "Approve the plan", "running.approve", ("Return", "Enter"), ("run",)),
    Action("refuse", "Refuse the plan", "running.refuse", ("Backspace",), ("run",)),
    Action("hand_back", "Hand back to the policy", "running.hand_back", ("H",), ("run",)),
    Action("run_success", "Mark the run as success", "rollout.mark_success", ("S",), ("run",)),
    Action("run_failure", "Mark the run as failure", "rollout.mark_failure", ("F",), ("run",)),
    Action("end_run", "End the recorded run", "rollout.end", ("Right", "N"), ("run",)),
    Action("record", "Start or end a take", "teaching.toggle", ("Space",), ("teach",)),
    Action("keep", "Keep the take", "teaching.keep", ("Right", "N"), ("teach",)),
    Action("redo", "Discard and redo", "teaching.redo", ("Left", "R"), ("teach",)),
    Action("success", "Mark as success", "teaching.mark_success", ("S",), ("teach",)),
    Action("failure", "Mark as failure", "teaching.mark_failure", ("F",), ("teach",)),
    Action("trash_last", "Trash the last take", "teaching.trash_last", ("Backspace",), ("teach",)),
    Action("end_session", "End in order", "teaching.end", ("Escape",), ("teach",)),
    Action("play", "Play or pause", "review.toggle_play", ("Space",), ("review",)),
    Action("keep_episode", "Keep the episode", "review.keep_selected", ("Right", "N"), ("review",)),
    Action("trash_episode", "Trash it", "review.trash_selected", ("Backspace",), ("review",)),
    Action("undo_trash", "Restore it", "review.restore_last", ("Ctrl+Z",), ("review", "teach")),
)  # fmt: skip

_BY_KEY = {action.key: action for action in ACTIONS}


def action(key: str) -> Action:
    """The action called ``key``.

    Raises:
        KeyError: no such action; the message names the nearest one.
    """
    if key not in _BY_KEY:
        nearest = difflib.get_close_matches(key, _BY_KEY, n=1)
        raise KeyError(
            f"no action {key!r}" + (f", did you mean {nearest[0]!r}?" if nearest else "")
        )
    return _BY_KEY[key]


def acts_on(page: str) -> tuple[Action, ...]:
    """The actions with keys that work on ``page``, the global ones included."""
    return tuple(a for a in ACTIONS if a.shortcuts and (page in a.pages or not a.pages))
