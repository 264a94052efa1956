"""The words a MolmoAct 2 network was trained on: prompt format, task clean-up, state tokens.

Every character matters: a prompt that reads the same to a person may be another prompt to the
network. Knows no tokenizer and no pictures (a picture is ``<|image|>`` here).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recordings.types import F32

IMAGE = "<|image|>"
ACTION_QUESTION = "Given these, what action should the robot take to complete the task?"
DEPTH_QUESTION = (
    "Given these, first predict the depth map of the main image and then predict the action the "
    "robot should take to complete the task?"
)
ACTION_TRIGGER = "<action_output>"
DEPTH_TRIGGER = "<depth_output><action_output>"

_OPENERS = "\"'`([{<“‘"
_CLOSERS = "\"'`)]}>”’"
_TRAILING = ".,!?;:…" + _CLOSERS
_LABEL = re.compile(r"^(?:language[ _]instruction|instruction|task|goal)\s*[:\-]\s*", re.IGNORECASE)
_PREAMBLE = re.compile(r"^(?:the|your) task is to\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PromptWords:
    """The parts of a robot prompt that do not change from step to step."""

    setup_type: str
    control_mode: str
    add_setup_tokens: bool = True
    add_control_tokens: bool = True
    depth: bool = False  # ask for depth codes before the action


def normalise_task(text: str) -> str:
    """A task text as the network knows it: lower case, no quotes, no "task:", no full stop."""
    task = " ".join(text.split())
    before = None
    while task != before:
        before = task
        task = task.lstrip(_OPENERS + " ")
        task = _PREAMBLE.sub("", _LABEL.sub("", task))
        task = task.rstrip(_TRAILING + " ")
    pieces = [piece.strip() for piece in re.split(r"[.!?]", task)]
    return "; ".join(piece for piece in pieces if piece).lower()


def state_bins(state: F32, *, count: int) -> list[int]:
    """Bin of every state column.

    Args:
        state: (n,) normalised; not-a-number counts as 0, beyond ±1 as ±1.
        count: number of bins, 256 in released checkpoints.
    """
    finite = np.nan_to_num(np.asarray(state, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    scaled = (np.clip(finite, -1.0, 1.0) + 1.0) / 2.0 * (count - 1)
    return [int(b) for b in np.rint(scaled)]


def robot_prompt(task: str, words: PromptWords, *, bins: Sequence[int] | None, images: int) -> str:
    """The prompt before an action.

    Args:
        task: already through :func:`normalise_task`.
        words: setup, control and what is asked for.
        bins: state bins, None leaves the clause out.
        images: number of pictures in front.
    """
    trigger = DEPTH_TRIGGER if words.depth else ACTION_TRIGGER
    return chat(robot_request(task, words, bins=bins), images=images) + trigger


def robot_request(task: str, words: PromptWords, *, bins: Sequence[int] | None) -> str:
    """What the user says in a robot prompt; arguments as in :func:`robot_prompt`."""
    setup = _wrapped(words.setup_type, "setup", on=words.add_setup_tokens)
    control = _wrapped(words.control_mode, "control", on=words.add_control_tokens)
    state = ""
    if bins is not None:
        tokens = "".join(f"<state_{b}>" for b in bins)
        state = f" The current state of the robot is <state_start>{tokens}<state_end>."
    question = DEPTH_QUESTION if words.depth else ACTION_QUESTION
    return (
        f"The task is to {task}. The setup is {setup}.{state} "
        f"The expected control mode is {control}. {question}"
    )


def chat(user: str, *, images: int) -> str:
    """One user turn with pictures, and the opening of the answer."""
    return f"{image_part(images)}<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"


def image_part(count: int) -> str:
    """Placeholders of the pictures in front of a prompt."""
    if count == 1:
        return IMAGE
    return "".join(f"Image {i}{IMAGE}" for i in range(1, count + 1))


def expand_images(text: str, *, tokens_per_image: int) -> str:
    """Replace every picture placeholder by the tokens its patches become."""
    return text.replace(IMAGE, f"<im_start>{'<im_patch>' * tokens_per_image}<im_end>")


def _wrapped(text: str, kind: str, *, on: bool) -> str:
    start, end = f"<{kind}_start>", f"<{kind}_end>"
    if not on or not text or text.startswith(start):
        return text
    return f"{start}{text}{end}"
