"""Who moves the arm, and how it comes to rest: authority, drivers, guard and follower together.

Part of the rig and used by nobody else. Every change of authority goes through here, so that none
can jump: whoever starts, starts from the command sent last. Knows no camera, no pipe, no command.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from devices.authority import AuthorityMachine
from devices.bench import Hardware
from devices.commands import AuthorityChanged, Replay, TorqueChanged
from devices.driving.holding import Hold
from devices.driving.leading import Leading
from devices.driving.letting_go import LettingGo
from devices.driving.parking import Parking
from devices.driving.policy import PolicyDriver
from devices.driving.replaying import REPLAY, Replaying, check_path
from devices.errors import ArmBlocked, DeviceError, LeaderLost, NotAllowed, OutsideWorkspace
from devices.follower import Follower
from devices.following import Following
from devices.guard import Guard, GuardBit, Guarded
from devices.rig_settings import RigSettings
from devices.strain import Strain
from devices.watch import Concern, Urgency
from devices.workspace import Fence, Outside
from recordings.rig_status import Torque
from recordings.types import F32, Authority, Fault, JointState, frozen_f32

F64 = npt.NDArray[np.float64]


class Motion:
    """One arm and everybody who may drive it."""

    def __init__(self, hardware: Hardware, *, settings: RigSettings) -> None:
        robot = hardware.arm.spec
        self._robot = robot
        self._settings = settings
        self._wanted_park_q = hardware.park_q
        self._park_q: F32 | None = None
        self._follower = Follower(hardware.arm, settings=settings)
        self._period_s = 1.0 / robot.control_hz
        self._guard = Guard(robot, period_s=self._period_s)
        self._following = Following(robot, settings=settings)
        self._strain = Strain(robot, settings=settings)
        self._fence = self._fence_of(hardware)
        self._hold = Hold()
        self._letting_go = LettingGo(parks_first=settings.park_before_limp)
        self._parking: Parking | None = None
        self._replaying: Replaying | None = None  # leads instead of the selected leader
        self._faults: list[Fault] = []
        self.authority = AuthorityMachine()
        self.leading = Leading(hardware.leaders, settings=settings)
        self.policy = PolicyDriver(robot, settings=settings)
        self.state: JointState | None = None  # measured last
        self.sent: F32 = frozen_f32(np.zeros(len(robot.joints)))  # (n,) rad, sent last
        self.guarded = GuardBit.NONE  # what the guard changed in it
        self.held_back: Outside | None = None  # how the last target would have left the workspace
        self.fault: Fault | None = None  # why nobody drives, None when there is no such reason

    def _fence_of(self, hardware: Hardware) -> Fence | None:
        if hardware.workspace is None or hardware.fence_kinematics is None:
            return None
        return Fence(
            hardware.workspace,
            hardware.fence_kinematics,
            max_acceleration=self._guard.max_acceleration,
            max_speed=hardware.arm.spec.max_speed.astype(np.float64),
        )

    # ── life ───────────────────────────────────────────────────────────────────────────────

    def connect(self, *, now_ns: int) -> None:
        """Open leaders and arm; the arm holds where it is.

        Raises:
            DeviceError: when one does not open.
        """
        self.leading.connect()
        self.state = self._follower.connect(now_ns=now_ns)
        self._anchor(self.state.q)
        self._letting_go.hold_again(now_ns=now_ns)
        self._park_q = self.state.q if self._wanted_park_q is None else self._wanted_park_q

    def close(self) -> None:
        """Let go; the arm keeps holding. May be called twice."""
        self.leading.close()
        self._follower.close()

    def drain_changes(self) -> list[AuthorityChanged | TorqueChanged]:
        """Who drives and whether the motors push: changes since the last call."""
        return [*self.authority.drain(), *self._letting_go.drain()]

    def drain_faults(self) -> list[Fault]:
        """Faults to tell a person, since the last call."""
        faults, self._faults = self._faults, []
        return faults

    # ── every tick ─────────────────────────────────────────────────────────────────────────

    def read(self, *, now_ns: int) -> JointState:
        """Where the arm is.

        Raises:
            ArmLost: it did not answer for too long.
        """
        self.state = self._follower.read(now_ns=now_ns)
        return self.state

    def check_following(self, state: JointState, elapsed_s: float, *, now_ns: int) -> None:
        """An arm that suffers or does not do what it was sent holds where it is."""
        if self._letting_go.is_limp:
            return
        strained = self._strain.look(state, now_ns=now_ns)
        if strained is not None and self._drives_or_parks:
            self._blame(strained.to_fault(t_ns=now_ns), now_ns=now_ns)
            self._anchor(frozen_f32(self._following.relaxed(self.sent, state.q)))
            return
        behind = self._following.look(self.sent, self._guard.velocity, state.q, elapsed_s)
        if behind is None:
            return
        blocked = ArmBlocked(
            behind.joint,
            behind_rad=behind.behind_rad,
            bound_rad=behind.bound_rad,
            for_s=behind.for_s,
        )
        self._blame(blocked.to_fault(t_ns=now_ns), now_ns=now_ns)
        self._anchor(frozen_f32(self._following.relaxed(self.sent, state.q)))

    def choose(self, state: JointState, elapsed_s: float, *, now_ns: int) -> F64:
        """The target (n,) rad of whoever drives."""
        match self.authority.authority:
            case Authority.LEADER:
                try:
                    return self._led(state, elapsed_s, now_ns=now_ns)
                except LeaderLost as error:
                    self._blame(error.to_fault(t_ns=now_ns), now_ns=now_ns)
            case Authority.POLICY:
                ended = self.policy.ended
                if ended is None:
                    return self.policy.target(elapsed_s, now_ns=now_ns)
                self.hold(ended.reason, now_ns=now_ns, fault=ended.fault)
            case Authority.HOLD:
                pass
        return self._rest_target(elapsed_s)

    def send(self, target: npt.ArrayLike, *, now_ns: int) -> F32:
        """Guard a target (n,) rad and send it; returns what was really sent.

        A limp arm is sent nothing; what counts as sent is then where it lies.

        Raises:
            ArmLost: nothing went through for too long.
        """
        if self._goes_limp(now_ns=now_ns):
            return self.sent
        guarded = self._guarded(np.asarray(target, dtype=np.float64), now_ns=now_ns)
        self.guarded = guarded.bits
        self.sent = self._follower.write(guarded.q, now_ns=now_ns)
        if not np.array_equal(self.sent, guarded.q):
            self._guard.correct(self.sent)
        if self.authority.authority is Authority.POLICY:
            self.policy.player.sent(self.sent)
        return self.sent

    # ── who drives ─────────────────────────────────────────────────────────────────────────

    def take_over(self, *, now_ns: int) -> None:
        """The selected leader drives from the next tick on.

        Raises:
            NotAllowed: while stopped.
        """
        if self.authority.authority is not Authority.LEADER:
            self._give_to_leader(now_ns=now_ns)
            self._engage(now_ns=now_ns)
        elif self._replaying is not None:
            self._engage(now_ns=now_ns)

    def replay(self, wanted: Replay, *, now_ns: int) -> None:
        """A recording drives from the next tick on, until its end.

        Raises:
            NotAllowed: while stopped, or it is no path of this robot.
        """
        check_path(wanted, self._robot)
        self._give_to_leader(now_ns=now_ns)
        self._replaying = Replaying(self.sent, wanted, rad_s=self._settings.park_rad_s)

    @property
    def leader(self) -> str:
        """Who drives, or would when somebody takes over."""
        return self.leading.selected if self._replaying is None else REPLAY

    @property
    def leader_is_person(self) -> bool:
        return self._replaying is None and not self.leading.acts_alone

    def hand_over(self, *, now_ns: int) -> None:
        """The policy has authority; the arm rests until a plan is agreed to.

        Raises:
            NotAllowed: while stopped.
        """
        self.authority.hand_over(now_ns=now_ns)
        self._parking, self._replaying, self.fault = None, None, None
        self.policy.begin(self.sent, now_ns=now_ns)

    def select_leader(self, name: str, *, now_ns: int) -> None:
        """Another leader; when one drives, the new one goes on from there.

        Raises:
            NotAllowed: there is no such leader.
        """
        if name == self.leading.selected:
            return
        self.leading.select(name)
        if self.authority.authority is Authority.LEADER:
            self._engage(now_ns=now_ns)

    def new_epoch(self, *, now_ns: int) -> None:
        """Plans made so far are of the past."""
        self.authority.new_epoch()
        self.policy.new_epoch(now_ns=now_ns)

    # ── coming to rest ─────────────────────────────────────────────────────────────────────

    def stop(self, *, now_ns: int) -> None:
        """STOP: the last command is held from this tick on, whatever was going on."""
        self._replaying = None
        self.authority.stop(now_ns=now_ns)
        self._letting_go.interrupt(now_ns=now_ns)
        self._anchor(self.sent)
        self.policy.leave(self.sent, now_ns=now_ns)

    def let_go(self, *, now_ns: int) -> None:
        """Second stage of STOP: the arm is parked, then its torque is released."""
        if self._letting_go.torque is not Torque.ON:
            return
        self.stop(now_ns=now_ns)
        self._letting_go.begin(now_ns=now_ns)
        if self._letting_go.parks_first:
            self._start_parking(limit_s=math.inf)  # however long: let go elsewhere, it would fall

    def release_stop(self, *, now_ns: int) -> None:
        """Leave the stopped state; a limp arm gets its torque back where it lies.

        Raises:
            NotAllowed: its torque did not come back; it stays limp and stopped.
        """
        if self._letting_go.is_limp:
            try:
                self.state = self._follower.hold(now_ns=now_ns)
            except DeviceError as error:
                hint = "Check cable and power, then try again."
                raise NotAllowed("Resuming", reason=error.message, hint=hint) from error
            self._anchor(self.state.q)
        elif self._letting_go.torque is Torque.PARKING:
            self._anchor(self.sent)
        self._letting_go.hold_again(now_ns=now_ns)
        self.authority.release_stop()

    @property
    def torque(self) -> Torque:
        return self._letting_go.torque

    def hold(self, reason: str, *, now_ns: int, fault: Fault | None = None) -> None:
        """Nobody drives any more: the arm coasts to rest and stays."""
        self._letting_go.interrupt(now_ns=now_ns)
        if self.authority.hold(reason, now_ns=now_ns):
            self._hold.coast(self.sent, self._guard.velocity)
            self.policy.leave(self.sent, now_ns=now_ns)
        elif self._parking is not None:
            self._hold.coast(self.sent, self._guard.velocity)
        self._parking, self._replaying = None, None
        self.fault = fault or self.fault

    def park(self, reason: str, *, now_ns: int) -> None:
        """Nobody drives any more; the arm goes slowly to its parking pose and stays there."""
        self.hold(reason, now_ns=now_ns)
        if not self._letting_go.is_limp:
            self._start_parking(limit_s=self._settings.park_limit_s)

    @property
    def is_parking(self) -> bool:
        return self._parking is not None

    def heed(self, concern: Concern, *, now_ns: int) -> None:
        """A watchdog barked: come to rest in the way it asks for."""
        if self.policy.is_ending:
            return
        if concern.urgency is Urgency.FREEZE:
            self._blame(concern.fault, now_ns=now_ns)
            self._anchor(self.sent)
        elif self.authority.authority is Authority.POLICY:
            self._faults.append(concern.fault)
            self.policy.soft_stop(concern.reason, fault=concern.fault)
        else:
            self._blame(concern.fault, now_ns=now_ns)

    def rest_where_it_is(self, *, now_ns: int) -> None:
        """The arm was moved by something else (a scene reset): its place is the last command."""
        self._anchor(self.read(now_ns=now_ns).q)

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    @property
    def _drives_or_parks(self) -> bool:
        return self.authority.authority is not Authority.HOLD or self.is_parking

    def _blame(self, fault: Fault, *, now_ns: int) -> None:
        self._faults.append(fault)
        self.hold(fault.message, now_ns=now_ns, fault=fault)

    def _guarded(self, target: F64, *, now_ns: int) -> Guarded:
        """The command for a target, or braking where the tool would leave its workspace.

        A person is stopped at the border; a policy that wants to cross it loses authority.
        """
        self.held_back = None
        here = self._guard.position
        if self._fence is None or target.shape != here.shape or not np.isfinite(target).all():
            return self._guard.limit(target)
        there = self._fence.crossed_by(target, q=here, period_s=self._period_s)
        if there is None:
            return self._guard.limit(target)
        self.held_back = there
        if self.authority.authority is Authority.POLICY:
            error = OutsideWorkspace(axis=there.axis, value_m=there.value_m, bound_m=there.bound_m)
            self._blame(error.to_fault(t_ns=now_ns), now_ns=now_ns)
        braked = self._guard.brake()
        return Guarded(braked.q, braked.bits | GuardBit.WORKSPACE)

    def _start_parking(self, *, limit_s: float) -> None:
        if self._park_q is not None:
            parking = Parking(self.sent, self._park_q, rad_s=self._settings.park_rad_s)
            self._parking = parking if parking.duration_s <= limit_s else None

    def _goes_limp(self, *, now_ns: int) -> bool:
        """Whether the arm is limp from now on, or was before; then it is where it fell."""
        arrived = self._letting_go.torque is Torque.PARKING and self._parking is None
        if arrived and self._follower.release(now_ns=now_ns):
            self._letting_go.done(now_ns=now_ns)
        if not self._letting_go.is_limp:
            return False
        self._follower.stay_limp(now_ns=now_ns)
        if self.state is not None:
            self._anchor(self.state.q)
        self.guarded = GuardBit.NONE
        return True

    def _give_to_leader(self, *, now_ns: int) -> None:
        self.authority.take_over(now_ns=now_ns)
        self._parking, self.fault = None, None
        self.policy.leave(self.sent, now_ns=now_ns)

    def _led(self, state: JointState, elapsed_s: float, *, now_ns: int) -> F64:
        """The target (n,) rad of the leader or the recording; at its end the arm holds."""
        if self._replaying is None:
            return self.leading.target(state, elapsed_s)
        target = self._replaying.target(elapsed_s)
        if self._replaying.done:
            self.hold("The recording is over", now_ns=now_ns)
        return target

    def _engage(self, *, now_ns: int) -> None:
        self._replaying = None
        try:
            self.leading.engage(self.sent, self._guard.velocity)
        except (LeaderLost, NotAllowed) as error:
            self._blame(error.to_fault(t_ns=now_ns), now_ns=now_ns)

    def _anchor(self, q: F32) -> None:
        """Stay at ``q`` (n,) rad from now on, at rest."""
        self.sent = q
        self._parking = None
        self._guard.reset(q)
        self._following.forget()
        self._hold.freeze(q)
        self.policy.player.rest_at(q)

    def _rest_target(self, elapsed_s: float) -> F64:
        if self._parking is None:
            return self._hold.target(elapsed_s)
        target = self._parking.target(elapsed_s)
        if self._parking.done:
            self._parking = None
            self._hold.freeze(target)
        return target
