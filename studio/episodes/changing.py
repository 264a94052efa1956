"""The commands that change something about episodes; each says in one line what it did."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recordings import cutting, history, library
from recordings.edits import Change, Trim
from recordings.merging import merge
from recordings.repairing import repair
from recordings.types import EpisodePhase
from studio.episodes.naming import meant
from studio.episodes.showing import say

SUCCESS = {"yes": True, "no": False, "unset": None}


def trim_episode(options: argparse.Namespace) -> int:
    (episode_id,) = _meant(options.folder, [options.id])
    if options.all:
        cutting.trim(options.folder, episode_id, None)
        say(f"all of {episode_id} counts again")
        return 0
    times_s = cutting.recording_times(options.folder, episode_id)
    end_s = float(times_s[-1]) if len(times_s) else 0.0
    part = Trim(
        0.0 if options.from_s is None else options.from_s,
        end_s if options.to_s is None else options.to_s,
    )
    cutting.trim(options.folder, episode_id, part)
    say(f"{episode_id} counts from {part.from_s:.2f} s to {part.to_s:.2f} s of {end_s:.2f} s")
    return 0


def split_episode(options: argparse.Namespace) -> int:
    (episode_id,) = _meant(options.folder, [options.id])
    names = cutting.split(options.folder, episode_id, options.at_s)
    say(f"{episode_id} is in the trash, its parts are {', '.join(names)}")
    return 0


def duplicate_episode(options: argparse.Namespace) -> int:
    (episode_id,) = _meant(options.folder, [options.id])
    say(f"{cutting.duplicate(options.folder, episode_id)} is the same as {episode_id}")
    return 0


def merge_episodes(options: argparse.Namespace) -> int:
    if options.into is None:
        stays = cutting.join(options.folder, _meant(options.folder, options.others))
        say(f"joined as {stays}")
        return 0
    done = merge([options.folder, *map(Path, options.others)], options.into)
    say(f"{len(done.added)} episodes added to {options.into}, {len(done.known)} were there already")
    for sentence in done.left_out:
        say(f"left out: {sentence}")
    return 0


def relabel(options: argparse.Namespace) -> int:
    fields = _fields(options)
    infos = library.list_episodes(options.folder)
    if options.where is None:
        ids = meant(options.ids, infos, folder=options.folder)
    else:
        ids = [info.id for info in infos if info.task == options.where]
    if not fields or not ids:
        say("nothing to change: name episodes (or --where TEXT) and what to change")
        return 2
    library.decide(options.folder, "relabel", dict.fromkeys(ids, fields))
    say(f"{len(ids)} episodes changed")
    return 0


def keep_episodes(options: argparse.Namespace) -> int:
    ids = _meant(options.folder, options.ids)
    fields = {"phase": EpisodePhase.KEPT.value}
    library.decide(options.folder, "keep", dict.fromkeys(ids, fields))
    say(f"{len(ids)} episodes kept")
    return 0


def trash_episodes(options: argparse.Namespace) -> int:
    for episode_id in _meant(options.folder, options.ids):
        library.trash(options.folder, episode_id)
        say(f"{episode_id} is in the trash")
    return 0


def restore_episodes(options: argparse.Namespace) -> int:
    infos = library.list_trash(options.folder)
    for episode_id in meant(options.ids, infos, folder=options.folder / "trash"):
        library.restore(options.folder, episode_id)
        say(f"{episode_id} is back")
    return 0


def undo_change(options: argparse.Namespace) -> int:
    say(f"undone: {_sentence(history.undo(options.folder))}")
    return 0


def redo_change(options: argparse.Namespace) -> int:
    say(f"done again: {_sentence(history.redo(options.folder))}")
    return 0


def repair_folder(options: argparse.Namespace) -> int:
    found = repair(options.folder)
    for one in found:
        say(one.problem or f"{one.file}: {one.done}")
    problems = sum(bool(one.problem) for one in found)
    say(f"{len(found) - problems} put right, {problems} left as they are")
    return 1 if problems else 0


def _meant(folder: Path, typed: list[str]) -> list[str]:
    return meant(typed, library.list_episodes(folder), folder=folder)


def _fields(options: argparse.Namespace) -> Mapping[str, Any]:
    fields: dict[str, Any] = {}
    if options.task is not None:
        fields["task"] = options.task
    if options.success is not None:
        fields["success"] = SUCCESS[options.success]
    if options.flag is not None:
        fields["flagged"] = options.flag == "on"
    if options.note is not None:
        fields["note"] = options.note
    return fields


def _sentence(change: Change) -> str:
    return f"{change.what} of {', '.join(change.episodes)}"
