"""What a folder holds, as lines for people or JSON for programs."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import sys
import time
from collections.abc import Iterable, Sequence

import numpy as np

from recordings.edits import read_log
from recordings.health.coverage import coverage_sentences
from recordings.health.report import FolderHealth, folder_health
from recordings.health.sentences import Weight
from recordings.library import list_episodes, list_trash
from recordings.types import EpisodeInfo
from studio.episodes.naming import meant


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


def check_folder(options: argparse.Namespace) -> int:
    """0: nothing is bad. 1: something is."""
    infos = [info for info in list_episodes(options.folder) if info.sealed or info.problem]
    if options.ids:
        chosen = meant(options.ids, infos, folder=options.folder)
        infos = [info for info in infos if info.id in chosen]
    found = folder_health(infos)
    if options.json:
        say_json(_plain(found))
    else:
        _say_health(found)
    return int(any(episode.weight is Weight.BAD for episode in found.episodes))


def _say_health(found: FolderHealth) -> None:
    for episode in found.episodes:
        say(f"{episode.episode}: {episode.weight.value}")
        for remark in episode.remarks:
            say(f"  {remark.sentence}")
    for pair in found.alike:
        word = "are the same recording" if pair.identical else "are nearly the same movement"
        say(f"{pair.first} and {pair.second} {word}.")
    for sentence in found.mixed:
        say(sentence)
    if found.coverage is None:
        return
    for sentence in coverage_sentences(found.coverage):
        say(sentence)
    rows = [("joint", "starts from … to", "moves from … to", "of its range")]
    for joint in found.coverage.joints:
        starts = f"{joint.start_lower:+.2f} … {joint.start_upper:+.2f}"
        visits = f"{joint.visited_lower:+.2f} … {joint.visited_upper:+.2f}"
        rows.append((joint.joint, starts, visits, f"{joint.visited_share:.0%}"))
    say_table(rows)


def _plain(value: object) -> object:
    """JSON-ready form of nested results."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, np.ndarray):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


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
