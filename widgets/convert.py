"""From numpy pictures to Qt pictures, without a copy.

Knows pixel formats only: no camera, no file.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from recordings.types import U8


def qimage(array: U8) -> QImage:
    """Wrap a picture as a QImage that shares its memory.

    The image keeps no reference to ``array``: the caller holds the array as long as the image.
    An array with gaps in its memory is copied, and then Qt owns the copy.

    Args:
        array: (h, w, 3) uint8 RGB, or (h, w) uint8 grey.

    Raises:
        ValueError: another shape or type; the message names both.
    """
    if array.dtype != np.uint8 or not (
        array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)
    ):
        raise ValueError(
            f"picture is {array.dtype} {array.shape}; expected uint8 (h, w, 3) RGB or (h, w) grey"
        )
    height, width = array.shape[:2]
    kind = QImage.Format.Format_RGB888 if array.ndim == 3 else QImage.Format.Format_Grayscale8
    channels = 3 if array.ndim == 3 else 1
    if array.flags.c_contiguous:
        return QImage(array.data, width, height, width * channels, kind)
    packed = np.ascontiguousarray(array)
    return QImage(packed.data, width, height, width * channels, kind).copy()
