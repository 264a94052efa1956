"""Network cameras against a real server on loopback, well and ill."""

import socket
import threading
import time

import pytest

from devices.base import Camera
from devices.cameras.errors import CameraSilent, ModeRefused
from devices.emulators.camera_troubles import Trouble
from devices.emulators.pictures import read_number
from devices.errors import ConnectFailed, NotConnected, ReadFailed
from recordings.types import CameraSpec

PATIENT_S = 10.0  # a busy machine


@pytest.fixture
def camera(stand, looking_at):
    made = looking_at(stand.urls["front"])
    yield made
    made.close()


def until(camera, wanted, *, patience_s=PATIENT_S):
    """Read until ``wanted(frame)``; frames that come before are let go."""
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        frame = camera.read(0.2)
        if frame is not None and wanted(frame):
            return frame
    raise AssertionError("no such picture came")


def read_until_it_fails(camera, *, patience_s=PATIENT_S):
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        camera.read(0.2)


def test_it_speaks_the_protocol(camera, spec):
    assert isinstance(camera, Camera)
    assert camera.spec == spec


def test_pictures_are_new_each_time_and_count_what_was_missed(camera):
    camera.connect()
    frames = [camera.read(PATIENT_S) for _ in range(6)]
    assert all(f.image.shape == (120, 160, 3) for f in frames)
    assert [f.index for f in frames] == sorted({f.index for f in frames})
    assert [read_number(f.image) for f in frames] == [f.seq for f in frames]
    assert [f.t_ns for f in frames] == sorted(f.t_ns for f in frames)


def test_the_picture_is_the_one_that_was_sent(camera, stand):
    camera.connect()
    red, green, blue = camera.read(PATIENT_S).image[100, 150].astype(int)
    assert abs(red - 190) < 12
    assert abs(green - 160) < 12
    assert abs(blue - 110) < 12


def test_a_reader_that_paused_gets_the_newest_picture_not_a_backlog(camera):
    camera.connect()
    first = camera.read(PATIENT_S)
    threading.Event().wait(0.6)  # the reader is busy with something else
    late = camera.read(PATIENT_S)
    assert late.seq >= first.seq + 4
    assert late.index > first.index + 1
    assert (time.monotonic_ns() - late.t_ns) / 1e9 < 0.4


def test_reading_before_connect_says_so(camera):
    with pytest.raises(NotConnected, match="front"):
        camera.read(0.1)


def test_no_picture_in_time_is_none(camera, stand):
    camera.connect()
    stand.set_trouble("front", Trouble.STALL)
    until_quiet = [camera.read(0.15) for _ in range(4)]
    assert until_quiet[-1] is None


def test_closing_twice_and_connecting_again(camera):
    for _ in range(2):
        camera.connect()
        assert camera.read(PATIENT_S).index >= 0
        camera.close()
        camera.close()


# ── faults ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Trouble.STALL, "sent no picture for"),
        (Trouble.DROP, "closed the connection"),
        (Trouble.REFUSE, "closed the connection"),
        (Trouble.CUT_JPEG, "could not be read"),
        (Trouble.CUT_PART, "could not be read"),
    ],
)
def test_a_lost_camera_is_an_error_and_connecting_again_repairs_it(camera, stand, trouble, says):
    camera.connect()
    camera.read(PATIENT_S)
    stand.set_trouble("front", trouble)
    with pytest.raises(ReadFailed, match=says) as raised:
        read_until_it_fails(camera)
    assert "front" in str(raised.value)
    assert isinstance(raised.value, CameraSilent)
    camera.close()
    stand.set_trouble("front", Trouble.NONE)
    connect_when_it_is_back(camera)
    assert camera.read(PATIENT_S).index >= 0


def connect_when_it_is_back(camera):
    deadline_s = time.monotonic() + PATIENT_S
    while time.monotonic() < deadline_s:
        try:
            camera.connect()
        except ConnectFailed:
            continue
        return
    raise AssertionError("it did not come back")


def test_a_stalled_camera_delays_nobody(camera, stand):
    """A read returns when its time is over, and closing needs no picture."""
    camera.connect()
    camera.read(PATIENT_S)
    stand.set_trouble("front", Trouble.STALL)
    until_none = None
    for _ in range(5):
        before_s = time.monotonic()
        until_none = camera.read(0.05)
        assert time.monotonic() - before_s < 2.0
    assert until_none is None
    before_s = time.monotonic()
    camera.close()
    assert time.monotonic() - before_s < 3.0


def test_one_bad_picture_is_skipped(scripted, looking_at):
    good = Trouble.NONE
    stand = scripted([(8, Trouble.CUT_PART), (9, good), (14, Trouble.CUT_JPEG), (15, good)])
    camera = looking_at(stand.urls["front"])
    camera.connect()
    frame = until(camera, lambda f: f.seq > 20)
    assert read_number(frame.image) == frame.seq
    camera.close()


def test_a_wrong_size_is_refused_with_both_sizes(stand, looking_at):
    wanted = CameraSpec("front", width=640, height=480, fps=30.0)
    camera = looking_at(stand.urls["front"], wanted)
    with pytest.raises(ModeRefused, match=r"asked for 640×480, it delivers pictures of 160×120"):
        camera.connect()


def test_a_size_that_changes_is_an_error_not_a_picture(camera, stand):
    camera.connect()
    stand.set_trouble("front", Trouble.WRONG_SIZE)
    with pytest.raises(ModeRefused, match="80×60"):
        read_until_it_fails(camera)


def test_nobody_there(camera, stand):
    stand.stop()
    with pytest.raises(ConnectFailed, match=r"does not answer \(Connection refused\)"):
        camera.connect()


def test_a_page_that_is_no_stream(stand, looking_at):
    camera = looking_at(stand.urls["front"].replace("/video", "/picture"))
    with pytest.raises(ConnectFailed, match="'image/jpeg', not a stream of JPEG"):
        camera.connect()


def test_a_path_that_does_not_exist(stand, looking_at):
    camera = looking_at(stand.urls["front"].replace("/video", "/nothing"))
    with pytest.raises(ConnectFailed, match="answers 404"):
        camera.connect()


def test_a_password_is_never_repeated_in_an_error(looking_at):
    camera = looking_at("http://me:secret@127.0.0.1:9/video")
    with pytest.raises(ConnectFailed) as raised:
        camera.connect()
    assert "secret" not in str(raised.value)


# ── other people's servers ─────────────────────────────────────────────────────────────────────


def serve_once(answer):
    """A server for one connection that sends ``answer`` and then waits for the client to go."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def serve():
        connection, _ = listener.accept()
        asked.append(connection.recv(4096))
        connection.sendall(answer)
        connection.settimeout(30.0)
        connection.recv(1)
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener, thread, asked


def test_chunked_streams_and_passwords_as_small_cameras_use_them(stand, looking_at):
    import simplejpeg

    source = looking_at(stand.urls["front"])
    source.connect()
    jpeg = simplejpeg.encode_jpeg(source.read(PATIENT_S).image.copy())
    source.close()
    piece = b"--abc\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg
    chunks = [piece[:50], piece[50:], b"\r\n" + piece]
    body = b"".join(b"%X\r\n%s\r\n" % (len(c), c) for c in chunks)
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=abc\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    listener, thread, asked = serve_once(head + body)
    port = listener.getsockname()[1]
    camera = looking_at(f"http://me:secret@127.0.0.1:{port}/stream?q=5")
    camera.connect()
    assert camera.read(PATIENT_S).image.shape == (120, 160, 3)
    camera.close()
    thread.join(PATIENT_S)
    listener.close()
    assert b"GET /stream?q=5 " in asked[0]
    assert b"Authorization: Basic bWU6c2VjcmV0" in asked[0]
