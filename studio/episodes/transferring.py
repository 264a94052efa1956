"""``export``, ``import`` and ``compact``: what takes long, with progress and a way to stop it.

With ``--json`` progress and outcome are job events, one JSON object per line, as of every job;
Ctrl-C and SIGTERM stop cleanly.
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from model import messages
from recordings.compacting import compact, empty_trash
from recordings.errors import Cancelled, RecordingError
from recordings.joint_units import Units
from recordings.lerobot.layout import Codec, Mode
from recordings.library import list_episodes
from recordings.reader import Episode
from recordings.types import RobotSpec
from studio.episodes.showing import say
from studio.terminal import Progress

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name

EXPORTS = ("lerobot", "aloha", "robomimic", "mcap")
IMPORTS = ("lerobot", "aloha", "robomimic")


def add_commands(verbs: Verbs) -> None:
    """The two commands and their options."""
    out = verbs.add_parser("export", help="write episodes in the format of another program")
    out.add_argument("folder", type=Path, metavar="FOLDER", help="where the episodes lie")
    out.add_argument("ids", nargs="*", metavar="ID", help="only these (not for lerobot)")
    out.add_argument("--format", choices=EXPORTS, default="lerobot")
    out.add_argument("--out", type=Path, required=True, metavar="DIR")
    out.add_argument("--mode", choices=[m.value for m in Mode], default=Mode.FAST.value)
    out.add_argument("--codec", choices=[c.value for c in Codec], default=Codec.AV1.value)
    out.add_argument("--units", choices=[u.value for u in Units], default=Units.RADIANS.value)
    out.add_argument("--fps", type=int, metavar="N", help="rows per second (slowest camera)")
    out.add_argument("--with-failures", action="store_true", help="failed episodes too")
    out.add_argument("--fresh", action="store_true", help="replace the dataset that is there")
    out.add_argument("--push", metavar="OWNER/NAME", help="afterwards upload it to the hub")
    out.add_argument("--json", action="store_true", help="progress as JSON lines")
    out.set_defaults(answer=export_folder)
    into = verbs.add_parser("import", help="read episodes of another program")
    into.add_argument("folder", type=Path, metavar="FOLDER", help="where the episodes shall lie")
    into.add_argument("source", type=Path, metavar="PATH", help="dataset folder or HDF5 file")
    into.add_argument("--format", choices=IMPORTS, default="lerobot")
    into.add_argument("--units", choices=[u.value for u in Units], help="of its joints")
    into.add_argument("--like", type=Path, metavar="EPISODE", help="take limits from this episode")
    into.add_argument("--fps", type=float, metavar="N", help="where the source does not say")
    into.add_argument("--task", default="", help="where the source does not say")
    into.add_argument("--json", action="store_true", help="progress as JSON lines")
    into.set_defaults(answer=import_source)


def compact_folder(options: argparse.Namespace) -> int:
    """Rewrite what is trimmed; it may be stopped between two episodes."""
    with telling(options, "compact", options.folder) as tell, stopping() as stop:
        trimmed = sum(info.trimmed for info in list_episodes(options.folder))
        names: list[str] = []

        def begin(name: str) -> None:
            tell.count(len(names), trimmed, f"rewriting {name}")
            names.append(name)

        done = compact(options.folder, tell=begin, should_stop=stop.asked)
        told = f"{len(done.episodes)} episodes rewritten, {done.freed_bytes / 2**20:.1f} MiB freed"
        if stop.asked():
            tell.cancelled(f"{told}; then it was stopped")
            return tell.code
        if options.empty_trash:
            told += f"; {empty_trash(options.folder)} files deleted from the trash"
        tell.finished(told)
    return tell.code


def export_folder(options: argparse.Namespace) -> int:
    with telling(options, "export", options.out) as tell, stopping() as stop:
        if options.format == "lerobot":
            _export_lerobot(options, tell, stop)
        else:
            _export_files(options, tell, stop)
    return tell.code


def import_source(options: argparse.Namespace) -> int:
    with telling(options, "import", options.folder) as tell, stopping() as stop:
        units = Units(options.units) if options.units else None
        robot = _robot_of(options.like)
        if options.format == "lerobot":
            from recordings.lerobot.importing import import_dataset

            done = import_dataset(
                options.source,
                options.folder,
                units=units,
                robot=robot,
                tell=tell.count,
                should_stop=stop.asked,
            )
        else:
            from recordings import foreign

            done = foreign.bring_in(
                options.format,
                options.source,
                options.folder,
                foreign.Terms(units, robot, options.fps, options.task),
                tell=tell.count,
                should_stop=stop.asked,
            )
        tell.notes((*done.notes, *(f"left out: {sentence}" for sentence in done.left_out)))
        tell.finished(f"{len(done.added)} episodes imported, {len(done.known)} were there already")
    return tell.code


def _export_lerobot(options: argparse.Namespace, tell: Teller, stop: _Stop) -> None:
    from recordings.lerobot.export import Wanted, export

    wanted = Wanted(
        mode=Mode(options.mode),
        codec=Codec(options.codec),
        units=Units(options.units),
        fps=options.fps,
        with_failures=options.with_failures,
        fresh=options.fresh,
    )
    done = export(
        options.folder,
        options.out,
        wanted,
        tell=lambda p: tell.seconds(p.done_s, p.total_s, p.episode),
        should_stop=stop.asked,
    )
    tell.notes(f"left out: {sentence}" for sentence in done.left_out)
    if done.stale:
        tell.notes((f"{done.stale} rows show a picture older than 1.5 rows",))
    for column, joints in done.clamped.items():
        shares = ", ".join(f"{joint} {share:.1%}" for joint, share in joints.items())
        tell.notes((f"{column} outside q01 … q99, which a policy cannot reach: {shares}",))
    if options.push:
        from recordings.lerobot.hub import push

        tell.notes((f"uploaded: {push(done.out, options.push)}",))
    tell.finished(f"{len(done.added)} episodes added, {done.episodes} in {done.out}")


def _export_files(options: argparse.Namespace, tell: Teller, stop: _Stop) -> None:
    from recordings import foreign

    done = foreign.send_out(
        options.format,
        options.folder,
        options.ids,
        options.out,
        fps=options.fps,
        tell=tell.count,
        should_stop=stop.asked,
    )
    tell.notes(f"left out: {sentence}" for sentence in done.left_out)
    tell.finished(f"{len(done.added)} episodes written to {options.out}")


class _Stop:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def asked(self) -> bool:
        return self._asked


@contextmanager
def stopping() -> Iterator[_Stop]:
    """Ctrl-C and SIGTERM ask instead of killing."""
    stop = _Stop()
    before = {name: signal.signal(name, stop.ask) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


class Teller:
    """Says how a transfer goes, to a person (a bar on stderr) or to a program (JSON lines)."""

    def __init__(self, job: str, out: Path, *, as_json: bool) -> None:
        self.code = 0
        self._job = job
        self._out = str(out)
        self._json = as_json
        self._bar: Progress | None = None
        if as_json:
            say(messages.encode(messages.Started(job=job, out=self._out)))

    def count(self, done: int, total: int, what: str) -> None:
        self.seconds(done, total, what)

    def seconds(self, done: float, total: float, what: str) -> None:
        """``done`` of ``total``, in seconds of recording or in episodes."""
        if self._json:
            say(messages.encode(messages.Counted(done=done, total=total, what=what)))
            return
        self._bar = self._bar or Progress(self._job, total)
        self._bar.show(done, what)

    def notes(self, sentences: Iterator[str] | Sequence[str]) -> None:
        for sentence in sentences:
            say(messages.encode(messages.Note(message=sentence)) if self._json else sentence)

    def finished(self, sentence: str) -> None:
        say(messages.encode(messages.Note(message=sentence)) if self._json else sentence)
        if self._json:
            say(messages.encode(messages.Finished(out=self._out)))

    def cancelled(self, sentence: str) -> None:
        """Somebody stopped it."""
        self.code = 1
        say(messages.encode(messages.Note(message=sentence)) if self._json else sentence)
        if self._json:
            say(messages.encode(messages.Finished(out=self._out, cancelled=True)))

    def failed(self, sentence: str) -> None:
        """For programs; people get the error itself."""
        self.code = 1
        say(messages.encode(messages.Failed(message=sentence)))


@contextmanager
def telling(options: argparse.Namespace, job: str, out: Path) -> Iterator[Teller]:
    """Programs get failures as an event; people get them from the top of the command."""
    tell = Teller(job, out, as_json=options.json)
    try:
        yield tell
    except (RecordingError, OSError) as error:
        if not options.json:
            raise
        (tell.cancelled if isinstance(error, Cancelled) else tell.failed)(str(error))


def _robot_of(path: Path | None) -> RobotSpec | None:
    if path is None:
        return None
    with Episode.open(path) as episode:
        return episode.robot
