"""Everything that can go wrong with recordings, as one small tree.

Knows the words of the errors and nothing about where they are shown.

    RecordingError
    ├─ WireError             a message from another process that does not say what it should
    ├─ SharedMemoryFull      no room for the live rings
    ├─ WrongPicture          a camera delivered another size than it announced
    ├─ UnreadableEpisode     a file that is not (or no longer) an episode we can read
    │  ├─ ForeignFile
    │  ├─ NewerSchema
    │  └─ DamagedFile
    ├─ UnreadableJournal     a journal without a usable beginning
    ├─ NoRoomToSeal          the disk is too full to turn a journal into an episode
    ├─ EpisodeNotFound
    ├─ CutOutside            a trim or split outside of the recording
    ├─ NotOneRecording       parts that do not belong together
    ├─ NothingToUndo
    ├─ NothingToExport       an episode without a usable step, or no episode
    ├─ NothingToLearnFrom    no usable moment in any episode of a list
    ├─ ExportRefused         the target cannot take what is asked
    ├─ NotADataset           a folder or file of another program that cannot be imported
    ├─ Cancelled             somebody stopped a long job; nothing was changed
    ├─ RobotMismatch         an episode of another robot
    ├─ NoSuchCamera
    ├─ AlreadyRecording
    └─ NotRecording
"""

# ruff: noqa: N818 - the names say what happened, the base says that it is an error

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class RecordingError(Exception):
    """Base of every error of this package; the text is a sentence for people."""


class WireError(RecordingError):
    """A message on the policy wire is malformed."""

    def __init__(self, field: str, *, value: object, expected: str) -> None:
        self.field = field
        self.value = value
        self.expected = expected
        super().__init__(f"message field {field!r} is {_short(value)}, expected {expected}")


class SharedMemoryFull(RecordingError):
    """The live rings do not fit into shared memory."""

    def __init__(self, name: str, *, wanted_bytes: int, free_bytes: int) -> None:
        self.wanted_bytes = wanted_bytes
        self.free_bytes = free_bytes
        super().__init__(
            f"shared memory block {name!r} needs {_mib(wanted_bytes)}, only {_mib(free_bytes)} are"
            " free in /dev/shm; close other programs, or give the container more (--shm-size=1g)"
        )


class WrongPicture(RecordingError):
    """A picture of another shape or kind than the camera announced."""

    def __init__(self, camera: str, *, got: str, expected: str) -> None:
        self.camera = camera
        super().__init__(
            f"camera {camera!r} delivered {got}, expected {expected};"
            " set the size in the bench to what the camera delivers"
        )


class UnreadableEpisode(RecordingError):
    """A file that cannot be read as an episode."""

    def __init__(self, path: Path, *, problem: str, hint: str) -> None:
        self.path = path
        self.problem = problem
        self.hint = hint
        super().__init__(f"{path.name} {problem}; {hint}")


class ForeignFile(UnreadableEpisode):
    """HDF5 (or something else) that Foresight did not write."""

    def __init__(self, path: Path, *, found: str) -> None:
        super().__init__(
            path,
            problem=f"is not a Foresight episode ({found})",
            hint="import it, or move it out of the episodes folder",
        )


class NewerSchema(UnreadableEpisode):
    """An episode of a schema this version does not know."""

    def __init__(self, path: Path, *, found: str, known: str) -> None:
        super().__init__(
            path,
            problem=f"has schema {found!r}, this version reads {known!r}",
            hint="update Foresight to open it",
        )


class DamagedFile(UnreadableEpisode):
    """An episode (or journal) that is cut short or inconsistent."""

    def __init__(self, path: Path, *, found: str) -> None:
        super().__init__(
            path,
            problem=f"is damaged: {found}",
            hint="restore it from a copy, or move it to the trash",
        )


class UnreadableJournal(RecordingError):
    """A journal whose beginning is missing, so nobody knows which robot it is about."""

    def __init__(self, path: Path, *, found: str) -> None:
        self.path = path
        super().__init__(
            f"recording {path.name} cannot be recovered: {found}; the file is kept as it is"
        )


class NoRoomToSeal(RecordingError):
    """The disk is too full for the copy that sealing makes; the journal is kept."""

    def __init__(self, path: Path, *, wanted_bytes: int, free_bytes: int) -> None:
        super().__init__(
            f"recording {path.stem} waits for {_mib(wanted_bytes)} in {path.parent}, only"
            f" {_mib(free_bytes)} are free; make room, it is completed at the next start"
        )


class EpisodeNotFound(RecordingError):
    """No episode of that name."""

    def __init__(self, episode_id: str, *, folder: Path) -> None:
        super().__init__(f"no episode {episode_id!r} in {folder}; look at the list again")


class CutOutside(RecordingError):
    """A trim that keeps nothing, or a cut where nothing can be cut."""

    def __init__(
        self, episode_id: str, *, wanted: Iterable[float], times_s: tuple[float, float]
    ) -> None:
        asked = ", ".join(f"{time_s:.2f}" for time_s in wanted)
        super().__init__(
            f"episode {episode_id} cannot be cut at {asked} s: its steps are between"
            f" {times_s[0]:.2f} s and {times_s[1]:.2f} s of the recording"
        )


class NotOneRecording(RecordingError):
    """Episodes that cannot be made one."""

    def __init__(self, episode_ids: Iterable[str], *, why: str) -> None:
        super().__init__(
            f"{', '.join(episode_ids)} cannot be joined: {why};"
            " only neighbouring parts of one recording can"
        )


class NothingToUndo(RecordingError):
    """No change is left to undo or redo."""

    def __init__(self, folder: Path, *, verb: str) -> None:
        super().__init__(f"there is nothing to {verb} in {folder}")


class NothingToExport(RecordingError):
    """There is nothing another program could read."""

    def __init__(self, what: str, *, why: str) -> None:
        super().__init__(f"{what} cannot be exported: {why}")


class NothingToLearnFrom(RecordingError):
    """No episode of a list has a moment at which somebody drove and every camera had a picture."""

    def __init__(self, episodes: int) -> None:
        super().__init__(f"nobody drove the arm in any of {episodes} episodes")


class ExportRefused(RecordingError):
    """The target folder holds something that must not be overwritten or continued."""

    def __init__(self, out: Path, *, why: str, hint: str) -> None:
        super().__init__(f"cannot export to {out}: {why}; {hint}")


class NotADataset(RecordingError):
    """Something that should be imported and cannot be read."""

    def __init__(self, path: Path, *, why: str, hint: str = "nothing was imported") -> None:
        super().__init__(f"{path} cannot be imported: {why}; {hint}")


class Cancelled(RecordingError):
    """A long job was stopped before its end."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was cancelled; nothing was changed")


class RobotMismatch(RecordingError):
    """An episode was recorded with another robot than the one it is used for."""

    def __init__(self, what: str, *, mismatch: str) -> None:
        super().__init__(
            f"{what} is about another robot ({mismatch}); choose episodes of one robot"
        )


class NoSuchCamera(RecordingError):
    """An episode has no camera of that name."""

    def __init__(self, camera: str, *, episode: str, cameras: Iterable[str]) -> None:
        super().__init__(
            f"episode {episode} has no camera {camera!r}, it has {', '.join(cameras) or 'none'}"
        )


class AlreadyRecording(RecordingError):
    """An episode was started while another one runs."""

    def __init__(self, episode_id: str) -> None:
        super().__init__(f"episode {episode_id} is still being recorded; end it first")


class NotRecording(RecordingError):
    """Something about the running episode was asked while none runs."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"cannot {asked}: no episode is being recorded; begin one first")


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
