"""What all files have in common that teach a foundation: header, joint states, camera pictures.

Knows no answer and no depth: whoever makes a file adds what is true about its moments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import h5py
import numpy as np
import simplejpeg

from devices.description import F64
from devices.sim.render import SceneRenderer
from recordings.types import F32

QUALITY = 90  # of the JPEG pictures


def draw(renderer: SceneRenderer, qpos: F64, camera: str) -> bytes:
    """What ``camera`` sees, as JPEG."""
    image = np.ascontiguousarray(renderer.render(qpos, camera))
    return simplejpeg.encode_jpeg(image, quality=QUALITY)


def write_common(
    file: h5py.File,
    *,
    schema: str,
    seed: int,
    tasks: Sequence[str],
    states: F32,
    pictures: Mapping[str, Sequence[bytes]],
) -> None:
    """Header, states (m, n) rad and the JPEG pictures of every camera, m each."""
    file.attrs["schema"] = schema
    file.attrs["seed"] = seed
    file.attrs["cameras"] = json.dumps(list(pictures))
    file.attrs["tasks"] = json.dumps(list(tasks))
    file["states"] = states
    for camera, images in pictures.items():
        sizes = np.array([len(image) for image in images], np.int64)
        file[f"{camera}/bytes"] = np.frombuffer(b"".join(images), np.uint8)
        file[f"{camera}/end"] = sizes.cumsum()
