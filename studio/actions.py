"""Every action a person can take, as data: its name, its keys, where it works, what it asks.

The window turns this table into shortcuts, the list of all actions, the help pages and the buttons'
tips. Holds no behaviour: ``intent`` is the dotted name of a method of the session, or of the desk
when it begins with ``desk.``; ``needs`` names conditions of :mod:`studio.conditions`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

PAGES = ("connect", "teach", "review", "train", "run")
DESK = "desk."  # intents of the window's own surroundings: help, preferences, layout

_GLYPHS = {
    "Space": "␣",
    "Tab": "⇥",
    "Return": "⏎",
    "Right": "→",
    "Left": "←",
    "Backspace": "⌫",
    "Escape": "Esc",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can ask for."""

    key: str
    text: str
    intent: str  # dotted method name; "" for going to a page
    shortcuts: tuple[str, ...] = ()
    pages: tuple[str, ...] = PAGES
    while_typing: bool = False  # also acts when a text field has the focus
    needs: tuple[str, ...] = ()  # what must be so, else it is shown as not possible now
    look_first: bool = False  # chosen from elsewhere, only its page is opened: it may move the arm

    @property
    def tip(self) -> str:
        """Text and first key, for a tooltip."""
        return f"{self.text} ({self.shortcuts[0]})" if self.shortcuts else self.text

    @property
    def cap(self) -> str:
        """First key as it stands on a key cap, "" when there is none."""
        return _GLYPHS.get(self.shortcuts[0], self.shortcuts[0]) if self.shortcuts else ""


ACTIONS: tuple[Action, ...] = (
    *(
        Action(f"go.{page}", f"Go to {page.capitalize()}", "", (f"Ctrl+{number}",), (), True)
        for number, page in enumerate(PAGES, start=1)
    ),
    Action("stop", "STOP", "stop", ("F12", "Pause"), while_typing=True),
    Action("release_stop", "Release STOP", "release_stop", ("Ctrl+F12",), needs=("stopped",)),
    Action("connect", "Connect the arm", "connect_rig", (), ("connect",), needs=("no arm",)),
    Action("disconnect", "Disconnect the arm", "disconnect_rig", (), ("connect",), needs=("arm",)),
    Action("set_up", "Set up arms and cameras", "set_up", (), ("connect",)),
    Action("open_simulation", "Open the simulated bench", "open_simulation", (), ("connect",),
           needs=("real bench",)),
    Action("new_scene", "New start scene", "new_scene", ("Ctrl+N",),
           needs=("simulation", "arm")),
    Action("take_over", "Take over", "take_over", ("Tab",), ("run",), needs=("arm",)),
    Action("hold", "Hold", "hold", ("Space", "F13"), ("run", "connect"), needs=("arm",)),
    Action("approve", "Approve the plan", "running.approve", ("Return", "Enter"), ("run",),
           needs=("plan",), look_first=True),
    Action("refuse", "Refuse the plan", "running.refuse", ("Backspace",), ("run",),
           needs=("plan",)),
    Action("hand_back", "Hand back to the policy", "running.hand_back", ("H",), ("run",),
           needs=("policy",), look_first=True),
    Action("load_newest", "Load the newest run", "desk.load_newest", (), ("run",), needs=("run",)),
    Action("unload", "Unload the policy", "running.unload", (), ("run",), needs=("policy",)),
    Action("run_success", "Mark the run as success", "rollout.mark_success", ("S",), ("run",),
           needs=("rollout",)),
    Action("run_failure", "Mark the run as failure", "rollout.mark_failure", ("F",), ("run",),
           needs=("rollout",)),
    Action("end_run", "End the recorded run", "rollout.end", ("Right", "N"), ("run",),
           needs=("rollout",)),
    Action("drive", "Drive without recording", "teaching.drive", (), ("teach",), needs=("arm",)),
    Action("record", "Start or end a take", "teaching.toggle", ("Space", "F13"), ("teach",),
           needs=("arm", "task"), look_first=True),
    Action("keep", "Keep the take", "teaching.keep", ("Right", "N", "F14"), ("teach",),
           needs=("take",)),
    Action("redo", "Discard and redo", "teaching.redo", ("Left", "R", "F15"), ("teach",),
           needs=("take",)),
    Action("success", "Mark as success", "teaching.mark_success", ("S",), ("teach",),
           needs=("take",)),
    Action("failure", "Mark as failure", "teaching.mark_failure", ("F",), ("teach",),
           needs=("take",)),
    Action("trash_last", "Trash the last take", "teaching.trash_last", ("Backspace",), ("teach",),
           needs=("last take",)),
    Action("demonstrate", "Let the demonstrator record", "desk.demonstrate", (), ("teach",),
           needs=("simulation", "arm", "no demonstrator")),
    Action("end_session", "End in order", "teaching.end", ("Escape",), ("teach",)),
    Action("play", "Play or pause", "review.toggle_play", ("Space",), ("review",),
           needs=("episode",)),
    Action("replay", "Replay the episode on the robot", "replaying.start", (), ("review",),
           needs=("episode", "arm"), look_first=True),
    Action("end_replay", "Hold: end the replay on the robot", "replaying.end", ("Escape",),
           ("review",), needs=("arm",)),
    Action("ask", "Ask the policy what it would do here", "asking.ask_here", ("A",), ("review",),
           needs=("episode", "run")),
    Action("step_back", "One picture back", "review.step_back", (",",), ("review",),
           needs=("episode",)),
    Action("step_forward", "One picture forward", "review.step_forward", (".",), ("review",),
           needs=("episode",)),
    Action("slower", "Replay slower", "review.slower", ("-",), ("review",), needs=("episode",)),
    Action("faster", "Replay faster", "review.faster", ("+", "="), ("review",),
           needs=("episode",)),
    Action("keep_episode", "Keep the episode", "editing.keep", ("Right", "N"), ("review",),
           needs=("chosen",)),
    Action("trash_episode", "Trash the episode", "editing.trash", ("Backspace",), ("review",),
           needs=("chosen",)),
    Action("mark_success", "Mark the episode as success", "editing.mark_success", ("S",),
           ("review",), needs=("chosen",)),
    Action("mark_failure", "Mark the episode as failure", "editing.mark_failure", ("F",),
           ("review",), needs=("chosen",)),
    Action("flag", "Flag the episode to look at it again", "editing.toggle_flag", ("G",),
           ("review",), needs=("chosen",)),
    Action("relabel", "Change the task of the episode", "editing.name_task", ("L",), ("review",),
           needs=("chosen",)),
    Action("part_begin", "Begin the part to keep here", "editing.part_begins_here", ("I",),
           ("review",), needs=("episode",)),
    Action("part_end", "End the part to keep here", "editing.part_ends_here", ("O",), ("review",),
           needs=("episode",)),
    Action("trim", "Trim to the marked part", "editing.trim", ("T",), ("review",),
           needs=("episode",)),
    Action("untrim", "Undo all trimming of the episode", "editing.untrim", (), ("review",),
           needs=("episode",)),
    Action("split", "Split the episode at the cursor", "editing.split", ("C",), ("review",),
           needs=("episode",)),
    Action("join", "Join the chosen parts", "editing.join", ("M",), ("review",),
           needs=("several chosen",)),
    Action("duplicate", "Copy the episode", "editing.duplicate", ("D",), ("review",),
           needs=("episode",)),
    Action("undo", "Undo the last change", "editing.undo", ("Ctrl+Z",), ("review",)),
    Action("redo_change", "Do again what was undone", "editing.redo",
           ("Ctrl+Y", "Ctrl+Shift+Z"), ("review",)),
    Action("filter", "Filter the episodes", "editing.find", ("Ctrl+F",), ("review",),
           while_typing=True),
    Action("export", "Export episodes", "desk.show_export", ("Ctrl+E",), ("review",)),
    Action("import", "Import episodes", "desk.show_import", (), ("review",)),
    Action("compact", "Compact the recordings", "desk.show_compact", (), ("review",)),
    Action("undo_trash", "Restore from the trash", "review.restore_last", ("Ctrl+Z",),
           ("teach",)),
    Action("save_recent", "Save the last minute", "teaching.save_recent", ("Ctrl+S",),
           needs=("arm",)),
    Action("train", "Train a policy", "desk.train", ("Ctrl+T",), ("train",),
           needs=("episodes", "no training")),
    Action("stop_training", "Stop the training", "training.stop", (), ("train",),
           needs=("training",)),
    Action("help", "Help for this page", "desk.show_help", ("F1",), while_typing=True),
    Action("find", "Find any action", "desk.find_action", ("Ctrl+K",), while_typing=True),
    Action("preferences", "Preferences", "desk.show_preferences", ("Ctrl+,",), while_typing=True),
    Action("theme", "Switch between dark and light", "desk.switch_theme", ("Ctrl+Shift+L",),
           while_typing=True),
    Action("sounds", "Sounds on or off", "desk.switch_sounds", ("Ctrl+Shift+M",),
           while_typing=True),
    Action("first_steps", "First steps on or off", "desk.switch_first_steps"),
    Action("reset_layout", "Put the panels back", "desk.reset_layout"),
    Action("data_folder", "Open the data folder", "desk.open_data_folder"),
    Action("bundle", "Save a support bundle", "desk.save_support_bundle"),
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
