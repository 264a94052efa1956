"""How healthy the pictures of an episode are: missed, late, frozen; and what a camera sees.

Reads times and checksums only, and a handful of pictures for the view. Knows no joint names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import simplejpeg

from recordings.errors import DamagedFile
from recordings.health.motion import Peak
from recordings.reader import Episode

VIEW_HEIGHT = 120  # px, smallest height of a decoded view
VIEW_COUNT = 5  # pictures averaged, so that what moves fades
MOVED_SHARE = 0.008  # of the picture width: less is the noise of the estimate
MOVING_SHARE = 0.03  # a camera that moves this much within an episode sits on the arm
SURE = 0.08  # peak of the correlation below which two views are not comparable

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """Numbers about the pictures of one camera in one episode."""

    camera: str
    frames: int
    rate_hz: float
    wanted_hz: float
    missed: int  # pictures that should have come and did not, by time
    lost_before: int  # gaps in the camera's own counter
    longest_gap: Peak  # s
    frozen: Peak  # s the same bytes came again and again while the arm moved
    blank_steps: int  # rows that had no picture yet


def camera_health(episode: Episode, camera: str) -> CameraHealth:
    """Look at the times and checksums of one camera.

    Raises:
        NoSuchCamera
    """
    t_ns = episode.frame_t_ns(camera)
    spec = next(c for c in episode.robot.cameras if c.name == camera)
    since_s = (t_ns - episode.t_ns[0]) / 1e9 if len(episode.t_ns) else t_ns / 1e9
    gap_s = np.diff(since_s)
    span_s = float(since_s[-1] - since_s[0]) if len(since_s) > 1 else 0.0
    missed = np.maximum(np.round(gap_s * spec.fps) - 1, 0)
    row = int(gap_s.argmax()) if len(gap_s) else 0
    longest = Peak(float(gap_s[row]), float(since_s[row])) if len(gap_s) else Peak(0.0, 0.0)
    seq = episode.frame_seq(camera)
    return CameraHealth(
        camera=camera,
        frames=len(t_ns),
        rate_hz=len(gap_s) / span_s if span_s > 0 else 0.0,
        wanted_hz=spec.fps,
        missed=int(missed.sum()),
        lost_before=_lost_before(seq),
        longest_gap=longest,
        frozen=_frozen(episode, camera, since_s),
        blank_steps=int((episode.frame_index[camera] < 0).sum()),
    )


@dataclass(frozen=True, slots=True)
class View:
    """What a camera sees on average during an episode, small and grey."""

    camera: str
    grey: F32  # (h, w), zero mean
    moves: bool  # the camera itself moves within the episode (it sits on the arm)
    width: int  # px of the full picture


def camera_view(episode: Episode, camera: str) -> View | None:
    """The view of a camera; None when it has too few pictures.

    Raises:
        NoSuchCamera, DamagedFile
    """
    count = episode.frame_count(camera)
    if count < 2:
        return None
    numbers = np.unique(np.linspace(0, count - 1, VIEW_COUNT).round().astype(int))
    greys = np.stack([_grey(episode, camera, int(i)) for i in numbers])
    width = next(c.width for c in episode.robot.cameras if c.name == camera)
    shift = max(_shift(greys[0], grey)[0] for grey in greys[1:]) / greys.shape[2]
    mean = greys.mean(axis=0)
    return View(camera, mean - mean.mean(), moves=bool(shift > MOVING_SHARE), width=width)


def moved_px(before: View, now: View) -> float:
    """How far the camera moved between two views, in pixels of the full picture; 0 if it did not.

    Phase correlation (Kuglin and Hines, 1975); only for cameras that stand still in both.
    """
    if before.moves or now.moves or before.grey.shape != now.grey.shape:
        return 0.0
    distance, sure = _shift(before.grey, now.grey)
    share = distance / before.grey.shape[1]
    return share * now.width if sure > SURE and share > MOVED_SHARE else 0.0


def _shift(a: F32, b: F32) -> tuple[float, float]:
    """(distance in px, height of the peak 0…1) of the translation from ``a`` to ``b``."""
    window = np.outer(np.hanning(a.shape[0]), np.hanning(a.shape[1]))
    cross = np.fft.rfft2((a - a.mean()) * window) * np.conj(np.fft.rfft2((b - b.mean()) * window))
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-12), s=a.shape)
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    dy = (int(row) + a.shape[0] // 2) % a.shape[0] - a.shape[0] // 2
    dx = (int(column) + a.shape[1] // 2) % a.shape[1] - a.shape[1] // 2
    return float(np.hypot(dx, dy)), float(surface.max())


def _grey(episode: Episode, camera: str, number: int) -> F32:
    try:
        image = simplejpeg.decode_jpeg(
            episode.jpeg(camera, number), colorspace="GRAY", min_height=VIEW_HEIGHT, min_factor=1
        )
    except ValueError as error:
        found = f"picture {number} of camera {camera!r} is no JPEG ({error})"
        raise DamagedFile(episode.path, found=found) from error
    return image[..., 0].astype(np.float32)


def _lost_before(seq: npt.NDArray[np.int64]) -> int:
    known = seq[seq >= 0]
    return int(np.maximum(np.diff(known) - 1, 0).sum())


def _frozen(episode: Episode, camera: str, since_s: npt.NDArray[np.float64]) -> Peak:
    """The longest time in which every picture had the same bytes although the arm moved."""
    crc = episode.frame_crc32(camera)
    starts = np.flatnonzero(np.append(True, crc[1:] != crc[:-1])) if len(crc) else np.zeros(0, int)
    ends = np.append(starts[1:], len(crc)) - 1
    best = Peak(0.0, 0.0)
    scale = np.maximum(episode.robot.upper - episode.robot.lower, 1e-9)
    for start, end in zip(starts, ends, strict=True):
        length_s = float(since_s[end] - since_s[start])
        if length_s <= best.value:
            continue
        t_ns = episode.frame_t_ns(camera)
        rows = (episode.t_ns >= t_ns[start]) & (episode.t_ns <= t_ns[end])
        travel = np.ptp(episode.state[rows], axis=0) / scale if rows.any() else np.zeros(1)
        if travel.max() > 0.05:
            best = Peak(length_s, float(since_s[start]))
    return best
