"""Autonomous trials on fresh scenes, and what may be concluded from how many succeeded.

A trial: reset the scene, hand over to the policy, watch the cube. Shared by `foresight demo` and
the Run page. Knows the running bench only through :class:`TrialBench`; no Qt, no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from devices.commands import (
    Command,
    ResetScene,
    SceneState,
    SetAuthority,
    SetAutonomy,
    SetTask,
)
from recordings.rig_status import RigStatus
from recordings.types import Authority, Autonomy

LIFTED_M = 0.06  # height of the cube's centre that counts as lifted (a cube is 0.025 m)
TRAY_HALF_M = 0.047  # half the width inside the tray's walls, plus a cube leaning on one
TRAY_LOW_M = 0.03  # a placed cube's centre lies below this
SETTLE_NS = 300_000_000  # after a reset, before the policy takes over
RESUME_NS = 1_000_000_000  # between two hand-overs within a trial
TIMEOUT_NS = 20_000_000_000  # one trial


def wilson(successes: int, trials: int, *, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval for the success rate, as fractions (Wilson 1927).

    Raises:
        ValueError: when ``successes`` is not within 0…``trials``.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials: expected 0 to {trials}")
    if trials == 0:
        return 0.0, 1.0
    rate = successes / trials
    middle = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    half /= 1 + z * z / trials
    return min(max(0.0, middle - half), rate), max(min(1.0, middle + half), rate)


def cube_of_task(task: str, scene: SceneState) -> str | None:
    """The cube a task text speaks of ("put the red cube …" → "red"), None when it names none."""
    words = set(task.lower().replace(",", " ").split())
    for name in scene.cubes:
        if words & set(name.lower().replace("-", "_").split("_")) - {"cube"}:
            return name
    return None


def is_lifted(scene: SceneState, cube: str) -> bool:
    """Whether the cube's centre is higher than :data:`LIFTED_M` above the table."""
    return scene.cubes[cube][2] > LIFTED_M


def is_placed(scene: SceneState, cube: str) -> bool:
    """Whether the cube lies in the tray."""
    x, y, z = scene.cubes[cube][:3]
    near = abs(x - scene.tray[0]) < TRAY_HALF_M and abs(y - scene.tray[1]) < TRAY_HALF_M
    return near and z < TRAY_LOW_M


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one trial."""

    seed: int
    lifted: bool
    placed: bool
    seconds: float
    resumed: int = 0  # times the arm came to hold by itself and the series handed over again


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """Counts of a series and the interval they allow."""

    trials: int
    lifted: int
    placed: int
    lifted_interval: tuple[float, float]
    placed_interval: tuple[float, float]

    @classmethod
    def of(cls, results: list[Trial]) -> TrialSummary:
        lifted = sum(t.lifted for t in results)
        placed = sum(t.placed for t in results)
        count = len(results)
        return cls(count, lifted, placed, wilson(lifted, count), wilson(placed, count))


class TrialBench(Protocol):
    """What a series needs of the running bench."""

    @property
    def status(self) -> RigStatus: ...

    @property
    def scene(self) -> SceneState | None: ...

    def send(self, command: Command) -> None: ...


@dataclass(slots=True)
class TrialSeries:
    """Runs trials one after the other; call :meth:`tick` some 20 times a second until ``done``.

    RESET → SETTLE → DRIVE → RESET … → done. Time limit and verdict come from the scene's clock.
    """

    bench: TrialBench
    task: str
    seeds: list[int]
    results: list[Trial] = field(default_factory=list[Trial])
    running: bool = False
    _reset_sent: bool = False
    _since_ns: int = 0
    _asked_ns: int = 0
    _resumed: int = 0
    _lifted: bool = False

    @property
    def done(self) -> bool:
        return len(self.results) >= len(self.seeds)

    @property
    def seed(self) -> int:
        return self.seeds[min(len(self.results), len(self.seeds) - 1)]

    def tick(self, now_ns: int) -> Trial | None:
        """Move the series on; returns a trial when one has just ended."""
        scene = self.bench.scene
        if self.done or scene is None:
            return None
        if not self._reset_sent:
            self._send_reset(now_ns)
        elif not self.running:
            if scene.seed == self.seed and now_ns - self._since_ns > SETTLE_NS:
                self._hand_over(now_ns)
        else:
            return self._watch(scene, now_ns)
        return None

    def stop(self) -> None:
        """Give up the trial that runs; the arm holds."""
        self.bench.send(SetAuthority(Authority.HOLD))
        self.seeds = self.seeds[: len(self.results)]

    def _send_reset(self, now_ns: int) -> None:
        self.bench.send(SetAuthority(Authority.HOLD))
        self.bench.send(ResetScene(self.seed))
        self._reset_sent, self._since_ns = True, now_ns

    def _hand_over(self, now_ns: int) -> None:
        self.bench.send(SetTask(self.task))
        self.bench.send(SetAutonomy(Autonomy.AUTO))
        self.bench.send(SetAuthority(Authority.POLICY))
        self.running, self._lifted = True, False
        self._since_ns = self._asked_ns = now_ns
        self._resumed = 0

    def _go_on(self, now_ns: int) -> None:
        """The arm came to hold by itself (a late plan, a stale picture): hand over again."""
        holds = self.bench.status.authority is Authority.HOLD and not self.bench.status.stopped
        if holds and now_ns - self._asked_ns > RESUME_NS:
            self._asked_ns = now_ns
            self._resumed += 1
            self.bench.send(SetAuthority(Authority.POLICY))

    def _watch(self, scene: SceneState, now_ns: int) -> Trial | None:
        cube = cube_of_task(self.task, scene) or next(iter(scene.cubes))
        self._lifted = self._lifted or is_lifted(scene, cube)
        placed = self._lifted and is_placed(scene, cube)
        late = now_ns - self._since_ns > TIMEOUT_NS
        if not (placed or late):
            self._go_on(now_ns)
            return None
        seconds = (now_ns - self._since_ns) / 1e9
        trial = Trial(self.seed, self._lifted, placed, seconds, self._resumed)
        self.results.append(trial)
        self.bench.send(SetAuthority(Authority.HOLD))
        self._reset_sent = self.running = False
        return trial
