"""The endless body of one HTTP answer, read without ever waiting longer than asked.

http.client speaks the head of the answer; its own body reader hides bytes in a buffer where a
``select`` cannot see them, so that pictures would come late. Chunked bodies (ESP32 cameras send
them) are unwrapped here. Knows no picture.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult

CHUNK = 256 * 1024
_LINE_END = b"\r\n"
_LONGEST_SIZE_LINE = 64  # characters


class Dechunker:
    """Unwraps chunked transfer encoding; fed with bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0  # bytes of the present chunk still to come

    def feed(self, data: bytes) -> bytes:
        """The payload in ``data`` and what was kept of earlier calls.

        Raises:
            ValueError: the stream is not chunked as it says.
        """
        self._buffer += data
        payload = bytearray()
        while self._buffer:
            if self._left == 0 and not self._next_chunk():
                break
            taken = self._buffer[: self._left]
            del self._buffer[: len(taken)]
            self._left -= len(taken)
            payload += taken
        return bytes(payload)

    def _next_chunk(self) -> bool:
        """Read the size of the next chunk; False when its line is not complete yet."""
        if self._buffer.startswith(_LINE_END):  # that ends the chunk before
            del self._buffer[:2]
        end = self._buffer.find(_LINE_END)
        if end < 0:
            if len(self._buffer) > _LONGEST_SIZE_LINE:
                message = "the camera's chunk sizes cannot be read"
                raise ValueError(message)
            return False
        size = bytes(self._buffer[:end]).split(b";")[0].strip()
        self._left = int(size, 16)
        del self._buffer[: end + 2]
        return self._left > 0


class BodyStream:
    """An open HTTP answer."""

    def __init__(
        self, url: SplitResult, headers: Mapping[str, str], *, open_timeout_s: float
    ) -> None:
        """Connect, ask, and read the head of the answer.

        Raises:
            OSError, http.client.HTTPException: nobody answers in HTTP.
        """
        self._connection = _connection(url, open_timeout_s)
        try:
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            self._connection.request("GET", target, headers=dict(headers))
            self._socket: socket.socket = self._connection.sock
            self.response = self._connection.getresponse()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        chunked = self.response.headers.get("Transfer-Encoding", "").lower() == "chunked"
        self._dechunker = Dechunker() if chunked else None
        self._socket.setblocking(False)
        self._early = self._buffered()

    def read(self, timeout_s: float) -> bytes | None:
        """What has arrived; None when nothing came in time, empty at the end of the stream.

        Raises:
            OSError: the connection broke.
            ValueError: the body is not what its head says.
        """
        data, self._early = self._early, b""
        data = data or self._receive(timeout_s)
        if not data or self._dechunker is None:
            return data
        return self._dechunker.feed(data) or None

    def close(self) -> None:
        """May be called twice."""
        self.response.close()
        self._connection.close()
        self._socket.close()

    def _buffered(self) -> bytes:
        """What http.client read beyond the head."""
        fp = self.response.fp
        return b"" if fp is None else bytes(fp.peek())

    def _receive(self, timeout_s: float) -> bytes | None:
        waiting = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0
        if not waiting and not select.select([self._socket], [], [], timeout_s)[0]:
            return None
        try:
            return self._socket.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None


def _connection(url: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host, port = url.hostname or "", url.port
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(host, port, timeout=timeout_s)
