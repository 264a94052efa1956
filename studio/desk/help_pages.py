"""The help pages: Markdown in ``assets/help``, each with the keys that work there.

The tables of keys come from the table of actions, so they cannot be out of date.
"""

from __future__ import annotations

from pathlib import Path

import assets
from studio.actions import ACTIONS, PAGES, Action

FOLDER = Path(assets.__file__).parent / "help"
TOPICS = (
    *((page, page.capitalize()) for page in PAGES),
    ("arms", "Real arms"),
    ("keys", "All keys"),
    ("recordings", "Recordings"),
    ("safety", "Safety"),
    ("trouble", "When something is wrong"),
)
_PAD = (
    ("W A S D", "Move the tool forward, left, back, right (the pad has the focus)"),
    ("E Q", "Move the tool up, down"),
    ("V C", "Open, close the gripper"),
    ("Shift", "Turn the tool instead of moving it"),
    ("Ctrl", "Slowly"),
)


def help_page(topic: str) -> str:
    """The Markdown of a topic.

    Raises:
        KeyError: no such topic; the message lists those that exist.
    """
    known = dict(TOPICS)
    if topic not in known:
        raise KeyError(f"no help about {topic!r}; there is {', '.join(known)}")
    text = (FOLDER / f"{topic}.md").read_text(encoding="utf-8")
    return text.rstrip() + "\n\n" + _keys(topic)


def _keys(topic: str) -> str:
    if topic == "keys":
        return "\n".join(_table(name, _entries(page)) for page, name in _GROUPS)
    if topic not in PAGES:
        return ""
    return _table("Keys on this page", _entries(topic)) + _table("Keys everywhere", _entries(""))


_GROUPS = (("", "Everywhere"), *((page, f"On {page.capitalize()}") for page in PAGES))


def _entries(page: str) -> list[tuple[str, str]]:
    """Keys and words of ``page``, of every page when it is ""."""
    rows = [
        (" or ".join(f"**{key}**" for key in entry.shortcuts), entry.text)
        for entry in ACTIONS
        if entry.shortcuts
        and (is_global(entry) if not page else page in entry.pages)
        and (not page or not is_global(entry))
    ]
    if page in ("teach", "run"):
        rows += [(f"**{keys}**", words) for keys, words in _PAD]
    return rows


def is_global(entry: Action) -> bool:
    """Whether an action works on every page."""
    return not entry.pages or entry.pages == PAGES


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    lines = [f"## {title}", "", "| Key | What it does |", "|:--|:--|"]
    lines += [f"| {keys} | {words} |" for keys, words in rows]
    return "\n".join(lines) + "\n\n"
