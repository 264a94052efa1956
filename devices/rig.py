"""The rig: the running bench, and the only object that moves an arm. All others propose.

One control period reads the arm, chooses the target by authority, guards it, sends it and
publishes what was really sent. Everything slow (network, kinematics of plans, pictures, pipes)
happens on other threads; the tick only looks at what is there. A plain class: the rig process
paces it, tests drive it on a clock of their own. Knows no process, no pipe and no window.
"""

from __future__ import annotations

from collections.abc import Callable

from devices.bench import Hardware
from devices.cable_counts import CableCounts
from devices.capture import Capture
from devices.clock import Clock, LoopMeter
from devices.commands import (
    Approve,
    Command,
    Connect,
    ConnectPlanner,
    Disconnect,
    Event,
    MoveTool,
    Refuse,
    ReleaseStop,
    Replay,
    ResetScene,
    SceneState,
    SelectLeader,
    SetAuthority,
    SetAutonomy,
    SetTask,
    Shutdown,
)
from devices.errors import ArmLost, DeviceError, NotAllowed
from devices.lifeline import Lifeline
from devices.motion import Motion
from devices.planning.planner import Planner
from devices.rig_settings import RigSettings
from devices.watch import Watch
from devices.workspace import Outside
from recordings.live import Live
from recordings.rig_status import RigPhase, RigStatus, Torque
from recordings.types import Authority, Fault, JointState, Observation, Step

OpenPlanner = Callable[[str, str], Planner]
"""From address and token to a planner."""

SCENE_NS = 100_000_000  # between scene states
CATCH_UP_PERIODS = 2  # a late tick moves targets on by no more than this many periods
_NS = 1e9


class Rig:
    """One bench in motion. OFFLINE → CONNECTING → READY → FAULT → CONNECTING."""

    def __init__(
        self,
        hardware: Hardware,
        live: Live,
        clock: Clock,
        *,
        lifeline: Lifeline,
        open_planner: OpenPlanner,
        settings: RigSettings | None = None,
    ) -> None:
        """A rig that is offline.

        Args:
            hardware: devices, not open yet.
            live: where steps and frames are published.
            clock: of the machine; tests bring their own.
            lifeline: STOP, heartbeat and whether the studio is left.
            open_planner: how to call a policy server.
            settings: of the bench.
        """
        self._settings = settings = settings or RigSettings()
        self._scene = hardware.scene
        self._live = live
        self._clock = clock
        self._open_planner = open_planner
        self._period_s = 1.0 / hardware.arm.spec.control_hz
        self._motion = Motion(hardware, settings=settings)
        self._cameras = {
            name: Capture(camera, live.frames[name], clock=clock)
            for name, camera in hardware.cameras.items()
        }
        self._cables = CableCounts(hardware)
        self._watch = Watch(lifeline, self._cameras, settings=settings)
        self._phase = RigPhase.OFFLINE
        self._disconnecting = False
        self._task = ""
        self._guarded_ticks = 0
        self._events: list[Fault] = []
        self._ticked_ns: int | None = None
        self._scene_due_ns = 0
        self.meter = LoopMeter(round(self._period_s * _NS))
        self.realtime = False  # whether whoever paces this rig was granted real-time priority

    # ── life ───────────────────────────────────────────────────────────────────────────────

    @property
    def phase(self) -> RigPhase:
        return self._phase

    @property
    def authority(self) -> Authority:
        return self._motion.authority.authority

    @property
    def is_at_rest(self) -> bool:
        """Nothing is on its way any more: the process may end."""
        return self._phase is not RigPhase.READY or not self._motion.is_parking

    def announce_connecting(self) -> None:
        """Show that connecting begins; it takes a moment."""
        if self._phase is not RigPhase.READY:
            self._phase, self._motion.fault = RigPhase.CONNECTING, None

    def connect(self) -> None:
        """Open cameras, leaders and arm; the arm holds its present position, it never moves here.

        What does not open is a fault, and then nothing stays open.
        """
        if self._phase is RigPhase.READY:
            return
        self.announce_connecting()
        self._disconnecting = False
        try:
            for camera in self._cameras.values():
                camera.connect()
            self._motion.connect(now_ns=self._clock.now_ns())
        except DeviceError as error:
            self._fail(error)
        else:
            self._ticked_ns = None
            self._phase = RigPhase.READY

    def park(self, reason: str) -> None:
        """Nobody drives any more; the arm goes slowly to its parking pose and stays there."""
        if self._phase is RigPhase.READY:
            self._motion.park(reason, now_ns=self._clock.now_ns())

    def close(self) -> None:
        """Let go of everything; the arm keeps holding. May be called twice."""
        self._motion.policy.use(None)
        self._release()

    def _release(self) -> None:
        """Let go of the bench; the policy stays connected."""
        self._motion.close()
        for camera in self._cameras.values():
            camera.close()
        if self._phase is not RigPhase.FAULT:
            self._phase = RigPhase.OFFLINE

    # ── every tick ─────────────────────────────────────────────────────────────────────────

    def tick(self, now_ns: int) -> None:
        """One control period: read → choose by authority → guard → send → publish."""
        motion = self._motion
        if self._watch.stop_pressed():
            motion.stop(now_ns=now_ns)
        if self._watch.release_asked() and self._phase is RigPhase.READY:
            motion.let_go(now_ns=now_ns)
        if self._phase is not RigPhase.READY:
            return
        elapsed_s = self._elapsed_s(now_ns)
        concern = self._watch.look(self.authority, now_ns=now_ns)
        try:
            state = motion.read(now_ns=now_ns)
            motion.check_following(state, elapsed_s, now_ns=now_ns)
            if concern is not None:
                motion.heed(concern, now_ns=now_ns)
            target = motion.choose(state, elapsed_s, now_ns=now_ns)
            motion.send(target, now_ns=now_ns)
        except ArmLost as error:
            self._fail(error)
            return
        self._publish(state, now_ns)
        motion.policy.listen(epoch=motion.authority.epoch, now_ns=now_ns)
        self._ask_policy(now_ns)
        if self._disconnecting and not motion.is_parking:
            self._release()

    def _elapsed_s(self, now_ns: int) -> float:
        """Time since the last tick; after a late one motion is not caught up with in one jump."""
        before, self._ticked_ns = self._ticked_ns, now_ns
        if before is None:
            return self._period_s
        return min((now_ns - before) / _NS, CATCH_UP_PERIODS * self._period_s)

    def _publish(self, state: JointState, now_ns: int) -> None:
        motion = self._motion
        self._guarded_ticks += bool(motion.guarded)
        step = Step(
            state=state.q,
            action=motion.sent,
            authority=self.authority,
            t_ns=now_ns,
            frames={name: ring.newest_index for name, ring in self._live.frames.items()},
            plan_id=motion.policy.active_plan,
            guard_bits=int(motion.guarded),
        )
        self._live.steps.write(step)

    def _ask_policy(self, now_ns: int) -> None:
        """Plans are made while the policy drives, and as a preview while nobody does."""
        motion = self._motion
        previews = self.authority is Authority.HOLD and not motion.authority.stopped
        if self._task and (previews or self.authority is Authority.POLICY):
            epoch = motion.authority.epoch
            motion.policy.ask(self._look, q=motion.sent, epoch=epoch, now_ns=now_ns)

    def _look(self) -> Observation | None:
        """What the policy would see now; None while a picture is stale."""
        now_ns = self._clock.now_ns()
        limit_s = self._settings.camera_fresh_s
        fresh = [c.newest for c in self._cameras.values() if c.age_s(now_ns) <= limit_s]
        frames = {frame.camera: frame for frame in fresh if frame is not None}
        state = self._motion.state
        if state is None or len(frames) < len(self._cameras):
            return None
        return Observation(state=state, frames=frames, task=self._task)

    def _fail(self, error: DeviceError) -> None:
        """The bench cannot be used any more until it is connected again."""
        now_ns = self._clock.now_ns()
        fault = error.to_fault(t_ns=now_ns)
        self._motion.hold(error.message, now_ns=now_ns, fault=fault)
        self._phase = RigPhase.FAULT
        self._release()
        self._events.append(fault)

    # ── what a person asks ─────────────────────────────────────────────────────────────────

    def handle(self, command: Command) -> None:
        """Do what was asked from the next tick on, or report why that is not possible now."""
        now_ns = self._clock.now_ns()
        try:
            self._obey(command, now_ns)
        except NotAllowed as error:
            self._events.append(error.to_fault(t_ns=now_ns))

    def _obey(self, command: Command, now_ns: int) -> None:  # noqa: C901 - one line per command
        motion = self._motion
        match command:
            case Connect():
                self.connect()
            case Disconnect() | Shutdown():
                self._disconnecting = self._phase is RigPhase.READY
                self.park("The bench is being disconnected")
            case SetAuthority(authority):
                self._set_authority(authority, now_ns)
            case Replay():
                self._set_authority(Authority.LEADER, now_ns, replay=command)
            case SelectLeader(name):
                motion.select_leader(name, now_ns=now_ns)
            case SetTask(task):
                self._set_task(task.strip(), now_ns)
            case SetAutonomy(autonomy):
                motion.policy.set_autonomy(autonomy)
            case ConnectPlanner(url, token):
                motion.policy.use(self._open_planner(url, token) if url else None)
            case Approve(plan_id):
                epoch = motion.authority.epoch
                motion.policy.approve(plan_id, q=motion.sent, epoch=epoch, now_ns=now_ns)
            case Refuse(plan_id):
                motion.policy.refuse(plan_id, now_ns=now_ns)
            case ReleaseStop():
                self._release_stop(now_ns)
            case MoveTool():
                self._move_tool(command)
            case ResetScene():
                self._reset_scene(command, now_ns)

    def _set_authority(self, who: Authority, now_ns: int, replay: Replay | None = None) -> None:
        if who is Authority.HOLD:
            self._motion.hold("You asked it to hold", now_ns=now_ns)
            return
        if self._phase is not RigPhase.READY or self._disconnecting:
            reason = "the bench is not connected"
            raise NotAllowed("Driving the arm", reason=reason, hint="Connect it first.")
        if who is Authority.POLICY:
            self._refuse_without_policy(now_ns)
            self._motion.hand_over(now_ns=now_ns)
        elif replay is not None:
            self._motion.replay(replay, now_ns=now_ns)
        else:
            self._motion.take_over(now_ns=now_ns)

    def _refuse_without_policy(self, now_ns: int) -> None:
        what = "Handing over"
        if self._motion.policy.word in ("", "lost"):
            raise NotAllowed(what, reason="no policy is connected", hint="Choose a policy first.")
        if not self._task:
            raise NotAllowed(what, reason="there is no task", hint="Write down what it should do.")
        blind = self._watch.blind(now_ns)
        if blind is not None:
            raise NotAllowed(
                what, reason=blind.reason[0].lower() + blind.reason[1:], hint=blind.fault.hint
            )

    def _set_task(self, task: str, now_ns: int) -> None:
        if task == self._task:
            return
        self._task = task
        self._motion.leading.set_task(task)
        self._motion.new_epoch(now_ns=now_ns)
        if self.authority is Authority.POLICY:
            self._motion.policy.soft_stop("The task was changed")

    def _release_stop(self, now_ns: int) -> None:
        self._motion.release_stop(now_ns=now_ns)
        if self._phase is not RigPhase.FAULT:
            self._motion.fault = None

    def _move_tool(self, command: MoveTool) -> None:
        if self.authority is Authority.LEADER:
            self._motion.leading.move_tool(command)

    def _reset_scene(self, command: ResetScene, now_ns: int) -> None:
        if self._scene is None or self._phase is not RigPhase.READY:
            hint = "Connect a simulated bench first."
            reason = "there is no simulated scene"
            raise NotAllowed("Resetting the scene", reason=reason, hint=hint)
        if self._motion.torque is Torque.OFF:
            reason, hint = "the arm is limp", "Release STOP first: the arm holds again."
            raise NotAllowed("Resetting the scene", reason=reason, hint=hint)
        self._motion.hold("The scene was reset", now_ns=now_ns)
        self._scene.reset(command.seed, missed=command.missed)
        self._motion.rest_where_it_is(now_ns=now_ns)
        self._motion.new_epoch(now_ns=now_ns)
        self._scene_due_ns = now_ns

    # ── what it tells ──────────────────────────────────────────────────────────────────────

    def status(self) -> RigStatus:
        """Immutable snapshot of now."""
        now_ns = self._clock.now_ns()
        motion, policy, player = self._motion, self._motion.policy, self._motion.policy.player
        is_active = policy.active_plan >= 0
        return RigStatus(
            phase=self._phase,
            authority=self.authority,
            t_ns=now_ns,
            state=motion.state,
            action=motion.sent,
            leader=motion.leader,
            leader_is_person=motion.leader_is_person,
            autonomy=policy.autonomy,
            task=self._task,
            epoch=motion.authority.epoch,
            handing_over=policy.handing_over,
            stopped=motion.authority.stopped,
            torque=motion.torque,
            held_back=_in_words(motion.held_back),
            planner=policy.word,
            policy=policy.policy,
            pending_plan=policy.pending_plan,
            veto_left_s=policy.veto_left_s(now_ns),
            active_plan=policy.active_plan,
            plan_step=player.row if is_active else 0.0,
            plan_length=player.plan_rows if is_active else 0,
            plan_age_ms=1000 * player.age_s if is_active else 0.0,
            cameras=tuple(camera.health(now_ns) for camera in self._cameras.values()),
            loop=self.meter.stats(realtime=self.realtime),
            fault=motion.fault,
            leader_states=self._cables.leader_states(),
            notes={"guarded_ticks": self._guarded_ticks, **policy.counts, **self._cables.now()},
        )

    def drain_events(self) -> list[Event | Fault]:
        """What happened since the last call, oldest first per source."""
        motion = self._motion
        events: list[Event | Fault] = [
            *motion.drain_changes(),
            *motion.policy.drain(),
            *motion.drain_faults(),
            *self._events,
        ]
        self._events = []
        for camera in self._cameras.values():
            events += camera.drain_faults()
        scene = self._scene_when_due()
        return events if scene is None else [*events, scene]

    def _scene_when_due(self) -> SceneState | None:
        now_ns = self._clock.now_ns()
        ready = self._scene is not None and self._phase is RigPhase.READY
        if not ready or now_ns < self._scene_due_ns:
            return None
        assert self._scene is not None
        self._scene_due_ns = now_ns + SCENE_NS
        return self._scene.state(now_ns)


def _in_words(found: Outside | None) -> str:
    return "" if found is None else f"{found.axis} {1000 * found.bound_m:.0f} mm"
