"""``foresight episodes …``: everything one can do with a folder of episodes, without a window.

The only top of these commands: arguments, sentences about what went wrong, and the exit code meet
here. What the commands do is ``recordings``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recordings.errors import RecordingError
from studio.episodes import changing, showing, transferring

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name
Answer = Callable[[argparse.Namespace], int]

SECONDS = "seconds after the first step of the whole recording, whatever is trimmed"


def main(argv: Sequence[str] | None = None) -> int:
    """Do one command. 0 done, 1 something is wrong (said on stderr), 2 not understood."""
    options = parser().parse_args(argv)
    try:
        return options.answer(options)
    except RecordingError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        what = error.filename or options.folder
        reason = error.strerror or str(error)
        sys.stderr.write(f"{what}: {reason}; nothing recorded was changed or lost\n")
    return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="foresight episodes",
        description="List, check, repair, edit, export and import recorded episodes. Edits change"
        " no recording until “compact”, and “undo” takes them back.",
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    _add_showing(verbs)
    _add_cutting(verbs)
    _add_deciding(verbs)
    _add_undoing(verbs)
    transferring.add_commands(verbs)
    return top


def add_verb(
    verbs: Verbs,
    name: str,
    answer: Answer,
    text: str,
    *,
    ids: str | None = None,
) -> argparse.ArgumentParser:
    """One command about a folder, and about some of its episodes when ``ids`` is an arity."""
    verb = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    verb.add_argument("folder", type=Path, metavar="FOLDER", help="where the episodes lie")
    if ids is not None:
        verb.add_argument("ids", nargs=ids, metavar="ID", help="episode id, or how it begins")
    verb.set_defaults(answer=answer)
    return verb


def _add_showing(verbs: Verbs) -> None:
    listing = add_verb(verbs, "list", showing.show_list, "what is in a folder")
    listing.add_argument("--trash", action="store_true", help="what lies in its trash")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    check = add_verb(verbs, "check", showing.check_folder, "how healthy episodes are", ids="*")
    check.add_argument("--json", action="store_true", help="all numbers as one JSON object")
    add_verb(verbs, "history", showing.show_history, "what was changed, newest last")
    add_verb(verbs, "repair", changing.repair_folder, "complete, tidy and verify every file")


def _add_cutting(verbs: Verbs) -> None:
    trim = add_verb(verbs, "trim", changing.trim_episode, "only a part of an episode counts")
    trim.add_argument("id", metavar="ID")
    trim.add_argument("--from", type=float, dest="from_s", metavar="S", help=SECONDS)
    trim.add_argument("--to", type=float, dest="to_s", metavar="S", help=SECONDS)
    trim.add_argument("--all", action="store_true", help="all of it counts again")
    split = add_verb(verbs, "split", changing.split_episode, "make several episodes of one")
    split.add_argument("id", metavar="ID")
    split.add_argument("at_s", nargs="+", type=float, metavar="S", help=SECONDS)
    twice = add_verb(
        verbs, "duplicate", changing.duplicate_episode, "the same episode once more, to cut it"
    )
    twice.add_argument("id", metavar="ID")
    merge = add_verb(
        verbs, "merge", changing.merge_episodes, "join parts of a split episode, or merge folders"
    )
    merge.add_argument("others", nargs="+", metavar="ID|FOLDER", help="parts, or more folders")
    merge.add_argument("--into", type=Path, metavar="DIR", help="merge the folders into this one")


def _add_deciding(verbs: Verbs) -> None:
    label = add_verb(
        verbs, "relabel", changing.relabel, "change task, success, flag or note", ids="*"
    )
    label.add_argument("--task", metavar="TEXT", help="what the robot was told to do")
    label.add_argument("--where", metavar="TEXT", help="all episodes of this task, instead of ids")
    label.add_argument("--success", choices=("yes", "no", "unset"))
    label.add_argument("--flag", choices=("on", "off"), help="on: look at it again")
    label.add_argument("--note", metavar="TEXT")
    add_verb(verbs, "keep", changing.keep_episodes, "take into the data set", ids="+")
    add_verb(verbs, "trash", changing.trash_episodes, "move to the trash", ids="+")
    add_verb(verbs, "restore", changing.restore_episodes, "bring back from the trash", ids="+")


def _add_undoing(verbs: Verbs) -> None:
    add_verb(verbs, "undo", changing.undo_change, "take back the last change")
    add_verb(verbs, "redo", changing.redo_change, "do again what was undone")
    compact = add_verb(
        verbs, "compact", transferring.compact_folder, "rewrite trimmed episodes, freeing the disk"
    )
    compact.add_argument(
        "--empty-trash", action="store_true", help="also delete for good what is in the trash"
    )
    compact.add_argument("--json", action="store_true", help="progress as JSON lines")
