"""How an episode lies in its HDF5 file: the schema "foresight-episode/1".

    / attrs            schema, id, task, robot (JSON), robot_name, operator, host, software (JSON),
                       bench (JSON: all of recordings.bench_note), bench_name, calibrations (JSON),
                       created_wall_ns, created_mono_ns, duration_s, control_hz, steps, frames,
                       cameras, interventions, success (yes|no|unset), end_reason, recovered,
                       steps_lost, frames_lost, records_damaged, units (JSON), sealed,
                       cut_from_ns (compacted files only: how much of the beginning was cut off)
    /steps attrs       joints, authorities (JSON: what columns and authority numbers mean)
    /steps/t_mono_ns   (t,) i8      one row per control tick
    /steps/state       (t, n) f4    measured; rad, gripper 0 closed … 1 open
    /steps/action      (t, n) f4    as sent to the arm
    /steps/authority   (t,) u1      who drove
    /steps/plan_id     (t,) i8      plan behind the action, -1 none
    /steps/guard_bits  (t,) i8      what the guard changed
    /steps/frames/<camera> (t,) i4  newest picture at that tick, index into the stream, -1 none
    /streams/<camera>/bytes  u1     all JPEGs one after the other; attrs of the group: codec, width,
                                    height, fps, identity and, where it was calibrated, intrinsics
                                    (3, 3) px, distortion k1 k2 p1 p2 k3, calibrated_width, …_height
    /streams/<camera>/offset, size  (f,) u8   picture i = bytes[offset[i] : offset[i] + size[i]]
    /streams/<camera>/crc32         (f,) u4   of those bytes
    /streams/<camera>/t_mono_ns     (f,) i8   capture time
    /streams/<camera>/seq           (f,) i8   the camera's own counter, -1 where it has none
    /events/t_mono_ns, kind, data   (e,)      data is JSON
    /plans/<number>/q, samples, …             attrs id, epoch, dt_s, observed_ns, policy, …
    /extra attrs       features (JSON: dtype, shape, names of each column); imports only
    /extra/<column>    (t, …)        columns of another program, kept as they came

Contiguous, unfiltered, in the HDF5 1.10 format: any HDF5 tool opens it, and pictures can be read
with plain file reads. Later streams (force, depth, …) are added beside the cameras with their own
times; readers ignore groups they do not know.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SCHEMA: Final = "foresight-episode/1"
SUFFIX: Final = ".h5"
PART_SUFFIX: Final = ".h5.part"
UNITS: Final = {"joints": "rad", "gripper": "0 closed … 1 open", "time": "ns, monotonic"}
SUCCESS_WORDS: Final[dict[bool | None, str]] = {True: "yes", False: "no", None: "unset"}
SUCCESS_OF_WORD: Final = {word: value for value, word in SUCCESS_WORDS.items()}
TRASH: Final = "trash"


def episode_path(folder: Path, episode_id: str) -> Path:
    """Where the sealed episode lies."""
    return folder / f"{episode_id}{SUFFIX}"


def edits_folder(path: Path) -> Path:
    """Where the edits of an episode file are written down; the trash has no history of its own."""
    return path.parent.parent if path.parent.name == TRASH else path.parent
