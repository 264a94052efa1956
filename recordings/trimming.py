"""Which rows and pictures of a recording remain when it is trimmed. Pure arithmetic on arrays.

Knows no file: ``reader`` and ``opening`` apply it to what they read.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from recordings.edits import Trim

_ROUNDING_NS = 1_000  # seconds written with six digits still name the step they came from


def kept_rows(t_ns: npt.NDArray[np.integer], trim: Trim | None, *, cut_from_ns: int = 0) -> slice:
    """The rows of (t,) times that ``trim`` keeps, both ends included; all without one.

    ``cut_from_ns`` says how much of the beginning of the recording the file lacks since it was
    compacted; trims keep counting from where the recording began.
    """
    if trim is None or not len(t_ns):
        return slice(0, len(t_ns))
    since_ns = np.asarray(t_ns, np.int64) - int(t_ns[0]) + cut_from_ns
    first = np.searchsorted(since_ns, round(trim.from_s * 1e9) - _ROUNDING_NS, side="left")
    end = np.searchsorted(since_ns, round(trim.to_s * 1e9) + _ROUNDING_NS, side="right")
    return slice(int(first), max(int(first), int(end)))


def kept_pictures(index: npt.NDArray[np.integer], rows: slice, *, count: int) -> slice:
    """The pictures of one camera that the kept rows saw, and those in between.

    Args:
        index: (t,) newest picture at each row of the whole recording, -1 none.
        rows: from :func:`kept_rows`.
        count: pictures of the whole recording.
    """
    if rows == slice(0, len(index)):
        return slice(0, count)
    seen = index[rows]
    seen = seen[seen >= 0]
    return slice(int(seen[0]), int(seen.max()) + 1) if len(seen) else slice(0, 0)


def renumbered(
    frame_index: Mapping[str, npt.NDArray[np.integer]], rows: slice, pictures: Mapping[str, slice]
) -> dict[str, npt.NDArray[np.int32]]:
    """Picture numbers of the kept rows, counted from the first kept picture; -1 stays -1."""
    renumbered: dict[str, npt.NDArray[np.int32]] = {}
    for camera, index in frame_index.items():
        mine = index[rows].astype(np.int32)
        renumbered[camera] = np.where(mine < 0, -1, mine - pictures[camera].start).astype(np.int32)
        renumbered[camera].flags.writeable = False
    return renumbered
