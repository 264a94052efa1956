"""An MJPEG camera on loopback: one listener per camera, as with real network cameras.

``/video`` is the endless multipart stream, ``/picture`` one JPEG. Troubles are those of
``camera_troubles``. The drawing is the film's; this module knows HTTP only.
"""

from __future__ import annotations

import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from devices.emulators.camera_troubles import Trouble
from devices.emulators.film import Reel, Shot

log = logging.getLogger(__name__)

BOUNDARY = b"foresight-picture"
PART_WAIT_S = 0.2  # how soon a waiting connection notices that it is to end
SEND_TIMEOUT_S = 2.0  # a client that does not read is let go
SLOW_STRIDE = 4
_HOST = "127.0.0.1"


class MjpegCamera:
    """One listening camera. Closed ⇄ listening; keeps its port when it listens again."""

    def __init__(self, reel: Reel, *, port: int = 0) -> None:
        """A camera nobody can reach yet.

        Args:
            reel: the pictures it shows.
            port: 0 for any free one.
        """
        self.reel = reel
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the stream is; known after the first ``listen``."""
        return f"http://{_HOST}:{self._port}/video"

    def listen(self) -> None:
        """Accept connections.

        Raises:
            OSError: the port is taken.
        """
        if self._server is not None:
            return
        self._server = _Server((_HOST, self._port), _Handler, reel=self.reel)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"mjpeg-{self.reel.camera}",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Close the listener and every connection; may be called twice."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.leave_all()
        server.shutdown()
        server.server_close()
        self._thread.join()

    def obey(self) -> None:
        """Listen, or not, as the trouble of the moment says."""
        if self.reel.trouble is Trouble.REFUSE:
            self.close()
        else:
            self.listen()


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that they can be closed from outside."""

    daemon_threads = False
    block_on_close = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], *, reel: Reel
    ) -> None:
        self.reel = reel
        self.leaving = threading.Event()
        super().__init__(address, handler)

    def leave_all(self) -> None:
        """Streams end within ``PART_WAIT_S``."""
        self.leaving.set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nothing to print."""
        log.debug("connection %s ended with an error", client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    timeout = SEND_TIMEOUT_S
    server_version = "ForesightCamera"

    @property
    def _stand(self) -> _Server:
        assert isinstance(self.server, _Server)
        return self.server

    def do_GET(self) -> None:
        if self.path in ("/", "/video"):
            self._stream()
        elif self.path == "/picture":
            self._single()
        else:
            self.send_error(404, "Here are /video and /picture")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        log.debug(format, *args)

    def _single(self) -> None:
        shot = self._stand.reel.next(-1, timeout_s=PART_WAIT_S)
        if shot is None:
            self.send_error(503, "No picture yet")
            return
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(shot.jpeg)))
        self.end_headers()
        self.wfile.write(shot.jpeg)

    def _stream(self) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send_response(200)
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        stand, sent = self._stand, -1
        reel = stand.reel
        while not (reel.ended or stand.leaving.is_set() or reel.trouble is Trouble.DROP):
            shot = reel.next(sent, timeout_s=PART_WAIT_S)
            if shot is None:
                continue
            sent = shot.number
            if reel.trouble is Trouble.DROP or self._holds_back(shot):
                continue
            self.wfile.write(_part(shot, reel.trouble))

    def _holds_back(self, shot: Shot) -> bool:
        trouble = self._stand.reel.trouble
        slow = trouble is Trouble.SLOW and shot.number % SLOW_STRIDE != 0
        return trouble is Trouble.STALL or slow


def _part(shot: Shot, trouble: Trouble) -> bytes:
    """One part of the stream, the delimiter in front."""
    whole, half = len(shot.jpeg), len(shot.jpeg) // 2
    cut = trouble in (Trouble.CUT_JPEG, Trouble.CUT_PART)
    body = shot.jpeg[:half] if cut else shot.jpeg
    announced = half if trouble is Trouble.CUT_JPEG else whole
    head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\nX-Picture: %d\r\n\r\n" % (
        BOUNDARY,
        announced,
        shot.number,
    )
    return head + body + b"\r\n"
