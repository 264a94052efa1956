"""Bars in a terminal, walks through a window, reports in words."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.types import EpisodeInfo, EpisodePhase
from studio.parts.review import Review
from studio.terminal import Progress, bar, clock
from studio.walk import Wait, Walk


@given(st.floats(0, 1))
def test_a_bar_keeps_its_width_whatever_it_shows(share):
    assert len(bar(share, width=20)) == 20


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (61, "1:01"), (3599.6, "1:00:00"), (36061, "10:01:01")]
)
def test_times_read_like_on_a_clock(seconds, text):
    assert clock(seconds) == text


def test_a_file_gets_a_line_per_tenth_not_a_line_per_tick():
    out = io.StringIO()
    progress = Progress("Record", 100, out)
    for done in range(101):
        progress.show(done)
    assert len(out.getvalue().splitlines()) == 11
    assert "\r" not in out.getvalue()


def ended(walk, qtbot):
    with qtbot.waitSignal(walk.ended, timeout=30_000) as said:
        walk.start()
    return said.args[0]


def test_a_walk_says_which_wait_took_too_long(qtbot):
    def script():
        yield Wait("a miracle", lambda: False, timeout_s=0.05)

    assert ended(Walk(script()), qtbot) == "waited 0 s for a miracle"


def test_a_walk_that_breaks_says_how_and_is_no_success(qtbot):
    def script():
        yield Wait("nothing", lambda: True)
        raise ValueError("the door is locked")

    with qtbot.capture_exceptions() as raised:
        assert ended(Walk(script()), qtbot) == "ValueError: the door is locked"
    assert len(raised) == 1


def test_a_walk_to_the_end_has_no_problem(qtbot):
    def script():
        yield Wait("nothing", lambda: True)

    assert ended(Walk(script()), qtbot) == ""


def test_a_recording_that_a_crash_interrupted_is_announced_once(qapp, robot, tmp_path):
    review = Review(tmp_path, robot)
    said = []
    review.noticed.connect(lambda text, level: said.append((text, level)))
    take = EpisodeInfo(
        id="a",
        path="a.h5",
        task="stack",
        phase=EpisodePhase.REVIEW,
        steps=120,
        duration_s=1.2,
        cameras=("front",),
        frames=36,
        created_wall_s=0.0,
        recovered=True,
    )
    review.on_episode(take)
    review.on_episode(take)
    ((text, level),) = said
    assert level == "attention"
    assert "1.2 s of “stack”" in text
