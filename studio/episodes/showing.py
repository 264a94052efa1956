"""What a folder holds, as lines for people or JSON for programs."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterable, Sequence

from recordings.edits import read_log
from recordings.library import list_episodes, list_trash
from recordings.types import EpisodeInfo


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def say_json(value: object) -> None:
    say(json.dumps(value, ensure_ascii=False))


def show_list(options: argparse.Namespace) -> int:
    infos = list_trash(options.folder) if options.trash else list_episodes(options.folder)
    if options.json:
        for info in infos:
            say_json({**dataclasses.asdict(info), "phase": info.phase.value})
        return 0
    say_table([_HEAD, *(_cells(info) for info in infos)])
    good = [info for info in infos if not info.problem]
    minutes = sum(info.duration_s for info in good) / 60
    say(f"{len(infos)} episodes, {minutes:.1f} min; {len(infos) - len(good)} with a problem")
    return 0


def show_history(options: argparse.Namespace) -> int:
    log = read_log(options.folder)
    for change in log.done:
        say(f"{_clock(change.wall_s)}  {change.what:<8} {', '.join(change.episodes)}")
    for change in reversed(log.undone):
        say(f"{_clock(change.wall_s)}  {change.what:<8} {', '.join(change.episodes)}  (undone)")
    return 0


_HEAD = ("episode", "recorded", "length", "steps", "verdict", "success", "task")


def _cells(info: EpisodeInfo) -> Sequence[str]:
    marks = [word for word, on in (("trimmed", info.trimmed), ("flagged", info.flagged)) if on]
    told = info.problem or info.task + (f"  [{', '.join(marks)}]" if marks else "")
    success = {True: "yes", False: "no", None: "–"}[info.success]
    return (
        info.id,
        _clock(info.created_wall_s),
        f"{info.duration_s:.1f} s",
        str(info.steps),
        info.phase.value,
        success,
        told,
    )


def say_table(rows: Iterable[Sequence[str]]) -> None:
    """Columns aligned to the widest cell; the last one is as long as it is."""
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        say("  ".join([*cells, row[-1]]).rstrip())


def _clock(wall_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(wall_s))
