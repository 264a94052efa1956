"""Lets the demonstrator record N good episodes: reset, drive, record, judge, keep or redo.

Shared by `foresight demo` and the Teach page. Knows the running bench and a recorder through two
small protocols; no Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from devices.commands import ResetScene, SelectLeader, SetAuthority, SetTask
from recordings.types import Authority
from studio.trials import TrialBench, cube_of_task, is_placed

DEMONSTRATOR = "demonstrator"  # name of the leader on a simulated bench
DRIVER = "driver"  # event in an episode: which leader drives
SETTLE_NS = 300_000_000  # after a reset, before the demonstrator starts
TIMEOUT_NS = 25_000_000_000  # one demonstration
SEED_STRIDE = 1_000_003  # demonstrations and trials never share a scene
AFTER_MISS = 3  # every so many demonstrations one begins after a missed grasp
MAX_REDO = 3.0  # give up when more than this share of the wanted count failed


def begins_after_a_miss(number: int) -> bool:
    """Whether demonstration ``number`` (from 0) begins beside the cube, as after a missed grasp.

    Good grasps alone do not teach how to go on after a bad one.
    """
    return number % AFTER_MISS == AFTER_MISS - 1


class Recorder(Protocol):
    """What a series needs of the recorder process."""

    def begin(self, task: str) -> str: ...

    def end(self, success: bool | None = None) -> None: ...

    def event(self, kind: str, data: Mapping[str, Any]) -> None: ...

    def keep(self, episode_id: str) -> None: ...

    def discard(self, episode_id: str) -> None: ...


@dataclass(slots=True)
class DemonstrationSeries:
    """Records ``count`` successful demonstrations; call :meth:`tick` some 20 times a second.

    RESET → SETTLE → RECORD → judge → RESET … → done. A failed demonstration is discarded and made
    again on the next scene.
    """

    bench: TrialBench
    recorder: Recorder
    task: str
    count: int
    seed: int
    kept: int = 0
    failed: int = 0
    recording: bool = False
    stopped: bool = False
    _reset_sent: bool = False
    _began_ns: int | None = None  # first reset of the series
    since_ns: int = 0
    _episode: str = ""

    @property
    def done(self) -> bool:
        return self.stopped or self.kept >= self.count or self.gave_up

    @property
    def gave_up(self) -> bool:
        """Nearly everything fails: something is wrong that repeating does not mend."""
        return self.failed > MAX_REDO * self.count + 3

    @property
    def episode(self) -> str:
        """Id of the newest take."""
        return self._episode

    @property
    def scene_seed(self) -> int:
        return self.seed * SEED_STRIDE + self.kept + self.failed

    def seconds_left(self, now_ns: int) -> float | None:
        """At the pace of the takes kept so far; None before there is one."""
        if self._began_ns is None or not self.kept:
            return None
        each_ns = (now_ns - self._began_ns) / self.kept
        return max(0.0, self.count * each_ns - (now_ns - self._began_ns)) / 1e9

    def tick(self, now_ns: int) -> bool | None:
        """Move on; returns True or False when a demonstration has just succeeded or failed."""
        scene = self.bench.scene
        if self.done or scene is None:
            return None
        if not self._reset_sent:
            self.bench.send(SetAuthority(Authority.HOLD))
            missed = cube_of_task(self.task, scene) if begins_after_a_miss(self.kept) else None
            self.bench.send(ResetScene(self.scene_seed, missed=missed))
            self._reset_sent, self.since_ns = True, now_ns
            self._began_ns = now_ns if self._began_ns is None else self._began_ns
            return None
        if not self.recording:
            if scene.seed == self.scene_seed and now_ns - self.since_ns > SETTLE_NS:
                self._begin(now_ns)
            return None
        late = now_ns - self.since_ns > TIMEOUT_NS
        fault = self.bench.status.fault
        failed = fault is not None and fault.t_ns > self.since_ns
        if not (scene.demonstrator_done or late or failed):
            return None
        cube = cube_of_task(self.task, scene)
        success = scene.demonstrator_done and cube is not None and is_placed(scene, cube)
        self._end(success)
        return success

    def stop(self) -> None:
        """End in order: the take that runs is discarded, the arm holds."""
        if self.recording:
            self._end(success=False)
        self.stopped = True

    def _begin(self, now_ns: int) -> None:
        self.bench.send(SetTask(self.task))
        self.bench.send(SelectLeader(DEMONSTRATOR))
        self._episode = self.recorder.begin(self.task)
        self.recorder.event(DRIVER, {"leader": DEMONSTRATOR})
        self.bench.send(SetAuthority(Authority.LEADER))
        self.recording, self.since_ns = True, now_ns

    def _end(self, success: bool) -> None:
        self.recorder.end(success=success)
        self.bench.send(SetAuthority(Authority.HOLD))
        (self.recorder.keep if success else self.recorder.discard)(self._episode)
        self.kept += success
        self.failed += not success
        self.recording = self._reset_sent = False
