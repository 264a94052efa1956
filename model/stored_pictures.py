"""Pictures of one camera as teaching files keep them: JPEG bytes in a row, and where each ends.

Knows no question, no depth and no network.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import simplejpeg

from model.images import squash
from recordings.stored import Stored
from recordings.types import U8


def decode_all(group: Stored, *, size: int) -> U8:
    """(m, size, size, 3) RGB, squashed to the network's size."""
    data = group.array("bytes", dtype=np.uint8, shape=(None,))
    ends = group.array("end", dtype=np.int64, shape=(None,)).tolist()
    pictures = np.empty((len(ends), size, size, 3), np.uint8)
    for i, (start, end) in enumerate(pairwise([0, *ends])):
        pictures[i] = squash(simplejpeg.decode_jpeg(data[start:end].tobytes()), size=size)
    return pictures
