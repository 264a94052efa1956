"""All actions as lines of the palette: first those of the page in front, then of everywhere."""

from __future__ import annotations

from studio.actions import ACTIONS, Action
from studio.conditions import reason_against
from studio.desk.help_pages import is_global
from studio.session import Session
from widgets.command_palette import Command

SELF = "find"  # the palette does not list itself


def commands(session: Session, page: str) -> list[Command]:
    """What a person can do now, seen from ``page``."""

    def place(entry: Action) -> int:
        if is_global(entry):
            return 2 if entry.key.startswith("go.") else 1
        return 0 if page in entry.pages else 3

    entries = sorted((entry for entry in ACTIONS if entry.key != SELF), key=place)
    return [_command(entry, session, page) for entry in entries]


def _command(entry: Action, session: Session, page: str) -> Command:
    elsewhere = not is_global(entry) and page not in entry.pages
    pages = " and ".join(map(str.capitalize, entry.pages))
    where = "Everywhere" if is_global(entry) else f"On {pages}"
    if elsewhere and entry.look_first:
        where += ": opens the page, then it is for you to press"
    return Command(
        key=entry.key,
        text=entry.text,
        where=where,
        shortcut=" or ".join(key for key in entry.shortcuts if key != "Return"),
        reason=reason_against(entry, session),
    )
