"""A real rig on a clock of the test's own; fakes only at the outermost cable.

Arm, leader, cameras and the policy behind the planner are in memory; authority, drivers, player,
checks, guard, capture threads and live rings are the real ones.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from devices.bench import Hardware
from devices.commands import Approve, Connect, ConnectPlanner, PlanProposed, SetTask
from devices.errors import PlanInvalid, PlannerFailed, ReadFailed, WriteFailed
from devices.planning.checks import PlanContext, PlanInspector
from devices.planning.planner import (
    Inquiry,
    PlanArrived,
    PlannerLost,
    PlannerNews,
    PlannerReady,
    PlanRejected,
)
from devices.rig import Rig
from devices.rig_settings import RigSettings
from devices.workspace import Workspace
from recordings.live import Live
from recordings.types import (
    CameraSpec,
    Frame,
    JointSpec,
    JointState,
    Plan,
    RobotSpec,
    frozen_f32,
)
from recordings.wire import PlanRequest, ServerHello

PERIOD_NS = 10_000_000
FRAME_NS = 100_000_000  # slower than real ones: every picture is handed to a real thread
START_Q = (0.0, 0.3, -0.2, 0.5)
FALLS = (0.0, -0.004, 0.002, 0.0)  # rad per read of a limp arm
ROWS, DT_S = 30, 0.1

Policy = Callable[[PlanRequest], np.ndarray]


class FakeClock:
    def __init__(self) -> None:
        self.ns = 1_000_000_000

    def now_ns(self) -> int:
        return self.ns


class FakeArm:
    """A perfect servo with 60 ms of lag; can be deaf, mute, stuck and limp."""

    def __init__(self, spec: RobotSpec) -> None:
        self.spec = spec
        self.q = np.array(START_Q)
        self.goal = self.q.copy()
        self.commands: list[np.ndarray] = []
        self.reads_fail = self.writes_fail = self.torque_fails = 0
        self.stuck = np.zeros(len(self.q), dtype=bool)  # joints that something blocks
        self.torque = False
        self.written_limp = 0
        self.t_ns = 0

    def connect(self) -> None:
        self.goal = self.q.copy()
        self.torque = True

    def read(self) -> JointState:
        if self.reads_fail:
            self.reads_fail -= 1
            raise ReadFailed("arm", reason="no reply within 5 ms")
        way = (self.goal - self.q) * 0.15 if self.torque else np.array(FALLS)
        self.q = np.clip(self.q + np.where(self.stuck, 0.0, way), -1.4, 1.4)
        return JointState(frozen_f32(self.q), t_ns=self.t_ns)

    def write(self, q: np.ndarray) -> np.ndarray:
        if self.writes_fail:
            self.writes_fail -= 1
            raise WriteFailed("arm", reason="no reply within 5 ms")
        self.written_limp += not self.torque
        self.goal = np.array(q, dtype=float)
        self.commands.append(self.goal.copy())
        return q

    def hold(self) -> None:
        self._torque_bus()
        self.goal = self.q.copy()
        self.torque = True

    def release(self) -> None:
        self._torque_bus()
        self.torque = False

    def _torque_bus(self) -> None:
        if self.torque_fails:
            self.torque_fails -= 1
            raise WriteFailed("arm", reason="no reply within 5 ms")

    def close(self) -> None: ...


class ToyTips:
    """Kinematics of a robot that does not exist: pan and lift turn a stick of 0.3 m."""

    def tip_paths(self, q: np.ndarray) -> np.ndarray:
        pan, lift = np.asarray(q)[:, 0], np.asarray(q)[:, 1]
        flat = 0.3 * np.cos(lift)
        tips = np.stack([flat * np.cos(pan), flat * np.sin(pan), 0.3 * np.sin(lift)], axis=1)
        return tips.astype(np.float32)[np.newaxis]


class FakeLeader:
    """Stands elsewhere than the follower, like a real one; moves as the test says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.q = np.array([0.8, -0.4, 0.6, 0.1])
        self.speed = np.zeros(4)
        self.fails = 0

    def connect(self) -> None: ...

    def engage(self, q: np.ndarray) -> None: ...

    def read(self, state: JointState) -> np.ndarray:
        if self.fails:
            self.fails -= 1
            raise ReadFailed(self.name, reason="no reply")
        self.q = self.q + self.speed * 0.01
        return self.q.astype(np.float32)

    def close(self) -> None: ...


class FakeCamera:
    """Delivers exactly the pictures the test shows, to the real capture thread."""

    def __init__(self, spec: CameraSpec) -> None:
        self.spec = spec
        self.fails = False
        self.covered = False
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._reading = False
        self._open = False
        self._count = 0

    def connect(self) -> None:
        self._open = True

    def read(self, timeout_s: float) -> Frame | None:
        with self._changed:
            self._reading = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._frames, timeout_s)
            self._reading = False
            return self._frames.popleft() if self._frames else None

    def show(self, t_ns: int) -> None:
        """One picture; returns when the capture thread has taken it in."""
        image = np.full((self.spec.height, self.spec.width, 3), self._count % 256, np.uint8)
        if not self.covered:
            image[:, ::2] = 255 - image[0, 0, 0]
            image[:, self.spec.width // 2 :] = 90
        with self._changed:
            self._frames.append(Frame(self.spec.name, image, t_ns, self._count))
            self._count += 1
            self._changed.notify_all()
            assert self._changed.wait_for(self._taken_in, 30.0), "the capture thread hangs"

    def _taken_in(self) -> bool:
        return not self._open or (self._reading and not self._frames)

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()


class FakeLifeline:
    def __init__(self) -> None:
        self.stops = self.releases = 0
        self.beat_ns = 0
        self.orphaned = False

    def stop_count(self) -> int:
        return self.stops

    def release_count(self) -> int:
        return self.releases

    def heartbeat_ns(self) -> int:
        return self.beat_ns

    def is_orphaned(self) -> bool:
        return self.orphaned


def straight_on(request: PlanRequest) -> np.ndarray:
    """A policy that turns the first joint by 0.3 rad/s from where the arm will be."""
    start = request.observation.state.q if request.prefix is None else request.prefix[0]
    rows = np.tile(np.asarray(start, dtype=np.float64), (ROWS, 1))
    rows[:, 0] += 0.3 * DT_S * np.arange(ROWS)
    return rows


class FakePlanner:
    """A policy in memory that answers after ``delay_s`` of the test's time; checks are real."""

    def __init__(self, robot: RobotSpec, clock: FakeClock) -> None:
        self._clock = clock
        self._robot = robot
        self._inspector = PlanInspector(robot, kinematics=None)
        self._news: deque[tuple[int, PlannerNews]] = deque()
        self.requests: list[PlanRequest] = []
        self.policy: Policy = straight_on
        self.latency_s = 0.15
        self.answers = True
        self.closed = False
        self._news.append((0, PlannerReady(self.hello())))

    @property
    def delay_s(self) -> float:
        return self.latency_s

    def hello(self) -> ServerHello:
        low, high = self._robot.lower, self._robot.upper
        return ServerHello("test policy", self._robot, DT_S, ROWS, 96, low, high)

    def submit(self, inquiry: Inquiry) -> None:
        self.requests.append(inquiry.request)
        if self.answers:
            due_ns = self._clock.ns + round(self.latency_s * 1e9)
            self._news.append((due_ns, self._answer(inquiry)))

    def poll(self) -> PlannerNews | None:
        if self._news and self._news[0][0] <= self._clock.ns:
            return self._news.popleft()[1]
        return None

    def close(self) -> None:
        self.closed = True

    def lose(self) -> None:
        fault = PlannerFailed("ws://test", reason="gone").to_fault(t_ns=self._clock.ns)
        self._news.clear()
        self._news.append((0, PlannerLost(fault)))

    def come_back(self) -> None:
        self._news.append((0, PlannerReady(self.hello())))

    def _answer(self, inquiry: Inquiry) -> PlannerNews:
        request = inquiry.request
        plan = Plan(
            id=request.plan_id,
            epoch=request.epoch,
            q=frozen_f32(self.policy(request)),
            dt_s=DT_S,
            observed_ns=request.observation.state.t_ns,
            policy="test policy",
        )
        context = PlanContext(inquiry.start_q, start_row=request.delay_steps)
        try:
            return PlanArrived(self._inspector.inspect(plan, context))
        except PlanInvalid as error:
            return PlanRejected(plan.id, error.to_fault(t_ns=self._clock.ns))


class Stage:
    """The rig, its fakes and everything that was sent and reported, on one clock."""

    def __init__(
        self, robot: RobotSpec, settings: RigSettings, *, workspace: Workspace | None = None
    ) -> None:
        self.robot = robot
        self.clock = FakeClock()
        self.first_ns = self.clock.ns + PERIOD_NS  # of the first tick
        self.arm = FakeArm(robot)
        self.leaders = {"left": FakeLeader("left"), "right": FakeLeader("right")}
        self.cameras = {c.name: FakeCamera(c) for c in robot.cameras}
        self.lifeline = FakeLifeline()
        self.planners: list[FakePlanner] = []
        self.live = Live.create(robot)
        self.events: list[object] = []
        self.studio_beats = True
        self.cameras_show = True
        self.frame_ns = FRAME_NS
        self._frame_due_ns = 0
        hardware = Hardware(
            arm=self.arm,
            leaders=self.leaders,
            cameras=self.cameras,
            fence_kinematics=ToyTips(),
            workspace=workspace,
        )
        self.rig = Rig(
            hardware,
            self.live,
            self.clock,
            lifeline=self.lifeline,
            open_planner=self._open_planner,
            settings=settings,
        )

    def _open_planner(self, url: str, token: str) -> FakePlanner:
        self.planners.append(FakePlanner(self.robot, self.clock))
        return self.planners[-1]

    # ── doing ──

    def do(self, *commands: object) -> None:
        for command in commands:
            self.rig.handle(command)

    def tick(self, *, late_s: float = 0.0) -> None:
        self.clock.ns += PERIOD_NS + round(late_s * 1e9)
        self.arm.t_ns = self.clock.ns
        if self.studio_beats:
            self.lifeline.beat_ns = self.clock.ns
        if self.cameras_show and self.clock.ns >= self._frame_due_ns:
            self._frame_due_ns = self.clock.ns + self.frame_ns
            for camera in self.cameras.values():
                camera.show(self.clock.ns)
        self.rig.tick(self.clock.ns)
        self.events += self.rig.drain_events()

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.tick()

    def run_until(self, condition: Callable[[], bool], *, within_s: float) -> float:
        """Seconds until the condition holds; fails when it does not in time."""
        for ticks in range(round(within_s * 100) + 1):
            if condition():
                return ticks / 100
            self.tick()
        raise AssertionError(f"not within {within_s} s; status: {self.status}")

    def connect(self) -> None:
        self.do(Connect())
        self.tick()

    def connect_policy(self) -> FakePlanner:
        self.do(SetTask("turn"), ConnectPlanner("ws://test"))
        self.tick()
        return self.planners[-1]

    def approve(self) -> int:
        """Wait for a proposal and approve it."""
        self.run_until(lambda: self.status.pending_plan >= 0, within_s=3.0)
        plan_id = self.status.pending_plan
        self.do(Approve(plan_id))
        return plan_id

    # ── seeing ──

    @property
    def status(self):
        return self.rig.status()

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def proposals(self) -> list[PlanProposed]:
        return self.of(PlanProposed)

    @property
    def commands(self) -> np.ndarray:
        """(t, n) rad: everything the arm was sent."""
        return np.array(self.arm.commands)

    def speed(self) -> np.ndarray:
        """(t-1, n) rad/s of what was sent."""
        return np.diff(self.commands, axis=0) * 100


@pytest.fixture
def small_robot() -> RobotSpec:
    joints = (
        JointSpec("pan", -1.9, 1.9, 2.0),
        JointSpec("lift", -1.5, 1.5, 2.0),
        JointSpec("elbow", -1.5, 1.5, 2.0),
        JointSpec("gripper", 0.0, 1.0, 2.5, is_gripper=True),
    )
    cameras = (CameraSpec("front", 32, 24, 30.0), CameraSpec("wrist", 32, 24, 30.0))
    return RobotSpec("small", joints, cameras, control_hz=100.0)


@pytest.fixture
def make_stage(small_robot: RobotSpec) -> Iterator[Callable[..., Stage]]:
    """``make_stage(workspace=…, **settings)``: a rig that is connected and holds."""
    stages: list[Stage] = []

    def make(*, workspace: Workspace | None = None, **settings: float) -> Stage:
        stages.append(Stage(small_robot, RigSettings(**settings), workspace=workspace))
        stages[-1].connect()
        return stages[-1]

    yield make
    for stage in stages:
        stage.rig.close()
        stage.live.close()
        stage.live.unlink()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """A rig that is connected and holds."""
    return make_stage()
