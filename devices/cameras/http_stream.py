"""Network cameras that send MJPEG over HTTP.

Its own small reader instead of OpenCV's: FFmpeg blocks for 30 s on a camera that stalls, hides
pictures it could not decode, and reports a wrong rate. Knows HTTP and JPEG, no camera brand.
"""

from __future__ import annotations

import base64
import http.client
import time
from urllib.parse import SplitResult, unquote, urlsplit

import simplejpeg

from devices.cameras.body_stream import BodyStream
from devices.cameras.drained import Grab
from devices.cameras.errors import CameraSilent, ModeRefused
from devices.cameras.multipart import Multipart, Part, boundary_of
from devices.errors import ConnectFailed
from recordings.types import CameraSpec

OPEN_TIMEOUT_S = 2.0
FIRST_PICTURE_S = 3.0
PATIENCE_S = 0.1  # how long one grab waits
BAD_PICTURES = 10  # in a row: an error


class HttpStream:
    """Source for ``http://`` and ``https://`` addresses."""

    def __init__(self, spec: CameraSpec, url: str) -> None:
        """A closed stream.

        Args:
            spec: the size its pictures must have; the rate is the sender's.
            url: may carry ``user:password@`` for basic authentication.
        """
        self._spec = spec
        self._url = url
        self._body: BodyStream | None = None
        self._parser = Multipart(b"")
        self._arrived_ns = 0
        self._bad = 0
        self._first: Grab | None = None  # seen while opening, not given out yet

    def open(self) -> None:
        """Connect, and look at the first picture.

        Raises:
            ConnectFailed: nobody answers, or the answer is no stream of JPEG pictures.
            ModeRefused: its pictures have another size.
        """
        url = urlsplit(self._url)
        try:
            body = BodyStream(url, _credentials(url), open_timeout_s=OPEN_TIMEOUT_S)
        except (OSError, http.client.HTTPException) as error:
            reason = f"{_without_password(url)} does not answer ({_words(error)})"
            hint = "Check that the camera is on and that the address is right."
            raise ConnectFailed(self._name, reason=reason, hint=hint) from error
        self._body = body
        self._parser = Multipart(self._boundary(body.response))
        self._await_first()

    def grab(self) -> Grab | None:
        """The newest picture that has arrived; None after 0.1 s without.

        Raises:
            CameraSilent: the camera closed the connection, or sends no picture that can be read.
            ModeRefused: the size of its pictures changed.
        """
        first, self._first = self._first, None
        if first is not None:
            return first
        part = self._newest_part()
        if part is None:
            return None
        try:
            height, width, _, _ = simplejpeg.decode_jpeg_header(part.jpeg)
            image = (
                None if self._wrong(int(width), int(height)) else simplejpeg.decode_jpeg(part.jpeg)
            )
        except ValueError as error:
            self._count_bad(str(error))
            return None
        if image is None:
            raise ModeRefused(
                self._spec.name, asked=self._asked, got=f"pictures of {width}×{height}"
            )
        self._bad = 0
        return Grab(image, self._arrived_ns, part.number)

    def close(self) -> None:
        """End the connection; may be called twice."""
        body, self._body = self._body, None
        if body is not None:
            body.close()

    @property
    def _name(self) -> str:
        return f"Camera {self._spec.name!r}"

    @property
    def _asked(self) -> str:
        return f"{self._spec.width}×{self._spec.height}"

    def _wrong(self, width: int, height: int) -> bool:
        return (width, height) != (self._spec.width, self._spec.height)

    def _boundary(self, response: http.client.HTTPResponse) -> bytes:
        if response.status != 200:
            reason = f"it answers {response.status} {response.reason}"
            raise ConnectFailed(self._name, reason=reason, hint="Check path, user and password.")
        kind = response.headers.get("Content-Type", "nothing")
        boundary = boundary_of(kind)
        if boundary is None:
            reason = f"it sends {kind!r}, not a stream of JPEG pictures"
            hint = "Use the camera's MJPEG address (often /video, /mjpeg or /stream)."
            raise ConnectFailed(self._name, reason=reason, hint=hint)
        return boundary

    def _await_first(self) -> None:
        """Wait for one good picture, so that a wrong size is refused while connecting."""
        deadline_s = time.monotonic() + FIRST_PICTURE_S
        while time.monotonic() < deadline_s:
            try:
                self._first = self.grab()
            except CameraSilent as error:
                raise ConnectFailed(self._name, reason=error.message) from error
            if self._first is not None:
                return
        reason = f"it sends no picture within {FIRST_PICTURE_S:.0f} s"
        raise ConnectFailed(self._name, reason=reason)

    def _newest_part(self) -> Part | None:
        """Read what is there; of several pictures only the newest counts."""
        if self._body is None:
            return None
        try:
            data = self._body.read(PATIENCE_S)
        except (OSError, ValueError) as error:
            raise CameraSilent(self._spec.name, reason=_words(error)) from error
        if data is None:
            return None
        if not data:
            raise CameraSilent(self._spec.name, reason="the camera closed the connection")
        arrived_ns = time.monotonic_ns()
        damaged = self._parser.damaged
        parts = self._parser.feed(data)
        if not parts:
            if self._parser.damaged > damaged:
                self._count_bad("a picture ended too early")
            return None
        self._arrived_ns = arrived_ns
        return parts[-1]

    def _count_bad(self, what: str) -> None:
        self._bad += 1
        if self._bad >= BAD_PICTURES:
            reason = f"{self._bad} pictures in a row could not be read ({what})"
            raise CameraSilent(self._spec.name, reason=reason)


def _credentials(url: SplitResult) -> dict[str, str]:
    if url.username is None:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def _without_password(url: SplitResult) -> str:
    host = url.hostname or ""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{url.path}"


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or repr(error)
