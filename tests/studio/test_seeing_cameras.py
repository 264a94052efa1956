"""The cameras of a kit are seen while it is set up, through real streams and the real process."""

from __future__ import annotations

import pytest

from devices.emulators.camera_stand import CameraStand, StandPlan
from devices.emulators.pictures import TestCard
from devices.setup.bench_draft import CameraDraft
from studio.setting_up.cameras import SeenCameras

PATIENCE_MS = 60_000


@pytest.fixture
def stand():
    made = CameraStand(StandPlan(("front", "wrist"), pictures=TestCard()))
    made.start()
    yield made
    made.stop()


class Desk:
    def __init__(self, qtbot) -> None:
        self.drafted: tuple[CameraDraft, ...] = ()
        self.taken: frozenset[str] = frozenset()
        self.cameras = SeenCameras(lambda: self.drafted, lambda: self.taken)
        self._qtbot = qtbot

    def until(self, condition) -> None:
        def so() -> bool:
            self.cameras.tick()
            return bool(condition())

        self._qtbot.waitUntil(so, timeout=PATIENCE_MS)

    def sees(self, address: str) -> bool:
        return self.cameras.glance(address).picture is not None


@pytest.fixture
def desk(qapp, qtbot):
    made = Desk(qtbot)
    yield made
    made.cameras.close()


def test_every_camera_is_seen_small_and_by_its_address(desk, stand):
    for url in stand.urls.values():
        desk.cameras.add(url)
    front, wrist = stand.urls.values()
    desk.until(lambda: desk.sees(front) and desk.sees(wrist))
    assert desk.cameras.glance(front).picture.shape == (144, 192, 3)
    assert set(desk.cameras.found) >= {front, wrist}


def test_what_does_not_answer_says_so_and_the_others_are_seen(desk, stand):
    gone, front = "http://127.0.0.1:9/video", stand.urls["front"]
    desk.cameras.add(gone)
    desk.cameras.add(front)
    desk.until(lambda: desk.sees(front) and "127.0.0.1:9" in desk.cameras.glance(gone).trouble)
    assert not desk.sees(gone)


def test_a_mode_the_camera_cannot_do_is_told_before_the_bench_is_opened(desk, stand):
    front = stand.urls["front"]
    desk.drafted = (CameraDraft("front", front, width=320, height=240),)
    desk.until(lambda: "640" in desk.cameras.glance(front).trouble)


def test_what_the_rig_wants_is_let_go_and_left_alone_until_it_is_free_again(desk, stand):
    front = stand.urls["front"]
    desk.cameras.add(front)
    desk.until(lambda: desk.sees(front))
    desk.taken = frozenset({front})
    assert desk.cameras.holds(desk.taken)
    desk.until(lambda: not desk.cameras.holds(desk.taken))
    assert not desk.sees(front)
    desk.cameras.look()
    desk.cameras.look()
    assert not desk.cameras.holds(desk.taken), "it is with the rig"
    desk.taken = frozenset()
    desk.until(lambda: desk.sees(front))


def test_a_process_that_died_is_started_again(desk, stand):
    front, seen = stand.urls["front"], []
    desk.cameras.add(front)
    desk.until(lambda: desk.sees(front))
    dead = desk.cameras._host._process
    dead.kill()
    dead.join()
    desk.cameras.tick()  # what it told before
    desk.cameras.seen.connect(seen.append)
    desk.until(lambda: seen)
    assert desk.cameras._host._process is not dead
