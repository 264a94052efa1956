"""Episode files of other programs, by the name of the format: ALOHA, robomimic, MCAP.

One loop for all of them; what is particular lies in a module per format. Knows no window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recordings import aloha, mcap_file, robomimic
from recordings.arriving import Arrival, Imported, Intake, Terms
from recordings.errors import Cancelled, NothingToExport, RecordingError
from recordings.grid import common_fps
from recordings.lerobot.export import chosen
from recordings.reader import Episode
from recordings.types import EpisodeInfo

Tell = Callable[[int, int, str], None]
Stop = Callable[[], bool]

READERS: Final[dict[str, Callable[[Path, Terms], Iterator[Arrival]]]] = {
    "aloha": aloha.read,
    "robomimic": robomimic.read,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an export."""

    added: tuple[str, ...]
    left_out: tuple[str, ...]  # sentences


def bring_in(
    name: str, source: Path, folder: Path, terms: Terms, *, tell: Tell, should_stop: Stop
) -> Imported:
    """Import every episode of ``source``; those there already are skipped.

    Raises:
        NotADataset, Cancelled, OSError
    """
    intake = Intake(folder, should_stop)
    with intake.noted():
        for done, arrival in enumerate(READERS[name](source, terms)):
            tell(done, 0, arrival.header.id)
            if not intake.knows(arrival.header.id):
                intake.take(arrival)
    return Imported(tuple(intake.added), tuple(intake.known), (), ())


def send_out(
    name: str,
    folder: Path,
    ids: Sequence[str],
    out: Path,
    *,
    fps: int | None,
    tell: Tell,
    should_stop: Stop,
) -> Sent:
    """Write the episodes ``ids`` (all that training would use, when none is named) to ``out``.

    Raises:
        NothingToExport, ExportRefused, Cancelled, OSError
    """
    infos, left_out = chosen(folder, with_failures=bool(ids))
    whole = {one.id for one in infos} & set(ids)  # an id that is also the beginning of others
    wanted = [
        one
        for one in infos
        if not ids or one.id in whole or any(one.id.startswith(i) for i in set(ids) - whole)
    ]
    if not wanted:
        raise NothingToExport(str(folder), why="no episode that can be used is named")
    out.mkdir(parents=True, exist_ok=True)
    added: list[str] = []
    problems = list(left_out)
    with _writer(name, out) as writer:
        for one in wanted:
            tell(len(added), len(wanted), one.id)
            if should_stop():
                raise Cancelled(f"the export after {len(added)} complete episodes")
            try:
                _write_one(writer, one, fps)
                added.append(one.id)
            except RecordingError as error:
                problems.append(f"{one.id}: {error}")
    return Sent(tuple(added), tuple(problems))


Writer = aloha.Writer | robomimic.Writer | mcap_file.Writer


def _writer(name: str, out: Path) -> AbstractContextManager[Writer]:
    if name == "aloha":
        return nullcontext(aloha.Writer(out))
    if name == "robomimic":
        return robomimic.Writer(out)  # one file for all: it ends with the last
    return nullcontext(mcap_file.Writer(out))


def _write_one(writer: Writer, info: EpisodeInfo, fps: int | None) -> None:
    with Episode.open(Path(info.path)) as episode:
        writer.write(episode, fps=fps or common_fps(episode.robot))
