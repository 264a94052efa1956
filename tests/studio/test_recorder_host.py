"""The recorder as a real process: killed, orphaned, restarted."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from recordings import library
from recordings.live import Live, remove_stale_blocks
from recordings.reader import Episode
from recordings.types import (
    Authority,
    EpisodeInfo,
    EpisodePhase,
    Fault,
    Plan,
    RobotSpec,
    Step,
    frozen_f32,
)
from studio.recorder_host import RecorderHost

IMAGE = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
TIMEOUT_S = 60.0

Report = EpisodeInfo | Fault


@pytest.fixture
def live(robot: RobotSpec) -> Iterator[Live]:
    rings = Live.create(robot)
    yield rings
    rings.close()
    rings.unlink()


@pytest.fixture
def host(live: Live, robot: RobotSpec, tmp_path: Path) -> Iterator[RecorderHost]:
    host = RecorderHost(live.handle, robot, tmp_path / "episodes", reserve_bytes=0)
    host.start()
    yield host
    host.close()


def until(host: RecorderHost, wanted: Callable[[Report], bool]) -> Report:
    """The first report that is wanted."""
    deadline_s = time.monotonic() + TIMEOUT_S
    seen: list[Report] = []
    while time.monotonic() < deadline_s:
        reports = host.poll(timeout_s=0.5)
        seen += reports
        for report in reports:
            if wanted(report):
                return report
    pytest.fail(f"never came; reported were {seen[-5:]}")


def begun(report: Report) -> bool:
    return isinstance(report, EpisodeInfo) and report.phase is EpisodePhase.RECORDING


def sealed(report: Report) -> bool:
    return isinstance(report, EpisodeInfo) and report.sealed


def write_steps(live: Live, count: int) -> None:
    q = frozen_f32(np.zeros(6))
    for number in range(count):
        if number % 3 == 0:
            live.frames["front"].write(IMAGE, number)
        live.steps.write(Step(q, q, Authority.LEADER, number))


def test_an_episode_goes_through_the_process_into_a_file(host: RecorderHost, live: Live) -> None:
    episode_id = host.begin("task")
    until(host, begun)
    write_steps(live, 60)
    host.event("note", {"by": "person"}, t_ns=5)
    host.plan(Plan(3, 1, frozen_f32(np.zeros((10, 6))), 0.1, 0, "tiny"))
    host.end(success=True)
    host.keep(episode_id)
    kept = until(host, lambda r: isinstance(r, EpisodeInfo) and r.phase is EpisodePhase.KEPT)
    assert isinstance(kept, EpisodeInfo)
    with Episode.open(kept.path) as episode:
        assert (episode.info.id, episode.info.success, len(episode.t_ns)) == (episode_id, True, 60)
        assert [(event["kind"], event["t_ns"]) for event in episode.events] == [("note", 5)]
        assert [plan.id for plan in episode.plans] == [3]
        assert episode.frame_count("front") == 20


def test_closing_ends_and_seals_the_running_episode(host: RecorderHost, live: Live) -> None:
    host.begin("task")
    until(host, begun)
    write_steps(live, 30)
    reports = host.close()
    assert [report.steps for report in reports if sealed(report)] == [30]
    assert not host.alive


@pytest.mark.parametrize("written_steps", [1, 7, 90])
def test_kill_9_loses_no_record_that_was_written(
    host: RecorderHost, live: Live, written_steps: int
) -> None:
    host.begin("task")
    until(host, begun)
    write_steps(live, written_steps)
    until(host, lambda r: isinstance(r, EpisodeInfo) and r.steps == written_steps)
    os.kill(host.pid, signal.SIGKILL)
    lost = until(host, lambda r: isinstance(r, Fault))
    assert isinstance(lost, Fault)
    assert (lost.code, host.alive) == ("recorder_lost", False)
    host.start()
    recovered = until(host, sealed)
    assert isinstance(recovered, EpisodeInfo)
    assert (recovered.recovered, recovered.steps) == (True, written_steps)
    assert recovered.frames == -(-written_steps // 3)


def test_kill_9_at_any_moment_leaves_an_episode_that_opens(
    host: RecorderHost, live: Live, tmp_path: Path
) -> None:
    reported: dict[str, int] = {}
    written: dict[str, int] = {}
    for pause in range(3):
        host.start()
        episode_id = host.begin("task")
        until(host, begun)
        written[episode_id] = reported[episode_id] = 0
        while written[episode_id] < 100 + 37 * pause:
            write_steps(live, 3)
            written[episode_id] += 3
            for report in host.poll(timeout_s=0.001):
                if isinstance(report, EpisodeInfo) and report.id == episode_id:
                    reported[episode_id] = report.steps
        os.kill(host.pid, signal.SIGKILL)
        until(host, lambda r: isinstance(r, Fault))
    host.start()
    host.close()
    recovered = {info.id: info for info in library.list_episodes(tmp_path / "episodes")}
    assert recovered.keys() == written.keys()
    for episode_id, info in recovered.items():
        assert info.problem == ""
        assert reported[episode_id] <= info.steps <= written[episode_id]
        with Episode.open(info.path) as episode:
            assert episode.t_ns.shape == (info.steps,)


def test_a_new_process_records_right_after_the_old_one_died(host: RecorderHost, live: Live) -> None:
    host.begin("first")
    until(host, begun)
    os.kill(host.pid, signal.SIGKILL)
    until(host, lambda r: isinstance(r, Fault))
    host.start()
    second = host.begin("second")
    until(host, lambda r: begun(r) and isinstance(r, EpisodeInfo) and r.id == second)
    write_steps(live, 9)
    host.end()
    steps = until(host, lambda r: sealed(r) and isinstance(r, EpisodeInfo) and r.id == second)
    assert isinstance(steps, EpisodeInfo)
    assert (steps.steps, steps.recovered) == (9, False)


ORPHAN = """
import sys
from pathlib import Path
import numpy as np
from recordings.live import Live
from recordings.types import *
from studio.recorder_host import RecorderHost

robot = RobotSpec("arm", (JointSpec("a", -1, 1, 1),), (), 100.0)
live = Live.create(robot)
host = RecorderHost(live.handle, robot, Path(sys.argv[1]), reserve_bytes=0)
host.start()
host.begin("orphan")
steps = 0
while steps < 25:
    for report in host.poll(timeout_s=0.1):
        if isinstance(report, EpisodeInfo) and live.steps.newest_index < 0:
            for t_ns in range(25):
                q = frozen_f32([0.5])
                live.steps.write(Step(q, q, Authority.LEADER, t_ns))
        steps = report.steps
sys.stdout.write(f"{host.pid}\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_a_recorder_whose_parent_is_killed_exits_and_the_next_one_completes_its_episode(
    host: RecorderHost, tmp_path: Path
) -> None:
    folder = tmp_path / "episodes"
    host.close()
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    recorder = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    ended, _, _ = select.select([recorder], [], [], TIMEOUT_S)
    os.close(recorder)
    parent.stdin.close()
    parent.stdout.close()
    remove_stale_blocks()
    assert ended
    assert [path.suffix for path in folder.iterdir()] == [".journal"]
    host.start()
    recovered = until(host, sealed)
    assert isinstance(recovered, EpisodeInfo)
    assert (recovered.task, recovered.steps, recovered.recovered) == ("orphan", 25, True)


def test_a_folder_that_cannot_be_made_is_a_fault_with_the_reason(
    live: Live, robot: RobotSpec, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    host = RecorderHost(live.handle, robot, tmp_path / "file" / "episodes")
    host.start()
    fault = until(host, lambda r: isinstance(r, Fault))
    host.close()
    assert isinstance(fault, Fault)
    assert fault.code == "recorder_failed"
    assert "file/episodes" in fault.message


def test_ending_without_a_beginning_is_refused_and_the_process_goes_on(host: RecorderHost) -> None:
    host.end()
    fault = until(host, lambda r: isinstance(r, Fault))
    host.begin("task")
    assert isinstance(fault, Fault)
    assert fault.code == "recorder_refused"
    assert until(host, begun)


def test_an_event_that_is_no_json_is_refused_where_it_is_made(host: RecorderHost) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        host.event("note", {"what": object()})


def test_a_recorder_for_other_rings_is_refused(
    live: Live, robot: RobotSpec, tmp_path: Path
) -> None:
    other = RobotSpec("yam", robot.joints, robot.cameras, robot.control_hz)
    with pytest.raises(ValueError, match="'so101' here, 'yam' there"):
        RecorderHost(live.handle, other, tmp_path)


def test_commands_after_close_and_closing_twice_are_harmless(host: RecorderHost) -> None:
    host.close()
    host.begin("task")
    host.end()
    assert host.poll() == []
    assert host.close() == []
