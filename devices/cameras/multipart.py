"""Cuts a multipart stream of JPEG pictures into pictures; pure, fed with bytes as they come.

A picture is given out as soon as its announced length is there, without waiting for the next
delimiter: that would cost one picture's time of delay. What does not hold what it announced is
counted as damaged, and reading goes on at the next delimiter. Knows no socket.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_PICTURE_BYTES = 32 * 2**20
_HEAD_END = b"\r\n\r\n"
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Part:
    """One picture of the stream."""

    jpeg: bytes
    number: int = -1  # the sender's own counter where it tells one


class Multipart:
    """The parser. ``feed`` bytes, ``parts`` come out."""

    def __init__(self, boundary: bytes) -> None:
        """A parser at the start of a stream.

        Args:
            boundary: as in the Content-Type, without the leading dashes.
        """
        self._delimiter = b"--" + boundary.removeprefix(b"--")
        self._buffer = bytearray()
        self.damaged = 0  # parts that did not hold what they announced

    def feed(self, data: bytes) -> list[Part]:
        """Add bytes; returns the pictures that are complete now, oldest first."""
        self._buffer += data
        parts: list[Part] = []
        while self._step(parts):
            pass
        if len(self._buffer) > MAX_PICTURE_BYTES:
            self.damaged += 1
            self._buffer.clear()
        return parts

    def _step(self, parts: list[Part]) -> bool:
        """Take one part off the buffer; False when more bytes are needed."""
        start = self._buffer.find(self._delimiter)
        if start < 0:
            del self._buffer[: -len(self._delimiter)]  # the delimiter may be half here
            return False
        head_end = self._buffer.find(_HEAD_END, start)
        if head_end < 0:
            return False
        head = _fields(bytes(self._buffer[start + len(self._delimiter) : head_end]))
        body = head_end + len(_HEAD_END)
        length = _whole_number(head.get("content-length"))
        end = self._end(body, length)
        if end is None:
            return False
        jpeg = bytes(self._buffer[body:end])
        del self._buffer[:end]
        if jpeg.startswith(_JPEG_START) and (length < 0 or len(jpeg) == length):
            parts.append(Part(jpeg, _whole_number(head.get("x-picture"))))
        else:
            self.damaged += 1
        return True

    def _end(self, body: int, length: int) -> int | None:
        """Where the part that starts at ``body`` ends; None when that is not known yet."""
        following = self._buffer.find(self._delimiter, body)
        if length >= 0 and len(self._buffer) >= body + length:
            announced = body + length
            return announced if following < 0 or following >= announced else following
        if following >= 0:
            gap = 2 if self._buffer[following - 2 : following] == b"\r\n" else 0
            return following - gap
        if length < 0 and self._buffer.endswith(_JPEG_END):
            return len(self._buffer)
        return None


def boundary_of(content_type: str) -> bytes | None:
    """The boundary in a Content-Type header; None when it is no multipart stream."""
    kind, *parameters = (piece.strip() for piece in content_type.split(";"))
    if not kind.lower().startswith("multipart/"):
        return None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "boundary" and value.strip():
            return value.strip().strip('"').encode("latin-1")
    return None


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _whole_number(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else -1
