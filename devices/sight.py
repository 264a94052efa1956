"""Whether a camera still sees: a covered lens and a dead sensor give the same tone everywhere.

Looked at a few times a second, in coarse blocks so that noise of a dark sensor does not pass for a
scene. Knows no camera and no authority.
"""

from __future__ import annotations

import numpy as np

from recordings.types import U8

LOOK_NS = 250_000_000  # between two looks
THIN = 4  # every fourth pixel is enough
BLOCK = 4  # thinned pixels per side of a block that is averaged
LEAST_CONTRAST = 3.0  # of 255, standard deviation over the blocks; any real scene has over 10
_NS = 1e9


class Sight:
    """Watches the pictures of one camera."""

    def __init__(self) -> None:
        self._due_ns = 0
        self._nothing_since_ns: int | None = None

    def look(self, image: U8, t_ns: int) -> None:
        """Take a picture (h, w, 3) uint8 into account when it is time for another look."""
        if t_ns < self._due_ns:
            return
        self._due_ns = t_ns + LOOK_NS
        if contrast(image) >= LEAST_CONTRAST:
            self._nothing_since_ns = None
        elif self._nothing_since_ns is None:
            self._nothing_since_ns = t_ns

    def forget(self) -> None:
        """The camera was opened again."""
        self._due_ns, self._nothing_since_ns = 0, None

    def nothing_for_s(self, now_ns: int) -> float:
        """How long pictures have shown nothing; 0 while they show something."""
        since_ns = self._nothing_since_ns
        return 0.0 if since_ns is None else (now_ns - since_ns) / _NS


def contrast(image: U8) -> float:
    """Standard deviation of the brightness of coarse blocks, 0…128."""
    grey = image[::THIN, ::THIN].mean(axis=2)
    height, width = (side - side % BLOCK for side in grey.shape)
    if not height or not width:
        return float(grey.std())
    blocks = grey[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return float(np.std(blocks.mean(axis=(1, 3))))
