"""The recorder: nothing silent, nothing half, and the next episode at once."""

import os
from pathlib import Path

import numpy as np
import pytest

from recordings import library
from recordings.errors import AlreadyRecording, NotRecording
from recordings.live import Live
from recordings.reader import Episode
from recordings.recorder import Recorder
from recordings.types import Authority, EpisodeInfo, EpisodePhase, Fault, Step, frozen_f32

NOISE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
STEP = Step(frozen_f32(np.zeros(6)), frozen_f32(np.zeros(6)), Authority.LEADER, 0)


def finish(recorder: Recorder) -> tuple[list[EpisodeInfo], list[Fault]]:
    """Close, and what was reported until then."""
    recorder.close()
    reports = recorder.poll()
    return (
        [report for report in reports if isinstance(report, EpisodeInfo)],
        [report for report in reports if isinstance(report, Fault)],
    )


def test_a_life_of_an_episode_is_reported_recording_review_sealed_kept(recorder: Recorder) -> None:
    episode_id = recorder.begin("task")
    assert recorder.end(success=True) == episode_id
    recorder.keep(str(episode_id))
    infos, faults = finish(recorder)
    assert [(info.phase, info.sealed) for info in infos] == [
        (EpisodePhase.RECORDING, False),
        (EpisodePhase.REVIEW, False),
        (EpisodePhase.REVIEW, True),
        (EpisodePhase.KEPT, True),
    ]
    assert {info.id for info in infos} == {episode_id}
    assert faults == []


def test_a_discarded_episode_lies_in_the_trash(recorder: Recorder) -> None:
    episode_id = str(recorder.begin("task"))
    recorder.end()
    recorder.discard(episode_id)
    infos, _ = finish(recorder)
    assert infos[-1].phase is EpisodePhase.DISCARDED
    assert [info.id for info in library.list_trash(recorder.folder)] == [episode_id]
    assert library.list_episodes(recorder.folder) == []


def test_nothing_from_before_and_after_an_episode_gets_into_it(
    recorder: Recorder, live: Live
) -> None:
    for _ in range(3):
        live.steps.write(STEP)
        live.frames["front"].write(NOISE, 0)
    recorder.begin("task")
    for _ in range(4):
        live.steps.write(STEP)
        live.frames["front"].write(NOISE, 0)
    recorder.end()
    live.steps.write(STEP)
    infos, _ = finish(recorder)
    assert infos[-1].steps == 4
    assert infos[-1].frames == 5  # four new ones and the one the first step saw


def test_the_next_episode_records_while_the_last_one_is_sealed(
    recorder: Recorder, live: Live
) -> None:
    for count in (3, 5, 7):
        recorder.begin("task")
        for _ in range(count):
            live.steps.write(STEP)
            live.frames["wrist"].write(NOISE, 0)
        recorder.end()
    infos, faults = finish(recorder)
    assert [info.steps for info in infos if info.sealed] == [3, 5, 7]
    assert [info.steps for info in library.list_episodes(recorder.folder)] == [3, 5, 7]
    assert faults == []


def test_overwritten_frames_are_counted_in_the_fault_in_the_events_and_in_the_file(
    recorder: Recorder, live: Live
) -> None:
    recorder.begin("task")
    for number in range(100):
        live.frames["front"].write(NOISE, number)
    recorder.end()
    infos, faults = finish(recorder)
    assert [(fault.code, fault.device) for fault in faults] == [("frames_lost", "front")]
    assert faults[0].message.startswith("68 of 'front' were overwritten")
    with Episode.open(infos[-1].path) as episode:
        assert episode.frame_count("front") == 32
        assert episode.frame_t_ns("front").tolist() == list(range(68, 100))
        assert episode.events[0]["data"] == {"stream": "front", "lost": 68, "first_index": 0}


def test_overwritten_steps_are_counted_too(recorder: Recorder, live: Live) -> None:
    recorder.begin("task")
    for _ in range(2048 + 10):
        live.steps.write(STEP)
    recorder.end()
    infos, faults = finish(recorder)
    assert [(fault.code, infos[-1].steps) for fault in faults] == [("steps_lost", 2048)]


def test_a_step_that_saw_a_lost_picture_names_the_one_before_never_a_later_one(
    recorder: Recorder, live: Live
) -> None:
    live.frames["front"].write(NOISE, 0)
    recorder.begin("task")
    recorder.pump()
    for number in range(1, 41):  # 8 of them are overwritten
        live.frames["front"].write(NOISE, number)
    for seen in (0, 5, 8, 9, 40):
        step = Step(STEP.state, STEP.action, Authority.LEADER, 0, {"front": seen, "wrist": -1})
        live.steps.write(step)
    recorder.end()
    infos, _ = finish(recorder)
    with Episode.open(infos[-1].path) as episode:
        times = episode.frame_t_ns("front")[episode.frame_index["front"]]
    assert times.tolist() == [0, 0, 0, 9, 40]


def test_a_full_file_system_stops_the_recording_and_keeps_what_is_written(
    live: Live, small_files: int, folder: Path
) -> None:
    recorder = Recorder(live, folder, reserve_bytes=0)
    recorder.begin("task")
    for _ in range(5):
        live.steps.write(STEP)
    recorder.pump()
    for _ in range(3):
        live.frames["front"].write(NOISE, 0)  # 80 kB each
        recorder.pump()
    assert not recorder.recording
    infos, faults = finish(recorder)
    assert faults[0].code == "disk_full"
    assert str(folder) in faults[0].message
    assert "MiB free" in faults[0].message
    with Episode.open(infos[-1].path) as episode:
        assert (len(episode.t_ns), episode.frame_count("front")) == (5, 0)


def test_what_a_full_disk_left_behind_is_completed_when_there_is_room(
    live: Live, small_disk: Path
) -> None:
    recorder = Recorder(live, small_disk, reserve_bytes=0)
    recorder.begin("task")
    frames = 0
    while recorder.recording:
        live.steps.write(STEP)
        live.frames["front"].write(NOISE, frames)
        recorder.pump()
        frames += 1
    infos, faults = finish(recorder)
    assert {fault.code for fault in faults} == {"disk_full"}
    assert infos[-1].frames in (frames - 1, frames)
    moved = small_disk.parent / "roomy"
    moved.mkdir()
    journal = next(small_disk.glob("*.journal"))
    (moved / journal.name).write_bytes(journal.read_bytes())
    (recovered,) = library.recover_journals(moved)
    assert (recovered.problem, recovered.recovered) == ("", True)
    assert recovered.frames == infos[-1].frames


def test_without_the_reserve_nothing_begins_and_the_fault_says_what_is_free(
    live: Live, folder: Path
) -> None:
    recorder = Recorder(live, folder, reserve_bytes=2**60)
    assert recorder.begin("task") is None
    infos, faults = finish(recorder)
    assert (infos, [fault.code for fault in faults]) == ([], ["disk_full"])
    assert list(folder.iterdir()) == []


def test_a_folder_that_vanishes_is_a_fault_not_a_crash(recorder: Recorder) -> None:
    os.rmdir(recorder.folder)
    assert recorder.begin("task") is None
    _, faults = finish(recorder)
    assert [fault.code for fault in faults] == ["recording_failed"]


def test_asking_in_the_wrong_order_is_refused_with_a_sentence(recorder: Recorder) -> None:
    with pytest.raises(NotRecording, match="cannot end: no episode is being recorded"):
        recorder.end()
    with pytest.raises(NotRecording, match="note 'x'"):
        recorder.event("x", {})
    recorder.begin("task")
    with pytest.raises(AlreadyRecording, match="still being recorded; end it first"):
        recorder.begin("task")
