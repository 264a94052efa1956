"""Episodes one after the other in one MP4 per camera, and back.

Frame k of a file has pts k/fps exactly, every episode begins with a keyframe, no frame refers to a
later one: episodes can be cut out by copying. Knows no dataset.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import av
import av.container
import av.error
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType

from recordings.errors import DamagedFile
from recordings.lerobot.layout import Codec

if TYPE_CHECKING:
    from av.video.stream import VideoStream

U8 = npt.NDArray[np.uint8]

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder would write a page per file to stderr

# g=2 makes random access cheap; crf as LeRobot chooses for AV1, its visual equal for H.264
_ENCODERS: Final = {
    Codec.H264: ("libx264", {"preset": "superfast", "crf": "23", "g": "2", "bf": "0"}),
    Codec.AV1: ("libsvtav1", {"preset": "12", "crf": "30", "g": "2"}),
}


class VideoWriter:
    """One MP4 file. Close it; a file that was not closed cannot be read."""

    def __init__(self, path: Path, *, width: int, height: int, fps: int, codec: Codec) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        encoder, options = _ENCODERS[codec]
        self.path = path
        self.frames = 0
        self.bytes = 0  # what the encoder has given back so far; it runs some frames behind
        self._box = av.open(str(path), "w", options={"movflags": "faststart"})
        stream = cast("VideoStream", self._box.add_stream(encoder, rate=fps, options=options))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.thread_count = 1
        self._stream = stream
        self._begin = False

    def begin_episode(self) -> None:
        """The next frame is a keyframe."""
        self._begin = True

    def write(self, image: U8) -> None:
        """Append (h, w, 3) RGB."""
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = self.frames, self._stream.codec_context.time_base
        if self._begin:
            frame.pict_type = PictureType.I
            self._begin = False
        self._mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Write what is still on its way and the index."""
        self._mux(self._stream.encode(None))
        self._box.close()

    def _mux(self, packets: list[av.Packet]) -> None:
        self.bytes += sum(packet.size for packet in packets)
        self._box.mux(packets)

    def abandon(self) -> None:
        """Let go of the file; what is in it cannot be read."""
        with suppress(av.error.FFmpegError):
            self._box.close()


def packet_count(path: Path) -> int:
    """How many frames a file holds, without decoding.

    Raises:
        DamagedFile
    """
    try:
        with av.open(str(path)) as box:
            return sum(1 for packet in box.demux(video=0) if packet.size)
    except av.error.FFmpegError as error:
        raise DamagedFile(path, found=f"the video cannot be read ({error})") from error


def read_frames(path: Path, *, from_s: float, count: int, fps: float) -> Iterator[U8]:
    """``count`` pictures (h, w, 3) RGB from the one shown at ``from_s`` on.

    Raises:
        DamagedFile: there are fewer, or one is missing in between.
        OSError: as for any file.
    """
    try:
        with av.open(str(path)) as box:
            yield from _wanted(box, path, from_s=from_s, count=count, fps=fps)
    except av.error.FFmpegError as error:
        raise DamagedFile(path, found=f"the video cannot be read ({error})") from error


def _wanted(
    box: av.container.InputContainer, path: Path, *, from_s: float, count: int, fps: float
) -> Iterator[U8]:
    stream = box.streams.video[0]
    stream.codec_context.thread_count = 1
    base = stream.time_base or Fraction(1, round(fps))
    box.seek(round(from_s / base), stream=stream, backward=True)
    given = 0
    for frame in box.decode(stream):
        number = round((float(frame.time or 0.0) - from_s) * fps)
        if number < 0:
            continue
        if number != given:
            break
        yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        given += 1
        if given == count:
            return
    found = f"{given} of {count} pictures from {from_s:.3f} s on are there"
    raise DamagedFile(path, found=found)


def jpegs(images: Iterable[U8], *, quality: int) -> Iterator[bytes]:
    """Pictures as JPEG, one after the other."""
    import simplejpeg

    for image in images:
        yield simplejpeg.encode_jpeg(
            np.ascontiguousarray(image), quality=quality, colorspace="RGB", colorsubsampling="420"
        )
