"""What just happened can be kept although nobody pressed record."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recordings import library
from recordings.errors import NotRecording
from recordings.live import Live
from recordings.reader import Episode
from recordings.recent import Recent
from recordings.recorder import Recorder
from recordings.types import Authority, EpisodeInfo, Step, frozen_f32

IMAGE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
FIRST_NS = 10**9


@pytest.fixture
def recorder(live: Live, folder: Path) -> Iterator[Recorder]:
    recorder = Recorder(live, folder, reserve_bytes=0, recent_s=2.0)
    yield recorder
    recorder.close()


def happen(live: Live, recorder: Recorder, *, ticks: range) -> None:
    """100 Hz steps whose state is the tick, a picture every fourth."""
    for tick in ticks:
        t_ns = FIRST_NS + tick * 10_000_000
        if tick % 4 == 0:
            live.frames["front"].write(IMAGE, t_ns)
        seen = {"front": live.frames["front"].newest_index, "wrist": -1}
        q = frozen_f32(np.full(6, tick))
        live.steps.write(Step(q, q, Authority.LEADER, t_ns, seen))
        recorder.pump()


def saved(recorder: Recorder, name: str) -> Episode:
    recorder.close()
    infos = [r for r in recorder.poll() if isinstance(r, EpisodeInfo) and r.id == name]
    assert infos[-1].sealed, infos[-1].problem
    return Episode.open(infos[-1].path)


def test_the_last_seconds_are_there_with_the_picture_each_step_saw(
    recorder: Recorder, live: Live
) -> None:
    happen(live, recorder, ticks=range(500))
    recorder.event("note", {"n": 1}, t_ns=FIRST_NS + 4_500_000_000)
    with saved(recorder, recorder.save_recent("that was good")) as episode:
        assert episode.state[:, 0].tolist() == list(range(299, 500))
        pictures = episode.frame_t_ns("front")[episode.frame_index["front"]]
        ticks = (pictures - FIRST_NS) // 10_000_000
        assert ticks.tolist() == [tick // 4 * 4 for tick in range(299, 500)]
        assert (episode.task, episode.info.success) == ("that was good", None)
        assert [event["kind"] for event in episode.events] == ["note"]


def test_an_episode_and_what_was_before_it_are_both_there_and_nothing_twice(
    recorder: Recorder, live: Live, folder: Path
) -> None:
    happen(live, recorder, ticks=range(60))
    recorder.begin("on purpose")
    happen(live, recorder, ticks=range(60, 120))
    name = recorder.save_recent("all of it")
    recorder.end()
    happen(live, recorder, ticks=range(120, 130))
    later = recorder.save_recent("and after")
    with saved(recorder, name) as episode:
        assert episode.state[:, 0].tolist() == list(range(120))
        assert episode.frame_count("front") == 30
    with Episode.open(folder / f"{later}.h5") as episode:
        assert episode.state[:, 0].tolist() == list(range(130))
    recorded = [i for i in library.list_episodes(folder) if i.task == "on purpose"]
    with Episode.open(recorded[0].path) as episode:
        assert episode.state[:, 0].tolist() == list(range(60, 120))


def test_memory_is_bounded_in_time_and_in_bytes(live: Live, folder: Path) -> None:
    recent = Recent(live, seconds=1.0, most_bytes=10**9, quality=90)
    recorder = Recorder(live, folder, reserve_bytes=0)
    held = []
    for start in range(0, 1200, 100):
        happen(live, recorder, ticks=range(start, start + 100))
        recent.drain()
        held.append(recent.held_bytes)
    assert max(held[3:]) <= min(held[3:]) * 1.1
    recent.most_bytes = held[-1] // 3
    happen(live, recorder, ticks=range(1200, 1210))
    recent.drain()
    assert recent.held_bytes <= recent.most_bytes
    recorder.close()


def test_nothing_to_save_is_said(recorder: Recorder, live: Live, folder: Path) -> None:
    with pytest.raises(NotRecording, match="save what just happened"):
        recorder.save_recent("nothing yet")
    plain = Recorder(live, folder, reserve_bytes=0)
    with pytest.raises(NotRecording):
        plain.save_recent("not kept")
    plain.close()
